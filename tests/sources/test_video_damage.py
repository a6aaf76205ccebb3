"""A video that is cut, damaged or no video at all is said to be so, at the frame where it is."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from hdrvid.errors import FrameRangeError, PlateError, PlateNotFound, PlateTruncated
from hdrvid.frames import FrameRange
from hdrvid.sources import open_plate
from tests.sources.clips import Extras, cut, damage, numbered_frame, read_number, write_clip

FASTSTART = Extras(container={"movflags": "faststart"})


def noisy_frames(count: int) -> list[np.ndarray]:
    """Draw numbered frames with noise, so that a clip's bytes are spread evenly over its frames."""
    draw = np.random.default_rng(1)
    noise = draw.integers(0, 40, (96, 128, 3), dtype=np.uint8)
    return [numbered_frame(n) + np.roll(noise, n * 7, axis=1) for n in range(count)]


Numbers = list[tuple[int, int]]


def read_until_error(clip: Path, frames: str = "") -> tuple[Numbers, Exception | None, str]:
    """Read a clip: each frame's number with the one in its pixels, the error, and the frames it states."""
    found: Numbers = []
    with open_plate(str(clip)) as plate:
        wanted = FrameRange.parse(frames) if frames else plate.info.frames
        try:
            found.extend((frame.number, read_number(frame.pixels)) for frame in plate.read(wanted))
        except PlateError as error:
            return found, error, str(plate.info.frames)
        return found, None, str(plate.info.frames)


CUTS = [
    pytest.param("clip.mkv", {}, id="mkv, which reads on without an error"),
    pytest.param("clip.mp4", {"extras": FASTSTART}, id="mp4 with its index in front"),
    pytest.param("clip.webm", {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}}, id="webm"),
    pytest.param("clip.mxf", {"codec": "mpeg2video"}, id="mxf"),
    pytest.param("h264.avi", {}, id="avi"),
    pytest.param("sound.mkv", {"extras": Extras(sound=True)}, id="mkv with sound"),
]


@pytest.mark.parametrize(("name", "how"), CUTS)
def test_a_cut_clip_gives_its_whole_frames_and_says_where_it_stops(
    tmp_path: Path, name: str, how: dict[str, object]
) -> None:
    clip = cut(write_clip(tmp_path / name, noisy_frames(40), **how), 0.6)  # type: ignore[arg-type]

    frames, error, stated = read_until_error(clip)

    assert 3 < len(frames) < 40
    assert frames == [(1001 + n, n) for n in range(len(frames))]
    assert isinstance(error, PlateTruncated)
    assert f"stops at frame {1001 + len(frames)} of" in str(error)
    assert int(stated.split("-")[1]) in {1039, 1040, 1041}


def test_a_cut_transport_stream_is_known_by_its_size(tmp_path: Path) -> None:
    clip = cut(write_clip(tmp_path / "clip.ts", noisy_frames(40)), 0.6)

    frames, error, _ = read_until_error(clip)

    assert frames == [(1001 + n, n) for n in range(len(frames))]
    assert isinstance(error, PlateTruncated)


def test_the_whole_part_of_a_cut_clip_reads_without_an_error(tmp_path: Path) -> None:
    clip = cut(write_clip(tmp_path / "clip.mkv", noisy_frames(40)), 0.6)

    frames, error, _ = read_until_error(clip, "1001-1010x3")

    assert (frames, error) == ([(1001, 0), (1004, 3), (1007, 6), (1010, 9)], None)


def test_a_frame_behind_the_cut_is_refused_when_asked_for_alone(tmp_path: Path) -> None:
    clip = cut(write_clip(tmp_path / "clip.mkv", noisy_frames(40), options={"g": "8"}), 0.6)

    frames, error, _ = read_until_error(clip, "1039")

    assert frames == []
    assert isinstance(error, PlateTruncated)


def test_a_cut_is_said_when_the_clip_is_opened(tmp_path: Path) -> None:
    clip = cut(write_clip(tmp_path / "clip.mkv", noisy_frames(40)), 0.6)

    with open_plate(str(clip)) as plate:
        info = plate.info

    assert any("cut or damaged" in caution for caution in info.cautions)
    assert not info.exact


def test_an_mp4_cut_before_its_index_does_not_open(tmp_path: Path) -> None:
    clip = cut(write_clip(tmp_path / "clip.mp4", 20), 0.6)

    with pytest.raises(PlateError, match=r"cut_clip\.mp4: cannot be opened as video"):
        open_plate(str(clip))


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4", "clip.ts"])
def test_damage_in_the_middle_stops_at_its_frame(tmp_path: Path, name: str) -> None:
    clip = damage(
        write_clip(tmp_path / name, noisy_frames(40), extras=FASTSTART if "mp4" in name else Extras()), 0.5
    )

    frames, error, _ = read_until_error(clip)

    assert 3 < len(frames) < 40
    assert frames == [(1001 + n, n) for n in range(len(frames))]
    assert error is not None
    assert f"frame {1001 + len(frames)}" in str(error)
    assert "damaged" in str(error)


