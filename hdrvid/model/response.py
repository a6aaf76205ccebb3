"""L of Eq. 4 for a shot: one response curve, read from what all of its pixels tell together.

A camera's response is a function of the code alone, and what tells it is in the whole picture: how edges
mix, how large noise is, how often each code occurs (`hdrvid.model.evidence`). Small transformers read the
curve from these statistics at each level of brightness. A curve does not blur across edges, does not flicker
where it holds for a whole shot, and has the evidence of hundreds of thousands of pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self, cast

import torch
from torch import Tensor, nn

from hdrvid.model.evidence import LEVELS, Evidence, between, described, gather
from hdrvid.model.mask import FLOOR, srgb_decode

KNOTS = 33
"""Of a curve: codes 0, 1/32, ... 1."""
READERS, WIDTH, LAYERS, HEADS = 4, 96, 3, 4
"""Transformers whose curves are averaged, and how each is built."""
OF_LEVEL, OF_WHOLE = 97, 386
"""Features of each level of brightness, and of the whole picture."""
FARTHEST = 6.0
"""Standard deviations from what was learned on: nothing is taken for odder than that."""
WELL_EXPOSED = (0.1, 0.85)
"""Codes of the mid-tones, whose level stays."""
DARKEST_KNOT = 3
"""Below, at codes under 24 of 255, nothing tells the curve: it goes on level, or shadows change their hue."""
FINE = 257
"""Codes at which a curve's mid-tones are looked at."""
CURVE_SCALE = 0.5
"""Stops, about what responses differ by."""
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
    low, share = between(code.flatten(1).float(), KNOTS)
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


def read_curve(curve: Tensor, code: Tensor) -> Tensor:
    """Return the stops of a curve, `(N, KNOTS)`, at codes `(N, ...)` in [0, 1], linear between knots.

    >>> curve = torch.arange(KNOTS)[None] / 32
    >>> read_curve(curve, torch.tensor([[0.0, 0.375, 1.0]])).tolist()
    [[0.0, 0.375, 1.0]]
    """
    low, share = between(code.flatten(1).float(), KNOTS)
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


def level(curve: Tensor) -> Tensor:
    """Shift each curve, `(N, KNOTS)`, so that its mid-tones agree with plain decoding, as a shoulder's do.

    The median of what it adds, over even steps of its own light between the well-exposed codes, becomes 0.

    >>> float(level(torch.ones(1, KNOTS)).abs().max())
    0.0
    """
    codes = torch.linspace(0.0, 1.0, FINE, device=curve.device)
    stops = read_curve(curve, codes.expand(len(curve), -1))
    light = torch.log2(srgb_decode(codes).clamp_min(FLOOR)) + stops
    is_well = (codes >= WELL_EXPOSED[0]) & (codes <= WELL_EXPOSED[1])
    rise = light.diff(dim=1, prepend=light[:, :1]).clamp_min(FLOOR)
    return curve - weighted_median(stops, rise * is_well)


def weighted_median(values: Tensor, weights: Tensor) -> Tensor:
    """Return the median of each row: `(N, K)` to `(N, 1)`.

    >>> weighted_median(torch.tensor([[3.0, 1.0, 2.0]]), torch.tensor([[0.1, 0.2, 0.7]])).item()
    2.0
    """
    order = values.argsort(1)
    below = weights.gather(1, order).cumsum(1) < 0.5 * weights.sum(1, keepdim=True)
    place = below.sum(1, keepdim=True).clamp_max(values.shape[1] - 1)
    return values.gather(1, order).gather(1, place)


class ResponseNet(nn.Module):
    """Read the response of a camera from a picture: codes `(N, 3, h, w)`, any size, to a curve `(N, KNOTS)`.

    The curve is the stops of gain over sRGB decoding; mid-tones stay: how bright a scene was nobody knows.
    The last layers start at 0, so that untrained it is plain decoding. It stays in single precision whatever
    the networks of pixels run in: it is read once a shot.
    """

    centre: Tensor
    spread: Tensor
    usual: Tensor

    def __init__(self) -> None:
        """Build the readers, and the scale of what they read."""
        super().__init__()
        self.readers = nn.ModuleList(Reader() for _ in range(READERS))
        self.register_buffer("centre", torch.zeros(LEVELS * OF_LEVEL + OF_WHOLE))
        self.register_buffer("spread", torch.ones(LEVELS * OF_LEVEL + OF_WHOLE))
        self.register_buffer("usual", torch.zeros(KNOTS))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:  # noqa: FBT001, FBT002 - torch's
        return cast("Self", super()._apply(lambda tensor: fn(tensor).to(tensor.dtype), recurse))  # type: ignore[no-untyped-call]

    def forward(self, code: Tensor) -> Tensor:
        """Return the curve of each picture.

        >>> ResponseNet()(torch.full((2, 3, 16, 24), 0.5)).abs().max().item()
        0.0
        """
        return self.curve(self.look(code))

    def look(self, code: Tensor) -> Evidence:
        """Return what is seen in pictures; those of several frames can be added."""
        return gather(code)

    def curve(self, seen: Evidence) -> Tensor:
        """Return the curve, `(N, KNOTS)` in stops, that belongs to what was seen."""
        with torch.autocast(self.usual.device.type, enabled=False):
            levels, whole = self.read(seen)
            said = torch.stack([reader(levels, whole) for reader in self.each_reader()])
        found = self.usual + CURVE_SCALE * said.mean(0)
        darkest = found[:, DARKEST_KNOT : DARKEST_KNOT + 1].expand(-1, DARKEST_KNOT)
        return level(torch.cat([darkest, found[:, DARKEST_KNOT:]], dim=1))

    def each_reader(self) -> Iterator[Reader]:
        """Yield the readers, of which the curve is the mean."""
        for reader in self.readers:
            yield cast("Reader", reader)

    def read(self, seen: Evidence) -> tuple[Tensor, Tensor]:
        """Return what the readers see: `(N, LEVELS, OF_LEVEL)` and `(N, OF_WHOLE)`, about -1 to 1."""
        levels, whole = described(Evidence(seen.sums.to(self.usual)))
        both = (torch.cat([levels.flatten(1), whole], dim=1) - self.centre) / self.spread
        both = both.clamp(-FARTHEST, FARTHEST)
        return both[:, :-OF_WHOLE].view_as(levels), both[:, -OF_WHOLE:]


class Reader(nn.Module):
    """One transformer over the levels of brightness; what is known of the whole is one more of its inputs."""

    def __init__(self) -> None:
        """Build it so that it says nothing yet."""
        super().__init__()
        self.level, self.whole = nn.Linear(OF_LEVEL, WIDTH), nn.Linear(OF_WHOLE, WIDTH)
        self.place = nn.Parameter(0.2 * torch.randn(LEVELS, WIDTH))
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 2 * WIDTH, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.head = nn.Linear(LEVELS * WIDTH, KNOTS)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, levels: Tensor, whole: Tensor) -> Tensor:
        """Return the curve in units of `CURVE_SCALE`, about the usual one."""
        seen = torch.cat([self.whole(whole)[:, None], self.level(levels) + self.place], dim=1)
        return cast("Tensor", self.head(self.layers(seen)[:, 1:].flatten(1)))
