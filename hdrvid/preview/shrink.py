"""Make pictures smaller by averaging light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def area_average(planes: Floats, *, height: int, width: int) -> Floats:
    """Return `(C, height, width) float32`: each pixel the mean of the area of `(C, H, W)` that it covers.

    A pixel on the border of two areas is shared between them, so any size goes into any other and no light is
    lost. Hand it scene-linear light: means of code values are darker than what an eye or a lens would see.

    >>> area_average(np.float32([[[0, 0, 3, 9]]]), height=1, width=2).tolist()
    [[[0.0, 6.0]]]
    >>> area_average(np.float32([[[0, 3, 9]]]), height=1, width=2).tolist()
    [[[1.0, 7.0]]]
    """
    rows = _weights(height, planes.shape[1])
    columns = _weights(width, planes.shape[2])
    return np.ascontiguousarray(rows @ planes @ columns.T)


def _weights(count: int, size: int) -> Floats:
    """Return `(count, size)` rows of weights, each with a sum of 1."""
    edges = np.arange(count + 1) * (size / count)
    sample = np.arange(size)[None, :]
    overlap = np.minimum(edges[1:, None], sample + 1) - np.maximum(edges[:-1, None], sample)
    return np.asarray(np.clip(overlap, 0, None) * (count / size), np.float32)
