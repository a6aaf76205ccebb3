"""Visible differences by ColorVideoVDP (Mantiuk et al. 2024), through its package, an optional extra.

It stands for the HDR-VDP 2.2 of the paper's tables, which needs MATLAB; the numbers of the two are not
comparable: this one is in just-objectionable differences (JOD), 10 for no difference at all.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np

from hdrvid.errors import UsageError
from hdrvid.metrics.stops import Floats

Visible: TypeAlias = Callable[[Floats, Floats], float]
"""Takes a picture and its truth, `(H, W, 3)` linear Rec.709 in cd/m2; returns JOD."""
DISPLAY = "standard_hdr_linear"
"""30 inch, 4K, 1500 cd/m2, in an office: the package's own description of a display fed with cd/m2."""


def colour_video_vdp() -> Visible:
    """Return the metric; without the package `cvvdp` this raises `UsageError`."""
    if find_spec("pycvvdp") is None:
        message = (
            "metric ColorVideoVDP: the package cvvdp is not installed, expected it for --vdp. "
            "Install it with pip install 'hdrvid[evaluation]', or leave --vdp out."
        )
        raise UsageError(message)
    metric: Any = import_module("pycvvdp").cvvdp(display_name=DISPLAY, quiet=True)

    def judge(picture: Floats, truth: Floats) -> float:
        pair = (np.ascontiguousarray(light, np.float32) for light in (picture, truth))
        jod, _ = metric.predict(*pair, dim_order="HWC")
        return float(jod)

    return judge
