"""A video gives every frame once, in order, under its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdrvid.frames import FrameRange
from hdrvid.sources import open_plate
from tests.sources.clips import decoded_numbers, read_number, write_clip


def test_a_plain_clip_gives_each_of_its_frames_once_numbered_from_1001(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 30)

    with open_plate(str(clip)) as plate:
        frames = list(plate.read(plate.info.frames))

    assert [frame.number for frame in frames] == list(range(1001, 1031))
    assert [read_number(frame.pixels) for frame in frames] == list(range(30))


CONTAINERS = [
    pytest.param("clip.mp4", {}, id="H.264 with B-frames in mp4"),
    pytest.param("clip.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}, id="ProRes 422 10 bit"),
    pytest.param("clip.mkv", {}, id="H.264 in mkv, which states no count"),
    pytest.param("clip.ts", {}, id="MPEG-TS, which starts late and seeks badly"),
    pytest.param("clip.avi", {"codec": "mpeg4", "options": {"bf": "2"}}, id="MPEG-4 in AVI"),
    pytest.param("h264.avi", {}, id="H.264 with B-frames in AVI, which cannot say when they are shown"),
    pytest.param("clip.mxf", {"codec": "mpeg2video", "options": {"bf": "2"}}, id="MPEG-2 in MXF"),
    pytest.param("clip.h264", {}, id="a raw stream without times"),
    pytest.param("clip.webm", {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}}, id="VP9"),
    pytest.param(
        "hevc.mp4",
        {"codec": "libx265", "options": {"x265-params": "open-gop=1:keyint=8", "preset": "ultrafast"}},
        id="HEVC with open groups of pictures",
    ),
    pytest.param(
        "open.mkv",
        {"options": {"g": "8", "x264-params": "open-gop=1"}},
        id="H.264 with open groups of pictures",
    ),
    pytest.param("clip.nut", {"codec": "ffv1", "pix_fmt": "yuv444p10le"}, id="FFV1 in 10 bit"),
]


@pytest.mark.parametrize(("name", "how"), CONTAINERS)
def test_every_frame_is_found_by_its_number_in_every_container(
    tmp_path: Path, name: str, how: dict[str, object]
) -> None:
    clip = write_clip(tmp_path / name, 40, **{"options": {"g": "10"}, **how})  # type: ignore[arg-type]
    wanted = FrameRange.parse("1003-1040x9,1039,1018-1020")

    with open_plate(str(clip)) as plate:
        whole = [(f.number, read_number(f.pixels)) for f in plate.read(plate.info.frames)]
        some = [(f.number, read_number(f.pixels)) for f in plate.read(wanted)]

    assert decoded_numbers(clip) == list(range(40))
    assert whole == [(1001 + n, n) for n in range(40)]
    assert some == [(n, n - 1001) for n in wanted]
