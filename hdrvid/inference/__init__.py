"""Turn scene-linear frames into expanded frames with a network."""

from __future__ import annotations

from hdrvid.inference.devices import Machine, choose_machine, choose_machines, granted_cores
from hdrvid.inference.expander import (
    Expander,
    FillSettings,
    NetworkExpander,
    PlainExpander,
    check_parts,
)
from hdrvid.inference.grade import grade_recovered
from hdrvid.inference.half import to_half
from hdrvid.inference.hardware import identify, offered_precisions
from hdrvid.inference.memory import (
    Depths,
    choose_batch,
    estimate,
    fit_depths,
    free_memory,
    largest_window,
    parse_size,
)
from hdrvid.inference.response import Response, find_response
from hdrvid.inference.shoulder import Shoulder, find_shoulder
from hdrvid.inference.space import NetworkSpace
from hdrvid.inference.threads import Threads, set_network_threads, share_threads
from hdrvid.inference.upsample import Coarse, guided_gain
from hdrvid.inference.working_size import LONG_SIDE, reduction, shrink, working_pixels

__all__ = [
    "LONG_SIDE",
    "Coarse",
    "Depths",
    "Expander",
    "FillSettings",
    "Machine",
    "NetworkExpander",
    "NetworkSpace",
    "PlainExpander",
    "Response",
    "Shoulder",
    "Threads",
    "check_parts",
    "choose_batch",
    "choose_machine",
    "choose_machines",
    "estimate",
    "find_response",
    "find_shoulder",
    "fit_depths",
    "free_memory",
    "grade_recovered",
    "granted_cores",
    "guided_gain",
    "identify",
    "largest_window",
    "offered_precisions",
    "parse_size",
    "reduction",
    "set_network_threads",
    "share_threads",
    "shrink",
    "to_half",
    "working_pixels",
]
