"""Round light to half float, an order of magnitude faster than numpy does."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

HALF_MAX = 65504.0
_GRAIN = 32768  # elements; torch wakes other threads for more


def to_half(plane: NDArray[np.float32]) -> tuple[NDArray[np.float16], int]:
    """Round a plane to half float, to the nearest even, and count the values limited to +-65504.

    Bit for bit what `hdrvid.sinks.to_half` returns, for any finite plane.

    >>> half, limited = to_half(np.float32([0.1, 65504, 65505, 1e9, -1e9]))
    >>> [float(value) for value in half], limited
    ([0.0999755859375, 65504.0, 65504.0, 65504.0, -65504.0], 3)
    """
    plane = np.ascontiguousarray(plane)
    limited = 0
    if plane.size and max(float(plane.max()), -float(plane.min())) > HALF_MAX:
        limited = int(np.count_nonzero(np.abs(plane) > HALF_MAX))
        plane = np.clip(plane, -HALF_MAX, HALF_MAX)
    half: NDArray[np.float16] = np.empty(plane.shape, np.float16)
    for source, target in zip(_pieces(plane), _pieces(half), strict=True):
        target.copy_(source)
    return half, limited


def _pieces(plane: NDArray[np.generic]) -> tuple[torch.Tensor, ...]:
    """Cut into what torch converts in the calling thread: several writers each with a team would fight."""
    return torch.split(torch.from_numpy(plane.reshape(-1)), _GRAIN)
