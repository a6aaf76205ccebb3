"""Fine regular texture that panoramas lack: weaves, stripes and print, as factors of light."""

from __future__ import annotations

from typing import cast

import numpy as np

from hdrvid.scenes.panorama import Pixels

PERIODS = (2.0, 10.0)
"""Pixels of a weave, log-uniform: down to what a sensor can just tell."""
DEPTHS = (0.1, 2.5)
"""Stops between its bright and its dark, log-uniform."""
PRINT, STROKES = 0.35, (1, 4)
"""Share of print, and the pixels that its strokes are wide."""


def hung_with_cloth(light: Pixels, rng: np.random.Generator) -> Pixels:
    """Return light, `(h, w, 3)`, a part of which is seen on fine cloth or print.

    >>> light = np.ones((32, 32, 3), np.float32)
    >>> hung = hung_with_cloth(light, np.random.default_rng(0))
    >>> hung.shape, bool(0.01 < hung.std() < 1.0)
    ((32, 32, 3), True)
    """
    height, width = light.shape[:2]
    rows, columns = np.indices((height, width), np.float32)
    pattern = _print(height, width, rng) if rng.random() < PRINT else _weave(rows, columns, rng)
    depth = float(np.exp(rng.uniform(*np.log(DEPTHS))))
    turn = rng.uniform(0, 2 * np.pi)
    across = (columns - rng.uniform(0, width)) * np.cos(turn) + (rows - rng.uniform(0, height)) * np.sin(turn)
    hung = np.where(across > 0, np.exp2(depth * (pattern - 0.5)), 1.0)[..., None].astype(np.float32)
    return cast("Pixels", light * hung)


def _weave(rows: Pixels, columns: Pixels, rng: np.random.Generator) -> Pixels:
    """Return one grating, or two crossed ones, `(h, w)` in [0, 1]."""
    pattern = np.ones_like(rows)
    turn = rng.uniform(0, np.pi)
    for crossed in range(int(rng.integers(1, 3))):
        period = float(np.exp(rng.uniform(*np.log(PERIODS))))
        angle = turn + crossed * np.pi / 2
        start = rng.uniform(0, 2 * np.pi)
        across = (columns * np.cos(angle) + rows * np.sin(angle)) / period
        pattern = pattern * np.cos(2 * np.pi * across + start)
    return (pattern * 0.5 + 0.5).astype(np.float32)


def _print(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Return hard strokes in lines, `(h, w)`: 0 or 1."""
    stroke = int(rng.integers(*STROKES))
    shape = (height // stroke + 1, width // stroke + 1)
    cells = rng.random(shape) < rng.uniform(0.2, 0.5)
    cells[:: int(rng.integers(4, 9))] = False  # between the lines
    return np.kron(cells, np.ones((stroke, stroke)))[:height, :width].astype(np.float32)
