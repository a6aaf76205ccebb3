"""Planes become R'G'B' by the formulas of the standards, and nothing is clipped."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hdrvid.sources.planes import (
    Coding,
    Siting,
    alpha_from_codes,
    chroma_levels,
    grey_to_rgb,
    luma_levels,
    rgb_from_codes,
    yuv_to_rgb,
)


def codes(*values: int, dtype: Any = np.uint16) -> NDArray[Any]:
    return np.array([values], dtype)


def single(y: int, cb: int, cr: int, coding: Coding) -> list[float]:
    picture = yuv_to_rgb(codes(y), codes(cb), codes(cr), coding)
    return [float(value) for value in picture[:, 0, 0]]


def exact(y: int, cb: int, cr: int, *, kr: Fraction, kb: Fraction, bits: int) -> list[float]:
    """Work the standards' formulas out in fractions, limited range."""
    step = 2 ** (bits - 8)
    luma = Fraction(y - 16 * step, 219 * step)
    blue, red = Fraction(cb - 128 * step, 224 * step), Fraction(cr - 128 * step, 224 * step)
    r, b = luma + 2 * (1 - kr) * red, luma + 2 * (1 - kb) * blue
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    return [float(value) for value in (r, g, b)]


MATRICES = [
    pytest.param("bt601", Fraction(299, 1000), Fraction(114, 1000), id="BT.601"),
    pytest.param("bt709", Fraction(2126, 10000), Fraction(722, 10000), id="BT.709"),
    pytest.param("bt2020", Fraction(2627, 10000), Fraction(593, 10000), id="BT.2020"),
]


@pytest.mark.parametrize(("matrix", "kr", "kb"), MATRICES)
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_each_matrix_is_the_standards_own(matrix: str, kr: Fraction, kb: Fraction, bits: int) -> None:
    step = 2 ** (bits - 8)
    y, cb, cr = 100 * step, 90 * step, 170 * step

    found = single(y, cb, cr, Coding(depth=bits, matrix=matrix))

    assert found == pytest.approx(exact(y, cb, cr, kr=kr, kb=kb, bits=bits), abs=3e-7)


def test_the_colour_bars_of_bt709_come_out_as_primaries() -> None:
    # 100 % bars in 8 bit, from ITU-R BT.709's formulas, rounded to codes
    bars = {(63, 102, 240): (1, 0, 0), (173, 42, 26): (0, 1, 0), (32, 240, 118): (0, 0, 1)}

    for bar, colour in bars.items():
        assert single(*bar, Coding()) == pytest.approx(colour, abs=0.006)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_black_and_white_are_0_and_1_to_the_last_bit(bits: int) -> None:
    step = 2 ** (bits - 8)

    black = single(16 * step, 128 * step, 128 * step, Coding(depth=bits))
    white = single(235 * step, 128 * step, 128 * step, Coding(depth=bits))

    assert black == [0, 0, 0]
    assert white == [1, 1, 1]


def test_super_whites_and_footroom_are_kept() -> None:
    white = single(254, 128, 128, Coding(depth=8))
    black = single(4, 512, 512, Coding(depth=10))

    assert white == pytest.approx([238 / 219] * 3)
    assert black == pytest.approx([-60 / 876] * 3)


def test_full_range_uses_all_codes() -> None:
    assert single(255, 128, 128, Coding(full_range=True)) == [1, 1, 1]
    assert single(0, 128, 128, Coding(full_range=True)) == [0, 0, 0]
    assert single(128, 128, 255, Coding(full_range=True))[0] == pytest.approx(128 / 255 + 1.5748 * 127 / 255)


def test_p010_keeps_its_bits_at_the_top_of_sixteen() -> None:
    low = single(500, 400, 700, Coding(depth=10))
    high = single(500 << 6, 400 << 6, 700 << 6, Coding(depth=10, shift=6))

    assert high == low


@pytest.mark.parametrize(
    ("coding", "luma", "chroma"),
    [
        pytest.param(Coding(depth=8), (16, 219), (128, 224), id="8 bit limited"),
        pytest.param(Coding(depth=10), (64, 876), (512, 896), id="10 bit limited"),
        pytest.param(Coding(depth=12), (256, 3504), (2048, 3584), id="12 bit limited"),
        pytest.param(Coding(depth=10, full_range=True), (0, 1023), (512, 1023), id="10 bit full"),
        pytest.param(Coding(depth=10, shift=6), (4096, 56064), (32768, 57344), id="P010"),
    ],
)
def test_levels_are_those_of_the_standards(
    coding: Coding, luma: tuple[float, float], chroma: tuple[float, float]
) -> None:
    assert luma_levels(coding) == luma
    assert chroma_levels(coding) == chroma


def red_of(cr: NDArray[Any], size: tuple[int, int], coding: Coding) -> NDArray[np.float32]:
    """Return R' of black luma and neutral blue, in codes of Cr above neutral."""
    y = np.full(size, 16, np.uint8)
    picture = yuv_to_rgb(y, np.full(cr.shape, 128, np.uint8), cr, coding)
    return np.asarray(picture[0] / (2 * (1 - 0.2126)) * 224, np.float32)


def test_chroma_of_a_left_sited_ramp_is_a_ramp() -> None:
    # chroma samples lie on luma columns 0, 2, 4, 6
    cr = np.tile(np.array([128, 132, 136, 140], np.uint8), (4, 1))

    red = red_of(cr, (8, 8), Coding(across=2, down=2))

    np.testing.assert_allclose(red[0], [0, 2, 4, 6, 8, 10, 12, 12], atol=1e-4)


