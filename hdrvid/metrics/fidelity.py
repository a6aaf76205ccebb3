"""How like the truth a picture is: PSNR and SSIM, of light made even to the eye first.

Two encodings bring light to an even scale: the mu-law, which the paper scores by, and PU21, which stands on
measured contrast sensitivity (Mantiuk and Azimi 2021, "PU21: A novel perceptually uniform encoding for
adapting existing quality metrics for HDR", the fit called banding and glare).
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from hdrvid.metrics.stops import Floats

MU = 5000.0
PU21_PEAK = 256.0
"""What PU21 gives for 100 cd/m2: the peak of PSNR and SSIM after it."""
NITS = (0.005, 10000.0)
"""cd/m2: the range that PU21 was fitted on."""
_PU21 = (0.353487901, 0.3734658629, 8.277049286e-05, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)
_RADIUS, _SIGMA = 5, 1.5  # Wang et al. 2004: an 11 x 11 Gaussian
MOST_DECIBELS = 100.0


def mu_law(light: Floats, mu: float = MU) -> Floats:
    """Return log(1 + mu x) / log(1 + mu) of light in [0, 1], any shape; what is outside is cut off.

    >>> mu_law(np.array([0.0, 1.0, 2.0])).tolist()
    [0.0, 1.0, 1.0]
    """
    return cast("Floats", np.log1p(mu * np.clip(light, 0, 1)) / np.log1p(mu))


def pu21(nits: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return the perceptually uniform value of luminance in cd/m2, any shape, `float32` in [0, 596].

    >>> round(float(pu21(100.0)))
    256
    """
    p = _PU21
    y = np.clip(np.asarray(nits, np.float32), *NITS) ** np.float32(p[3])
    scaled = ((p[0] + p[1] * y) / (1 + p[2] * y)) ** np.float32(p[4])
    return cast("npt.NDArray[np.float32]", np.maximum(p[6] * (scaled - p[5]), 0))


def psnr(picture: Floats, truth: Floats, peak: float = 1.0) -> float:
    """Return the peak signal-to-noise ratio in decibels, at most 100; both of one shape.

    >>> round(psnr(np.zeros(9), np.full(9, 0.1)), 6)
    20.0
    """
    error = float(np.mean((np.asarray(picture, np.float64) - truth) ** 2))
    return float(min(MOST_DECIBELS, 10 * np.log10(peak**2 / max(error, 1e-20))))


def ssim(picture: Floats, truth: Floats, peak: float = 1.0) -> float:
    """Return the structural similarity of `(H, W, c)` pictures, mean over pixels and channels, at most 1.

    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity", Eq. 13, with
    the 11 x 11 Gaussian window of sigma 1.5; edges are mirrored.

    >>> picture = np.linspace(0, 1, 16 * 16, dtype=np.float32).reshape(16, 16, 1)
    >>> ssim(picture, picture), ssim(picture, 1 - picture) < 0
    (1.0, True)
    """
    a, b = np.asarray(picture, np.float32), np.asarray(truth, np.float32)
    c1, c2 = np.float32((0.01 * peak) ** 2), np.float32((0.03 * peak) ** 2)
    mean_a, mean_b = window_mean(a), window_mean(b)
    variance_a = window_mean(a * a) - mean_a * mean_a
    variance_b = window_mean(b * b) - mean_b * mean_b
    covariance = window_mean(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    likeness /= (mean_a * mean_a + mean_b * mean_b + c1) * (variance_a + variance_b + c2)
    return float(np.mean(likeness))


def window_mean(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the Gaussian mean about each pixel of `(H, W, c)`; sides must be 6 pixels or more.

    >>> window_mean(np.full((8, 8, 1), 3, np.float32)).round(4).max()
    np.float32(3.0)
    """
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    weights = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    for axis in (0, 1):
        picture = _filtered(picture, (weights / weights.sum()).astype(np.float32), axis)
    return picture


def _filtered(
    picture: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], axis: int
) -> npt.NDArray[np.float32]:
    """Convolve one axis, the edge pixel itself not repeated where it is mirrored."""
    pad = [(0, 0)] * picture.ndim
    pad[axis] = (_RADIUS, _RADIUS)
    padded = np.moveaxis(np.pad(picture, pad, mode="reflect"), axis, 0)
    length = picture.shape[axis]
    total = padded[:length] * weights[0]
    for n in range(1, len(weights)):
        total += padded[n : n + length] * weights[n]
    return np.moveaxis(total, 0, axis)
