"""Islands are found as by flooding, pixel after pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from hdrvid.inference.islands import island_peaks


def flooded(codes: NDArray[np.uint8], shore: int, least: int) -> list[int]:
    """Return the peaks by flooding from each pixel in turn."""
    left = {(int(y), int(x)) for y, x in np.argwhere(codes >= shore)}
    peaks = []
    while left:
        waiting, island = [left.pop()], []
        while waiting:
            y, x = waiting.pop()
            island.append(int(codes[y, x]))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            waiting.extend(near)
        if len(island) >= least:
            peaks.append(max(island))
    return sorted(peaks)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(225, 255)),
    st.integers(226, 255),
    st.integers(1, 5),
)
def test_peaks_are_those_of_a_flood(codes: NDArray[np.uint8], shore: int, least: int) -> None:
    assert sorted(island_peaks(codes, shore=shore, least_pixels=least).tolist()) == flooded(
        codes, shore, least
    )


@pytest.mark.parametrize("shape", [(64, 64), (3, 200)])
def test_a_long_winding_island_is_one(shape: tuple[int, int]) -> None:
    codes = np.zeros(shape, np.uint8)
    codes[::2] = 240
    codes[1::4, -1] = codes[3::4, 0] = 251  # a snake from side to side

    assert island_peaks(codes, shore=230, least_pixels=4).tolist() == [251]


def test_runs_at_opposite_edges_of_neighbouring_rows_do_not_touch() -> None:
    codes = np.zeros((2, 6), np.uint8)
    codes[0, 5], codes[1, 0] = 240, 250

    assert sorted(island_peaks(codes, shore=230, least_pixels=1).tolist()) == [240, 250]
