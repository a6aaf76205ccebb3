"""What a picture tells of its camera's response: statistics of its codes, which can be added up.

Each holds for a reason. A lens mixes linear light, so between the two sides of an edge a code lies off their
middle by as much as the response bends there (Lin et al. 2004, "Radiometric calibration from a single image";
Lin and Zhang 2005 for grey pictures). Noise of photons grows with the root of the light, so its size at each
code tells the slope of the response there (Matsushita and Lin 2007, "Radiometric calibration from noise
distributions"). The channels of one shading change by the same share, so their codes compare the slopes of
the response at two levels. How often each code occurs tells the rest: where a roll-off ends, and how a scene
usually is. All is counted at the picture's own size: a smaller copy would have been mixed in light that is
not known yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from hdrvid.model.mask import srgb_decode

LEVELS = 16
"""Of codes: what is seen is gathered about 0, 1/15, ... 1."""
APART = (1, 2, 4)
"""Pixels between the middle of an edge and what is taken for its sides."""
SPANS = (0.04, 0.08, 0.16, 0.32)
"""Least differences of the sides of an edge, in codes: four classes."""
BLOCK = 8
BANDS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 11), (12, 14))
"""Of a block's cosines: sums of the two frequencies."""
CALM = 12
"""Classes of blocks by the energy of their lowest band, a doubling each: noise shows in calm ones."""
CALMEST = (0.15, 0.4)
"""Of the blocks at a level: the shares whose energy is described."""
NOISE_BANDS = (1, 2, 3, 4)
"""The bands from whose energy the response is worked out."""
TOP = 248 / 255
"""Codes above are clipped, or scattered from what was: no edge ends there, no block holds them."""
HISTOGRAM, DARKEST, BRIGHTEST = 65, 24, 32
PICTURE = 640 * 360
"""Pixels of the pictures that L learned from: more do not count as more."""
LARGEST = 1280 * 720
"""Pixels of a picture that are looked at: a larger one in windows spread over it."""
SHADES, SHADED = 10, (2, 8)
"""Of codes, in which changes of two channels are compared, and the pixels that they are apart."""
LEAST_CHANGE, LEAST_COLOUR = 0.012, 0.02
"""Codes by which both channels change, and by which they differ themselves."""
LARGEST_RATIO = 2.5
"""Of two changes, in stops: beyond it is another thing than shading."""
_LUMA = (0.299, 0.587, 0.114)
_PAIRS = ((0, 1), (1, 2), (0, 2))
_WINDOWS = 4  # along each side of a large picture
_LEAST_BLOCKS, _DARK_CODE = 4.0, 0.02
_QUIET, _LOUDEST = 0.05, 4.0**7  # energies, in squared codes of 255
_FEW = 8.0  # of an edge, for half of their full weight
_SIZES = {
    "histogram": 3 * HISTOGRAM,
    "ends": DARKEST + BRIGHTEST,
    "channels": LEVELS * 4,
    "edges": len(APART) * 3 * len(SPANS) * LEVELS,
    "blocks": CALM * LEVELS * (1 + 3 * len(BANDS)),
    "shading": len(SHADED) * 3 * SHADES * (SHADES + 1) // 2,
    "pixels": 1,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sums over the pixels of pictures, `(N, S)`; those of several frames can be added."""

    sums: Tensor

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(self.sums + other.sums)

    def part(self, name: str) -> Tensor:
        """Return one kind of sums, `(N, ...)`, as if the pictures had at most `PICTURE` pixels."""
        parts = dict(zip(_SIZES, torch.split(self.sums, list(_SIZES.values()), dim=1), strict=True))
        return parts[name] * (PICTURE / parts["pixels"].clamp_min(1.0)).clamp_max(1.0)


def gather(code: Tensor) -> Evidence:
    """Return the evidence in pictures, codes `(N, 3, h, w)` in [0, 1], any size; in single precision always.

    >>> float(gather(torch.full((1, 3, 16, 24), 0.5)).sums[0, -1])
    384.0
    """
    with torch.autocast(code.device.type, enabled=False):
        code = code.float()
        return Evidence(
            torch.stack([sum(map(_sums, _windows(each)), start=code.new_zeros(())) for each in code])
        )


def _windows(code: Tensor) -> Iterator[Tensor]:
    """Yield a picture, `(3, h, w)`, or windows of a large one that hold `LARGEST` pixels together."""
    height, width = code.shape[1:]
    step = math.sqrt(height * width / LARGEST)
    if step <= 1.0:
        yield code
        return
    high, wide = (max(BLOCK, int(side / step / _WINDOWS) // BLOCK * BLOCK) for side in (height, width))
    for row in range(_WINDOWS):
        for column in range(_WINDOWS):
            top, left = (
                at * side // _WINDOWS // BLOCK * BLOCK for at, side in ((row, height), (column, width))
            )
            yield code[:, top : top + high, left : left + wide]


def luma_of(code: Tensor) -> Tensor:
    """Return the luma of codes: `(3, h, w)` to `(h, w)`.

    >>> round(float(luma_of(torch.tensor([1.0, 0.5, 0.0]).view(3, 1, 1))), 4)
    0.5925
    """
    return (code * code.new_tensor(_LUMA).view(3, 1, 1)).sum(0)


def _sums(code: Tensor) -> Tensor:
    luma = luma_of(code)
    histograms = [_histogram(each, HISTOGRAM) for each in (luma, code.amax(0), code.amin(0))]
    codes = torch.bincount((code * 255 + 0.5).long().flatten(), minlength=256)[:256].float()
    pixels = code.new_full((1,), luma.numel())
    ends = codes[:DARKEST], codes[-BRIGHTEST:]
    told = _channels(code, luma), _edges(luma), _blocks(luma), _shading(code)
    return torch.cat([*histograms, *ends, *told, pixels])


def between(place: Tensor, knots: int) -> tuple[Tensor, Tensor]:
    """Return the knot below each place in [0, 1], any shape, and how far it is on the way to the next.

    >>> low, share = between(torch.tensor([0.0, 0.625, 1.0]), 5)
    >>> low.tolist(), share.tolist()
    ([0, 2, 3], [0.0, 0.5, 1.0])
    """
    place = place.clamp(0.0, 1.0) * (knots - 1)
    low = place.floor().clamp_max(knots - 2)
    return low.long(), place - low


def _histogram(values: Tensor, knots: int) -> Tensor:
    low, share = between(values.flatten(), knots)
    return torch.bincount(low, 1.0 - share, minlength=knots) + torch.bincount(low + 1, share, minlength=knots)


def _at_levels(level: Tensor, values: Tensor, kind: Tensor | int = 0, *, kinds: int = 1) -> Tensor:
    """Add up rows of values, `(P, V)`, by kind, at the two levels next to each own: `(kinds LEVELS, V)`."""
    low, share = between(level.flatten(), LEVELS)
    place = kind * LEVELS + low
    found = values.new_zeros(kinds * LEVELS, values.shape[1])
    found.index_add_(0, place, values * (1.0 - share)[:, None])
    return found.index_add_(0, place + 1, values * share[:, None])


def _channels(code: Tensor, luma: Tensor) -> Tensor:
    """Return how far the channels reach from the luma, at each level of it."""
    above, below = code.amax(0) - luma, luma - code.amin(0)
    values = torch.stack([torch.ones_like(luma), above, below, above * above], dim=-1)
    return _at_levels(luma, values.reshape(-1, 4)).flatten()


def _edges(luma: Tensor) -> Tensor:
    """Return how often edges have their middle at a level, and the mean place between their sides there.

    For pixels a, b, c in a row or column, b between a and c: t = (b - dark side) / |c - a| - 1/2, counted,
    summed and summed squared, by |c - a| and (a + c) / 2.
    """
    found = []
    for apart in APART:
        sums = luma.new_zeros(3, len(SPANS) * LEVELS)
        for a, b, c in _triples(luma, apart):
            span, step = c - a, b - a
            is_edge = (span.abs() > SPANS[0]) & (step * span >= 0) & ((c - b) * span >= 0)
            chosen = (is_edge & (torch.maximum(a, c) < TOP)).flatten().nonzero()[:, 0]
            rise, level = span.flatten()[chosen], 0.5 * (a + c).flatten()[chosen]
            t = step.flatten()[chosen] / rise - 0.5
            t = torch.where(rise > 0, t, -t)
            kind = sum(((rise.abs() > least).long() for least in SPANS[1:]), start=torch.zeros_like(chosen))
            low, share = between(level, LEVELS)
            for place, weight in ((low, 1.0 - share), (low + 1, share)):
                for row, value in enumerate((weight, weight * t, weight * t * t)):
                    sums[row] += torch.bincount(kind * LEVELS + place, value, minlength=sums.shape[1])
        found.append(sums.flatten())
    return torch.cat(found)


def _triples(luma: Tensor, apart: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    for rows in (luma, luma.T):
        if rows.shape[1] > 2 * apart:
            yield rows[:, : -2 * apart], rows[:, apart:-apart], rows[:, 2 * apart :]


def _blocks(luma: Tensor) -> Tensor:
    """Return the energy of the cosines of 8 x 8 blocks, by calmness, mean level and band of frequency.

    Counted; energy in squared codes of 255, its logarithm and the share of cosines that are none are summed.
    On the grid of JPEG and H.264, so that what those took away shows as such.
    """
    height, width = (side // BLOCK * BLOCK for side in luma.shape)
    cut = luma[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    blocks = cut.transpose(1, 2).reshape(-1, BLOCK, BLOCK) * 255
    blocks = blocks[blocks.amax((1, 2)) < 249]
    cosines = _cosines(luma)
    found = cosines @ blocks @ cosines.T
    bands = _bands(luma)
    mean, flat = found[:, 0, 0] / (BLOCK * 255), found.flatten(1)
    energy = ((flat * flat) @ bands).clamp_max(_LOUDEST)
    size, none = torch.log2(energy + _QUIET), (flat.abs() < 0.6).float() @ bands
    calm = torch.log2(1.0 + energy[:, 0]).long().clamp_max(CALM - 1)
    values = torch.cat([torch.ones_like(mean)[:, None], energy, size, none], dim=1)
    return _at_levels(mean, values, calm, kinds=CALM).flatten()


def _shading(code: Tensor) -> Tensor:
    """Return how much more the darker of two channels changes along a row than the brighter, by their codes.

    Counted, summed in stops and summed squared, for each pair of shades, the darker one first.
    """
    rows, found = code[:, ::2], []
    darker, brighter = torch.triu_indices(SHADES, SHADES, device=code.device)
    for apart in SHADED:
        sums = code.new_zeros(3, SHADES * SHADES)
        if code.shape[2] > apart:
            a, c = rows[..., :-apart], rows[..., apart:]
            change, middle = c - a, 0.5 * (a + c)
            changes = (change.abs() > LEAST_CHANGE) & (torch.maximum(a, c) < TOP)
            for i, j in _PAIRS:
                is_one = changes[i] & changes[j] & (change[i] * change[j] > 0)
                chosen = (is_one & ((middle[i] - middle[j]).abs() > LEAST_COLOUR)).flatten().nonzero()[:, 0]
                at, of = (middle[k].flatten()[chosen] for k in (i, j))
                first, second = (change[k].abs().flatten()[chosen] for k in (i, j))
                ratio = torch.log2(first / second).clamp(-LARGEST_RATIO, LARGEST_RATIO)
                ratio = torch.where(at > of, -ratio, ratio)
                shades = [_shade(torch.minimum(at, of)), _shade(torch.maximum(at, of))]
                place = shades[0] * SHADES + shades[1]
                for row, value in enumerate((torch.ones_like(ratio), ratio, ratio * ratio)):
                    sums[row] += torch.bincount(place, value, minlength=SHADES * SHADES)
        found.append(sums[:, darker * SHADES + brighter].flatten())
    return torch.cat(found)


def _shade(code: Tensor) -> Tensor:
    return (code * SHADES).long().clamp_max(SHADES - 1)


def _cosines(like: Tensor) -> Tensor:
    """Return the orthonormal DCT-II matrix: rows are frequencies."""
    places = torch.arange(BLOCK, dtype=torch.float64)
    basis = torch.cos(math.pi * (2 * places + 1) * places[:, None] / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    basis[0] /= math.sqrt(2)
    return basis.to(like)


def _bands(like: Tensor) -> Tensor:
    """Return weights that average each band: `(64, B)`."""
    places = torch.arange(BLOCK)
    total = (places + places[:, None]).flatten()
    chosen = torch.stack([((total >= low) & (total <= high)).float() for low, high in BANDS], dim=1)
    return (chosen / chosen.sum(0)).to(like)


def described(evidence: Evidence) -> tuple[Tensor, Tensor]:
    """Return what a network reads of it, of each level and of the whole: `(N, LEVELS, F)` and `(N, G)`.

    Averages are drawn to 0 where pixels are few, and counts are roots or logarithms.

    >>> levels, whole = described(gather(torch.full((2, 3, 16, 24), 0.5)))
    >>> levels.shape, whole.shape
    (torch.Size([2, 16, 97]), torch.Size([2, 386]))
    """
    count = len(evidence.sums)
    histogram = evidence.part("histogram").view(count, 3, HISTOGRAM)
    shares = 4.0 * (histogram / histogram.sum(2, keepdim=True).clamp_min(1.0)).sqrt()
    shares = shares[..., : HISTOGRAM - 1].view(count, 3, LEVELS, -1).transpose(1, 2).flatten(2)
    pixels = histogram[:, :1].sum(2).clamp_min(1.0)
    whole = 6.0 * (evidence.part("ends") / (3.0 * pixels)).sqrt()
    shading = evidence.part("shading").view(count, len(SHADED), 3, -1)
    often, change, square = shading[:, :, 0], shading[:, :, 1], shading[:, :, 2]
    shading = torch.cat([change / (often + 10), square / (often + 10), torch.log2(1 + often) / 10], dim=2)
    whole = torch.cat([whole, shading.flatten(1)], dim=1)
    channels = evidence.part("channels").view(count, LEVELS, 4)
    channels = 4.0 * channels[..., 1:] / (channels[..., :1] + _FEW)
    number, mean, square = evidence.part("edges").view(count, len(APART), 3, -1, LEVELS).unbind(2)
    edges = torch.stack(
        [6.0 * mean / (number + _FEW), 20.0 * square / (number + _FEW), torch.log2(1.0 + number) / 10], dim=2
    )
    edges = edges.permute(0, 4, 1, 2, 3).flatten(2)
    levels = torch.cat([edges, _calm_blocks(evidence), channels, shares], dim=2)
    return levels, whole


def _calm_blocks(evidence: Evidence) -> Tensor:
    """Return what the calmest blocks of each level have: `(N, LEVELS, F)`."""
    blocks = evidence.part("blocks").view(len(evidence.sums), CALM, LEVELS, -1)
    found = []
    for share in CALMEST:
        sums = calmest(blocks, share)
        weight, energy, size, none = torch.split(sums, [1, *[len(BANDS)] * 3], dim=2)
        energy = torch.log2((energy + _QUIET) / (weight + 1.0) + _QUIET)
        found += [torch.log2(1.0 + weight) / 5, energy / 4, size / (weight + 1.0) / 4, none / (weight + 1.0)]
        found.append(response_by_noise(energy[..., NOISE_BANDS], weight))
    return torch.cat(found, dim=2)


def calmest(blocks: Tensor, share: float) -> Tensor:
    """Add up the calmest classes of blocks, `(N, CALM, LEVELS, V)`, until they are a share of each level.

    Of the last class as much as is missing.
    """
    count = blocks[..., :1]
    wanted = share * count.sum(1, keepdim=True) + _LEAST_BLOCKS
    before = count.cumsum(1) - count
    taken = ((wanted - before) / count.clamp_min(1e-6)).clamp(0.0, 1.0)
    return (blocks * taken).sum(1)


def response_by_noise(energy: Tensor, weight: Tensor) -> Tensor:
    """Return the response that noise of photons tells, in stops over plain decoding, 0 in the middle.

    Where noise has the size s at a code, light H is as the square of the integral of 1/s: dH/dc = sqrt(H)/s.
    log2 energy of blocks, `(N, LEVELS, B)`, and how many blocks there are, `(N, LEVELS, 1)`.

    >>> even = response_by_noise(torch.zeros(1, LEVELS, 1), torch.ones(1, LEVELS, 1))
    >>> (10 * even[0, [4, 8, 15], 0]).round().tolist()  # light as the code squared
    [3.0, 0.0, -3.0]
    """
    place = torch.arange(LEVELS, dtype=energy.dtype, device=energy.device)
    away = place[:, None] - place
    near = torch.exp(-0.5 * away**2) + 0.02 * torch.exp(-0.5 * (away / 3) ** 2)
    smooth = torch.einsum("lm,nmb->nlb", near, energy * weight)
    smooth = smooth / torch.einsum("lm,nmb->nlb", near, weight).clamp_min(1e-3)
    inverse = torch.exp2(-0.5 * smooth)
    steps = torch.cat([inverse[:, :1], inverse[:, 1:] + inverse[:, :-1]], dim=1)
    stops = 2.0 * torch.log2(steps.cumsum(1))
    plain = torch.log2(srgb_decode((place / (LEVELS - 1)).clamp_min(_DARK_CODE)))
    stops = stops - plain[:, None]
    return stops - stops[:, LEVELS // 2, None]
