"""Grade recovered light: gain, peak and mix, the same formula that the Nuke node evaluates live."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]


def grade_recovered(
    source: Light, expanded: Light, *, gain_stops: float = 0.0, peak: float | None = None, mix: float = 1.0
) -> Light:
    """Return source + mix (min(source + (expanded - source) 2^gain, max(peak, source)) - source).

    Both are float32 of one shape, scene-linear, output space; `expanded` is nowhere below `source`. Where
    they are equal the source comes back bit for bit; so it does with a mix of 0. Without a peak there is no
    limit.

    >>> plate, light = np.float32([1, 1]), np.float32([1, 5])
    >>> grade_recovered(plate, light, gain_stops=-1.0).tolist()
    [1.0, 3.0]
    >>> grade_recovered(plate, light, peak=4.0).tolist()
    [1.0, 4.0]
    """
    if gain_stops == 0.0 and peak is None and mix == 1.0:
        return expanded
    recovered = (expanded - source) * np.float32(2.0**gain_stops)
    if peak is not None:
        recovered = np.minimum(recovered, np.maximum(np.float32(peak) - source, 0))
    return source + np.float32(mix) * recovered
