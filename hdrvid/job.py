"""Hold every option of an expansion, once.

From `ExpandJob` come the options of `hdrvid expand`, the schema of job files, the manifest, the keyword
arguments of `hdrvid.expand` and, later, the farm's parameters and the knobs of the Nuke node. To add an
option is one line here and its use.
"""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from hdrvid.errors import OptionError

Origin = Literal["default", "job file", "command line", "call"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionInfo:
    """Say all about one option that a command, a schema or a knob needs.

    `affects_pixels` is true where the option changes what is written, so that frames made with another value
    are frames of another job.
    """

    name: str
    type: type
    default: Any
    help: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    optional: bool = False
    affects_pixels: bool = False
    group: str = "Job"
    flag: str = ""
    """How the option is written in a shell: `--clip-point`."""

    def check(self, value: Any) -> Any:  # noqa: ANN401 - values come from JSON, click and callers alike
        """Return the value in the option's own type; raise `OptionError` where it is not allowed.

        >>> option_info("mix").check("0.5")
        0.5
        """
        if value is None and self.optional:
            return None
        converted = self._convert(value)
        if self.choices and converted not in self.choices:
            self._refuse(value, "one of " + ", ".join(self.choices))
        if self.minimum is not None and converted < self.minimum:
            self._refuse(value, f"{self.minimum:g} or more")
        if self.maximum is not None and converted > self.maximum:
            self._refuse(value, f"{self.maximum:g} or less")
        return converted

    def _convert(self, value: Any) -> Any:  # noqa: ANN401
        if self.type is bool:
            return value if isinstance(value, bool) else self._refuse(value, "true or false")
        if isinstance(value, bool) or value is None:
            self._refuse(value, f"a value of type {self.type.__name__}")
        try:
            converted = self.type(value)
        except (TypeError, ValueError):
            self._refuse(value, f"a value of type {self.type.__name__}")
        if self.type is int and isinstance(value, float) and converted != value:
            self._refuse(value, "a whole number")
        if self.type is float and not abs(converted) < float("inf"):
            self._refuse(value, "a finite number")
        return converted

    def _refuse(self, value: Any, expected: str) -> typing.NoReturn:  # noqa: ANN401
        unit = f" ({self.unit})" if self.unit else ""
        message = f"option {self.flag}: got {value!r}, expected {expected}{unit}. {self.help}"
        raise OptionError(message)


def _option(help_text: str, *, default: Any, **info: Any) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"help": help_text, **info})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandJob:
    """State one expansion: what is read, what is done with it, what is written.

    Values are checked when the job is made; a wrong one raises `OptionError`.

    >>> ExpandJob(source="clip.mp4", out="exr").output_space
    'ACEScg'
    """

    source: str = field(
        metadata={
            "help": "Video file, image sequence (plate.####.png, plate.%04d.tif), folder or still.",
            "group": "Plate",
        }
    )
    out: str = field(metadata={"help": "Folder that the EXR frames are written to.", "group": "Output"})

    frames: str | None = _option(
        "Frames to expand, by their written numbers: 1001-1100x2.", default=None, group="Plate"
    )
    start_frame: int = _option(
        "Number of a video's first frame; an image sequence keeps its own.",
        default=1001,
        group="Plate",
        affects_pixels=True,
    )
    strict: bool = _option(
        "Fail when the frame range reaches outside the plate, instead of warning.",
        default=False,
        group="Plate",
    )
    input_matrix: str = _option(
        "YUV matrix of a video, over its tag.",
        default="auto",
        choices=("auto", "bt601", "bt709", "bt2020"),
        group="Plate",
        affects_pixels=True,
    )
    input_range: str = _option(
        "Code range of a video, over its tag.",
        default="auto",
        choices=("auto", "limited", "full"),
        group="Plate",
        affects_pixels=True,
    )

    input_space: str | None = _option(
        "OCIO colour space of the plate, over its tags.", default=None, group="Colour", affects_pixels=True
    )
    output_space: str = _option(
        "Scene-linear OCIO colour space to write.", default="ACEScg", group="Colour", affects_pixels=True
    )
    ocio_config: str | None = _option(
        "OCIO config: a file, ocio://NAME, or nothing for $OCIO and then the built-in one.",
        default=None,
        group="Colour",
        affects_pixels=True,
    )

    model: str = _option(
        "Weights: compact, a .safetensors file, or none for the same job without a network.",
        default="compact",
        group="Expansion",
        affects_pixels=True,
    )
    method: str = _option(
        "network, or a formula without weights; docs/evaluation.md compares them.",
        default="network",
        choices=("network", "darkest", "dome", "opposed"),
        group="Expansion",
        affects_pixels=True,
    )
    quality: str = _option(
        "Longest side that the network sees, about: draft 240 pixels, standard 480, full the plate's own.",
        default="standard",
        choices=("draft", "standard", "full"),
        group="Expansion",
        affects_pixels=True,
    )
    blend: str = _option(
        "mask fills the over-exposed pixels only; full takes the network's picture everywhere.",
        default="mask",
        choices=("mask", "full"),
        group="Expansion",
        affects_pixels=True,
    )
    linearise: str = _option(
        "ocio trusts the plate's colour space; learned uses the network, for footage of unknown response.",
        default="ocio",
        choices=("ocio", "learned"),
        group="Expansion",
        affects_pixels=True,
    )
    grain: str = _option(
        "Noise and compression blocks of the plate: keep leaves them, remove takes them out, auto does so "
        "with --linearise learned alone.",
        default="auto",
        choices=("auto", "keep", "remove"),
        group="Expansion",
        affects_pixels=True,
    )
    clip_point: float = _option(
        "Linear value at which the plate is clipped; probe suggests one.",
        default=1.0,
        unit="scene-linear",
        minimum=0.05,
        maximum=100.0,
        group="Expansion",
        affects_pixels=True,
    )
    shoulder: float | None = _option(
        "How far the camera rolled its highlights off, at code 250; 0 is a clean cut. Left out, the plate's "
        "own highlights tell, once for all frames.",
        default=None,
        unit="stops",
        minimum=0.0,
        maximum=4.0,
        group="Expansion",
        affects_pixels=True,
    )
    partly_clipped: str = _option(
        "Channels below the clip beside one that reached it: keep leaves them as measured; auto does so too, "
        "save those that a roll-off bent: they are raised with it, or clouds turn blue.",
        default="auto",
        choices=("auto", "keep"),
        group="Expansion",
        affects_pixels=True,
    )
    highlight_gain: float = _option(
        "Raises or lowers the recovered light.",
        default=0.0,
        unit="stops",
        minimum=-10.0,
        maximum=10.0,
        group="Expansion",
        affects_pixels=True,
    )
    peak: float | None = _option(
        "Highest value that recovered light may reach.",
        default=None,
        unit="scene-linear",
        minimum=0.0,
        group="Expansion",
        affects_pixels=True,
    )
    mix: float = _option(
        "Share of the recovered light that is kept: 0 is the plate.",
        default=1.0,
        minimum=0.0,
        maximum=1.0,
        group="Expansion",
        affects_pixels=True,
    )

    device: str = _option(
        "auto, cpu, cuda, cuda:N or mps; several with commas split the clip.", default="auto", group="Machine"
    )
    precision: str = _option(
        "Arithmetic of the network; auto takes what hdrvid bench kept, else bf16 where the machine is fast "
        "at it.",
        default="auto",
        choices=("auto", "fp32", "bf16", "fp16"),
        group="Machine",
        affects_pixels=True,
    )
    batch: int = _option(
        "Frames handed to the network at once; 0 takes what hdrvid bench kept, or chooses.",
        default=0,
        minimum=0,
        maximum=64,
        group="Machine",
    )
    threads: int = _option(
        "Threads that the job may keep busy; 0 takes what hdrvid bench kept, else the cores that it is "
        "granted.",
        default=0,
        minimum=0,
        maximum=1024,
        group="Machine",
    )
    memory: str | None = _option(
        "Memory that the job may take, 6G or 800M; nothing takes what it needs.",
        default=None,
        group="Machine",
    )

    compression: str = _option(
        "EXR compression; dwaa loses detail.",
        default="zip",
        choices=("none", "zips", "zip", "piz", "dwaa"),
        group="Output",
        affects_pixels=True,
    )
    full_float: bool = _option(
        "Write 32-bit float instead of half.",
        default=False,
        group="Output",
        affects_pixels=True,
        flag="--float",
    )
    layers: str = _option(
        "rgb, or all: adds mask.A, source.R/G/B and provenance.A.",
        default="rgb",
        choices=("rgb", "all"),
        group="Output",
        affects_pixels=True,
    )
    overwrite: bool = _option("Replace frames that another job wrote.", default=False, group="Output")
    verify_writes: str = _option(
        "Read every written frame back and compare its pixels.",
        default="on",
        choices=("on", "off"),
        group="Output",
    )

    def __post_init__(self) -> None:
        """Check every value against its option."""
        for info in OPTIONS.values():
            object.__setattr__(self, info.name, info.check(getattr(self, info.name)))

    def to_dict(self) -> dict[str, Any]:
        """Return every option and its value, in the order of the class."""
        return {name: getattr(self, name) for name in OPTIONS}

    @property
    def has_network(self) -> bool:
        """Tell whether the network runs: neither `--model none` nor a formula.

        >>> ExpandJob(source="a.mp4", out="exr", method="dome").has_network
        False
        """
        return self.method == "network" and self.model != "none"

    @property
    def is_plain(self) -> bool:
        """Tell whether frames are handed on as they are: neither the network nor a formula fills them.

        >>> ExpandJob(source="a.mp4", out="exr", model="none").is_plain
        True
        """
        return self.method == "network" and self.model == "none"

    def pixel_settings(self) -> dict[str, Any]:
        """Return the options that change what is written."""
        return {name: getattr(self, name) for name, info in OPTIONS.items() if info.affects_pixels}


