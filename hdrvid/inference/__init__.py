"""Turn scene-linear frames into expanded frames with a network."""

from __future__ import annotations

from hdrvid.inference.devices import Machine, choose_machine, granted_cores
from hdrvid.inference.expander import Expander, FillSettings, NetworkExpander, NetworkSpace, PlainExpander
from hdrvid.inference.grade import grade_recovered
from hdrvid.inference.working_size import LONG_SIDE, gain_at, reduction, shrink

__all__ = [
    "LONG_SIDE",
    "Expander",
    "FillSettings",
    "Machine",
    "NetworkExpander",
    "NetworkSpace",
    "PlainExpander",
    "choose_machine",
    "gain_at",
    "grade_recovered",
    "granted_cores",
    "reduction",
    "shrink",
]
