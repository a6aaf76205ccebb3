"""Find the islands of bright pixels in a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_ROUNDS = 64  # labels spread at least twice as far in each


def island_peaks(codes: NDArray[np.uint8], *, shore: int, least_pixels: int) -> NDArray[np.uint8]:
    """Return the highest code of each island of pixels that reach `shore`, corners touching: `(K,)`.

    `codes` is `(H, W)`. Islands of fewer than `least_pixels` are left out.

    >>> sea = np.zeros((5, 7), np.uint8)
    >>> sea[1:3, 1:3], sea[3, 3], sea[0:2, 5:7] = 240, 250, 235
    >>> sorted(island_peaks(sea, shore=230, least_pixels=2).tolist())
    [235, 250]
    """
    height, width = codes.shape
    stride = width + 2  # two columns of sea: runs of one row never touch those of the next
    padded = np.zeros((height, stride), np.uint8)
    padded[:, :width] = codes
    flat = padded.reshape(-1)
    shores = np.flatnonzero(np.diff(np.concatenate([[0], (flat >= shore).view(np.int8)])))
    starts, ends = shores[::2], shores[1::2]  # runs within rows; an end is one past the last pixel
    if not len(starts):
        return np.zeros(0, np.uint8)
    labels = _joined(starts, ends, stride)
    names, island = np.unique(labels, return_inverse=True)
    pixels = np.bincount(island, weights=ends - starts)
    peaks = np.zeros(len(names), np.uint8)
    np.maximum.at(peaks, island, np.maximum.reduceat(flat, shores)[::2])
    return peaks[pixels >= least_pixels]


def _joined(starts: NDArray[Any], ends: NDArray[Any], stride: int) -> NDArray[np.intp]:
    """Return a label for each run, the same for all that touch across rows."""
    first = np.searchsorted(ends, starts - stride, "left")
    last = np.searchsorted(starts, ends - stride, "right")
    counts = np.maximum(last - first, 0)
    own = np.repeat(np.arange(len(starts)), counts)
    above = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[own]
    labels = np.arange(len(starts))
    for _ in range(_MOST_ROUNDS):
        before = labels.copy()
        least = np.minimum(labels[own], labels[above])
        np.minimum.at(labels, own, least)
        np.minimum.at(labels, above, least)
        np.minimum.at(labels, before, labels)  # what a run's root has heard, and back
        labels = labels[labels]
        if np.array_equal(labels, before):
            break
    return labels
