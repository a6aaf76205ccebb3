"""What a mask makes of white that did not clip: paper, walls, snow."""

from __future__ import annotations

import numpy as np

from hdrvid.metrics.stops import Booleans, Floats

WHITE = 200 / 255
"""Code that all channels of a white pixel reach."""
LEAST_PIXELS = 64
"""Fewer are no sample of anything."""


def false_alarms(found: Booleans, over: Booleans, code: Floats) -> float:
    """Return the share of white pixels that did not clip, and that a mask took as clipped all the same.

    `found` and `over`, the exact label, are `(H, W, 3)`; `code` is `(H, W, 3)` in [0, 1]. A pixel is white if
    all of its channels are at code 200 of 255 or more, unclipped if none is over, and a false alarm if any is
    found. NaN for fewer than 64 such pixels.

    >>> paper, nowhere = np.full((8, 8, 3), 0.9), np.zeros((8, 8, 3), bool)
    >>> found = nowhere.copy()
    >>> found[:2, :, 0] = True
    >>> false_alarms(found, nowhere, paper)
    0.25
    """
    white: Booleans = (code.min(-1) >= WHITE) & np.logical_not(over.any(-1))
    alarmed: Booleans = np.any(found, axis=-1)
    return float(alarmed[white].mean()) if white.sum() >= LEAST_PIXELS else float("nan")
