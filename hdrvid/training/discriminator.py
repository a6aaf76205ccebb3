"""The 70 x 70 PatchGAN (Isola et al. 2017) that judges whether an expanded picture belongs to its source."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hdrvid.model.mask import FLOOR

SIGNAL_STOPS = 8.0
"""Light goes in as log2 over this: the clip point is 0, 2^8 is 1, darkness (2^-12) is -1.5."""
SLOPE = 0.2
"""Of the leaky ReLUs, as in pix2pix."""
DEVIATION = 0.02
"""Of the normal distribution that kernels start from, as in pix2pix."""


def bounded(light: Tensor) -> Tensor:
    """Return log2 of scene-linear light over 8, what the discriminator sees: any shape.

    Bounded, because linear radiance of a sun would drown all else: 2^-12 and less is -1.5, 2^8 and more 1.

    >>> bounded(torch.tensor([0.0, 1.0, 16.0, 1e9])).tolist()
    [-1.5, 0.0, 0.5, 1.0]
    """
    return torch.log2(light.clamp(FLOOR, 2.0**SIGNAL_STOPS)) / SIGNAL_STOPS


class PatchDiscriminator(nn.Module):
    """Five 4 x 4 convolutions that judge each patch of 70 x 70 pixels on its own.

    The widths are b, 2b, 4b, 8b and 1. Its norms are over each picture, not over the batch: pix2pix trains
    with one picture a batch, where both are the same, and this way the judgement of a picture does not depend
    on how many processes share the batch. It never runs outside training.
    """

    def __init__(self, base: int, *, channels: int = 6) -> None:
        """Build it for a condition and a sample of `channels` channels together."""
        super().__init__()
        widths = [base, 2 * base, 4 * base, 8 * base]
        layers: list[nn.Module] = [nn.Conv2d(channels, base, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        for index in range(3):
            stride = 2 if index < 2 else 1
            layers += [
                nn.Conv2d(widths[index], widths[index + 1], 4, stride, 1),
                nn.InstanceNorm2d(widths[index + 1], affine=True),
                nn.LeakyReLU(SLOPE),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[3], 1, 4, 1, 1))
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, DEVIATION)

    def forward(self, condition: Tensor, sample: Tensor) -> Tensor:
        """Return the logit that each patch is real, `(N, 1, h / 8 - 2, w / 8 - 2)`.

        The condition is the source, the sample the picture expanded from it or the true one, both `(N, 3, h,
        w)`, scene-linear.

        >>> picture = torch.ones(1, 3, 128, 128)
        >>> PatchDiscriminator(2)(picture, picture).shape
        torch.Size([1, 1, 14, 14])
        """
        pair = torch.cat([bounded(condition), bounded(sample)], dim=1)  # (N, 6, h, w)
        return cast("Tensor", self.layers(pair))


def real_or_not(real: Tensor, fake: Tensor) -> Tensor:
    """Return what the discriminator minimises: the mean cross-entropy of both kinds of logits, a scalar.

    >>> sure = torch.full((1, 1, 2, 2), 9.0)
    >>> round(float(real_or_not(sure, -sure)), 4), round(float(real_or_not(-sure, sure)), 4)
    (0.0001, 9.0001)
    """
    return 0.5 * (
        F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
        + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    )


def taken_for_real(fake: Tensor) -> Tensor:
    """Return what the generator minimises: the cross-entropy of its logits against real, a scalar.

    >>> round(float(taken_for_real(torch.zeros(1, 1, 2, 2))), 4)  # log 2: the discriminator cannot tell
    0.6931
    """
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
