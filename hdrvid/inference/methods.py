"""Fill over-exposed pixels without a network: formulas of a line or a page, behind the network's protocol.

For those who want no weights, and as the bar that weights have to clear. All of them look at one frame and at
nothing else, draw nothing at random, and predict stops of gain that the mask lets in, so that what is well
exposed stays as it lies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from hdrvid.model import Fill, ramp, srgb_encode
from hdrvid.model.spec import NetName

Formula: TypeAlias = Callable[[Tensor], Tensor]
"""Takes `(N, 3, h, w) float32` linear Rec.709 in [0, 1]; returns stops of gain, 0 or more, of that shape."""

_DARKEST_STOPS = 0.8
_DOME_STOPS, _DOME_POWER = 3.6, 0.38
_CITY_BLOCK = 4 / math.pi  # steps a pixel of distance, mean over directions
_OPPOSED_FLOOR = 0.2  # linear light: darker rims say nothing about the colour of a highlight
_OPPOSED_REACH = 1 / 12  # of the picture's height: how far from a highlight its rim is looked for
_OVERALL = 1e-3  # weight of the picture's own offset, against the share of rim nearby
_LEAST = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaPredictor:
    """Predict by a formula what a network would: a `Predictor` for `NetworkExpander`."""

    formula: Formula

    def has(self, name: NetName) -> bool:
        """Tell that it fills, and does nothing else.

        >>> METHODS["dome"].has("C"), METHODS["dome"].has("R")
        (True, False)
        """
        return name == "C"

    def fill(self, source: Tensor, *, shoulder: Tensor | None = None) -> Fill:  # noqa: ARG002 - the protocol's
        """Predict stops and mask for `(N, 3, h, w)` linear Rec.709, clip point at 1.

        >>> fill = METHODS["darkest"].fill(torch.tensor([0.5, 1.0, 1.0]).view(1, 3, 1, 1))
        >>> fill.mask.flatten().tolist(), [round(stops, 3) for stops in fill.stops.flatten().tolist()]
        ([0.0, 1.0, 1.0], [0.05, 0.05, 0.05])
        """
        light = source.float()
        return Fill(stops=self.formula(light.clamp(0.0, 1.0)), mask=ramp(srgb_encode(light)))


def darkest_channel(light: Tensor) -> Tensor:
    """Return 0.8 stop x (darkest channel)^4: the whiter a clipped pixel is, the further it was over.

    Fitted, like the dome, on views of the training scenes with 8 % of their pixels clipped.

    >>> darkest_channel(torch.ones(1, 3, 1, 1)).flatten().tolist() == [0.800000011920929] * 3
    True
    """
    return (_DARKEST_STOPS * light.amin(1, keepdim=True) ** 4).expand_as(light).clone()


def dome(light: Tensor) -> Tensor:
    """Return 3.6 stops x d^0.38 x (darkest channel)^4, with d the distance to the rim over the height.

    >>> light = torch.full((1, 3, 9, 9), 0.25)
    >>> light[..., 2:7, 2:7] = 1.0
    >>> [round(stops, 2) for stops in dome(light)[0, 0, 4, :5].tolist()]  # from the edge to the middle
    [0.0, 0.0, 1.43, 1.85, 2.16]
    """
    mask = ramp(srgb_encode(light)).amax(1)  # (N, h, w)
    steps = distance_to_rim(mask >= 0.5)
    depth = (steps / (_CITY_BLOCK * light.shape[2])).clamp_max(1.0)
    return _DOME_STOPS * depth[:, None] ** _DOME_POWER * darkest_channel(light) / _DARKEST_STOPS


def distance_to_rim(inside: Tensor) -> Tensor:
    """Return how many steps up, down, left or right lead to a pixel that is not inside: `(N, h, w) float32`.

    0 outside, infinite where there is no outside. City-block distance: four running minima, where the
    Euclidean one would cost more than a network.

    >>> distance_to_rim(torch.tensor([[[False, True, True], [False, True, True]]])).tolist()
    [[[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]]
    """
    distance = torch.where(inside, torch.inf, 0.0)
    for axis in (1, 2):
        ahead = _nearest_before(distance, axis)
        behind = _nearest_before(distance.flip(axis), axis).flip(axis)
        distance = torch.minimum(ahead, behind)
    return distance


def _nearest_before(distance: Tensor, axis: int) -> Tensor:
    """Return min over k <= n of distance(k) + n - k along an axis."""
    shape = [1, 1, 1]
    shape[axis] = -1
    steps = torch.arange(distance.shape[axis], dtype=distance.dtype, device=distance.device).view(shape)
    return (distance - steps).cummin(axis).values + steps


def opposed_inpainting(light: Tensor) -> Tensor:
    """Rebuild a clipped channel from the others, in the manner of darktable's "inpaint opposed".

    A channel's light is taken to be the cubed mean of the others' cube roots plus an offset of colour, which
    is measured where that channel is known, at the rims of highlights. What darktable does on the mosaic with
    one offset for the picture is done here on pixels, with the offset of the rim nearby where there is one.
    Where all channels are clipped nothing is known of the height, and little is added.

    >>> light = torch.tensor([0.8, 0.4, 0.4]).view(1, 3, 1, 1).repeat(1, 1, 24, 24)
    >>> light[..., 8:16, 8:16] = torch.tensor([1.0, 0.8, 0.8]).view(3, 1, 1)  # red is cut, the others are not
    >>> round(opposed_inpainting(light)[0, 0, 12, 12].item(), 2)  # stops that red is raised by
    0.2
    """
    mask = ramp(srgb_encode(light))
    roots = _mean_about(light, 3) ** (1 / 3)
    opposed = ((roots.sum(1, keepdim=True) - roots) / 2) ** 3
    reach = 2 * max(1, round(light.shape[2] * _OPPOSED_REACH)) + 1
    near = _mean_about(mask, reach) > _LEAST
    rim = ((mask == 0) & (light > _OPPOSED_FLOOR) & near).float()
    offsets = rim * (light - opposed)
    overall = offsets.sum((2, 3), keepdim=True) / rim.sum((2, 3), keepdim=True).clamp_min(1.0)
    nearby = _mean_about(offsets, reach) + _OVERALL * overall
    offset = nearby / (_mean_about(rim, reach) + _OVERALL)
    rebuilt = torch.maximum(opposed + offset, light)
    return torch.log2(rebuilt.clamp_min(_LEAST) / light.clamp_min(_LEAST)).clamp_min(0.0)


def _mean_about(planes: Tensor, size: int) -> Tensor:
    """Average over squares of an odd side, fewer pixels at the edge; `(N, c, h, w)`."""
    for axis in (2, 3):
        length, half = planes.shape[axis], size // 2
        sums = F.pad(planes.cumsum(axis), (1, 0) if axis == 3 else (0, 0, 1, 0))
        places = torch.arange(length, device=planes.device)
        first, last = (places - half).clamp_min(0), (places + half + 1).clamp_max(length)
        shape = (-1, 1) if axis == 2 else (-1,)
        covered = sums.index_select(axis, last) - sums.index_select(axis, first)
        planes = covered / (last - first).view(shape)
    return planes


METHODS = MappingProxyType({
    "darkest": FormulaPredictor(formula=darkest_channel),
    "dome": FormulaPredictor(formula=dome),
    "opposed": FormulaPredictor(formula=opposed_inpainting),
})  # fmt: skip
"""Methods without a network, by the names that `--method` gives them."""
