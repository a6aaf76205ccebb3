"""Resolve a job into all that a run needs, with the origin of every value."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from hdrvid.colour import ColourPath, open_config, resolve_path
from hdrvid.engine.account import Findings, Resolved, account
from hdrvid.engine.arithmetic import arithmetic_of, left_open
from hdrvid.engine.light import network_space
from hdrvid.engine.manifest import hash_of
from hdrvid.engine.shot import look_at_shot, plate_light
from hdrvid.engine.tuning import tuned
from hdrvid.errors import FrameRangeError, OptionError, OutputConflict
from hdrvid.frames import FrameRange
from hdrvid.inference import (
    Depths,
    FillSettings,
    Machine,
    NetworkSpace,
    Response,
    Threads,
    check_parts,
    choose_batch,
    choose_machines,
    fit_depths,
    largest_window,
    parse_size,
    share_threads,
    working_pixels,
)
from hdrvid.inference.expander import Predictor
from hdrvid.inference.methods import METHODS
from hdrvid.job import ExpandJob, Origin
from hdrvid.model import load_generator, weights_hash
from hdrvid.model.spec import NetName
from hdrvid.plate import PlateInfo
from hdrvid.sinks import check_folder
from hdrvid.sources import Source, open_plate
from hdrvid.version import __version__

_AHEAD = 2  # decoded frames that may wait: 25 MB each for float 1080p
_OF_FILES = (".exr", ".hdr", ".png", ".jpg", ".tif", ".tiff", ".dpx", ".mov", ".mp4", ".mkv", ".mxf")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Hold what a job came to: an open source, a resolved colour path, the frames and their key.

    A context manager that closes the source.
    """

    job: ExpandJob
    source: Source
    colour: ColourPath
    machines: tuple[Machine, ...]
    generator: Predictor | None
    response: Response | None
    frames: FrameRange
    depths: Depths
    key: str
    facts: Mapping[str, Any]
    left_open: tuple[str, ...]
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
    def threads(self) -> Threads:
        """Return how many threads each part of the job may keep busy."""
        return share_threads(self.job.threads)

    @property
    def network_space(self) -> NetworkSpace:
        """Return the matrices between the output space and the network's."""
        return network_space(self.colour)

    def frame_key(self, number: int) -> str:
        """Return the key of one frame: the job's, and what identifies its file in a sequence."""
        return self.frame_key_of(self.key, number)

    def frame_key_of(self, job: str, number: int) -> str:
        """Return the key that a frame has under the key of any job."""
        return hash_of({"job": job, "source": self.source.frame_key(number)})

    def lines(self) -> Iterator[str]:
        """Yield the plan for people: each value, and where it came from."""
        width = max(len(fact.name) for fact in self.resolved)
        for fact in self.resolved:
            yield f"{fact.name:{width}}  {fact.value}  ({fact.origin})"
        for warning in self.warnings:
            yield f"warning: {warning}"


def prepare(job: ExpandJob, *, origins: Mapping[str, Origin] | None = None) -> Plan:
    """Resolve a job: open the source, find the colour path, check the frames, name the key.

    What costs little is checked first, so that a mistyped name does not wait for the weights. Nothing is
    written. The caller closes the plan. Raises the errors of a wrong call, and those of a plate or weights
    that cannot be used.
    """
    left, machines = left_open(job), choose_machines(job.device, job.precision)
    job, machines, chosen, cautions = tuned(job, machines)
    machine = machines[0]
    _check_out(job)
    with contextlib.ExitStack() as undo:
        source = undo.enter_context(_open_source(job))
        colour = _colour_of(job, source.info)
        frames, overshoot = choose_frames(job, source.info)
        _refuse_own_files(job, source.info)
        depths = choose_depths(job, source.info, machine)
        generator = open_generator(job, machine)
        shot = look_at_shot(job, generator, plate_light(source, colour))
        job, chosen = shot.job, {**chosen, **shot.chosen}
        arithmetic = arithmetic_of(job, machines, depths.batch)
        facts = _facts(job, source.info, colour, arithmetic, response=shot.response)
        found = Findings(info=source.info, colour=colour, machine=machine, frames=frames, chosen=chosen)
        plan = Plan(
            job=job,
            source=source,
            colour=colour,
            machines=machines,
            generator=generator,
            response=shot.response,
            frames=frames,
            depths=depths,
            key=hash_of(facts),
            facts=facts,
            left_open=left,
            weights=facts["weights"],
            warnings=(
                *cautions,
                *source.info.warnings,
                *_holes(source.info),
                *colour.display_warnings,
                *overshoot,
            ),
            resolved=tuple(account(job, origins or {}, found)),
        )
        undo.pop_all()
    return plan


def open_generator(job: ExpandJob, machine: Machine) -> Predictor | None:
    """Load the weights that a job names, or take its formula; None for `--model none`.

    What the job needs and the chosen one does not have raises `WeightsError`.
    """
    if job.is_plain:
        return None
    generator: Predictor = (
        load_generator(job.model, device=machine.device, dtype=machine.dtype, parts=parts_of(job))
        if job.has_network
        else METHODS[job.method]
    )
    check_parts(generator, fill_settings(job))
    return generator


