"""Layouts say of every pixel format what FFmpeg itself says of it."""

from __future__ import annotations

import av
import av.video.format
import numpy as np
import pytest

from hdrvid.sources.formats import SUBSTITUTES, layout_of
from hdrvid.sources.pictures import read_picture
from tests.sources.clips import yuv_frame

KNOWN = sorted(
    name
    for name in av.video.format.names  # type: ignore[attr-defined]
    if layout_of(name) is not None
)


@pytest.mark.parametrize("name", KNOWN)
def test_a_layout_agrees_with_ffmpeg(name: str) -> None:
    layout, stated = layout_of(name), av.VideoFormat(name, 64, 64)
    assert layout is not None

    parts = [*layout.components, *([layout.alpha] if layout.alpha else [])]

    assert [(part.plane, layout.depth) for part in parts] == [(c.plane, c.bits) for c in stated.components]
    if layout.kind == "yuv":
        small = stated.chroma_width(64), stated.chroma_height(64)
        assert small == (64 // layout.across, 64 // layout.down)
    assert stated.is_rgb == (layout.kind == "rgb")


@pytest.mark.parametrize(
    "name",
    [
        *("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "nv12", "nv16", "p010le"),
        *(f"yuv{sub}p{bits}le" for sub in (420, 422, 444) for bits in (10, 12, 14, 16)),
        *("yuva420p", "yuva444p10le", "yuva444p12le", "yuyv422", "uyvy422", "yuv411p", "gray", "gray10le"),
        *("gbrp", "gbrp10le", "gbrp12le", "gbrap10le", "rgb24", "bgr24", "rgba", "bgra", "argb", "rgb48le"),
    ],
)
def test_formats_that_plates_come_in_are_read_directly(name: str) -> None:
    assert name in KNOWN


@pytest.mark.parametrize("name", ["xyz12le", "bayer_rggb8", "vaapi", "rgb4", "gbrap32le", "nothing"])
def test_formats_that_are_no_plate_have_no_layout(name: str) -> None:
    assert layout_of(name) is None


@pytest.mark.parametrize("name", sorted(SUBSTITUTES))
def test_a_substitute_is_a_format_that_is_read(name: str) -> None:
    assert layout_of(SUBSTITUTES[name]) is not None


@pytest.mark.parametrize(("name", "lowest_bits"), [("x2rgb10le", (20, 10, 0)), ("x2bgr10le", (0, 10, 20))])
def test_ten_bits_packed_in_words_are_unpacked_exactly(name: str, lowest_bits: tuple[int, int, int]) -> None:
    words = np.random.default_rng(3).integers(0, 2**30, (8, 64), dtype=np.uint32)
    frame = yuv_frame([words], name)

    picture, _ = read_picture(frame, matrix="bt709", full_range=True, siting="left")

    expected = [(words >> bit & 1023).astype(np.float32) / np.float32(1023) for bit in lowest_bits]
    np.testing.assert_array_equal(picture, expected)
