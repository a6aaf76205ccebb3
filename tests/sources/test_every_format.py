"""Every pixel format that is read gives the colour that was put in, wherever its samples lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import av.video.format
import numpy as np
import pytest
from numpy.typing import NDArray

from hdrvid.sources.formats import Component, PixelLayout, layout_of
from hdrvid.sources.pictures import read_picture

NAMES = sorted(
    name
    for name in av.video.format.names  # type: ignore[attr-defined]
    if layout_of(name) is not None
)
HEIGHT, WIDTH = 6, 16


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Hold the codes that one component of a flat picture has, as a share of its largest code."""

    first: float = 0.7
    second: float = 0.3
    third: float = 0.55
    alpha: float = 0.2


def fill(frame: av.VideoFrame, part: Component, layout: PixelLayout, value: float) -> None:
    """Write a flat value to every sample of a component, through FFmpeg's account of the plane's size."""
    plane = frame.planes[part.plane]
    sample = np.dtype(layout.dtype)
    rows: NDArray[Any] = np.frombuffer(memoryview(plane), sample)
    rows = rows[: plane.height * (plane.line_size // sample.itemsize)].reshape(plane.height, -1)
    rows[:, part.offset :: part.step] = value


def code_of(share: float, layout: PixelLayout) -> float:
    if layout.is_float:
        return share
    return float(round(share * (2**layout.depth - 1)) << layout.shift)


def expected_rgb(layout: PixelLayout, sample: Sample) -> list[float]:
    """Work out a flat picture's R'G'B' in full range and BT.709, by the definition."""
    top = 1.0 if layout.is_float else float((2**layout.depth - 1) << layout.shift)
    first, second, third = (code_of(v, layout) / top for v in (sample.first, sample.second, sample.third))
    if layout.kind == "grey":
        return [first] * 3
    if layout.kind == "rgb":
        return [first, second, third]
    neutral = float(2 ** (layout.depth - 1) << layout.shift) / top
    r, b = first + 1.5748 * (third - neutral), first + 1.8556 * (second - neutral)
    return [r, (first - 0.2126 * r - 0.0722 * b) / 0.7152, b]


@pytest.mark.parametrize("name", NAMES)
def test_a_flat_picture_has_the_colour_of_its_codes_everywhere(name: str) -> None:
    layout, sample = layout_of(name), Sample()
    assert layout is not None
    frame = av.VideoFrame(WIDTH, HEIGHT, name)
    values = (sample.first, sample.second, sample.third)
    for part, value in zip(layout.components, values, strict=False):
        fill(frame, part, layout, code_of(value, layout))
    if layout.alpha is not None:
        fill(frame, layout.alpha, layout, code_of(sample.alpha, layout))

    picture, alpha = read_picture(frame, matrix="bt709", full_range=True, siting="left")

    tolerance = 2e-3 if layout.dtype.endswith("f2") else 1e-5
    assert picture.shape == (3, HEIGHT, WIDTH)
    for channel, value in zip(picture, expected_rgb(layout, sample), strict=True):
        np.testing.assert_allclose(channel, value, atol=tolerance)
    assert (alpha is not None) == (layout.alpha is not None)
    if alpha is not None:
        np.testing.assert_allclose(alpha, sample.alpha, atol=max(tolerance, 1 / 2**layout.depth))


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("be") and "f16" not in name])
def test_big_endian_formats_are_their_little_endian_twins(name: str) -> None:
    big, little = layout_of(name), layout_of(name[:-2] + "le")

    assert big is not None
    assert little is not None
    assert (big.components, big.depth, big.shift) == (little.components, little.depth, little.shift)
    assert np.dtype(big.dtype) == np.dtype(little.dtype).newbyteorder(">")


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("rgb24", "rgb"),
        ("bgr24", "bgr"),
        ("rgba", "rgba"),
        ("bgra", "bgra"),
        ("argb", "argb"),
        ("abgr", "abgr"),
    ],
)
def test_packed_rgb_is_told_apart_by_ffmpegs_own_conversion(name: str, order: str) -> None:
    colour = {"r": 200, "g": 100, "b": 50, "a": 255}
    source = np.full((HEIGHT, WIDTH, 3), [colour[c] for c in "rgb"], np.uint8)
    frame = av.VideoFrame.from_ndarray(source, format="rgb24").reformat(format=name)
    raw: NDArray[Any] = np.frombuffer(memoryview(frame.planes[0]), np.uint8)[: len(order)]

    picture, _ = read_picture(frame, matrix="bt709", full_range=True, siting="left")

    assert raw.tolist() == [colour[c] for c in order]
    np.testing.assert_allclose(picture[:, 0, 0] * 255, [200, 100, 50], rtol=1e-6)
