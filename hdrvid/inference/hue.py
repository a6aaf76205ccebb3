"""Give highlights their colour: that of what they are bent with, and of what is around them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from hdrvid.model.mask import FLOOR, LUMINANCE, apply_stops, ramp, smoothstep, srgb_encode

BENT = (0.5, 0.9)
"""Canonical codes between which a roll-off begins to bend a channel, in a pixel that reached the clip."""
KEPT = 0.9
"""Of the colour around a core: what fits training pictures best (docs/model-card.md, Colour)."""
RIM = 0.1
"""Mask of the channel that clipped least, below which a pixel still knows its colour."""
FAR = 1e-3
"""What an unclipped pixel counts beside a partly clipped one: it may be of something else."""
OCTAVES, NEARER = 6, 0.3
"""How far colour is carried, 2^5 pixels and more, and how much less each doubling of the distance counts."""


def share_among_bent(source: Tensor, raised: Tensor, *, code: Tensor, shoulder: float) -> Tensor:
    """Return the raised light with what one channel won shared among those that the camera bent with it.

    All are `(3, K)` pixels whose mask is above 0: linear Rec.709, clip point at 1, and its canonical code. A
    clean cut leaves a channel below the clip as it was, so it stays as measured: a shoulder of 0 returns
    `raised`. A roll-off bends all channels near the top; raising only those past the ramp would turn white
    clouds blue. Their luminance is what the network said; where all channels are clipped, so is their colour.
    A pixel that won nothing shares nothing.

    >>> cloud = torch.tensor([[0.80], [0.85], [0.95]])
    >>> blue = cloud * torch.tensor([[1.0], [1.0], [8.0]])
    >>> from hdrvid.model.mask import srgb_encode
    >>> gain = share_among_bent(cloud, blue, code=srgb_encode(cloud), shoulder=2.0) / cloud
    >>> [round(float(channel), 2) for channel in gain]
    [1.57, 1.57, 1.57]
    """
    if shoulder <= 0.0:
        return raised
    mask = ramp(code)
    bent = torch.maximum(smoothstep(code, *BENT) * min(shoulder, 1.0), mask)
    weights = torch.tensor(LUMINANCE, dtype=source.dtype).view(3, 1)
    won = (weights * (raised - source)).sum(dim=0)  # (K,)
    room = (weights * bent * source).sum(dim=0)
    shared = source * (1.0 + bent * won / room.clamp_min(torch.finfo(room.dtype).tiny))
    return torch.where(won > 0, torch.lerp(shared, raised, mask.amin(dim=0)), raised)


def colour_of_surroundings(light: Tensor, mask: Tensor, stops: Tensor, *, shoulder: float) -> Tensor:
    """Return the stops of gain with a colour where all channels clipped: that of the pixels around.

    All are `(3, h, w)`; the light is linear Rec.709 with the clip point at 1. What the network says there is
    nearly neutral, while the rim of a fire or a lamp, where one or two channels are still known, has its
    colour. Luminance stays, and so does what is not over-exposed in all channels; no channel falls below the
    clip point, so a core that is barely over it stays white.

    >>> light, mask = torch.ones(3, 4, 8), torch.ones(3, 4, 8)
    >>> light[2, :, :2], mask[2, :, :2] = 0.25, 0.0  # at the left, blue is known: a yellow lamp
    >>> filled = colour_of_surroundings(light, mask, torch.full((3, 4, 8), 3.0), shoulder=0.0)
    >>> bool((filled[2, :, 4:] < 1.0).all()), bool((filled[0, :, 4:] > 3.0).all())
    (True, True)
    """
    core = mask.amin(dim=0)
    if not bool((core > 0).any()):
        return stops
    raised = apply_stops(light, mask, stops)
    if shoulder > 0.0:
        flat = light.reshape(3, -1)
        shared = share_among_bent(flat, raised.reshape(3, -1), code=srgb_encode(flat), shoulder=shoulder)
        raised = torch.where(mask.amax(dim=0) > 0, shared.reshape(light.shape), raised)
    logs = torch.log2(raised.clamp_min(FLOOR))
    hue = torch.stack([logs[0] - logs[1], logs[2] - logs[1]])
    weights = torch.tensor(LUMINANCE, dtype=light.dtype, device=light.device).view(3, 1, 1)
    partly = (mask.amax(dim=0) > 0) & (core < RIM)
    whole = (mask.amax(dim=0) == 0) * (weights * light).sum(dim=0).clamp(0.0, 1.0).square()
    around = spread(hue, partly + FAR * whole)
    wanted = torch.exp2(torch.lerp(hue, KEPT * around, core))
    wanted = torch.stack([wanted[0], torch.ones_like(wanted[0]), wanted[1]])
    level = (weights * raised).sum(dim=0) / (weights * wanted).sum(dim=0)
    coloured = torch.log2((level * wanted).clamp_min(FLOOR) / light.clamp_min(FLOOR))
    most = torch.maximum(stops, coloured).amax(dim=0)
    return torch.where(core > 0, behind_mask(coloured, mask, most).clamp_min(0.0), stops)


def behind_mask(gain: Tensor, mask: Tensor, most: Tensor) -> Tensor:
    """Return the stops that come to a gain once they are masked, and no more than `most`; shapes that fit.

    At the foot of the ramp they would be many, and would all be given where a plate's own mask is larger.

    >>> behind_mask(torch.tensor([1.0, 1.0]), torch.tensor([0.5, 0.001]), torch.tensor(3.0)).tolist()
    [2.0, 3.0]
    """
    return torch.minimum(gain / mask.clamp_min(FLOOR), most)


def spread(values: Tensor, weight: Tensor, *, octaves: int = OCTAVES) -> Tensor:
    """Carry weighted values, `(c, h, w)` and `(h, w)`, to all pixels, the nearer the more: `(c, h, w)`.

    Averages of squares of 1, 2, 4 ... pixels, 32 for six octaves, each counting less than the one before, are
    carried up bilinearly, step by step. Where there is no weight at all the values are 0.

    >>> weight = torch.zeros(8, 8)
    >>> weight[0, 0] = 1.0
    >>> spread(torch.full((1, 8, 8), 2.0), weight)[0, 7, 7].item()
    2.0
    """
    height, width = weight.shape
    size = 2 ** (octaves - 1)
    carried = torch.cat([weight * values, weight[None]])[None]
    carried = F.pad(carried, (0, -width % size, 0, -height % size))
    levels = [carried]
    for _ in range(octaves - 1):
        levels.append(F.avg_pool2d(levels[-1], 2))
    total = levels.pop()
    while levels:
        total = NEARER * F.interpolate(total, scale_factor=2.0, mode="bilinear") + levels.pop()
    total = total[0, :, :height, :width]
    return total[:-1] / total[-1].clamp_min(torch.finfo(total.dtype).tiny)
