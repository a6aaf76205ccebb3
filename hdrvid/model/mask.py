"""Where a picture is over-exposed: the ramp on code values, and a small network that corrects it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from hdrvid.model.attention_r2unet import AttentionR2UNet
from hdrvid.model.spec import GeneratorSpec

RAMP = (0.94, 0.985)
"""Canonical code values where the mask begins and where it is full: codes 240 and 251 of 255."""
LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Weights of Rec.709 luminance."""
FLOOR = 2.0**-12
"""Linear light below this is one darkness; keeps logarithms finite."""
LOGIT_SLOPE, LOGIT_CENTRE = 150.0, 0.988
"""The threshold that the mask network corrects, as a logistic function of the code value."""
CERTAIN = (0.05, 0.95)
"""Probabilities taken as 0 and as 1, so that the learned mask reaches both exactly."""


def srgb_encode(linear: Tensor) -> Tensor:
    """Encode linear light to the canonical code, whatever curve the source had: any shape, to [0, 1].

    Values are clipped to [0, 1] first (IEC 61966-2-1).

    >>> round(float(srgb_encode(torch.tensor(0.21404))), 4)
    0.5
    """
    linear = linear.clamp(0.0, 1.0)
    return torch.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    )


def srgb_decode(code: Tensor) -> Tensor:
    """Decode a canonical code in [0, 1] to linear light in [0, 1]; any shape.

    >>> round(float(srgb_decode(torch.tensor(0.5))), 5)
    0.21404
    """
    code = code.clamp(0.0, 1.0)
    return torch.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def ramp(code: Tensor) -> Tensor:
    """Return the mask of each channel: 0 up to code 240, 1 from code 251 of 255, smooth between. Any shape.

    >>> ramp(torch.tensor([0.94, 0.9625, 0.985])).round(decimals=4).tolist()
    [0.0, 0.5, 1.0]
    """
    return smoothstep(code, *RAMP)


def smoothstep(x: Tensor, low: float, high: float) -> Tensor:
    """Rise smoothly from 0 at `low` to 1 at `high`, and stay there; any shape.

    >>> smoothstep(torch.tensor([0.0, 3.0, 5.0]), 2.0, 4.0).tolist()
    [0.0, 0.5, 1.0]
    """
    t = ((x - low) / (high - low)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def apply_stops(source: Tensor, mask: Tensor, stops: Tensor) -> Tensor:
    """Raise the source by the masked stops: log2 H_c = log2 max(S_c, 2^-12) + a_c o_c.

    All three are `(N, 3, h, w)`; the source is scene-linear with the clip point at 1.0, the mask in [0, 1],
    the stops 0 or more. Where the mask or the gain is 0 the source comes back bit for bit, by selection;
    nowhere is it lowered.

    >>> apply_stops(torch.tensor([0.25, 1.0]), torch.tensor([0.0, 1.0]), torch.tensor([3.0, 2.0])).tolist()
    [0.25, 4.0]
    """
    gain = mask * stops
    raised = torch.maximum(source, source.clamp_min(FLOOR) * torch.exp2(gain))
    return torch.where(gain > 0, raised, source)


class MaskNet(nn.Module):
    """The learned over-exposure mask, as a correction of the threshold: `(N, 3, h, w)` codes to logits.

    logit_c = 150 (e_c - 0.988) + net(x)_c with x = (2e - 1, 2 clip((e - 0.9) / 0.1) - 1): it starts as the
    threshold, and learns what compression has moved across it. h and w are multiples of 4.
    """

    def __init__(self, spec: GeneratorSpec) -> None:
        """Build three levels of the spec's mask width."""
        super().__init__()
        self.net = AttentionR2UNet(6, 3, replace(spec, width=spec.mask_width), levels=3)

    def forward(self, code: Tensor) -> Tensor:
        """Return the logit that each channel was clipped, `(N, 3, h, w)` float32.

        >>> net = MaskNet(GeneratorSpec(width=1, steps=0, norm="none", mask_width=1))
        >>> net(torch.full((1, 3, 4, 4), 0.998)).mean().round(decimals=3).item()  # 150 (0.998 - 0.988)
        1.5
        """
        x = torch.cat([2 * code - 1, 2 * ((code - 0.9) / 0.1).clamp(0, 1) - 1], dim=1)  # (N, 6, h, w)
        correction = cast("Tensor", self.net(x.to(self.net.head.weight.dtype)))
        return LOGIT_SLOPE * (code - LOGIT_CENTRE) + correction.float()


def mask_from_logits(logits: Tensor) -> Tensor:
    """Turn logits into a mask in [0, 1] that is exactly 0 and 1 where the network is certain. Any shape.

    >>> mask_from_logits(torch.tensor([-4.0, 0.0, 4.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    low, high = CERTAIN
    return ((torch.sigmoid(logits) - low) / (high - low)).clamp(0.0, 1.0)
