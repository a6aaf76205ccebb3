"""A video gives every frame once, in order, under its number."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdrvid.frames import FrameRange
from hdrvid.sources import open_plate
from tests.sources.clips import BT709, Extras, decoded_numbers, read_number, write_clip, yuv_frame


def test_a_plain_clip_gives_each_of_its_frames_once_numbered_from_1001(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 30)

    with open_plate(str(clip)) as plate:
        frames = list(plate.read(plate.info.frames))

    assert [frame.number for frame in frames] == list(range(1001, 1031))
    assert [read_number(frame.pixels) for frame in frames] == list(range(30))


FRAGMENTS = Extras(container={"movflags": "frag_keyframe+empty_moov"})

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
    pytest.param("clip.mpg", {"codec": "mpeg2video", "options": {"bf": "2"}}, id="a program stream"),
    pytest.param("clip.flv", {}, id="FLV"),
    pytest.param("clip.wmv", {"codec": "wmv2"}, id="WMV"),
    pytest.param("raw.avi", {"codec": "rawvideo", "pix_fmt": "bgr24"}, id="raw RGB in AVI, bottom row first"),
    pytest.param(
        "fragments.mp4",
        {"extras": Extras(container={"movflags": "frag_keyframe+empty_moov"})},
        id="fragmented mp4",
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


def test_frames_shown_before_the_first_that_decodes_are_not_counted(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "clip.ts", 40, options={"g": "12"})
    content = whole.read_bytes()
    tail = tmp_path / "tail.ts"
    tail.write_bytes(content[len(content) // 3 // 188 * 188 :])

    with open_plate(str(tail)) as plate:
        frames = [(frame.number, read_number(frame.pixels)) for frame in plate.read(plate.info.frames)]

    assert frames == [(1001 + n, 12 + n) for n in range(28)]
    assert decoded_numbers(tail) == list(range(12, 40))


@pytest.mark.parametrize("shift", [-13, -5, 9])
def test_edit_lists_are_followed(tmp_path: Path, shift: int) -> None:
    clip = tmp_path / "edited.mov"
    whole = write_clip(tmp_path / "clip.mov", 40, options={"g": "12"})
    with av.open(str(whole)) as source, av.open(str(clip), "w") as edited:
        stream = edited.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None and packet.pts is not None:
                ticks = round(Fraction(shift, 25) / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts + ticks, packet.dts + ticks, stream
                edited.mux(packet)
    first = max(0, -shift)

    with open_plate(str(clip)) as plate:
        frames = [(frame.number, read_number(frame.pixels)) for frame in plate.read(plate.info.frames)]

    assert frames == [(1001 + n, first + n) for n in range(40 - first)]


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("long") / "clip.mp4", 120, size=(32, 32), options={"g": "15"})


LONG: dict[str, dict[str, Any]] = {
    "clip.mp4": {},
    "clip.ts": {},
    "clip.avi": {"codec": "mpeg4", "options": {"bf": "2", "g": "15"}},
    "clip.mkv": {
        "codec": "libx265",
        "options": {"x265-params": "open-gop=1:keyint=15", "preset": "ultrafast"},
    },
}


@pytest.fixture(scope="module", params=sorted(LONG))
def any_long_clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    how: dict[str, Any] = {"size": (32, 32), "options": {"g": "15"}, **LONG[request.param]}
    return write_clip(tmp_path_factory.mktemp("long") / request.param, 120, **how)


@settings(deadline=None, max_examples=12)
@given(some=st.sets(st.integers(1001, 1120), min_size=1, max_size=8), step=st.integers(1, 40))
def test_any_frames_are_those_of_a_whole_read(any_long_clip: Path, some: set[int], step: int) -> None:
    stepped = FrameRange.between(min(some), 1120, step)

    with open_plate(str(any_long_clip)) as plate:
        for wanted in (FrameRange.of(some), stepped):
            found = [(frame.number, read_number(frame.pixels)) for frame in plate.read(wanted)]

            assert found == [(number, number - 1001) for number in wanted]


def test_frames_reached_by_a_seek_are_bit_equal(long_clip: Path) -> None:
    with open_plate(str(long_clip)) as plate:
        whole = {frame.number: frame.pixels for frame in plate.read(plate.info.frames)}
        sparse = list(plate.read(FrameRange.parse("1001-1120x37")))

    for frame in sparse:
        np.testing.assert_array_equal(frame.pixels, whole[frame.number])


def test_the_number_of_threads_changes_no_pixel(long_clip: Path) -> None:
    wanted = FrameRange.parse("1003,1090-1092")

    with open_plate(str(long_clip), threads=1) as one, open_plate(str(long_clip), threads=4) as four:
        for frame, other in zip(one.read(wanted), four.read(wanted), strict=True):
            np.testing.assert_array_equal(frame.pixels, other.pixels)


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clip.mp4", 3).rename(tmp_path / "shot:010%04d.mp4")
    monkeypatch.chdir(tmp_path)

    with open_plate("shot:010%04d.mp4") as plate:
        assert len(list(plate.read(plate.info.frames))) == 3


def test_two_reads_at_once_do_not_disturb_each_other(long_clip: Path) -> None:
    with open_plate(str(long_clip)) as plate:
        one, other = plate.read(FrameRange.parse("1001-1010")), plate.read(FrameRange.parse("1061-1070"))
        pairs = [(read_number(a.pixels), read_number(b.pixels)) for a, b in zip(one, other, strict=True)]

    assert pairs == [(n, n + 60) for n in range(10)]


def test_a_read_that_is_left_early_lets_go_of_the_file(long_clip: Path) -> None:
    with open_plate(str(long_clip)) as plate:
        frames = plate.read(plate.info.frames)
        next(frames)
        frames.close()  # type: ignore[attr-defined]

        assert next(iter(plate.read(plate.info.frames))).number == 1001


def test_super_whites_of_a_real_codec_arrive_above_one(tmp_path: Path) -> None:
    y = np.repeat(np.linspace(16, 254, 64).astype(np.uint8)[None], 32, axis=0)
    neutral = np.full((16, 32), 128, np.uint8)
    clip = write_clip(
        tmp_path / "clip.mp4", [yuv_frame([y, neutral, neutral], "yuv420p")], options={"crf": "0"}, tags=BT709
    )

    with open_plate(str(clip)) as plate:
        (frame,) = plate.read(plate.info.frames)

    np.testing.assert_allclose(frame.pixels[0], (y - 16.0) / 219, atol=1e-6)
    assert frame.pixels.max() == pytest.approx(238 / 219)


@pytest.mark.parametrize("name", ["bee_excerpt.mp4", "still_life.mp4"])
def test_a_real_clip_agrees_with_swscale_at_its_best_within_rounding(name: str) -> None:
    clip = Path(__file__).parents[1] / "data" / name

    with open_plate(str(clip)) as plate:
        frame = next(plate.read(plate.info.frames))

    codes = np.clip(frame.pixels, 0, 1) * 255
    assert np.abs(codes - swscale_picture(clip, frame.size).transpose(2, 0, 1)).max() < 0.51
    assert frame.pixels.max() > 1.05
    assert frame.pixels.min() < 0


def swscale_picture(clip: Path, size: tuple[int, int]) -> np.ndarray:
    """Convert a clip's first frame by FFmpeg's most exact path, told where chroma lies: `(H, W, 3) uint8`."""
    matrix = "bt709" if size[0] >= 720 or clip.name == "still_life.mp4" else "bt601"
    how = "flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp"
    with av.open(str(clip)) as container:
        graph = av.filter.Graph()
        chain = [
            graph.add_buffer(template=container.streams.video[0]),
            graph.add("scale", f"{how}:in_color_matrix={matrix}:in_h_chr_pos=0:in_v_chr_pos=128"),
            graph.add("format", "rgb24"),
            graph.add("buffersink"),
        ]
        for one, other in itertools.pairwise(chain):
            one.link_to(other)
        graph.configure()
        graph.push(next(container.decode(video=0)))
        picture = graph.pull()
    assert isinstance(picture, av.VideoFrame)
    return np.asarray(picture.to_ndarray())
