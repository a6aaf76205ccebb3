"""Frames that damage takes out of a file are missed at their own number, and no other gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdrvid.errors import PlateError, PlateTruncated
from hdrvid.sources import open_plate
from tests.sources.clips import cut, damage, write_clip
from tests.sources.test_video_damage import noisy_frames, read_until_error


def without_chunk(clip: Path, number: int, *, with_index: bool = True) -> Path:
    """Make one chunk of an AVI unknown, so that a demuxer steps over it."""
    content = bytearray(clip.read_bytes())
    content[(at := _chunk(content, number)) : at + 4] = b"\1\2\3\4"
    broken = clip.with_name(f"lossy_{clip.name}")
    broken.write_bytes(content if with_index else content[: content.find(b"idx1")])
    return broken


def with_empty_chunks(clip: Path, *numbers: int) -> Path:
    """Empty some chunks of an AVI, as a capture does that repeats a frame."""
    content = bytearray(clip.read_bytes())
    index = content.find(b"idx1") + 8
    for number in numbers:
        at = _chunk(content, number)
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        rest = size + size % 2 - 8
        content[at + 4 : at + 16] = bytes(4) + b"JUNK" + rest.to_bytes(4, "little")
        content[index + 16 * number + 12 : index + 16 * number + 16] = bytes(4)
    spare = clip.with_name(f"spare_{clip.name}")
    spare.write_bytes(content)
    return spare


def _chunk(content: bytearray, number: int) -> int:
    at = content.find(b"movi")
    for _ in range(number + 1):
        at = content.find(b"00dc", at + 1)
    return at


@pytest.mark.parametrize("with_index", [True, False], ids=["with its index", "without an index"])
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"codec": "mjpeg", "pix_fmt": "yuvj420p"}, id="mjpeg"),
        pytest.param({"codec": "utvideo", "pix_fmt": "yuv422p"}, id="utvideo"),
        pytest.param({"codec": "mpeg4", "options": {"bf": "2"}}, id="mpeg4"),
        pytest.param({}, id="h264"),
    ],
)
def test_an_avi_that_lost_a_chunk_stops_before_it(
    tmp_path: Path, how: dict[str, object], *, with_index: bool
) -> None:
    whole = write_clip(tmp_path / "clip.avi", noisy_frames(24), **how)  # type: ignore[arg-type]
    clip = without_chunk(whole, 10, with_index=with_index)

    frames, error, stated = read_until_error(clip)
    behind, second, _ = read_until_error(clip, "1015-1020")

    assert 5 <= len(frames) <= 10
    assert frames == [(1001 + n, n) for n in range(len(frames))]
    assert isinstance(error, PlateTruncated)
    assert f"stops at frame {1001 + len(frames)} of 1001-1024" in str(error)
    assert (behind, type(second), stated) == ([], PlateTruncated, "1001-1024")


def test_an_avi_that_repeats_frames_by_empty_chunks_is_whole(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.avi", noisy_frames(24), codec="mjpeg", pix_fmt="yuvj420p")

    frames, error, _ = read_until_error(with_empty_chunks(clip, 5, 10, 11))

    assert error is None
    assert [number for _, number in frames] == [n for n in range(24) if n not in {5, 10, 11}]
    assert [number for number, _ in frames] == list(range(1001, 1022))


INTRA_MXF = [
    pytest.param({"codec": "mpeg2video", "pix_fmt": "yuv422p", "options": {"g": "1"}}, id="mpeg2 intra"),
    pytest.param({"codec": "jpeg2000", "pix_fmt": "yuv422p10le"}, id="jpeg2000"),
]


@pytest.mark.parametrize("how", INTRA_MXF)
def test_frames_behind_those_that_an_mxf_lost_keep_their_numbers(
    tmp_path: Path, how: dict[str, object]
) -> None:
    clip = damage(write_clip(tmp_path / "clip.mxf", noisy_frames(40), **how), 0.5, 3000)  # type: ignore[arg-type]

    frames, error, stated = read_until_error(clip)
    rest, second, _ = read_until_error(clip, "1031-1040")

    assert 3 < len(frames) < 30
    assert frames == [(1001 + n, n) for n in range(len(frames))]
    assert isinstance(error, PlateError)
    assert f"frame {1001 + len(frames)}: damaged" in str(error)
    assert (second, stated) == (None, "1001-1040")
    assert rest == [(number, number - 1001) for number in range(1031, 1041)]
    with open_plate(str(clip)) as plate:
        assert any("frames are lost before frame" in caution for caution in plate.info.cautions)
        assert plate.info.rate == 25
        assert not plate.info.variable_rate


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param("clip.mxf", {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}}, id="mpeg2 mxf"),
        pytest.param("clip.mxf", {"options": {"g": "12"}}, id="h264 mxf"),
        pytest.param("clip.mxf", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}, id="prores mxf"),
        pytest.param("clip.flv", {"options": {"g": "12"}}, id="h264 flv"),
    ],
)
def test_a_cut_mxf_or_flv_gives_its_whole_frames(
    tmp_path: Path, name: str, how: dict[str, object], share: float
) -> None:
    clip = cut(write_clip(tmp_path / name, noisy_frames(40), **how), share)  # type: ignore[arg-type]

    frames, error, stated = read_until_error(clip)

    assert 40 * share - 10 <= len(frames) < 40
    assert frames == [(1001 + n, n) for n in range(len(frames))]
    assert isinstance(error, PlateTruncated)
    assert f"stops at frame {1001 + len(frames)} of" in str(error)
    assert stated in {"1001-1039", "1001-1040"}


@pytest.mark.parametrize("length", [100, 3000])
def test_damage_in_an_flv_stops_at_its_frame(tmp_path: Path, length: int) -> None:
    clip = damage(write_clip(tmp_path / "clip.flv", noisy_frames(40), options={"g": "12"}), 0.5, length)

    frames, error, stated = read_until_error(clip)

    assert 3 < len(frames) < 40
    assert frames == [(1001 + n, n) for n in range(len(frames))]
    assert f"frame {1001 + len(frames)}: damaged" in str(error)
    assert stated == "1001-1040"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param("clip.mxf", {"options": {"g": "12"}}, id="h264 mxf without an index of shown times"),
        pytest.param("clip.flv", {"codec": "flv"}, id="flv whose packets state no duration"),
    ],
)
def test_a_whole_clip_is_read_to_its_end(tmp_path: Path, name: str, how: dict[str, object]) -> None:
    clip = write_clip(tmp_path / name, noisy_frames(40), **how)  # type: ignore[arg-type]

    frames, error, _ = read_until_error(clip)

    assert (frames, error) == ([(1001 + n, n) for n in range(40)], None)


def test_a_jump_in_time_of_a_transport_stream_is_counted_over(tmp_path: Path) -> None:
    """Recorders and edit suites leave one where they join; the next frame stands alone."""
    times = [n * 40 + (400 if n > 11 else 0) for n in range(24)]
    options = {"g": "12", "bf": "0", "sc_threshold": "0"}
    clip = write_clip(tmp_path / "clip.ts", noisy_frames(24), times_ms=times, options=options)

    frames, error, _ = read_until_error(clip)

    assert (frames, error) == ([(1001 + n, n) for n in range(24)], None)
