"""Keep the colour of highlights that a camera rolled off."""

from __future__ import annotations

import torch
from torch import Tensor

from hdrvid.model.mask import LUMINANCE, ramp, smoothstep

BENT = (0.5, 0.9)
"""Canonical codes between which a roll-off begins to bend a channel, in a pixel that reached the clip."""


def share_among_bent(source: Tensor, raised: Tensor, *, code: Tensor, shoulder: float) -> Tensor:
    """Return the raised light with what one channel won shared among those that the camera bent with it.

    All are `(3, K)` pixels whose mask is above 0: linear Rec.709, clip point at 1, and its canonical code. A
    clean cut leaves a channel below the clip as it was, so it stays as measured: a shoulder of 0 returns
    `raised`. A roll-off bends all channels near the top; raising only those past the ramp would turn white
    clouds blue. Their luminance is what the network said; where all channels are clipped, so is their colour.

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
    return torch.lerp(shared, raised, mask.amin(dim=0))
