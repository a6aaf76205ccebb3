"""The configuration of a run: every number of it, from a TOML file and `--set key=value`."""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from hdrvid.errors import DatasetError, OptionError
from hdrvid.model.spec import SPECS, GeneratorSpec
from hdrvid.training.checkpoint import require_checkpoint
from hdrvid.training.objectives import LossConfig
from hdrvid.training.parts import Part, Source
from hdrvid.training.samples import SampleStyle

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Where the light comes from."""

    root: Path = Path("data")
    """Folder that holds the others."""
    scenes: str = "hdr"
    photos: str = "photos_large"
    splits: str = "splits.json"
    """JSON with a list `train` of scene names; the list `validation` is never opened by training."""
    dev: tuple[str, ...] = ()
    """Training scenes held out for the run's curve."""
    bank: Path = Path("bank")
    """Folder of the rendered views, made if it is not there."""
    views: int = 100
    dev_views: int = 16
    photo_views: int = 24
    dev_share: float = 0.1
    """Share of scenes held out where there is no list of them: `splits` is empty."""
    plates: str = ""
    """Folder of HDR plates or frames, a scene each stem or sub-folder; empty for none."""
    plate_views: int = 24
    """Windows of each plate."""
    pairs: str = ""
    """Folder of real LDR/HDR pairs; empty for none."""
    pair_views: int = 24
    """Windows of each pair."""
    least_share: float = 0.9
    """The run fails if fewer of the files can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimiserConfig:
    """How the weights move."""

    images: int = 120_000
    """Of the whole run, over all processes."""
    epochs: int = 0
    """Passes over all views, instead of `images`; 0 for images."""
    until: float = 0.0
    """Unix time at which the run ends, annealed; 0 for when the images are done."""
    batch: int = 8
    """Images of a step, over all processes, at the base crop."""
    rate: float = 1e-3
    schedule: Literal["cosine", "linear"] = "cosine"
    """From the rate down: along a cosine, or held for the share `hold`, then linearly."""
    hold: float = 0.5
    """Of a linear schedule: the paper's 100 of 200 epochs."""
    final: float = 0.02
    """Share of the rate at the end."""
    warm_up: int = 50
    """Steps."""
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    """Of the gradient; 0 for no limit."""
    average: float = 0.999
    """Decay of the moving average of weights and buffers, a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CropConfig:
    """Sizes of crops in pixels: one of `large` in a share of the batches, with fewer images.

    Large ones wait until the norms' running statistics have settled: one or two pictures are a poor start.
    """

    base: int = 128
    large: tuple[int, ...] = (192, 256)
    large_share: float = 1 / 6
    large_after: int = 2000
    """Images of the run before the first large crop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """All of a run."""

    spec: GeneratorSpec = field(default_factory=lambda: SPECS["compact"])
    part: Part = "C"
    """What is trained: one network, or several of L, C, R together."""
    linearise: Source = "given"
    """What C and R see: the colour-managed source, or L's."""
    initial: tuple[str, ...] = ()
    """Runs or weights to start from, and for what a part stands on; later ones win."""
    precision: Literal["bf16", "fp32"] = "bf16"
    """Of the networks' sums while training; losses and weights are fp32 in any case."""
    seed: int = 0
    out: Path = Path("run")
    """Folder of checkpoints and logs; the same folder resumes."""
    checkpoint_seconds: float = 300.0
    dev_images: int = 2500
    """Between two measurements on the held-out scenes."""
    device: str = "cpu"
    """Where the networks are trained: cpu, cuda (one for each process of torchrun) or mps."""
    log_samples: bool = True
    """Write what was drawn for each sample to `samples.RANK.jsonl`: some 20 MB in 100 000."""
    data: DataConfig = field(default_factory=DataConfig)
    crops: CropConfig = field(default_factory=CropConfig)
    samples: SampleStyle = field(default_factory=SampleStyle)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    losses: LossConfig = field(default_factory=LossConfig)

    def __post_init__(self) -> None:
        """Refuse choices that this trainer does not know."""
        for name, value, choices in (
            ("part", self.part, get_args(Part)),
            ("linearise", self.linearise, get_args(Source)),
            ("precision", self.precision, ("bf16", "fp32")),
            ("optimiser.schedule", self.optimiser.schedule, ("cosine", "linear")),
        ):
            if value not in choices:
                known = " or ".join(choices)
                raise OptionError(f"training: {name} {value!r}; expected {known}. Mend it in the config.")
        if self.part == "noise" and self.data.pairs:
            raise OptionError(
                "training: part noise and data.pairs; expected no pairs, for their noise is not "
                "known. Leave data.pairs empty."
            )


