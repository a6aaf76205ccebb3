"""Methods without learning that whole pictures go through: what any network has to beat.

Each takes a picture and returns light, `(H, W, 3) float32`, linear Rec.709. Those that fill over-exposed
pixels only are in `hdrvid.inference.methods`, where `hdrvid expand --method` has them from.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from hdrvid.evaluation.picture import Picture
from hdrvid.inference.expander import Predictor
from hdrvid.model import apply_stops
from hdrvid.scenes.panorama import Pixels, luminance

WHITE, PEAK = 4.0, 16.0
"""Of the expand map: the light that Reinhard's operator maps to 1, and what that is taken to be."""
_TINY = 1e-6


def plain(picture: Picture) -> Pixels:
    """Return the picture decoded and no more: ratio 1 by definition.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.full((8, 8, 3), 0.5, np.float32)
    >>> round(float(plain(make_picture(code, code, name="grey")).mean()), 3)
    0.214
    """
    return picture.plain


def linear_expansion(picture: Picture) -> Pixels:
    """Stretch luminance linearly over its own range.

    Akyuz et al. 2007, "Do HDR displays support LDR content?", Eq. 1 with gamma 1, which their viewers liked
    no less than anything cleverer.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.linspace(0.2, 0.8, 64, dtype=np.float32).reshape(8, 8, 1).repeat(3, axis=2)
    >>> light = linear_expansion(make_picture(code, code, name="ramp"))
    >>> round(float(light.min()), 3), round(float(light.max()), 3)
    (0.0, 1.0)
    """
    y = luminance(picture.plain)
    return relit(picture.plain, (y - y.min()) / max(float(y.max() - y.min()), _TINY))


def expand_map(picture: Picture) -> Pixels:
    """Invert a tone-mapping operator, and let the result in where bright pixels are dense.

    After Banterle et al. 2006, "Inverse tone mapping": the inverse of Reinhard's operator for `WHITE`, scaled
    so that 1 becomes `PEAK`; the map is a Gaussian density of the brightest tenth.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.linspace(0.0, 1.0, 80, dtype=np.float32).repeat(30).reshape(80, 10, 3)
    >>> light = expand_map(make_picture(code, code, name="ramp"))
    >>> round(float(light[0].max()), 2), bool(light[-1].max() > 8)
    (0.0, True)
    """
    y = np.minimum(luminance(picture.plain), 1)
    root = np.sqrt((1 - y) ** 2 + 4 * y / WHITE**2)
    expanded = 0.5 * PEAK * WHITE * (y - 1 + root)
    bright = np.where(y >= max(float(np.quantile(y, 0.9)), 0.5), y, np.float32(0))
    density = blurred(bright, sigma=max(y.shape) / 40)
    density = np.clip(density / max(float(density.max()), _TINY), 0, 1)
    return relit(picture.plain, y * (1 - density) + expanded * density)


def raised(picture: Picture, stops: float) -> Pixels:
    """Raise every clipped pixel by the same stops.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.full((8, 9, 3), 0.5, np.float32)
    >>> code[:, 8] = 1.0
    >>> raised(make_picture(code, code, name="lamp"), 2.0)[0, 7:, 0].round(3)
    array([0.214, 4.   ], dtype=float32)
    """
    return np.where(picture.clipped[..., None], picture.plain * np.float32(2.0**stops), picture.plain)


def filled(picture: Picture, predictor: Predictor) -> Pixels:
    """Fill over-exposed pixels as a predictor says, at the picture's own size.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> from hdrvid.inference.methods import METHODS
    >>> code = np.full((8, 9, 3), 0.5, np.float32)
    >>> code[:, 8] = 1.0
    >>> filled(make_picture(code, code, name="lamp"), METHODS["darkest"])[0, 7:, 0].round(3)
    array([0.214, 1.741], dtype=float32)
    """
    source = torch.from_numpy(np.ascontiguousarray(picture.plain.transpose(2, 0, 1)[None]))  # (1, 3, H, W)
    with torch.inference_mode():
        fill = predictor.fill(source)
        light = apply_stops(source, fill.mask, fill.stops)
    return np.ascontiguousarray(light[0].permute(1, 2, 0).numpy())


def relit(light: Pixels, target: npt.NDArray[np.floating]) -> Pixels:
    """Replace the luminance of light, and keep its colour.

    >>> relit(np.float32([[[0.2, 0.4, 0.2]]]), 2 * luminance(np.float32([[[0.2, 0.4, 0.2]]]))).round(3)
    array([[[0.4, 0.8, 0.4]]], dtype=float32)
    """
    return np.asarray(light * (target / np.maximum(luminance(light), _TINY))[..., None], np.float32)


def blurred(plane: npt.NDArray[np.floating], *, sigma: float) -> npt.NDArray[np.float32]:
    """Blur `(H, W)` with a Gaussian, four sigma wide on either side, edges mirrored.

    >>> plane = np.zeros((9, 9), np.float32)
    >>> plane[4, 4] = 1.0
    >>> soft = blurred(plane, sigma=1.0)
    >>> soft[4, 3:6].round(3)
    array([0.097, 0.159, 0.097], dtype=float32)
    """
    rows, columns = (_gaussian(length, sigma) for length in plane.shape)
    return np.asarray(rows @ plane.astype(np.float32) @ columns.T, np.float32)


def _gaussian(length: int, sigma: float) -> npt.NDArray[np.float32]:
    """Return the blur of an axis as a matrix, `(length, length)`, each row with a sum of 1."""
    offsets = np.arange(-round(4 * sigma), round(4 * sigma) + 1)
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    period = max(2 * (length - 1), 1)
    reached = (np.arange(length)[:, None] + offsets) % period
    reached = np.minimum(reached, period - reached)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.arange(length)[:, None], reached), weights / weights.sum())
    return np.asarray(matrix, np.float32)