def test_chroma_of_a_vertical_ramp_lies_between_the_rows() -> None:
    # chroma samples lie at luma rows 0.5, 2.5, 4.5, 6.5
    cr = np.tile(np.array([[128], [136], [144], [152]], np.uint8), (1, 2))

    red = red_of(cr, (8, 4), Coding(across=2, down=2))

    np.testing.assert_allclose(red[:, 0], [0, 2, 6, 10, 14, 18, 22, 24], atol=1e-4)


@pytest.mark.parametrize(
    ("siting", "row", "column"),
    [
        pytest.param("left", [0, 2, 6, 8], [0, 4, 8, 8], id="left"),
        pytest.param("centre", [0, 2, 6, 8], [0, 2, 6, 8], id="centre, as in JPEG"),
        pytest.param("top-left", [0, 4, 8, 8], [0, 4, 8, 8], id="top-left"),
    ],
)
def test_each_siting_puts_chroma_in_its_place(siting: Siting, row: list[int], column: list[int]) -> None:
    down = np.array([[128, 128], [136, 136]], np.uint8)
    coding = Coding(across=2, down=2, siting=siting)

    np.testing.assert_allclose(red_of(down, (4, 4), coding)[:, 0], row, atol=1e-4)
    np.testing.assert_allclose(red_of(down.T.copy(), (4, 4), coding)[0], column, atol=1e-4)


def test_a_quarter_of_the_columns_in_411_is_interpolated_too() -> None:
    cr = np.array([[128, 136]], np.uint8)

    red = red_of(cr, (1, 8), Coding(across=4, down=1))

    np.testing.assert_allclose(red[0], [0, 2, 4, 6, 8, 8, 8, 8], atol=1e-4)


def by_coordinates(plane: NDArray[Any], size: tuple[int, int], across: int, down: int) -> NDArray[np.float64]:
    """Interpolate chroma by the definition, sample by sample: left-sited across, centred down."""
    height, width = size
    rows = np.clip((np.arange(height) - (down - 1) / 2) / down, 0, plane.shape[0] - 1)
    columns = np.clip(np.arange(width) / across, 0, plane.shape[1] - 1)
    tall = np.array([np.interp(rows, np.arange(plane.shape[0]), column) for column in plane.T]).T
    return np.array([np.interp(columns, np.arange(plane.shape[1]), row) for row in tall])


@settings(deadline=None, max_examples=30)
@given(
    height=st.integers(1, 150),
    width=st.integers(1, 40),
    shape=st.sampled_from([(2, 2), (2, 1), (1, 1), (1, 2), (4, 1), (4, 4)]),
    seed=st.integers(0, 99),
)
def test_pictures_of_any_size_agree_with_the_definition(
    height: int, width: int, shape: tuple[int, int], seed: int
) -> None:
    across, down = shape
    draw = np.random.default_rng(seed)
    y = draw.integers(0, 256, (height, width), dtype=np.uint8)
    small = -(-height // down), -(-width // across)
    cb, cr = (draw.integers(0, 256, small, dtype=np.uint8) for _ in range(2))

    picture = yuv_to_rgb(y, cb, cr, Coding(across=across, down=down))

    luma = (y.astype(float) - 16) / 219
    blue, red = ((by_coordinates(c, (height, width), across, down) - 128) / 224 for c in (cb, cr))
    r, b = luma + 2 * (1 - 0.2126) * red, luma + 2 * (1 - 0.0722) * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    np.testing.assert_allclose(picture, [r, g, b], atol=2e-6)


def test_neutral_chroma_gives_three_equal_channels_bit_for_bit() -> None:
    y = np.random.default_rng(1).integers(0, 1024, (70, 33), dtype=np.uint16)
    neutral = np.full((35, 17), 512, np.uint16)

    picture = yuv_to_rgb(y, neutral, neutral, Coding(depth=10, across=2, down=2))

    assert np.array_equal(picture[0], picture[1])
    assert np.array_equal(picture[0], picture[2])


def test_what_goes_in_is_not_written_to() -> None:
    y, cb, cr = (np.arange(16, dtype=np.uint8).reshape(4, 4) for _ in range(3))

    yuv_to_rgb(y, cb, cr, Coding())

    for plane in (y, cb, cr):
        assert np.array_equal(plane, np.arange(16, dtype=np.uint8).reshape(4, 4))


@pytest.mark.parametrize(("dtype", "depth"), [(np.uint8, 8), (np.uint16, 10), (np.uint16, 16)])
def test_rgb_codes_are_divided_by_the_largest(dtype: Any, depth: int) -> None:
    top = 2**depth - 1
    ramp = np.array([[0, 1, top // 2, top]], dtype)

    picture = rgb_from_codes(ramp, ramp, ramp, Coding(depth=depth, full_range=True))

    assert picture.shape == (3, 1, 4)
    assert picture.flags.c_contiguous
    np.testing.assert_array_equal(picture[2, 0], (ramp[0].astype(np.float32) / np.float32(top)))


def test_float_codes_are_copied_with_all_they_hold() -> None:
    ramp = np.array([[-1, 0, 1000, np.inf]], np.float32)

    picture = rgb_from_codes(ramp, ramp, ramp, Coding(depth=32, full_range=True))

    np.testing.assert_array_equal(picture[0], ramp)


def test_grey_goes_to_all_three_channels() -> None:
    picture = grey_to_rgb(codes(16, 235, 255, dtype=np.uint8), Coding())

    np.testing.assert_allclose(picture[:, 0], [[0, 1, 239 / 219]] * 3, rtol=1e-6)


def test_alpha_is_full_range_whatever_the_colour_is() -> None:
    assert alpha_from_codes(codes(0, 1023), 10).tolist() == [[0, 1]]
