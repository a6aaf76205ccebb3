"""Resolve a job into all that a run needs, with the origin of every value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from hdrvid.colour import ColourPath, open_config, resolve_path
from hdrvid.engine.manifest import Entry, Manifest, hash_of
from hdrvid.engine.resume import Shelf, Standing, sort_frames
from hdrvid.errors import FrameRangeError
from hdrvid.frames import FrameRange
from hdrvid.inference import Machine, NetworkSpace, choose_machine
from hdrvid.job import OPTIONS, ExpandJob, Origin
from hdrvid.model import weights_hash
from hdrvid.plate import PlateInfo
from hdrvid.sinks import KEY_ATTRIBUTE, ExrSettings, ExrSink, checksum_of, read_key
from hdrvid.sources import Source, open_plate, timecode_at
from hdrvid.version import __version__

_WRITERS = 2
_CPU_BATCH, _GPU_BATCH = 1, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Hold one value of a plan, and where it came from: an option's origin, a tag, or what was assumed."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Hold what a job came to: an open source, a resolved colour path, the frames and their key.

    A context manager that closes the source.
    """

    job: ExpandJob
    source: Source
    colour: ColourPath
    machine: Machine
    frames: FrameRange
    key: str
    facts: Mapping[str, Any]
    weights: str
    warnings: tuple[str, ...]
    resolved: tuple[Resolved, ...]

    def __enter__(self) -> Plan:
        """Return the plan itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the source."""
        self.source.close()

    @property
    def info(self) -> PlateInfo:
        """Return what the plate is."""
        return self.source.info

    @property
    def batch(self) -> int:
        """Return how many frames go to the network at once."""
        if self.job.batch:
            return self.job.batch
        return _CPU_BATCH if self.machine.device.type == "cpu" else _GPU_BATCH

    @property
    def network_space(self) -> NetworkSpace:
        """Return the matrices between the output space and the network's."""
        return NetworkSpace(
            from_output=self.colour.network_from_output, to_output=self.colour.output_from_network
        )

    def frame_key(self, number: int) -> str:
        """Return the key of one frame: the job's, and what identifies its file in a sequence."""
        return hash_of({"job": self.key, "source": self.source.frame_key(number)})

    def lines(self) -> Iterator[str]:
        """Yield the plan for people: each value, and where it came from."""
        width = max(len(fact.name) for fact in self.resolved)
        for fact in self.resolved:
            yield f"{fact.name:{width}}  {fact.value}  ({fact.origin})"
        for warning in self.warnings:
            yield f"warning: {warning}"


class Output:
    """Keep the written side of a plan: the sink, and the manifest beside its frames."""

    writers = _WRITERS

    def __init__(self, plan: Plan) -> None:
        """Make the folder and read what lies there."""
        self._plan = plan
        self.sink = ExrSink(Path(plan.job.out), name=plan.info.name, output=_exr_settings(plan))
        self._manifest = Manifest(self.sink.folder / f"{plan.info.name}.hdrvid.jsonl")

    def standing(self) -> Standing:
        """Tell which frames are done; raise `OutputConflict` where frames of another job are in the way."""
        plan = self._plan
        shelf = Shelf(path_of=self.sink.path_of, read_key=read_key, checksum_of=checksum_of)
        standing = sort_frames(
            plan.frames,
            key_of=plan.frame_key,
            manifest=self._manifest,
            shelf=shelf,
            overwrite=plan.job.overwrite,
        )
        if standing.todo:
            self._manifest.describe(plan.key, plan.facts)
        return standing

    def record(self, entry: Entry) -> None:
        """Note a frame that is in its place."""
        self._manifest.add(entry)

    def attributes(self, number: int, key: str) -> dict[str, Any]:
        """Return what only this frame's header says."""
        return {KEY_ATTRIBUTE: key, "hdrvid/sourceFrame": number - self._plan.info.frames.first}

    def timecode(self, number: int) -> str | None:
        """Return the timecode of one frame, None where the plate has none."""
        info = self._plan.info
        if info.timecode is None or info.rate is None:
            return None
        return timecode_at(info.timecode, number - info.frames.first, info.rate)


