"""Run whole jobs: the stream from a plate to written frames."""

from __future__ import annotations

from hdrvid.engine.account import Resolved
from hdrvid.engine.image import Expansion, expand_image
from hdrvid.engine.plan import Plan, prepare
from hdrvid.engine.probing import Clipping, Probe, probe
from hdrvid.engine.run import Run
from hdrvid.engine.start import expand, start

__all__ = [
    "Clipping",
    "Expansion",
    "Plan",
    "Probe",
    "Resolved",
    "Run",
    "expand",
    "expand_image",
    "prepare",
    "probe",
    "start",
]
