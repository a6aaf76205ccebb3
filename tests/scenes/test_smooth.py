"""Light without detail is above 0, smooth, and as bright as it says."""

from __future__ import annotations

import numpy as np
import pytest

from hdrvid.scenes.smooth import smooth_light


@pytest.mark.parametrize("seed", range(30))
def test_it_is_above_0_and_spans_some_range(seed: int) -> None:
    light = smooth_light(64, np.random.default_rng(seed))

    assert light.dtype == np.float32
    assert np.isfinite(light).all()
    assert light.min() > 0
    assert light.max() > 1.2 * light.min()


@pytest.mark.parametrize("seed", range(30))
def test_most_neighbouring_pixels_differ_little(seed: int) -> None:
    light = smooth_light(128, np.random.default_rng(seed))

    steps = np.abs(np.diff(np.log2(light), axis=1))

    assert np.median(steps) < 0.1
    assert (steps > 4).mean() < 0.05  # rims of panels


def test_some_have_edges_without_a_pixel_in_between() -> None:
    def sharpest(seed: int) -> float:
        light = smooth_light(64, np.random.default_rng(seed))[..., 1]
        across = np.abs(np.diff(np.log2(light), axis=1))
        return float((across / (across[:, ::-1].max() + 1e-6)).max() * across.max())

    assert sum(sharpest(seed) > 3 for seed in range(40)) >= 5


def test_it_depends_on_the_seed_alone() -> None:
    one, same, other = (smooth_light(32, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