def load_config(path: Path, overrides: Iterable[str] = ()) -> TrainConfig:
    """Read a TOML file and apply `section.key=value` overrides, in order; values are TOML.

    Unknown keys raise `OptionError` that names the nearest known one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size = Path(folder, "run.toml").write_text("optimiser.batch = 16")
    ...     config = load_config(Path(folder, "run.toml"), ["optimiser.rate=2e-3"])
    >>> config.optimiser.batch, config.optimiser.rate
    (16, 0.002)
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f"{path}: {error}; expected a TOML file of training settings. Mend it.") from error
    for override in overrides:
        _put(values, override)
    return _build(TrainConfig, values, where=str(path))


def resumed_config(run: Path, path: Path | None, overrides: Iterable[str] = ()) -> TrainConfig:
    """Return the settings to go on with a run: of a TOML file, or those that were written with the run.

    A folder without a checkpoint raises `CheckpointError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as run:
    ...     Path(run, "last.pt").touch()
    ...     size = Path(run, "config.json").write_text('{"seed": 3}')
    ...     config = resumed_config(Path(run), None, ["optimiser.batch=4"])
    >>> config.seed, config.optimiser.batch
    (3, 4)
    """
    require_checkpoint(run)
    if path is not None:
        return dataclasses.replace(load_config(path, overrides), out=run)
    file = run / "config.json"
    try:
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OptionError(f"{file}: {error}; expected the run's settings. Give --config as well.") from error
    values.pop("versions", None)
    for override in overrides:
        _put(values, override)
    return dataclasses.replace(_build(TrainConfig, values, where=str(file)), out=run)


def _put(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise OptionError(f"--set {override}: no '='; expected section.key=value. Add the value.")
    *sections, name = key.strip().split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if isinstance(inner, str) and section == "spec" and inner in SPECS:
            inner = values[section] = dataclasses.asdict(SPECS[inner])
        if not isinstance(inner, dict):
            raise OptionError(f"--set {override}: {section} is {inner!r}; expected a section. Mend the key.")
        values = inner
    try:
        values[name] = tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        values[name] = text  # a bare word is a string


def _build(kind: type[T], values: Mapping[str, Any], *, where: str) -> T:
    """Make a dataclass of nested mappings, keys checked."""
    hints = get_type_hints(kind)
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            near = difflib.get_close_matches(key, hints, 1)
            known = f"did you mean {near[0]}?" if near else f"known: {', '.join(hints)}."
            raise OptionError(
                f"{where}: unknown key {key!r} in {kind.__name__}; expected one of its fields, {known}"
            )
        made[key] = _converted(hints[key], value, where=f"{where}, {key}")
    try:
        return kind(**made)
    except (TypeError, ValueError) as error:
        raise OptionError(f"{where}: {error}. Mend the section of {kind.__name__}.") from error


def _converted(hint: Any, value: Any, *, where: str) -> Any:  # noqa: ANN401 - as TOML has it
    if dataclasses.is_dataclass(hint):
        named = SPECS.get(value) if hint is GeneratorSpec and isinstance(value, str) else None
        return named or _build(hint, value, where=where)  # type: ignore[arg-type]
    if isinstance(value, list):
        return tuple(value)
    return Path(value).expanduser() if hint is Path else value


def training_scenes(config: DataConfig) -> tuple[str, ...]:
    """Return the scenes to train on: the split's, without those held out.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     size = Path(root, "splits.json").write_text('{"train": ["alley", "dune", "pier"]}')
    ...     training_scenes(DataConfig(root=Path(root), dev=("dune",)))
    ('alley', 'pier')
    """
    path = config.root / config.splits
    try:
        names = json.loads(path.read_text())["train"]
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"{path}: {error}; expected JSON with a list 'train'. Mend data.root or data.splits."
        ) from error
    if missing := set(config.dev) - set(names):
        raise DatasetError(
            f"{path}: held-out {sorted(missing)} not among the training scenes; expected some of them. "
            "Mend data.dev."
        )
    return tuple(name for name in names if name not in config.dev)
