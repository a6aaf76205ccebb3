"""Losses, as functions of tensors. Light is scene-linear Rec.709, `(N, 3, h, w)`, the clip point at 1.0."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hdrvid.model.mask import FLOOR, LUMINANCE, ramp, srgb_decode, srgb_encode

STEPS = (1, 2, 4)
"""Pixels apart, between which differences are compared."""
TOP_CODE, BLACK_CODE, BLACK_WEIGHT = 249 / 255, 3 / 255, 0.2
"""Of the loss of noise: what is above is clipped, what is below is black and counts less."""
LEAST_STOPS, LEAST_CODES, CODE_WEIGHT = 0.01, 0.5 / 255, 4.0
"""Errors that need not become smaller, and what one in codes counts against one in stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasis:
    """Weights of what the error in stops does not tell apart; averaged and divided as that is."""

    colour: float = 0.0
    """Of log2 R/G and B/G."""
    detail: float = 0.0
    """Of the differences of log2 luminance from pixel to pixel, 1, 2 and 4 apart."""


def log_luminance(light: Tensor) -> Tensor:
    """Return log2 of Rec.709 luminance: `(N, 3, h, w)` to `(N, h, w)`.

    >>> log_luminance(torch.full((1, 3, 1, 2), 4.0)).tolist()
    [[[2.0, 2.0]]]
    """
    weights = light.new_tensor(LUMINANCE).view(1, 3, 1, 1)
    return torch.log2((light * weights).sum(1).clamp_min(FLOOR))


def stops_loss(
    stops: Tensor,
    source: Tensor,
    truth: Tensor,
    known: Tensor,
    *,
    max_stops: float,
    emphasis: Emphasis | None = None,
) -> Tensor:
    """Return the error inside the mask in stops, relative to what there is to win: a scalar.

    With P = log2 S + a_c o_c, T = log2 of the truth, limited to 2^max_stops, Y log2 of luminance, a = max of
    a_c: loss = mean over pictures of 0.5 (ec + ey) / (e0 + 0.25), where ec = mean |P - T|, ey = |Y_P - Y_T|,
    e0 = |Y_S - Y_T|, each averaged over the mask. The division makes each picture count by how much clipping
    took. `known`, `(N, 1, h, w)`, is 0 where the truth is not.

    `emphasis` adds what ec and ey alone leave unpunished: white that should have a hue, and jitter.

    >>> source, known = torch.ones(1, 3, 4, 4), torch.ones(1, 1, 4, 4)  # clipped, two stops below the truth
    >>> for stops in (0.0, 1.0, 2.0):
    ...     print(float(stops_loss(stops * source, source, 4 * source, known, max_stops=8.0)))
    0.8421052694320679
    0.42105263471603394
    0.0
    """
    mask = ramp(srgb_encode(source))  # (N, 3, h, w)
    region = (mask.amax(1, keepdim=True) * known).squeeze(1)  # (N, h, w)
    floored = source.clamp_min(FLOOR)
    predicted = torch.log2(floored) + mask * stops
    wanted = truth.clamp(FLOOR, 2.0**max_stops)
    area = region.sum((1, 2)) + 8.0  # (N,)

    by_channel = (predicted - torch.log2(wanted)).abs().mean(1)
    wanted_luminance = log_luminance(wanted)
    by_luminance = (log_luminance(torch.exp2(predicted)) - wanted_luminance).abs()
    to_win = (log_luminance(floored) - wanted_luminance).abs()
    error = 0.5 * (by_channel + by_luminance)
    emphasis = emphasis or Emphasis()
    if emphasis.colour > 0:
        error = error + emphasis.colour * _hue_error(predicted, torch.log2(wanted))
    e, e0 = ((region * each).sum((1, 2)) / area for each in (error, to_win))
    if emphasis.detail > 0:
        wrong = log_luminance(torch.exp2(predicted)) - wanted_luminance
        e = e + emphasis.detail * _detail_error(wrong, region, area)
    return (e / (e0 + 0.25)).mean()


def _hue_error(predicted: Tensor, wanted: Tensor) -> Tensor:
    """Return how far log2 R/G and B/G are off, their mean: `(N, 3, h, w)` each to `(N, h, w)`."""
    wrong = predicted - wanted
    return (wrong[:, ::2] - wrong[:, 1:2]).abs().mean(1)


def _detail_error(wrong: Tensor, region: Tensor, area: Tensor) -> Tensor:
    """Return how much an error, `(N, h, w)` in stops, changes within the region: `(N,)`."""
    total = wrong.new_zeros(len(wrong))
    for step in STEPS:
        down = (wrong[:, step:] - wrong[:, :-step]).abs() * region[:, step:] * region[:, :-step]
        across = (wrong[..., step:] - wrong[..., :-step]).abs() * region[..., step:] * region[..., :-step]
        total = total + down.sum((1, 2)) + across.sum((1, 2))
    return total / (2 * len(STEPS) * area)


def mask_loss(logits: Tensor, exposed: Tensor, known: Tensor) -> Tensor:
    """Return the cross-entropy of the mask against the exact label, 1.0 or more on the sensor: a scalar.

    >>> exposed, logits = torch.tensor([[[[0.5, 2.0]]]]), torch.tensor([[[[-9.0, 9.0]]]])
    >>> known = torch.ones(1, 1, 1, 2)
    >>> [round(float(mask_loss(said, exposed, known)), 2) for said in (logits, -logits)]
    [0.0, 9.0]
    """
    label = (exposed >= 1.0).to(logits.dtype)
    return F.binary_cross_entropy_with_logits(logits, label, weight=known.expand_as(label))


def noise_loss(predicted: Tensor, clean: Tensor, known: Tensor) -> Tensor:
    """Return how far codes, `(N, 3, h, w)`, are from those without noise: a scalar.

    With e = |Y - Y*| in stops of luminance and f = |c - c*| in codes, each the root of its mean square over
    what did not clip: loss = mean over pictures of e + 4 f. A root for each picture, so that clean ones
    count as noisy ones do; what is next to black counts a fifth.

    >>> clean, known = torch.full((1, 3, 4, 4), 0.5), torch.ones(1, 1, 4, 4)
    >>> [round(float(noise_loss(clean + off, clean, known)), 2) for off in (0.0, 0.02)]
    [0.02, 0.2]
    """
    below = (clean.amax(1) < TOP_CODE).float() * known.squeeze(1)
    weight = below * torch.where(clean.amin(1) > BLACK_CODE, 1.0, BLACK_WEIGHT)  # (N, h, w)
    area = weight.sum((1, 2)).clamp_min(1.0)
    off = log_luminance(srgb_decode(predicted)) - log_luminance(srgb_decode(clean))
    stops = (off.square() * weight).sum((1, 2)) / area
    codes = ((predicted - clean).square().mean(1) * weight).sum((1, 2)) / area
    roots = [(each + least**2).sqrt() for each, least in ((stops, LEAST_STOPS), (codes, LEAST_CODES))]
    return (roots[0] + CODE_WEIGHT * roots[1]).mean()
