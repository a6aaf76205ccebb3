"""Carry a picture to the size that the network works at, and its gain back to the plate's pixels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

LONG_SIDE = {"draft": 512, "standard": 1024, "full": None}
"""The longest side that the network sees, for each quality; None is the plate's own size."""
_LEAST_MASK = 0.05  # below this share of mask around it, a gain at the working size says nothing


def reduction(height: int, width: int, quality: str) -> int:
    """Return the whole factor by which the network's picture is smaller than the plate.

    >>> [reduction(h, w, "standard") for h, w in ((360, 640), (1080, 1920), (2160, 3840))]
    [1, 2, 4]
    """
    limit = LONG_SIDE[quality]
    return 1 if limit is None else max(1, -(-max(height, width) // limit))


def shrink(light: Tensor, factor: int) -> Tensor:
    """Average `(N, 3, H, W)` light over squares of `factor` pixels; the last ones may be cut short."""
    if factor == 1:
        return light
    return F.avg_pool2d(light, factor, ceil_mode=True, count_include_pad=False)


def gain_at(points: Tensor, *, stops: Tensor, mask: Tensor, factor: int) -> Tensor:
    """Return the gain that holds at pixels of the full-size plate, in stops: `(3, K)`.

    `points` is `(2, K) int64`, rows of y then of x; `stops` and `mask` are `(3, h, w)` at the working size.
    The masked gain and the mask are enlarged and then divided, g = up(a o) / max(up(a), 0.05): where the mask
    is small the network's o means nothing, and must not bleed into the highlight.
    """
    if factor == 1:
        return stops[:, points[0], points[1]]
    carried = torch.cat([mask * stops, mask])  # (6, h, w)
    sampled = _bilinear(carried, points, factor)  # (6, K)
    return sampled[:3] / sampled[3:].clamp_min(_LEAST_MASK)


def _bilinear(planes: Tensor, points: Tensor, factor: int) -> Tensor:
    """Sample `(c, h, w)` planes at the centres of full-size pixels: `(c, K)`."""
    height, width = planes.shape[1:]
    y = ((points[0].to(planes.dtype) + 0.5) / factor) * (2.0 / height) - 1.0
    x = ((points[1].to(planes.dtype) + 0.5) / factor) * (2.0 / width) - 1.0
    grid = torch.stack([x, y], dim=-1)[None, None]  # (1, 1, K, 2)
    sampled = F.grid_sample(planes[None], grid, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled[0, :, 0]
