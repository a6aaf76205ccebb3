"""Errors in stops inside the clipped area, as the project's protocol has them.

Light is scene-linear Rec.709, `(..., 3)`, with the clip point of the source at 1.0.
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Booleans: TypeAlias = npt.NDArray[np.bool_]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
FLOOR = 1e-3
"""Luminance below this, about sRGB code 3, is all one darkness."""


def log_luminance(light: Floats) -> Floats:
    """Return log2 of Rec.709 luminance, floored: `(..., 3)` to `(...)`.

    >>> log_luminance(np.full(3, 4.0)).round(6).tolist()
    2.0
    """
    return cast("Floats", np.log2(np.maximum(light @ LUMINANCE, FLOOR)))


def stops_error(predicted: Floats, truth: Floats, where: Booleans) -> float:
    """Return the mean absolute error of luminance in stops; NaN where there is nothing to judge.

    >>> stops_error(np.full((1, 3), 2.0), np.full((1, 3), 8.0), np.array([True]))
    2.0
    """
    if not where.any():
        return float("nan")
    return float(np.abs(log_luminance(predicted) - log_luminance(truth))[where].mean())


def ratio(predicted: Floats, source: Floats, truth: Floats, where: Booleans) -> float:
    """Return the error over that of the plain source: 1 did nothing, 0 is perfect.

    NaN if the source is within 0.05 stop.

    >>> source, truth, here = np.full((1, 3), 1.0), np.full((1, 3), 4.0), np.array([True])
    >>> ratio(np.full((1, 3), 2.0), source, truth, here)
    0.5
    """
    plain = stops_error(source, truth, where)
    return stops_error(predicted, truth, where) / plain if plain > 0.05 else float("nan")


def correlation(predicted: Floats, truth: Floats, where: Booleans) -> float:
    """Return Pearson's correlation of log luminance: detail, not level. 0 where the prediction is flat.

    >>> ramp = np.geomspace(1, 64, 80)[:, None].repeat(3, axis=1)
    >>> everywhere = np.ones(80, bool)
    >>> round(correlation(ramp / 2, ramp, everywhere), 6), correlation(np.ones((80, 3)), ramp, everywhere)
    (1.0, 0.0)
    """
    p, t = log_luminance(predicted)[where], log_luminance(truth)[where]
    if p.size < 64 or t.std() < 1e-3:
        return float("nan")
    return 0.0 if p.std() < 1e-6 else float(np.corrcoef(p, t)[0, 1])
