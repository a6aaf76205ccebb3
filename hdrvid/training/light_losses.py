"""Losses of whole pictures: the paper's, on mu-law light, and those in stops for what is well exposed.

Light is scene-linear Rec.709, `(N, 3, h, w)`, the clip point at 1.0; `known`, `(N, 1, h, w)`, is 0 where the
truth is not. The paper's losses are its equations 5 to 10; its text was not at hand when this was written, so
terms are named, not numbered.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hdrvid.model.mask import srgb_encode
from hdrvid.model.response import tally_channels

MU = 5000.0
"""Of the mu-law, as in the paper and the HDR literature since Kalantari 2017."""
DARK = 2.0**-9
"""Linear light below this is one darkness for L: 8-bit codes there are half a stop apart and more."""
CODE_WEIGHT = 10.0
"""An error of a tenth of the code range counts as a stop."""
LEAST_COUNT = 4.0
"""Pixels from which a code of a picture counts for its response."""


def mu_law(light: Tensor, *, max_stops: float) -> Tensor:
    """Return T(H) = log(1 + mu H') / log(1 + mu), H' = H / 2^max_stops limited to [0, 1]: any shape.

    The maximum is fixed: dividing by each picture's own would tie the loss to whether a sun is in view.

    >>> mu_law(torch.tensor([0.0, 256.0]), max_stops=8.0).tolist()
    [0.0, 1.0]
    """
    return torch.log1p(MU * (light / 2.0**max_stops).clamp(0.0, 1.0)) / math.log1p(MU)


def mu_law_loss(predicted: Tensor, truth: Tensor, known: Tensor, *, max_stops: float) -> Tensor:
    """Return the mean absolute difference after the mu-law, over what is known: a scalar.

    >>> truth, known = torch.full((1, 3, 2, 2), 256.0), torch.ones(1, 1, 2, 2)
    >>> float(mu_law_loss(0 * truth, truth, known, max_stops=8.0))
    1.0
    """
    wrong = (mu_law(predicted, max_stops=max_stops) - mu_law(truth, max_stops=max_stops)).abs()
    return _mean(wrong.mean(1, keepdim=True), known)


def linear_loss(predicted: Tensor, truth: Tensor, exposed: Tensor, known: Tensor) -> Tensor:
    """Return how far a linearisation is off where light was not clipped, in stops: a scalar.

    The mean of |log2 P - log2 T|, both floored at 2^-9, and 10 times that of the difference of their codes:
    stops alone would be ruled by shadows. `exposed` is the light over what the curve can tell apart; each
    channel counts where it is below 1.

    >>> truth, known = torch.full((1, 3, 2, 2), 0.5), torch.ones(1, 1, 2, 2)
    >>> round(float(linear_loss(truth / 2, truth, truth, known)), 2)  # one stop, and 0.2 of the code range
    2.98
    >>> float(linear_loss(truth / 2, truth, 2 * truth, known))  # over-exposed: not judged
    0.0
    """
    weight = (exposed < 1.0).to(predicted.dtype) * known
    stops = (torch.log2(predicted.clamp_min(DARK)) - torch.log2(truth.clamp_min(DARK))).abs()
    code = (srgb_encode(predicted) - srgb_encode(truth)).abs()
    return _mean(stops + CODE_WEIGHT * code, weight)


def response_loss(linear: Tensor, truth: Tensor, code: Tensor, weight: Tensor) -> Tensor:
    """Return how far a linearisation's response is from the light's, in stops: a scalar.

    All are `(N, 3, h, w)`; the weight is 0 where light was clipped or is not known. What pixels of about one
    code differ by on average counts once for each code that a picture has: highlights, which are few, as much
    as its middle.

    >>> code, weight = torch.rand(1, 3, 16, 16), torch.ones(1, 3, 16, 16)
    >>> light = code**2.2
    >>> round(float(response_loss(2 * light, light, code, weight)), 2) > 0.6
    True
    """
    known = truth.clamp_min(DARK)
    off = torch.log2(linear.clamp_min(DARK)) - torch.log2(known)
    found = tally_channels(off, code, weight)
    counted = (found.counts > LEAST_COUNT).to(off.dtype)
    apart = (found.sums[..., 0] / found.counts.clamp_min(LEAST_COUNT)).abs() * counted
    return (apart.sum(1) / counted.sum(1).clamp_min(1.0)).mean()


def _mean(error: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted mean of each picture, averaged over pictures; 0 for one of no weight."""
    total = weight.sum((1, 2, 3))
    return ((error * weight).sum((1, 2, 3)) / total.clamp_min(1.0)).mean()
