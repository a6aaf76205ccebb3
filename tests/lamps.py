"""A simulated room with lamps, as a camera that cuts or rolls off sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hdrvid.scenes.curves import ToneCurve, encode

PHONE = ToneCurve(knee=0.4, slope=0.7, shape=2.0, white=9.0)
"""Two stops of shoulder, and a cut of its own above."""


def lamps(*, count: int = 60, seed: int = 5, size: tuple[int, int] = (360, 640)) -> NDArray[np.float32]:
    """Return a dim room of `(H, W, 3)` light with soft lamps, from a little to far above the clip point."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(size).astype(np.float32)
    light = np.full(size, 0.05, np.float32)
    for _ in range(count):
        y, x, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(2, 9)
        light += 2 ** rng.uniform(-2, 3.5) * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * radius**2))
    light *= 1 + 0.03 * rng.standard_normal(size, np.float32)
    return np.maximum(light, 0)[..., None].repeat(3, -1).astype(np.float32)


def picture(curve: ToneCurve, *, seed: int = 5) -> NDArray[np.uint8]:
    """Return the room as `(H, W, 3)` sRGB codes."""
    return np.round(255 * encode(curve(lamps(seed=seed)), "srgb")).astype(np.uint8)
