"""Light without detail: ramps, glows, discs and panels, as skies, walls, lamps and screens have it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hdrvid.scenes.panorama import Pixels

_RANGE = (-1.0, 5.0)
"""Stops of the brightest over the darkest light."""
_TINT = 0.4
"""Stops: how far light is from white, in each channel."""


def smooth_light(size: int, rng: np.random.Generator) -> Pixels:
    """Return light that only rises and falls, `(size, size, 3)`, above 0, of one or two tints.

    A ramp across the picture, glows about one to three lamps, discs with soft rims, or panels with hard
    edges, over a dim wall.

    >>> light = smooth_light(32, np.random.default_rng(0))
    >>> light.shape, bool((light > 0).all())
    ((32, 32, 3), True)
    """
    kinds: tuple[Callable[[int, np.random.Generator], Pixels], ...] = (_ramp, _glows, _discs, _panels)
    wall = 2 ** rng.normal(-4, 1) * _tint(rng)
    form = kinds[int(rng.integers(len(kinds)))](size, rng)
    return (wall + 2 ** rng.uniform(*_RANGE) * form * _tint(rng)).astype(np.float32)


def _tint(rng: np.random.Generator) -> Pixels:
    tint: Pixels = np.exp2(rng.normal(0, _TINT, 3)).astype(np.float32)
    return tint


def _grid(size: int) -> tuple[Pixels, Pixels]:
    rows, columns = np.indices((size, size), np.float32) / size
    return rows, columns


def _ramp(size: int, rng: np.random.Generator) -> Pixels:
    """Rise across the picture at any angle, evenly in light or steeper towards its end."""
    rows, columns = _grid(size)
    angle = rng.uniform(0, 2 * np.pi)
    along = rows * np.sin(angle) + columns * np.cos(angle)
    along = (along - along.min()) / (along.max() - along.min())
    ramp: Pixels = (along ** np.exp2(rng.uniform(0, 2)))[..., None]
    return ramp


def _glows(size: int, rng: np.random.Generator) -> Pixels:
    """Fall off from one to three places: exponentially, or as light in haze."""
    rows, columns = _grid(size)
    total = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        away = np.hypot(rows - rng.uniform(-0.2, 1.2), columns - rng.uniform(-0.2, 1.2))
        reach = np.exp2(rng.uniform(-4, 0))
        total += np.exp(-away / reach) if rng.random() < 0.5 else 1 / (1 + (away / reach) ** 2)
    return total[..., None]


def _discs(size: int, rng: np.random.Generator) -> Pixels:
    """Shine from one to four discs, each with a soft rim."""
    rows, columns = _grid(size)
    total = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(1, 5))):
        away = np.hypot(rows - rng.uniform(0, 1), columns - rng.uniform(0, 1))
        radius, rim = np.exp2(rng.uniform(-5, -1.5)), np.exp2(rng.uniform(-7, -4))
        total += 2 ** rng.uniform(-2, 0) / (1 + np.exp(np.clip((away - radius) / rim, -40, 40)))
    return total[..., None]


def _panels(size: int, rng: np.random.Generator) -> Pixels:
    """Shine evenly from one to six boxes or ellipses, straight or turned, without a pixel in between.

    So have screens, titles and drawn pictures them, and cameras that sharpen. The edge of a highlight that a
    lens drew tells how bright it is, for what is mixed of both sides clips as well; this one tells nothing.
    """
    rows, columns = _grid(size)
    total = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(1, 7))):
        turn = rng.uniform(0, np.pi) if rng.random() < 0.4 else 0.0
        y, x = rows - rng.uniform(0, 1), columns - rng.uniform(0, 1)
        along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        length, breadth = np.exp2(rng.uniform(-5, 0, 2))
        u, v = np.abs(along / length), np.abs(across / breadth)
        inside = np.maximum(u, v) < 0.5 if rng.random() < 0.7 else np.hypot(u, v) < 0.5
        total = np.where(inside, np.float32(2 ** rng.uniform(-2, 0)), total)
    return total[..., None]
