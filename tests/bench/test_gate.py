"""The gate measures over-exposed pixels only, in stops, and lets nothing through that is not finite."""

from __future__ import annotations

import numpy as np

from hdrvid.bench.gate import difference

MASK = np.zeros((40, 50), np.float32)
MASK[10:30, 10:30] = 0.3
EXACT = np.full((3, 40, 50), 2.0, np.float32)


def test_pixels_that_were_not_filled_do_not_count() -> None:
    result = np.where(MASK > 0, EXACT, 9.0).astype(np.float32)

    assert difference(result, EXACT, MASK).mean == 0


def test_a_hundredth_of_a_stop_passes_and_more_does_not() -> None:
    assert difference(EXACT * np.float32(2**0.0099), EXACT, MASK).passes
    assert not difference(EXACT * np.float32(2**0.0101), EXACT, MASK).passes


def test_a_few_pixels_far_off_are_refused_though_the_mean_is_small() -> None:
    result = EXACT.copy()
    result[:, 10, 10:13] *= 2

    apart = difference(result, EXACT, MASK)

    assert apart.mean < 0.01
    assert apart.most == 1
    assert not apart.passes


def test_a_value_that_is_not_finite_is_refused() -> None:
    for wrong in (np.nan, np.inf):
        result = EXACT.copy()
        result[0, 15, 15:25] = wrong

        assert not difference(result, EXACT, MASK).passes
