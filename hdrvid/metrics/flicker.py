"""How steady the light that was added to a clip is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hdrvid.metrics.stops import Booleans, Floats, log_luminance


def flicker(predicted: Sequence[Floats], truth: Sequence[Floats], clipped: Sequence[Booleans]) -> float:
    """Return the mean frame-to-frame change of the error in stops, over pixels clipped in both frames.

    For each pair of neighbours: |d(t+1) - d(t)| with d = log2 luminance predicted - true, so that what really
    changes in the scene does not count, nor does a level that is wrong and stays. Frames are `(H, W, 3)`,
    scene-linear, masks `(H, W)`; NaN for fewer than two frames or where nothing is clipped twice.

    >>> light, everywhere = np.ones((2, 2, 3), np.float32), np.ones((2, 2), bool)
    >>> flicker([light, light * 2], [light, light], [everywhere, everywhere])
    1.0
    """
    errors = [log_luminance(p) - log_luminance(t) for p, t in zip(predicted, truth, strict=True)]
    changes = [
        np.abs(after - before)[here & there]
        for before, after, here, there in zip(errors, errors[1:], clipped, clipped[1:], strict=False)
    ]
    judged = np.concatenate(changes) if changes else np.zeros(0)
    return float(judged.mean()) if judged.size else float("nan")