def option_info(name: str) -> OptionInfo:
    """Return what is known of one option; an unknown name raises `OptionError` with the nearest one."""
    if name not in OPTIONS:
        near = difflib.get_close_matches(name.replace("-", "_"), OPTIONS, n=1)
        mend = f"Did you mean {near[0]}?" if near else "Known: " + ", ".join(OPTIONS) + "."
        message = f"option '{name}': unknown, expected an option of ExpandJob. {mend}"
        raise OptionError(message)
    return OPTIONS[name]


def make_job(*layers: tuple[Origin, Mapping[str, Any]]) -> tuple[ExpandJob, dict[str, Origin]]:
    """Merge layers of values, later over earlier, into a job and the origin of each value.

    >>> file = {"source": "a.mp4", "out": "x", "mix": 0.5}
    >>> job, origins = make_job(("job file", file), ("command line", {"mix": 1}))
    >>> job.mix, origins["mix"], origins["batch"]
    (1.0, 'command line', 'default')
    """
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = dict.fromkeys(OPTIONS, "default")
    for origin, layer in layers:
        for name, value in layer.items():
            option_info(name)
            values[name] = value
            origins[name] = origin
    for name in ("source", "out"):
        if values.get(name) is None:
            message = f"job: no {name}, expected one. {OPTIONS[name].help}"
            raise OptionError(message)
    return ExpandJob(**values), origins


