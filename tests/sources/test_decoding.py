"""Damage inside a frame that decodes nevertheless is known wherever the codec can know it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import av
import numpy as np
import pytest

from hdrvid.errors import PlateError
from hdrvid.plate import Planes
from hdrvid.sources import open_plate
from hdrvid.sources.checks import is_whole_ffv1
from tests.sources.clips import write_clip
from tests.sources.test_video_damage import noisy_frames, read_until_error


def spoil(clip: Path, number: int, *, share: float = 0.6, length: int = 200) -> Path:
    """Overwrite bytes of one packet, counted as stored, and return the copy."""
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(container.streams.video[0]) if packet.size]
        place = int((packets[number].pos or 0) + packets[number].size * share)
    content = bytearray(clip.read_bytes())
    content[place : place + length] = np.random.default_rng(2).bytes(length)
    broken = clip.with_name(f"spoilt_{clip.name}")
    broken.write_bytes(content)
    return broken


FFV1 = {"codec": "ffv1", "options": {"g": "1"}}
KNOWN = [
    pytest.param("clip.mkv", FFV1, id="ffv1, by its checksums"),
    pytest.param("clip.mkv", {"codec": "ffv1", "options": {"g": "12"}}, id="ffv1 with long groups"),
    pytest.param("clip.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}, id="mjpeg, whose decoder is asked"),
    pytest.param("clip.mp4", {"options": {"g": "1"}}, id="h264 intra, marked by FFmpeg"),
    pytest.param("clip.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}, id="prores, marked by FFmpeg"),
    pytest.param("clip.mkv", {"codec": "mpeg2video"}, id="mpeg2, marked by FFmpeg"),
]


@pytest.mark.parametrize("number", [0, 9])
@pytest.mark.parametrize(("name", "how"), KNOWN)
def test_damage_inside_a_frame_stops_at_its_number(
    tmp_path: Path, name: str, how: dict[str, object], number: int
) -> None:
    clip = spoil(write_clip(tmp_path / name, noisy_frames(24), **how), number)  # type: ignore[arg-type]

    frames, error, stated = read_until_error(clip)

    assert frames == [(1001 + n, n) for n in range(number)]
    assert isinstance(error, PlateError)
    assert f"frame {1001 + number}: damaged" in str(error)
    assert stated == "1001-1024"


def test_jpeg_that_a_strict_decoder_never_takes_is_read_as_it_comes(tmp_path: Path) -> None:
    """Some cameras write JPEG that is wrong in every frame alike: that is their habit, and no damage."""
    how = {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": {"qmax": "2"}}
    clip = write_clip(tmp_path / "clip.mov", noisy_frames(6), **how)  # type: ignore[arg-type]
    for number in range(6):
        clip = spoil(clip, number, share=0.5, length=300)

    frames, error, _ = read_until_error(clip)

    assert ([number for number, _ in frames], error) == ([1001, 1002, 1003, 1004, 1005, 1006], None)


def test_frames_that_stand_alone_are_whole_behind_a_damaged_one(tmp_path: Path) -> None:
    clip = spoil(write_clip(tmp_path / "clip.mkv", noisy_frames(24), **FFV1), 9)  # type: ignore[arg-type]

    frames, error, _ = read_until_error(clip, "1011-1024")

    assert (frames, error) == ([(1001 + n, n) for n in range(10, 24)], None)


def test_b_frames_that_are_built_on_a_damaged_later_frame_are_damaged(tmp_path: Path) -> None:
    whole = write_clip(
        tmp_path / "clip.mp4", noisy_frames(24), options={"g": "24", "bf": "2", "sc_threshold": "0"}
    )
    with open_plate(str(whole)) as plate:
        expected = [frame.pixels for frame in plate.read(plate.info.frames)]
    for number in (7, 10, 14):
        given = whole_pictures(spoil(whole, number, share=0.3))

        assert len(given) < 24
        for pixels, right in zip(given, expected, strict=False):
            np.testing.assert_array_equal(pixels, right)


def whole_pictures(clip: Path) -> list[Planes]:
    """Read a clip up to its first frame that is refused."""
    given: list[Planes] = []
    with open_plate(str(clip)) as plate, contextlib.suppress(PlateError):
        given.extend(frame.pixels for frame in plate.read(plate.info.frames))
    return given


@pytest.mark.parametrize(
    ("options", "is_guarded"),
    [
        pytest.param({}, True, id="as FFmpeg writes it"),
        pytest.param({"level": "3", "slices": "9", "slicecrc": "1"}, True, id="nine slices"),
        pytest.param({"level": "3", "slicecrc": "2", "strict": "experimental"}, True, id="the other start"),
        pytest.param({"level": "3", "slicecrc": "0"}, False, id="without checksums"),
        pytest.param({"level": "1"}, False, id="version 1"),
    ],
)
def test_the_checksums_of_ffv1_tell_one_flipped_bit(
    tmp_path: Path, options: dict[str, str], *, is_guarded: bool
) -> None:
    clip = write_clip(tmp_path / "clip.mkv", 2, codec="ffv1", options=options)
    with av.open(str(clip)) as container:
        packet = bytes(next(iter(container.demux(container.streams.video[0]))))
    flipped = bytearray(packet)
    flipped[len(packet) // 3] ^= 4

    assert is_whole_ffv1(packet)
    assert is_whole_ffv1(bytes(flipped)) is not is_guarded


@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param("clip.mkv", {"codec": "libx265"}, id="hevc"),
        pytest.param("clip.webm", {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}}, id="vp9"),
    ],
)
def test_damage_that_no_decoder_can_see_moves_no_frame(
    tmp_path: Path, name: str, how: dict[str, object]
) -> None:
    """HEVC and VP9 decode any bytes to some picture: what is given is under its own number all the same."""
    clip = spoil(write_clip(tmp_path / name, noisy_frames(24), **how), 20, length=1)  # type: ignore[arg-type]

    frames, error, stated = read_until_error(clip)

    assert [number for number, _ in frames] == list(range(1001, 1001 + len(frames)))
    assert frames[:16] == [(1001 + n, n) for n in range(16)]
    assert (error is None) == (len(frames) == 24)
    assert stated == "1001-1024"
