"""Keep the arithmetic of a sequence one: what the network computed in is part of what was written.

Precision and batch are often left to the machine, and another machine, another tuning or another day may
choose otherwise. The key of each frame holds what was chosen, so a frame is never taken for one that was
computed in another way. Frames of one sequence may be made by several jobs, so those beside a job's own
are looked at too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hdrvid.engine.manifest import Entry, hash_of
from hdrvid.errors import OutputConflict
from hdrvid.frames import FrameRange
from hdrvid.inference import Machine
from hdrvid.job import ExpandJob

CHOSEN = ("precision", "batch")
"""The settings of a key that a machine chooses where the job leaves them open."""
_BY_MEMORY = "by free memory"


def arithmetic_of(job: ExpandJob, machines: Sequence[Machine], batch: int) -> dict[str, Any]:
    """Return what a key holds of precision and batch: what they came to, `none` without a network.

    A batch that free memory decides, on a GPU, is left out: it changes from hour to hour, and the last bits
    with it.
    """
    if not job.has_network:
        return {"precision": "none", "batch": "none"}
    many = any(machine.device.type != "cpu" for machine in machines)
    precisions = sorted({machine.precision for machine in machines})
    return {"precision": "+".join(precisions), "batch": _BY_MEMORY if many and not job.batch else batch}


def left_open(job: ExpandJob) -> tuple[str, ...]:
    """Return which of the chosen settings a job leaves to the machine.

    >>> left_open(ExpandJob(source="a.mp4", out="exr", batch=2))
    ('precision',)
    """
    return tuple(name for name in CHOSEN if getattr(job, name) in ("auto", 0))


def refuse_a_mixture(
    facts: Mapping[str, Any],
    beside: Iterable[Entry],
    *,
    left: Sequence[str],
    jobs: Mapping[str, Mapping[str, Any]],
    key_of: Callable[[str, int], str],
) -> None:
    """Raise `OutputConflict` where frames of the same job lie beside that were computed in another way.

    Only what was `left` to the machine is compared: what a person asked for is theirs to mix. `beside` are
    the entries of the sequence's other frames, and `jobs` the facts of all jobs that made any; `key_of` gives
    the key of a frame under that of a job.
    """
    entries = tuple(beside)
    for job, theirs in jobs.items():
        differing = _differing(theirs, facts, left)
        found = [entry.number for entry in entries if differing and entry.key == key_of(job, entry.number)]
        if found:
            raise _conflict(FrameRange.of(found), differing, theirs["settings"], facts["settings"])


def _differing(theirs: Mapping[str, Any], ours: Mapping[str, Any], left: Sequence[str]) -> list[str]:
    """Return which of the settings left to the machine differ, where nothing else does."""
    if hash_of(_without(theirs, left)) != hash_of(_without(ours, left)):
        return []
    pairs = {name: {theirs["settings"].get(name), ours["settings"].get(name)} for name in left}
    return [name for name, values in pairs.items() if len(values) > 1 and _BY_MEMORY not in values]


def _without(facts: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    settings = {name: value for name, value in facts.get("settings", {}).items() if name not in names}
    return {**facts, "settings": settings}


def _conflict(
    found: FrameRange, names: Sequence[str], theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> OutputConflict:
    made = ", ".join(f"{name} {theirs[name]}" for name in names)
    chosen = ", ".join(f"{name} {ours[name]}" for name in names)
    flags = " and ".join(f"--{name}" for name in names)
    return OutputConflict(
        f"frames {found}: were made with {made}, where this machine chooses {chosen}, expected one "
        f"arithmetic for all. Give {flags} yourself: {made} goes on as it began."
    )