def test_frames_after_the_next_key_frame_are_whole_again(tmp_path: Path) -> None:
    clip = damage(
        write_clip(tmp_path / "clip.mkv", noisy_frames(40), options={"g": "10", "bf": "0"}), 0.5, 200
    )

    frames, error, _ = read_until_error(clip, "1031-1040")

    assert error is None
    assert frames == [(n, n - 1001) for n in range(1031, 1041)]


def test_only_the_damaged_frame_of_an_intra_codec_is_lost(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "clip.mov", noisy_frames(20), codec="prores_ks", pix_fmt="yuv422p10le")
    clip = damage(whole, 0.5, 600)
    frames, error, _ = read_until_error(clip)
    broken = 1001 + len(frames)

    rest, second, _ = read_until_error(clip, f"1001-{broken - 1},{broken + 2}-1020")

    assert f"frame {broken}: damaged" in str(error)
    assert second is None
    assert [number for number, _ in rest] == [n for n in range(1001, 1021) if n not in {broken, broken + 1}]


def test_nothing_of_a_damaged_frame_is_given_when_it_is_sought(tmp_path: Path) -> None:
    clip = damage(
        write_clip(tmp_path / "clip.ts", noisy_frames(60), options={"g": "10", "bf": "0"}), 0.5, 200
    )
    frames, _, _ = read_until_error(clip)
    broken = 1001 + len(frames)

    alone, error, _ = read_until_error(clip, str(broken))

    assert alone == []
    assert f"frame {broken}: damaged" in str(error)


@pytest.mark.parametrize("name", ["clip.ts", "clip.mkv"])
def test_what_is_built_on_lost_frames_is_damaged_too(tmp_path: Path, name: str) -> None:
    """The demuxer steps over what is lost, and the decoder fills in for it: only the time tells."""
    whole = write_clip(tmp_path / name, 60, options={"g": "12", "bf": "2"}, size=(192, 256))
    clip = damage(whole, 0.5)

    frames, error, _ = read_until_error(clip)

    assert error is not None
    assert f"frame {1001 + len(frames)}: damaged" in str(error)
    assert [number for _, number in frames[:-1]] == list(range(len(frames) - 1))
    with open_plate(str(clip)) as plate:
        assert any("frames are lost before frame" in caution for caution in plate.info.cautions)
        assert plate.info.rate == 25


def test_frames_that_a_camera_left_out_are_no_damage(tmp_path: Path) -> None:
    times = [n * 40 + (400 if n > 11 else 0) for n in range(24)]
    clip = write_clip(tmp_path / "clip.mkv", 24, times_ms=times, options={"g": "24"})

    frames, error, _ = read_until_error(clip)

    assert (frames, error) == ([(1001 + n, n) for n in range(24)], None)


def test_a_change_of_size_stops_with_both_sizes_and_frames(tmp_path: Path) -> None:
    parts = [write_clip(tmp_path / f"{w}.ts", 6, size=(96, w), options={"bf": "0"}) for w in (128, 160)]
    clip = tmp_path / "joined.ts"
    clip.write_bytes(b"".join(part.read_bytes() for part in parts))

    with open_plate(str(clip)) as plate, pytest.raises(PlateError) as stopped:
        list(plate.read(plate.info.frames))

    for word in ("160x96", "128x96", "frame 1001"):
        assert word in str(stopped.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"these are notes, not a clip\n" * 20, "cannot be opened as video", id="text"),
        pytest.param(b"", "the file is empty", id="nothing"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    clip = tmp_path / "notes.mp4"
    clip.write_bytes(content)

    with pytest.raises(PlateError, match=words):
        open_plate(str(clip))


def test_a_playlist_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    clip = tmp_path / "list.mp4"
    clip.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/clip.ts\n#EXT-X-ENDLIST\n"
    )

    with pytest.raises(PlateError):
        open_plate(str(clip))


def test_a_missing_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PlateNotFound, match="no such file"):
        open_plate(str(tmp_path / "clip.mp4"))


def test_sound_alone_is_no_plate(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with pytest.raises(PlateError, match="no video stream"):
        open_plate(str(path))


def test_frames_outside_the_plate_are_refused_at_once(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 5)

    with open_plate(str(clip)) as plate, pytest.raises(FrameRangeError, match="no frame 1006"):
        plate.read(FrameRange.parse("1003-1006"))