def read_job_file(path: Path) -> dict[str, Any]:
    """Read the options in a JSON job file; `OptionError` names the file and what is wrong with it."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"{path}: no such job file, expected JSON with the options of an expansion. Check the path."
        raise OptionError(message) from error
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read as JSON ({error}), expected an object of options. Mend the file."
        raise OptionError(message) from error
    if not isinstance(values, dict):
        message = (
            f"{path}: holds a {type(values).__name__}, expected a JSON object of options. Mend the file."
        )
        raise OptionError(message)
    for name in values:
        try:
            option_info(name)
        except OptionError as error:
            message = f"{path}: {error}"
            raise OptionError(message) from error
    return values


def job_schema() -> dict[str, Any]:
    """Return the JSON schema of job files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hdrvid expand",
        "type": "object",
        "additionalProperties": False,
        "required": ["source", "out"],
        "properties": {name: _schema_of(info) for name, info in OPTIONS.items()},
    }


_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _schema_of(info: OptionInfo) -> dict[str, Any]:
    kind = _JSON_TYPES[info.type]
    schema: dict[str, Any] = {"type": [kind, "null"] if info.optional else kind, "description": info.help}
    if info.choices:
        schema["enum"] = list(info.choices)
    if info.minimum is not None:
        schema["minimum"] = info.minimum
    if info.maximum is not None:
        schema["maximum"] = info.maximum
    if info.default is not MISSING:
        schema["default"] = info.default
    return schema


def _info_of(item: Field[Any], annotation: Any) -> OptionInfo:  # noqa: ANN401
    parts = typing.get_args(annotation)
    optional = isinstance(annotation, types.UnionType) and type(None) in parts
    kind = next(part for part in parts if part is not type(None)) if optional else annotation
    shown = {"flag": "--" + item.name.replace("_", "-"), **item.metadata}
    return OptionInfo(name=item.name, type=kind, default=item.default, optional=optional, **shown)


def _read_options() -> dict[str, OptionInfo]:
    hints = typing.get_type_hints(ExpandJob)
    return {item.name: _info_of(item, hints[item.name]) for item in fields(ExpandJob)}


OPTIONS: dict[str, OptionInfo] = _read_options()
"""Every option by its name, in the order of `ExpandJob`."""
