"""Carry a gain from the working size to the plate's pixels, along the plate's own edges."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_LEAST_MASK = 0.05  # below this share of mask around it, a gain at the working size says nothing
_SAME = 0.08  # of the code range: colours this far apart hardly speak for each other
_LEAST_LIKENESS = 0.02  # where nothing near is alike, what is near still speaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarse:
    """Hold what is known at the working size: stops, mask and canonical code, each `(3, h, w)`."""

    stops: Tensor
    mask: Tensor
    code: Tensor


def guided_gain(points: Tensor, code: Tensor, *, coarse: Coarse, factor: int) -> Tensor:
    """Return the gain that holds at pixels of the full-size plate, in stops: `(3, K)`.

    `points` is `(2, K) int64`, rows of y then of x, and `code` their `(3, K)` canonical codes. Each pixel
    takes from the four coarse pixels around it, by nearness, by likeness of colour, and by mask:
    g = sum(w a o) / max(sum(w a), 0.05). So a gain does not cross an edge of the plate, and one without
    mask, where the network's answer means nothing, has no say.

    >>> stops, mask = torch.zeros(3, 1, 2), torch.ones(3, 1, 2)
    >>> stops[..., 1] = 2.0
    >>> code = torch.tensor([0.9, 1.0]).expand(3, 1, 2)  # two colours, and the brighter one gets two stops
    >>> points = torch.tensor([[0, 0], [1, 2]])  # side by side, in the middle of the picture
    >>> own = torch.tensor([0.9, 1.0]).expand(3, 2)
    >>> coarse = Coarse(stops=stops, mask=mask, code=code)
    >>> guided_gain(points, own, coarse=coarse, factor=2)[0].round(decimals=1)
    tensor([0.1000, 1.9000])
    """
    if factor == 1:
        return coarse.stops[:, points[0], points[1]]
    height, width = coarse.stops.shape[1:]
    rows, down = _neighbours(points[0], factor, height)
    columns, across = _neighbours(points[1], factor, width)
    carried = torch.cat([coarse.mask * coarse.stops, coarse.mask, coarse.code])  # (9, h, w)
    carried = carried.reshape(9, -1).T.contiguous()  # (h w, 9): one gather fetches all of a pixel
    total = torch.zeros(len(points[0]), 6)
    weights = torch.zeros(len(points[0]), 1)
    own = code.T.contiguous()
    for row, near_y in zip(rows, down, strict=True):
        for column, near_x in zip(columns, across, strict=True):
            found = carried[row * width + column]  # (K, 9)
            apart = (found[:, 6:] - own).square_().sum(dim=1, keepdim=True)
            likeness = torch.exp_(apart.mul_(-0.5 / _SAME**2)).clamp_min_(_LEAST_LIKENESS)
            weight = likeness.mul_((near_y * near_x)[:, None])  # (K, 1)
            total.addcmul_(found[:, :6], weight)
            weights += weight
    total /= weights
    return (total[:, :3] / total[:, 3:].clamp_min(_LEAST_MASK)).T


def _neighbours(place: Tensor, factor: int, length: int) -> tuple[list[Tensor], list[Tensor]]:
    """Return the two coarse places around full-size ones, and the nearness of each; both `(K,)`."""
    centre = (place.float() + 0.5) / factor - 0.5
    first = centre.floor()
    share = centre - first
    low = first.long()
    return [low.clamp(0, length - 1), (low + 1).clamp(0, length - 1)], [1 - share, share]
