"""A plate's facts come from the file, and each one's origin is told."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from hdrvid.errors import NotSdr, PlateError
from hdrvid.plate import PlateInfo
from hdrvid.sources import open_plate
from tests.sources.clips import BT709, Extras, read_number, write_clip, yuv_frame


def facts(clip: Path, **options: Any) -> PlateInfo:
    with open_plate(str(clip), **options) as plate:
        return plate.info


def origins(info: PlateInfo) -> dict[str, tuple[str, str]]:
    return {decision.name: (decision.value, decision.origin) for decision in info.decisions}


def test_a_tagged_clip_needs_no_assumption(tmp_path: Path) -> None:
    info = facts(write_clip(tmp_path / "clip.mp4", 3, tags=BT709))

    assert origins(info) == {
        "matrix": ("bt709", "tag"),
        "range": ("limited", "tag"),
        "primaries": ("bt709", "tag"),
        "transfer": ("bt709", "tag"),
    }
    assert info.warnings == ()


def test_each_assumption_about_an_untagged_clip_is_a_warning(tmp_path: Path) -> None:
    info = facts(write_clip(tmp_path / "clip.mp4", 3))

    assert {origin for _, origin in origins(info).values()} == {"assumed"}
    assert len(info.warnings) == 4
    assert any("matrix is taken as bt601" in line for line in info.warnings)


def test_an_option_changes_the_pixels_and_is_recorded(tmp_path: Path) -> None:
    grey = np.full((32, 32), 120, np.uint8)
    red = np.full((16, 16), 200, np.uint8)
    clip = write_clip(tmp_path / "clip.mkv", [yuv_frame([grey, red, red], "yuv420p")], codec="ffv1")

    pixels = {}
    for matrix in ("bt601", "bt709"):
        with open_plate(str(clip), matrix=matrix, code_range="full") as plate:
            pixels[matrix] = next(plate.read(plate.info.frames)).pixels
            assert origins(plate.info)["matrix"] == (matrix, "option")
            assert origins(plate.info)["range"] == ("full", "option")

    assert pixels["bt601"][0, 0, 0] == pytest.approx(120 / 255 + 1.402 * 72 / 255)
    assert pixels["bt709"][0, 0, 0] == pytest.approx(120 / 255 + 1.5748 * 72 / 255)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "transfer", "signal"),
    [
        pytest.param("libx264", "yuv420p10le", 16, "PQ", id="PQ in H.264"),
        pytest.param("libx265", "yuv420p10le", 18, "HLG", id="HLG in HEVC"),
        pytest.param("prores_ks", "yuv422p10le", 16, "PQ", id="PQ in ProRes"),
    ],
)
def test_hdr_clips_are_refused(tmp_path: Path, codec: str, pix_fmt: str, transfer: int, signal: str) -> None:
    tags = {"matrix": 9, "range": 1, "primaries": 9, "transfer": transfer}
    clip = write_clip(tmp_path / "clip.mov", 2, codec=codec, pix_fmt=pix_fmt, tags=tags)

    with pytest.raises(NotSdr, match=signal):
        open_plate(str(clip))


def test_hdr10_metadata_without_a_tagged_transfer_is_refused(tmp_path: Path) -> None:
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    clip = write_clip(
        tmp_path / "clip.mp4",
        2,
        codec="libx265",
        pix_fmt="yuv420p10le",
        options={"x265-params": f"master-display={display}"},
    )

    with pytest.raises(NotSdr, match="HDR10 mastering metadata"):
        open_plate(str(clip))


SIGNALS = [
    pytest.param("libx264", "yuv420p", ("h264", "yuv420p", 8, False), id="H.264"),
    pytest.param("libx264", "yuv420p10le", ("h264", "yuv420p10le", 10, False), id="H.264 10 bit"),
    pytest.param("libx265", "yuv420p", ("hevc", "yuv420p", 8, False), id="HEVC"),
    pytest.param("prores_ks", "yuva444p10le", ("prores", "yuva444p12le", 12, True), id="ProRes 4444, alpha"),
    pytest.param("mjpeg", "yuvj420p", ("mjpeg", "yuvj420p", 8, False), id="JPEG"),
    pytest.param("qtrle", "argb", ("qtrle", "argb", 8, True), id="animation, alpha"),
    pytest.param("v210", "yuv422p10le", ("v210", "yuv422p10le", 10, False), id="v210"),
    pytest.param("libx264rgb", "rgb24", ("h264", "gbrp", 8, False), id="H.264 in RGB"),
    pytest.param("ffv1", "gray16le", ("ffv1", "gray16le", 16, False), id="grey"),
]


@pytest.mark.parametrize(("codec", "pix_fmt", "expected"), SIGNALS)
def test_codec_format_depth_and_alpha_are_told_and_frames_read(
    tmp_path: Path, codec: str, pix_fmt: str, expected: tuple[str, str, int, bool]
) -> None:
    options = {"profile": "4"} if pix_fmt == "yuva444p10le" else {}
    name = "clip.mkv" if codec == "ffv1" else "clip.mov"
    clip = write_clip(tmp_path / name, 3, codec=codec, pix_fmt=pix_fmt, options=options)

    with open_plate(str(clip)) as plate:
        info, frames = plate.info, list(plate.read(plate.info.frames))

    assert (info.codec, info.pixel_format, info.bit_depth, info.has_alpha) == expected
    assert [read_number(frame.pixels) for frame in frames] == [0, 1, 2]
    assert all((frame.alpha is not None) == info.has_alpha for frame in frames)


def test_jpeg_is_full_range_by_its_pixel_format(tmp_path: Path) -> None:
    info = facts(write_clip(tmp_path / "clip.mov", 2, codec="mjpeg", pix_fmt="yuvj422p"))

    assert origins(info)["range"] == ("full", "tag")


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_rotated_clip_is_given_upright(tmp_path: Path, degrees: int) -> None:
    clip = write_clip(tmp_path / "clip.mov", 2, extras=Extras(rotation=degrees))
    upright = write_clip(tmp_path / "plain.mov", 2)
    with av.open(str(clip)) as container:
        quarters = (
            next(iter(container.decode(video=0))).rotation // 90
        )  # counter-clockwise, by FFmpeg's account

    with open_plate(str(clip)) as plate, open_plate(str(upright)) as plain:
        turned = next(plate.read(plate.info.frames))
        stored = next(plain.read(plain.info.frames))

    np.testing.assert_array_equal(turned.pixels, np.rot90(stored.pixels, quarters, (1, 2)))
    assert turned.size == (plate.info.height, plate.info.width)


def test_a_variable_rate_counts_frames_and_says_so(tmp_path: Path) -> None:
    times = [0, 33, 67, 100, 200, 233, 500, 533]
    clip = write_clip(tmp_path / "clip.mp4", 8, times_ms=times)

    with open_plate(str(clip)) as plate:
        frames = list(plate.read(plate.info.frames))

    assert plate.info.variable_rate
    assert [(frame.number, read_number(frame.pixels)) for frame in frames] == [
        (1001 + n, n) for n in range(8)
    ]
    assert "variable frame rate" in plate.info.cautions[0]


def test_missing_time_in_a_regular_clip_is_warned_of_by_frame(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", 38, times_ms=[n * 40 for n in range(40) if n not in {20, 21}])

    info = facts(clip)

    assert "time is missing before frame 1021" in info.cautions[0]
    assert len(info.frames) == 38


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25), Fraction(60)])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_the_rate_is_a_fraction_however_the_container_rounds(
    tmp_path: Path, name: str, rate: Fraction
) -> None:
    info = facts(write_clip(tmp_path / name, 30, rate=Fraction(rate)))

    assert (info.rate, info.variable_rate) == (Fraction(rate), False)


@pytest.mark.parametrize(("name", "codec"), [("clip.mov", "libx264"), ("clip.mxf", "mpeg2video")])
def test_the_timecode_of_the_first_frame_is_found(tmp_path: Path, name: str, codec: str) -> None:
    extras = Extras(metadata={"timecode": "01:02:03:04"})

    assert facts(write_clip(tmp_path / name, 3, codec=codec, extras=extras)).timecode == "01:02:03:04"


def test_pixel_aspect_is_kept_and_turned_with_the_picture(tmp_path: Path) -> None:
    wide = facts(write_clip(tmp_path / "a.mov", 2, extras=Extras(pixel_aspect=Fraction(4, 3))))
    turned = facts(write_clip(tmp_path / "b.mov", 2, extras=Extras(pixel_aspect=Fraction(4, 3), rotation=90)))

    assert wide.pixel_aspect == Fraction(4, 3)
    assert turned.pixel_aspect == Fraction(3, 4)
    assert (turned.width, turned.height) == (wide.height, wide.width)


def test_an_interlaced_clip_is_said_to_be_one(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 4, options={"x264-params": "interlaced=1"})

    info = facts(clip)

    assert info.interlaced
    assert "interlaced" in info.cautions[0]


@pytest.mark.parametrize("size", [(16, 16), (35, 51), (17, 128), (2, 2)])
def test_small_and_odd_sizes_are_read_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    clip = write_clip(tmp_path / "clip.mkv", 2, codec="ffv1", size=size)

    with open_plate(str(clip)) as plate:
        frames = list(plate.read(plate.info.frames))

    assert [frame.size for frame in frames] == [size, size]
    assert all(np.isfinite(frame.pixels).all() and frame.pixels.flags.c_contiguous for frame in frames)


def test_a_clip_of_one_frame_is_a_clip(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1)

    with open_plate(str(clip), start_frame=7) as plate:
        frames = list(plate.read(plate.info.frames))

    assert [frame.number for frame in frames] == [7]
    assert plate.info.rate == 25


def test_a_cover_picture_is_not_the_plate(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "cover.mp4", 5, extras=Extras(cover=True))
    with av.open(str(clip)) as container:
        assert len(container.streams.video) == 2

    assert facts(clip).codec == "h264"


def test_a_copy_has_the_same_fingerprint_and_another_clip_has_not(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 4)
    other = write_clip(tmp_path / "other.mp4", 5)
    copy = Path(shutil.copy(clip, tmp_path / "elsewhere.mp4"))

    assert facts(clip).fingerprint == facts(copy).fingerprint
    assert facts(clip).fingerprint != facts(other).fingerprint


def test_a_pixel_format_that_is_not_read_is_refused_when_opened(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.nut", 1, codec="rawvideo", pix_fmt="xyz12le")

    with pytest.raises(PlateError, match="pixel format xyz12le"):
        open_plate(str(clip))


@pytest.mark.parametrize(
    "timecode", [pytest.param("noon", id="a word"), pytest.param("01:00:00:45", id="of another rate")]
)
def test_a_timecode_that_cannot_be_read_is_left_out_with_a_word(tmp_path: Path, timecode: str) -> None:
    extras = Extras(metadata={"timecode": timecode})

    info = facts(write_clip(tmp_path / "clip.mkv", 2, extras=extras))

    assert info.timecode is None
    assert any(f"'{timecode}' is none at 25 frames a second" in caution for caution in info.cautions)


def test_side_data_that_the_decoder_library_cannot_name_is_passed_over(tmp_path: Path) -> None:
    """FFmpeg hands a TIFF's tags on as Exif, for which PyAV has no name and raises."""
    clip = write_clip(tmp_path / "clip.mov", 3, codec="tiff", pix_fmt="rgb24")

    with open_plate(str(clip)) as plate:
        numbers = [read_number(frame.pixels) for frame in plate.read(plate.info.frames)]

    assert numbers == [0, 1, 2]


def test_an_untagged_picture_of_the_web_is_srgb(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.gif", 3, codec="gif", pix_fmt="rgb8", rate=Fraction(10))

    with open_plate(str(clip)) as plate:
        decision = next(d for d in plate.info.decisions if d.name == "transfer")

    assert (decision.value, decision.origin) == ("srgb", "assumed")
