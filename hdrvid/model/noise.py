"""What a camera's noise and compression did to codes, as a small network sees it: the pixel side of L.

The paper's L is a network of pixels, and what it learns to hand on is light: noise and blocks stay behind.
Here one curve of the shot undoes the response (`hdrvid.model.response`), and this network takes out of the
codes what no curve can. It predicts the difference, as Zhang et al. 2017, "Beyond a Gaussian denoiser", do,
at half size with the four pixels of each square as channels (Zhang et al. 2018, "FFDNet"), and looks farther
at a quarter. Like the latter it is told how strong the noise is: what a few pixels show may be grain or
cloth, and the calm parts of the whole picture know which.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hdrvid.model.evidence import BLOCK, luma_of

NOISE_MULTIPLE = 4
"""Both sides of what the network sees are multiples of this."""
NOISE_REACH = 32
"""Pixels, a multiple of the above: what is farther away changes nothing."""
WIDTH, DEEP_WIDTH, DEEP = 24, 32, 3
"""Channels at half size and at a quarter, and the convolutions there."""
CALM = 0.2
"""Of the blocks in which ripple is averaged: the share that tells how strong noise is."""
EXPOSED = (0.04, 0.9)
"""Mean code of blocks that tell: black and white do not ripple."""
DETAIL_SCALE = 16.0
"""Differences of codes are small; so are what is said of them."""


class NoiseNet(nn.Module):
    """Predict what to add to codes, `(N, 3, h, w)` in [0, 1], to have them without noise and blocks."""

    def __init__(self) -> None:
        """Build it so that it says nothing before it is trained."""
        super().__init__()
        seen, said = 12 + 3 + 1, 12
        self.first = _convolution(seen, WIDTH)
        self.second = _convolution(WIDTH, WIDTH)
        self.down = _convolution(WIDTH, DEEP_WIDTH, stride=2)
        self.deep = nn.ModuleList(_convolution(DEEP_WIDTH, DEEP_WIDTH, gain=0.5) for _ in range(DEEP))
        self.up = nn.Conv2d(DEEP_WIDTH, 4 * WIDTH, 1)
        self.third = _convolution(WIDTH, WIDTH)
        self.last = _convolution(WIDTH, said, gain=0.0)
        self.linear = _convolution(seen, said, gain=0.0)  # a way around, or nothing is learned for long

    def forward(self, code: Tensor, level: Tensor) -> Tensor:
        """Return the difference, in codes; h and w are multiples of 4. `level` is `noise_level`, `(N,)`.

        >>> NoiseNet()(torch.rand(1, 3, 8, 12), torch.zeros(1)).abs().max().item()  # untrained
        0.0
        """
        around = F.interpolate(F.avg_pool2d(code, 4), scale_factor=4.0, mode="bilinear", align_corners=False)
        detail = F.pixel_unshuffle(code - around, 2) * DETAIL_SCALE
        told = (torch.log2(level * 255 + 0.25) / 2).to(code).view(-1, 1, 1, 1)
        told = told.expand(-1, 1, *detail.shape[2:])
        seen = torch.cat([detail, F.avg_pool2d(code, 2) * 2 - 1, told], dim=1)
        fine = F.relu(self.second(F.relu(self.first(seen))))
        deep = F.relu(self.down(fine))
        for each in self.deep:
            deep = F.relu(each(deep)) + deep
        fine = F.relu(fine + F.pixel_shuffle(self.up(deep), 2))
        said = self.last(F.relu(self.third(fine))) + self.linear(seen)
        return F.pixel_shuffle(said, 2) / DETAIL_SCALE


def ripple(code: Tensor) -> Tensor:
    """Return how much the well exposed blocks of a picture ripple, in codes: `(3, h, w)` to `(B,)`.

    The mean of |c * N| in 8 x 8 pixels of the luma, N the difference of two Laplacians, which edges and
    slopes hardly pass (Immerkaer 1996, "Fast noise variance estimation"), scaled to the standard deviation
    of noise.

    >>> ripple(torch.linspace(0.2, 0.8, 18).expand(3, 18, 18)).max().item() < 1e-6  # a slope is calm
    True
    """
    luma = luma_of(code)
    if min(luma.shape) < BLOCK + 2:
        return luma.new_zeros(0)
    across = luma[:, :-2] - 2 * luma[:, 1:-1] + luma[:, 2:]
    both = (across[:-2] - 2 * across[1:-1] + across[2:]).abs()
    size, level = (F.avg_pool2d(each[None], BLOCK)[0].flatten() for each in (both, luma[1:-1, 1:-1]))
    tells = (level > EXPOSED[0]) & (level < EXPOSED[1]) & size.isfinite()
    return size[tells] * (math.sqrt(math.pi / 2) / 6)


def noise_level(ripples: Tensor) -> Tensor:
    """Return the standard deviation of noise in the calm blocks, in codes: `(B,)` to a scalar; 0 without any.

    >>> torch.manual_seed(0) and None
    >>> noisy = 0.5 + 0.02 * torch.randn(1, 130, 130).expand(3, -1, -1)
    >>> 0.015 < float(noise_level(ripple(noisy))) < 0.02
    True
    """
    return torch.quantile(ripples, CALM) if len(ripples) else ripples.new_zeros(())


def _convolution(seen: int, said: int, *, stride: int = 1, gain: float = 1.0) -> nn.Conv2d:
    made = nn.Conv2d(seen, said, 3, stride=stride, padding=1)
    nn.init.kaiming_normal_(made.weight, nonlinearity="relu")
    nn.init.zeros_(made.bias)  # type: ignore[arg-type]
    with torch.no_grad():
        made.weight.mul_(gain)
    return made
