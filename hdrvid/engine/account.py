"""Tell where every value of a plan came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hdrvid.colour import ColourPath
from hdrvid.frames import FrameRange
from hdrvid.inference import Machine
from hdrvid.job import OPTIONS, ExpandJob, Origin
from hdrvid.plate import Decision, PlateInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Hold one value of a plan, and where it came from: an option's origin, a tag, or what was assumed."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Gather what was found out about a job, for its account."""

    info: PlateInfo
    colour: ColourPath
    machine: Machine
    frames: FrameRange
    chosen: Mapping[str, str] = field(default_factory=dict)
    """The origins of what the machine's tuning or the plate chose, where the job left it open."""


def account(job: ExpandJob, origins: Mapping[str, Origin], found: Findings) -> Iterator[Resolved]:
    """Yield every option with its value and origin, then what the plate itself says."""
    values, whence = _values(found), _origins(found)
    for name, value in job.to_dict().items():
        origin: str = origins.get(name, "call")
        if origin == "default":
            origin = whence.get(name, origin)
        yield Resolved(
            name=OPTIONS[name].flag, value=str(values.get(name, value)), origin=found.chosen.get(name, origin)
        )
    for decision in found.info.decisions:
        yield Resolved(name=f"plate {decision.name}", value=decision.value, origin=_origin_of(decision))


def _values(found: Findings) -> dict[str, str]:
    return {
        "frames": f"{found.frames}, {len(found.frames)} of {len(found.info.frames)}",
        "input_space": found.colour.input_space,
        "output_space": found.colour.output_space,
        "ocio_config": found.colour.config.name,
        "device": str(found.machine.device),
        "precision": found.machine.precision,
    }


def _origins(found: Findings) -> dict[str, str]:
    return {
        "input_space": _origin_of(found.colour.decision),
        "ocio_config": found.colour.config.origin,
    }


def _origin_of(decision: Decision) -> str:
    return f"{decision.origin}: {decision.reason}" if decision.reason else decision.origin