def prepare(job: ExpandJob, *, origins: Mapping[str, Origin] | None = None) -> Plan:
    """Resolve a job: open the source, find the colour path, check the frames, name the key.

    Nothing is written. The caller closes the plan. Raises the errors of a wrong call, and those of a plate
    or weights that cannot be used.
    """
    machine = choose_machine(job.device, job.precision)
    weights = "none" if job.model == "none" else weights_hash(job.model)
    config = open_config(job.ocio_config)
    source = open_plate(
        job.source, start_frame=job.start_frame, matrix=job.input_matrix, code_range=job.input_range
    )
    try:
        info = source.info
        colour = resolve_path(
            config,
            encoding=info.encoding,
            primaries=info.primaries,
            input_space=job.input_space,
            output_space=job.output_space,
        )
        frames, overshoot = choose_frames(job, info)
    except BaseException:
        source.close()
        raise
    facts = {
        "settings": _settings(job, colour),
        "source": info.fingerprint if info.kind == "video" else "by frame",  # see Plan.frame_key
        "weights": weights,
        "ocio": config.cache_id,
        "version": __version__,
    }
    return Plan(
        job=job,
        source=source,
        colour=colour,
        machine=machine,
        frames=frames,
        key=hash_of(facts),
        facts=facts,
        weights=weights,
        warnings=(*info.warnings, *_holes(info), *colour.display_warnings, *overshoot),
        resolved=tuple(_resolved(job, origins or {}, info, colour, machine, frames)),
    )


def choose_frames(job: ExpandJob, info: PlateInfo) -> tuple[FrameRange, tuple[str, ...]]:
    """Return the frames that a job asks of a plate, with a warning where it asks for more than there are.

    A range wholly outside the plate raises `FrameRangeError`; with `strict` so does one that reaches past it.
    Farms overshoot on their last chunk, so that alone is no failure.
    """
    if job.frames is None:
        return info.frames, ()
    asked = FrameRange.parse(job.frames)
    there = asked.within(info.frames.first, info.frames.last)
    if not there or (job.strict and len(there) < len(asked)):
        message = (
            f"{info.path.name}: frames {asked} are not all in the plate, expected some of {info.frames}. "
            "Give --frames within that, by the numbers in written names."
        )
        raise FrameRangeError(message)
    if len(there) == len(asked):
        return there, ()
    return there, (
        f"{info.path.name}: frames {asked} reach past the plate's {info.frames}, taken as {there}",
    )


def _holes(info: PlateInfo) -> tuple[str, ...]:
    if not info.missing:
        return ()
    return (f"{info.path.name}: frames {info.missing} are missing, the others are expanded",)


def _settings(job: ExpandJob, colour: ColourPath) -> dict[str, Any]:
    """Return what the key holds of the options: resolved values, and no file names."""
    settings = job.pixel_settings()
    for name in ("model", "ocio_config"):  # their content is in the key, under weights and ocio
        del settings[name]
    return {**settings, "input_space": colour.input_space, "output_space": colour.output_space}


def _resolved(
    job: ExpandJob,
    origins: Mapping[str, Origin],
    info: PlateInfo,
    colour: ColourPath,
    machine: Machine,
    frames: FrameRange,
) -> Iterator[Resolved]:
    special = {
        "frames": f"{frames}, {len(frames)} of {len(info.frames)}",
        "input_space": colour.input_space,
        "output_space": colour.output_space,
        "ocio_config": colour.config.name,
        "device": str(machine.device),
        "precision": machine.precision,
    }
    whence = {
        "input_space": f"{colour.decision.origin}: {colour.decision.reason}",
        "ocio_config": colour.config.origin,
    }
    for name, value in job.to_dict().items():
        origin: str = origins.get(name, "call")
        if origin == "default":
            origin = whence.get(name, origin)
        yield Resolved(name=OPTIONS[name].flag, value=str(special.get(name, value)), origin=origin)
    for decision in info.decisions:
        reason = f": {decision.reason}" if decision.reason else ""
        yield Resolved(name=f"plate {decision.name}", value=decision.value, origin=decision.origin + reason)


def _portable(config: str) -> str:
    """Return a config's name without folders: frames of one job have the same bytes on every machine."""
    return config if config.startswith("ocio://") else Path(config).name


def _exr_settings(plan: Plan) -> ExrSettings:
    job, info, colour = plan.job, plan.info, plan.colour
    return ExrSettings(
        compression=job.compression,
        full_float=job.full_float,
        rate=info.rate,
        pixel_aspect=info.pixel_aspect,
        interop_id=colour.interop_id,
        chromaticities=colour.chromaticities,
        attributes={
            "hdrvid/version": __version__,
            "hdrvid/model": Path(job.model).name,
            "hdrvid/modelHash": plan.weights,
            "hdrvid/inputSpace": colour.input_space,
            "hdrvid/outputSpace": colour.output_space,
            "hdrvid/ocioConfig": _portable(colour.config.name),
            "hdrvid/source": info.path.name,
            "hdrvid/settings": json.dumps(plan.facts["settings"], sort_keys=True),
        },
    )
