"""L of Eq. 4 for a shot: one response curve, read from what the network says of all pixels together.

A camera's response is a function of the code alone. So what an Attention R2U-Net says of each pixel is
averaged over the pixels of about the same code, and a small dense network reads the curve from these averages
and from how often each code occurs. A curve does not blur across edges, does not flicker where it holds for a
whole shot, and has the evidence of thousands of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from hdrvid.model.attention_r2unet import AttentionR2UNet
from hdrvid.model.mask import FLOOR, srgb_decode
from hdrvid.model.spec import GeneratorSpec

KNOTS = 33
"""Of a curve: codes 0, 1/32, ... 1."""
FEATURES = 8
"""What the network says of a pixel, for the dense one to read."""
MEASURED = 4
"""Features that need no network: the extent of the channels, and how far the next pixels are."""
HIDDEN = 128
ENOUGH = 8.0
"""Pixels of a code for half of their full weight."""
TOP = 250.5 / 255
"""Codes above say nothing of the curve: what was there before it clipped, nobody knows."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums of features, `(N, KNOTS, F)`, and counts, `(N, KNOTS)`, of the pixels about each knot.

    Those of several frames can be added.
    """

    sums: Tensor
    counts: Tensor

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.sums + other.sums, self.counts + other.counts)

    @property
    def means(self) -> Tensor:
        """Return the average of each feature about each knot, near 0 where pixels are few."""
        return self.sums / (self.counts + ENOUGH)[..., None]


def tally(features: Tensor, code: Tensor, weight: Tensor | None = None) -> Tally:
    """Gather features, `(N, F, h, w)`, by codes `(N, 1, h, w)` in [0, 1]: two knots share each pixel.

    >>> found = tally(torch.ones(1, 2, 1, 1), torch.full((1, 1, 1, 1), 0.25 / 32))
    >>> found.counts[0, :3].tolist(), found.sums[0, 0].tolist()
    ([0.75, 0.25, 0.0], [0.75, 0.75])
    """
    low, share = _between_knots(code)
    counted = torch.ones_like(share) if weight is None else weight.flatten(1).float()
    flat = features.flatten(2).float().transpose(1, 2)  # (N, h w, F)
    sums, counts = flat.new_zeros(len(flat), KNOTS, flat.shape[2]), flat.new_zeros(len(flat), KNOTS)
    for knot, part in ((low, (1.0 - share) * counted), (low + 1, share * counted)):
        sums = sums.scatter_add(1, knot[..., None].expand_as(flat), part[..., None] * flat)
        counts = counts.scatter_add(1, knot, part)
    return Tally(sums, counts)


def tally_channels(values: Tensor, code: Tensor, weight: Tensor) -> Tally:
    """Gather one value of each channel by that channel's own code: all `(N, 3, h, w)`.

    >>> code = torch.full((1, 3, 1, 1), 0.5)
    >>> float(tally_channels(2 * code, code, 2 * code).counts.sum())
    3.0
    """
    flat = (len(code), 1, -1, 1)
    return tally(values.reshape(flat), code.reshape(flat), weight.reshape(flat))


def _between_knots(code: Tensor) -> tuple[Tensor, Tensor]:
    """Return the knot below each code, `(N, ...)` flattened, and how far it is on the way to the next."""
    place = code.flatten(1).float().clamp(0.0, 1.0) * (KNOTS - 1)
    low = place.floor().clamp_max(KNOTS - 2)
    return low.long(), place - low


def read_curve(curve: Tensor, code: Tensor) -> Tensor:
    """Return the stops of a curve, `(N, KNOTS)`, at codes `(N, ...)` in [0, 1], linear between knots.

    >>> curve = torch.arange(KNOTS)[None] / 32
    >>> read_curve(curve, torch.tensor([[0.0, 0.375, 1.0]])).tolist()
    [[0.0, 0.375, 1.0]]
    """
    low, share = _between_knots(code)
    stops = torch.lerp(curve.gather(1, low), curve.gather(1, low + 1), share)
    return stops.reshape(code.shape)


def monotone(curve: Tensor) -> Tensor:
    """Raise a curve, `(N, KNOTS)`, where brighter codes would come out as less light.

    >>> falling = torch.zeros(1, KNOTS)
    >>> falling[0, 16] = 3.0  # at half the code range, more light than plain decoding has at 3/4 of it
    >>> light = torch.log2(srgb_decode(torch.linspace(0, 1, KNOTS)).clamp_min(FLOOR)) + monotone(falling)
    >>> bool((light.diff() > -1e-6).all())
    True
    """
    codes = torch.linspace(0.0, 1.0, KNOTS, device=curve.device)
    plain = torch.log2(srgb_decode(codes).clamp_min(FLOOR))
    return (plain + curve).cummax(dim=1).values - plain


class ResponseNet(nn.Module):
    """Read the response of a camera from a picture: codes `(N, 3, h, w)` to a curve `(N, KNOTS)`.

    h and w are multiples of 16. The curve is the stops of gain over sRGB decoding. Its last layer starts at
    0, so that untrained it is plain decoding.
    """

    def __init__(self, spec: GeneratorSpec) -> None:
        """Build the network of pixels, and the dense one that reads its averages."""
        super().__init__()
        self.net = AttentionR2UNet(3, FEATURES, spec)
        nn.init.normal_(self.net.head.weight, std=0.1)  # or nothing would pull at it for long
        self.reader = nn.Sequential(
            nn.Linear(KNOTS * (FEATURES + MEASURED + 1), HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, KNOTS),
        )
        last = cast("nn.Linear", self.reader[-1])
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, code: Tensor) -> Tensor:
        """Return the curve of each picture.

        >>> net = ResponseNet(GeneratorSpec(width=1, steps=0, norm="none"))
        >>> net(torch.full((2, 3, 16, 16), 0.5)).abs().max().item()
        0.0
        """
        return self.curve(self.look(code))

    def look(self, code: Tensor) -> Tally:
        """Return what is seen in pictures, by the mean code of each pixel's channels."""
        dtype = self.net.head.weight.dtype
        said = self.net((2 * code - 1).to(dtype, memory_format=torch.channels_last)).float()
        return tally(torch.cat([said, _measured(code)], dim=1), code.mean(1, keepdim=True))

    def curve(self, seen: Tally) -> Tensor:
        """Return the curve, `(N, KNOTS)` in stops, that belongs to what was seen."""
        return cast("Tensor", self.reader(self.read(seen).to(self.net.head.weight.dtype))).float()

    def read(self, seen: Tally) -> Tensor:
        """Return what the dense network reads of it: the averages at each knot, and how often it occurs."""
        share = seen.counts / seen.counts.sum(1, keepdim=True).clamp_min(1.0)
        return torch.cat([seen.means.flatten(1), 4.0 * share.sqrt()], dim=1)


def _measured(code: Tensor) -> Tensor:
    """Return the extent of the channels and the differences to the next pixels: `(N, MEASURED, h, w)`."""
    grey = code.mean(1, keepdim=True)
    across = (grey - grey.roll(1, 3)).abs()
    down = (grey - grey.roll(1, 2)).abs()
    above, below = code.amax(1, keepdim=True) - grey, grey - code.amin(1, keepdim=True)
    return torch.cat([above, below, 8.0 * across, 8.0 * down], dim=1)
