"""Carry a picture to the size that the network works at."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

LONG_SIDE = {"draft": 240, "standard": 480, "full": None}
"""The longest side that the network sees, about, for each quality; None is the plate's own size."""
HD, HD_REDUCTION = 1280, 4
"""From this longest side on, a reduced picture has a sixteenth of the plate's pixels or fewer: reading and
writing a plate costs by its pixels, and the network has to stay near that."""


def reduction(height: int, width: int, quality: str) -> int:
    """Return the whole factor by which the network's picture is smaller than the plate: the nearest one.

    >>> [reduction(h, w, "standard") for h, w in ((360, 640), (720, 1280), (1080, 1920), (2160, 3840))]
    [1, 4, 4, 8]
    """
    limit, longest = LONG_SIDE[quality], max(height, width)
    if limit is None:
        return 1
    return max(HD_REDUCTION if longest >= HD else 1, (2 * longest + limit) // (2 * limit))


def shrink(light: Tensor, factor: int) -> Tensor:
    """Average `(N, 3, H, W)` light over squares of `factor` pixels; the last ones may be cut short.

    >>> import torch
    >>> shrink(torch.tensor([[[[1.0, 3.0, 8.0]]]]), 2).tolist()  # the last square is cut short
    [[[[2.0, 8.0]]]]
    """
    if factor == 1:
        return light
    return F.avg_pool2d(light, factor, ceil_mode=True, count_include_pad=False)


def working_pixels(height: int, width: int, quality: str) -> int:
    """Count the pixels of the network's picture.

    >>> working_pixels(1080, 1920, "full")
    2073600
    """
    factor = reduction(height, width, quality)
    return -(-height // factor) * -(-width // factor)