def parts_of(job: ExpandJob) -> tuple[NetName, ...]:
    """Return the networks that a job needs.

    >>> parts_of(ExpandJob(source="a.mp4", out="exr", blend="full"))
    ('C', 'R')
    >>> parts_of(ExpandJob(source="a.mp4", out="exr", linearise="learned"))
    ('L', 'C', 'noise')
    """
    learned: tuple[NetName, ...] = ("L",) if job.linearise == "learned" else ()
    refined: tuple[NetName, ...] = ("R",) if job.blend == "full" else ()
    cleaned: tuple[NetName, ...] = ("noise",) if fill_settings(job).takes_noise_out else ()
    return (*learned, "C", *refined, *cleaned)


def fill_settings(job: ExpandJob) -> FillSettings:
    """Return what a job says of filling; a shoulder that nobody looked for is a clean cut."""
    own = {"response", "from_rim"}  # what is no option
    names = {field.name for field in dataclasses.fields(FillSettings)} - own
    told = {name: getattr(job, name) for name in names}
    return FillSettings(**{**told, "shoulder": job.shoulder or 0.0})


def choose_frames(job: ExpandJob, info: PlateInfo) -> tuple[FrameRange, tuple[str, ...]]:
    """Return the frames that a job asks of a plate, with a warning where it asks for more than there are.

    A range wholly outside the plate raises `FrameRangeError`; with `strict` so does one that reaches past it.
    Farms overshoot on their last chunk, so that alone is no failure.

    >>> there = FrameRange.parse("1001-1010")
    >>> clip = PlateInfo(path=Path("a.mp4"), kind="video", width=4, height=2, frames=there)
    >>> frames, warnings = choose_frames(ExpandJob(source="a.mp4", out="exr", frames="1009-1016"), clip)
    >>> str(frames), warnings
    ('1009-1010', ("a.mp4: frames 1009-1016 reach past the plate's 1001-1010, taken as 1009-1010",))
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


def choose_depths(job: ExpandJob, info: PlateInfo, machine: Machine) -> Depths:
    """Return how many frames may be under way, within `--memory`; raise `OptionError` where none may.

    Left open, the batch is 1 on a CPU, where more gains nothing, and what free memory holds on a GPU: as many
    frames are handed to the network at once, which sees as many windows of them.
    """
    picture = 0 if job.is_plain else working_pixels(info.height, info.width, job.quality)
    on_cpu = machine.device.type == "cpu" or not job.has_network
    batch = job.batch or (1 if on_cpu else choose_batch(largest_window(picture), machine.free_memory()))
    start = Depths(ahead=_AHEAD, writers=share_threads(job.threads).writers, batch=batch)
    if job.memory is None:
        return start
    frame_bytes = info.height * info.width * 3 * 4 * (2 if job.layers == "all" else 1)
    return fit_depths(parse_size(job.memory), start, frame_bytes=frame_bytes, picture=picture)


def _check_out(job: ExpandJob) -> None:
    if not job.out:
        message = "option --out: got no name, expected a folder. Write . for the one that you stand in."
        raise OptionError(message)
    out = Path(job.out)
    if out.suffix.lower() in _OF_FILES and not out.exists():
        message = (
            f"{out}: is the name of a file, expected a folder: frames are named after the plate, with their "
            f"number. Give --out {out.parent}."
        )
        raise OptionError(message)
    check_folder(out)


def _refuse_own_files(job: ExpandJob, info: PlateInfo) -> None:
    """Raise `OutputConflict` where the frames would be written over the plate, `--overwrite` or not."""
    number = info.frames.first
    named = re.sub("#+", lambda pattern: str(number).zfill(len(pattern[0])), info.path.name)
    own, written = info.path.with_name(named), Path(job.out) / f"{info.name}.{number:04d}.exr"
    if own.exists() and written.exists() and own.samefile(written):
        message = (
            f"{written}: is a frame of the plate itself, expected a folder for the result that is not the "
            "plate's. Give --out another one."
        )
        raise OutputConflict(message)


def _open_source(job: ExpandJob) -> Source:
    return open_plate(
        job.source,
        start_frame=job.start_frame,
        matrix=job.input_matrix,
        code_range=job.input_range,
        threads=job.threads,
    )


def _colour_of(job: ExpandJob, info: PlateInfo) -> ColourPath:
    return resolve_path(
        open_config(job.ocio_config),
        encoding=info.encoding,
        primaries=info.primaries,
        input_space=job.input_space,
        output_space=job.output_space,
    )


def _facts(
    job: ExpandJob,
    info: PlateInfo,
    colour: ColourPath,
    arithmetic: Mapping[str, Any],
    *,
    response: Response | None,
) -> dict[str, Any]:
    """Return what the key is made of: all that changes what is written."""
    learned = {} if response is None else {"response": response.stops}
    return {
        **learned,
        "settings": {**_settings(job, colour), **arithmetic},
        "source": info.fingerprint if info.kind == "video" else "by frame",  # see Plan.frame_key
        "weights": weights_hash(job.model) if job.has_network else "none",
        "ocio": colour.config.cache_id,
        "version": __version__,
    }


def _holes(info: PlateInfo) -> tuple[str, ...]:
    if not info.missing:
        return ()
    return (f"{info.path.name}: frames {info.missing} are missing, the others are expanded",)


def _settings(job: ExpandJob, colour: ColourPath) -> dict[str, Any]:
    """Return what the key holds of the options: resolved values, and no file names."""
    settings = job.pixel_settings()
    for name in ("model", "ocio_config"):  # their content is in the key, under weights and ocio
        del settings[name]
    return {
        **settings,
        "input_space": colour.input_space,
        "output_space": colour.output_space,
    }
