"""Code values pass from a lossless codec to R'G'B' with nothing lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hdrvid.plate import Frame
from hdrvid.sources import open_plate
from hdrvid.sources.planes import Coding, yuv_to_rgb
from hdrvid.sources.video import _siting
from tests.sources.clips import BT709, write_clip, yuv_frame

SHAPES = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


def random_planes(size: tuple[int, int], sub: str, bits: int) -> list[NDArray[Any]]:
    """Draw planes of every code that there is, those outside the limited range too."""
    across, down = SHAPES[sub]
    small = -(-size[0] // down), -(-size[1] // across)
    draw, dtype = np.random.default_rng(bits), np.uint8 if bits == 8 else np.uint16
    return [draw.integers(0, 2**bits, shape, dtype=dtype) for shape in (size, small, small)]


def only_frame(clip: Path, **options: str) -> Frame:
    with open_plate(str(clip), **options) as plate:  # type: ignore[arg-type]
        (frame,) = plate.read(plate.info.frames)
    return frame


@pytest.mark.parametrize("sub", sorted(SHAPES))
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_random_codes_of_ffv1_are_converted_as_they_are(tmp_path: Path, sub: str, bits: int) -> None:
    size = (33, 47)
    planes = random_planes(size, sub, bits)
    pix_fmt = f"yuv{sub}p" + (f"{bits}le" if bits > 8 else "")
    clip = write_clip(tmp_path / "clip.mkv", [yuv_frame(planes, pix_fmt)], codec="ffv1", tags=BT709)

    frame = only_frame(clip)

    across, down = SHAPES[sub]
    y, cb, cr = planes
    expected = yuv_to_rgb(y, cb, cr, Coding(depth=bits, across=across, down=down))
    np.testing.assert_array_equal(frame.pixels, expected)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "options"),
    [
        pytest.param("libx264", "yuv420p", {"crf": "0"}, id="H.264 without loss"),
        pytest.param("libx264", "yuv444p10le", {"qp": "0"}, id="H.264 without loss, 10 bit 4:4:4"),
        pytest.param("v210", "yuv422p10le", {}, id="v210"),
        pytest.param("utvideo", "yuv422p", {}, id="Ut Video"),
        pytest.param("rawvideo", "yuv420p", {}, id="raw"),
    ],
)
def test_other_lossless_codecs_agree_with_ffv1(
    tmp_path: Path, codec: str, pix_fmt: str, options: dict[str, str]
) -> None:
    bits, sub = (10 if "10" in pix_fmt else 8), pix_fmt[3:6]
    codes = [
        np.clip(plane, 4, 2**bits - 5) for plane in random_planes((32, 48), sub, bits)
    ]  # v210 reserves 0-3
    name = "clip.nut" if codec in {"rawvideo", "utvideo"} else "clip.mov"

    pixels = [
        only_frame(
            write_clip(tmp_path / at, [yuv_frame(codes, pix_fmt)], codec=by, options=how, tags=BT709),
            matrix="bt709",
            code_range="limited",
        ).pixels
        for at, by, how in ((name, codec, options), ("witness.mkv", "ffv1", {}))
    ]

    np.testing.assert_array_equal(pixels[0], pixels[1])


def test_rgb_in_a_video_is_divided_by_its_largest_code(tmp_path: Path) -> None:
    codes = np.random.default_rng(2).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    clip = write_clip(tmp_path / "clip.mov", [codes], codec="png", pix_fmt="rgb24")

    frame = only_frame(clip)

    np.testing.assert_array_equal(frame.pixels, codes.transpose(2, 0, 1).astype(np.float32) / np.float32(255))


def test_alpha_of_a_video_is_that_of_its_codes(tmp_path: Path) -> None:
    planes = [np.full((16, 24), code, np.uint16) for code in (500, 512, 512)]
    alpha = np.random.default_rng(3).integers(0, 1024, (16, 24), dtype=np.uint16)
    clip = write_clip(tmp_path / "clip.mkv", [yuv_frame([*planes, alpha], "yuva444p10le")], codec="ffv1")

    frame = only_frame(clip)

    assert frame.alpha is not None
    np.testing.assert_array_equal(frame.alpha, alpha.astype(np.float32) / np.float32(1023))


@pytest.mark.parametrize("size", [(16, 8192), (8192, 16), (1080, 1920)])
def test_large_pictures_are_read_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    column = np.arange(size[1], dtype=np.uint32) % 220 + 16
    y = np.repeat(column.astype(np.uint8)[None], size[0], axis=0)
    neutral = np.full((size[0] // 2, size[1] // 2), 128, np.uint8)
    clip = write_clip(tmp_path / "clip.mkv", [yuv_frame([y, neutral, neutral], "yuv420p")], codec="ffv1")

    frame = only_frame(clip)

    np.testing.assert_array_equal(frame.pixels[1], (y.astype(np.float32) - 16) / np.float32(219))


@pytest.mark.parametrize(
    ("codec", "siting"),
    [("h264", "left"), ("hevc", "left"), ("mpeg2video", "left"), ("prores", "left"), ("mjpeg", "centre")],
)
def test_chroma_lies_where_each_codec_puts_it(codec: str, siting: str) -> None:
    assert _siting(codec) == siting


def test_limited_and_full_range_differ_as_the_option_says(tmp_path: Path) -> None:
    planes = [np.full((16, 16), 235, np.uint8), *(np.full((8, 8), 128, np.uint8) for _ in range(2))]
    clip = write_clip(tmp_path / "clip.mkv", [yuv_frame(planes, "yuv420p")], codec="ffv1")

    assert only_frame(clip, code_range="limited").pixels.max() == 1
    assert only_frame(clip, code_range="full").pixels.max() == np.float32(235) / np.float32(255)
