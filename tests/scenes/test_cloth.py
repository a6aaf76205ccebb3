"""Cloth and print: fine, regular, on a part of the picture, and never light out of nothing."""

from __future__ import annotations

import numpy as np

from hdrvid.scenes.cloth import DEPTHS, hung_with_cloth


def grey(value: float = 0.3) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.full((64, 96, 3), value, np.float32)


def test_it_is_a_factor_of_light_within_its_depth() -> None:
    for seed in range(40):
        factor = hung_with_cloth(grey(), np.random.default_rng(seed)) / 0.3

        assert np.abs(np.log2(factor)).max() <= DEPTHS[1] / 2 + 1e-4
        assert np.array_equal(factor[..., 0], factor[..., 2])


def test_a_part_of_the_picture_stays_as_it_was() -> None:
    shares = [
        float((hung_with_cloth(grey(), np.random.default_rng(seed)) == np.float32(0.3)).mean())
        for seed in range(40)
    ]

    assert 0.3 < float(np.mean(shares)) < 0.7


def test_it_is_fine() -> None:
    def swing(seed: int) -> float:
        light = np.log2(hung_with_cloth(grey(), np.random.default_rng(seed))[..., 0])
        near = np.abs(np.diff(light, axis=1)).mean() + np.abs(np.diff(light, axis=0)).mean()
        return float(near / max(light.std(), 1e-6))

    assert float(np.median([swing(seed) for seed in range(40)])) > 0.5


def test_black_stays_black() -> None:
    assert hung_with_cloth(grey(0.0), np.random.default_rng(1)).max() == 0.0
