"""Score one prediction on one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hdrvid.evaluation.align import aligned
from hdrvid.evaluation.picture import Picture, rim
from hdrvid.metrics.fidelity import PU21_PEAK, mu_law, psnr, pu21, ssim
from hdrvid.metrics.stops import Booleans, correlation, log_luminance, stops_error
from hdrvid.metrics.visible import Visible
from hdrvid.scenes.panorama import Pixels

NITS_AT_ONE = 100.0
"""cd/m2 that light of 1.0, the clip point, is shown at."""
_LEAST_LOSS = 0.05
"""Stops: below it, a ratio to plain linearisation is a ratio of noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All numbers of one prediction of one picture. Errors are mean absolute, of luminance, in stops."""

    ratio: float
    """`inside` over that of plain linearisation: 1 did nothing, 0 is perfect."""
    inside: float
    """Error where the picture is clipped."""
    outside: float
    """Error everywhere else."""
    well: float
    """Error where the picture is well exposed."""
    bias: float
    """Mean signed error where the picture is clipped: negative is too dark."""
    correlation: float
    """Of log luminance where the picture is clipped: detail, not level."""
    mu_psnr: float
    mu_ssim: float
    pu_psnr: float
    pu_ssim: float
    vdp: float
    """ColorVideoVDP in JOD, 10 for no visible difference; NaN if it was not asked for."""
    plain_inside: float
    """`inside` of plain linearisation."""
    plain_well: float
    """`well` of plain linearisation."""


def score(picture: Picture, predicted: Pixels, *, visible: Visible | None = None) -> Scores:
    """Score predicted light, `(H, W, 3)` linear Rec.709 of any unit, after one scalar of alignment.

    `visible` is `hdrvid.metrics.visible.colour_video_vdp()`, or None to leave it out.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.full((16, 16, 3), 0.5, np.float32)
    >>> code[4:8, 4:8] = 1.0
    >>> picture = make_picture(code, np.where(code == 1, 4.0, 0.25).astype(np.float32), name="lamp")
    >>> score(picture, picture.plain).ratio, score(picture, 10 * picture.truth).ratio < 1e-3
    (1.0, True)
    """
    light = aligned_light(picture, predicted)
    truth, inside = picture.truth, picture.clipped
    plain = aligned(picture.plain, truth, picture.well)
    error, plain_error = stops_error(light, truth, inside), stops_error(plain, truth, inside)
    peak = truth.max()
    mu, mu_truth = mu_law(light / peak), mu_law(truth / peak)
    pu, pu_truth = pu21(light * NITS_AT_ONE), pu21(truth * NITS_AT_ONE)
    return Scores(
        ratio=error / plain_error if plain_error > _LEAST_LOSS else float("nan"),
        inside=error,
        outside=stops_error(light, truth, ~inside),
        well=stops_error(light, truth, picture.well),
        bias=bias(light, truth, inside),
        correlation=correlation(light, truth, inside),
        mu_psnr=psnr(mu, mu_truth),
        mu_ssim=ssim(mu, mu_truth),
        pu_psnr=psnr(pu, pu_truth, PU21_PEAK),
        pu_ssim=ssim(pu, pu_truth, PU21_PEAK),
        vdp=visible(light * NITS_AT_ONE, truth * NITS_AT_ONE) if visible else float("nan"),
        plain_inside=plain_error,
        plain_well=stops_error(plain, truth, picture.well),
    )


def aligned_light(picture: Picture, predicted: Pixels) -> Pixels:
    """Return predicted light in the unit of the truth; done twice it is the same.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.full((8, 8, 3), 0.5, np.float32)
    >>> picture = make_picture(code, code, name="grey")
    >>> np.allclose(aligned_light(picture, 100 * picture.truth), picture.truth)
    True
    """
    return aligned(predicted, picture.truth, picture.well)


def bias(predicted: Pixels, truth: Pixels, where: Booleans) -> float:
    """Return the mean signed error in stops; NaN where there is nothing to judge.

    >>> light = np.ones((2, 2, 3), np.float32)
    >>> bias(light / 2, light, np.ones((2, 2), bool))
    -1.0
    """
    if not where.any():
        return float("nan")
    return float((log_luminance(predicted) - log_luminance(truth))[where].mean())


def as_filler(picture: Picture, predicted: Pixels) -> Pixels:
    """Return plain linearisation with the clipped pixels taken from the prediction.

    For tools whose tone curve is not the camera's: the prediction is scaled to meet the plain picture just
    below clipping, and is used where it is not below plain.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.full((8, 9, 3), 0.5, np.float32)
    >>> code[:, 8] = 1.0
    >>> picture = make_picture(code, code, name="lamp")
    >>> predicted = np.where(picture.clipped[..., None], 8.0, 0.5 * picture.plain).astype(np.float32)
    >>> as_filler(picture, predicted)[0, 7:, 0].round(3)
    array([ 0.214, 16.   ], dtype=float32)
    """
    filler = np.maximum(aligned(predicted, picture.plain, rim(picture)), picture.plain)
    return np.where(picture.clipped[..., None], filler, picture.plain)
