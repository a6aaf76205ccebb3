"""Carry an even slope on into the clip: neither a step nor a ripple where the plate rises evenly.

A sky, a wall or a backdrop that gets brighter at an even rate and then clips tells what was there better than
a network does, which fills by likeness to what it knows and has a step where the clip begins. Such a rim is
rare in pictures with any detail, and what is not even stays with the network.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from hdrvid.inference.hue import behind_mask, spread
from hdrvid.model.mask import FLOOR, smoothstep

POOLED = 4
"""Slopes are looked for in the means of so many pixels a side."""
WINDOW = 5
"""Of them, over which light is compared with a plane; over fewer, clouds are taken for planes."""
UNEVEN = (0.002, 0.004)
"""How far from the plane it is, linear: rounding to 8 bits is 0.001 at most."""
ROUNDING = 1e-3
RISING = (2.0, 4.0)
"""How much the plane rises over the window, in what it is off by; a level one says nothing of the light."""
REACHED = 0.85
"""Linear light, where the mask begins: a plane that does not get there in time ends at a hard edge."""
BELOW = (0.02, 0.05)
"""How far the plate is above what planes rise to, linear, where they cannot be what goes on there."""
NEAR = 6
"""Pooled pixels: what is farther from the clip is not its rim."""
MOSTLY = (0.6, 0.95)
"""Share of a rim that is even, for the network's answer to be given up."""
LEVEL, LEAST_LEVEL = 1.5, 0.25
"""Stops that a slope tends to: so many times what the network gives there on average, and no less."""
CELL, OCTAVES = 4, 8
"""Planes are carried by cells of so many pooled pixels, over 2^7 of them: 2048 pixels of the picture."""


def continue_slopes(light: Tensor, mask: Tensor, stops: Tensor) -> Tensor:
    """Return the stops of gain, those of an even slope where the rim of what clipped is one.

    All are `(3, h, w)`; the light is linear Rec.709 with the clip point at 1, of a clean cut. Each channel is
    looked at alone. A plane is fitted to the light around each place near the clip; those that fit are
    carried into it, the nearest counting most. The rise slows down towards half as much again as the network
    gives in such places on average, for no slope goes on for ever.

    >>> rising = torch.linspace(0.0, 1.25, 160).clamp(max=1.0).expand(3, 64, 160)
    >>> filled = continue_slopes(rising, (rising > 0.97).float(), torch.full_like(rising, 3.0))
    >>> bool((filled[0, 32, 130:].diff() > 0).all()), bool(filled[0, 32, 128] < 0.02)
    (True, True)
    """
    if not bool((mask > 0).any()):
        return stops
    plane, even, near = _rim(light, (mask > 0).to(light.dtype))
    if not bool((even > 0.5).any()):
        return stops
    risen, share = _carried(plane, even, near, size=light.shape[1:])
    given_up = smoothstep(share, *MOSTLY) * (1.0 - smoothstep(light - risen, *BELOW)) * (mask > 0)
    weight = given_up * mask
    level = (weight * stops).sum((1, 2), keepdim=True) / weight.sum((1, 2), keepdim=True).clamp_min(FLOOR)
    level = LEVEL * level.clamp_min(LEAST_LEVEL)  # (3, 1, 1)
    slope = torch.log2((risen / light.clamp_min(0.5)).clamp_min(1.0))
    evenly = level * (1.0 - torch.exp(-slope / level))
    return torch.lerp(stops, behind_mask(evenly, mask, level), given_up)


def _rim(light: Tensor, over: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit a plane about each pooled pixel: `(3, 3, h', w')` base, slope across and down of each channel.

    With it come how even it is there and what is near the clip at all, both `(3, h', w')` in [0, 1]. The base
    is the plane's value at the first pooled pixel.
    """
    small = F.avg_pool2d(light[None], POOLED, ceil_mode=True, count_include_pad=False)[0]
    clipped = F.max_pool2d(over[None], POOLED, ceil_mode=True)[0]
    half = WINDOW // 2
    place = torch.arange(-half, half + 1, dtype=light.dtype, device=light.device)
    spread_of_places = float(place.square().mean())
    flat = torch.full_like(place, 1.0 / WINDOW)
    along = place / (WINDOW * spread_of_places)
    padded = F.pad(small[None], (half,) * 4, mode="replicate")[0]
    mean, across, down = (_filtered(padded, *pair) for pair in ((flat, flat), (flat, along), (along, flat)))
    explained = mean.square() + (across.square() + down.square()) * spread_of_places
    off = (_filtered(padded.square(), flat, flat) - explained).clamp_min(0.0).sqrt()
    rest = [part for length in (light.shape[2], light.shape[1]) for part in (0, -length % POOLED)]
    unknown = F.max_pool2d(F.pad(over, rest, value=1.0)[None], POOLED)[0]  # of a part of its pixels too
    unknown = F.pad(unknown, (half,) * 4, value=1.0)
    whole = 1.0 - F.max_pool2d(unknown[None], WINDOW, stride=1)[0]
    near = whole * F.max_pool2d(clipped[None], 2 * NEAR + 1, stride=1, padding=NEAR)[0]
    steep = torch.hypot(across, down)
    rising = WINDOW * steep / (off + ROUNDING)
    even = near * (1.0 - smoothstep(off, *UNEVEN)) * smoothstep(rising, *RISING)
    even = even * (mean + steep * (NEAR + half) >= REACHED)
    rows, columns = _places(small.shape[1:], light, pooled=1)
    return torch.stack([mean - across * columns - down * rows, across, down], dim=1), even, near


def _carried(plane: Tensor, even: Tensor, near: Tensor, *, size: torch.Size) -> tuple[Tensor, Tensor]:
    """Carry even planes into the clip: the light they rise to, and the share of the rim that is even.

    Both are `(3, H, W)`, of the size given.
    """
    weight = F.avg_pool2d(near[None], CELL, ceil_mode=True, count_include_pad=False)[0]
    values = torch.cat([plane * even[:, None], even[:, None]], dim=1) * near[:, None]  # (3, 4, h', w')
    values = F.avg_pool2d(values, CELL, ceil_mode=True, count_include_pad=False)
    values = values / weight[:, None].clamp_min(FLOOR)
    cells = torch.stack([spread(of, by, octaves=OCTAVES) for of, by in zip(values, weight, strict=True)])
    cells = torch.cat([cells[:, :3] / cells[:, 3:].clamp_min(FLOOR), cells[:, 3:]], dim=1)
    fine = F.interpolate(cells, scale_factor=float(CELL * POOLED), mode="bilinear")
    base, across, down, share = fine[..., : size[0], : size[1]].unbind(dim=1)
    rows, columns = _places(size, plane, pooled=POOLED)
    return base + across * columns + down * rows, share


def _places(size: torch.Size, like: Tensor, *, pooled: int) -> tuple[Tensor, Tensor]:
    """Return rows `(h, 1)` and columns `(1, w)`, counted in pixels `pooled` times as large."""
    rows, columns = (
        (torch.arange(length, dtype=like.dtype, device=like.device) + 0.5) / pooled - 0.5 for length in size
    )
    return rows[:, None], columns[None]


def _filtered(picture: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Filter the channels of `(3, h, w)` with one kernel a direction, without padding."""
    filtered = F.conv2d(picture[:, None], down.view(1, 1, -1, 1))
    return F.conv2d(filtered, across.view(1, 1, 1, -1))[:, 0]
