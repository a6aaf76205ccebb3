"""Bring a picture to the exposure of its reference before they are compared.

Absolute scale is not known from one exposure, so it is not judged: each prediction gets one scalar, fitted
where the picture was well exposed. After Hanji et al. 2022, "Comparison of single image HDR reconstruction
methods: the caveats of quality assessment", who show that without it a score says little else than the scale.
"""

from __future__ import annotations

import numpy as np

from hdrvid.metrics.stops import LUMINANCE, Booleans
from hdrvid.scenes.panorama import Pixels

_TINY = 1e-9


def aligned(light: Pixels, reference: Pixels, where: Booleans) -> Pixels:
    """Return the light times the one scalar that fits the reference best there: the median ratio.

    Pictures are `(H, W, 3) float32`, scene-linear, any unit; `where` is `(H, W)`, not empty.

    >>> light = np.ones((2, 2, 3), np.float32)
    >>> float(aligned(light, light * 4, np.ones((2, 2), bool)).max())
    4.0
    """
    return light * scale_between(light, reference, where)


def scale_between(light: Pixels, reference: Pixels, where: Booleans) -> np.float32:
    """Return that scalar: the median over pixels of the ratio of luminances.

    >>> reference = np.float32([[[1.0] * 3, [2.0] * 3, [9.0] * 3]])
    >>> float(scale_between(reference / 4, reference, np.array([[True, True, False]])))
    4.0
    """
    wanted, given = (np.maximum(picture[where] @ LUMINANCE, 0) + _TINY for picture in (reference, light))
    return np.float32(np.median(wanted / given))
