"""Keep what `hdrvid bench` found to be fast on a machine, and give it to the jobs that leave it open.

The file, `tuning.json`, belongs to a person and not to a job. It holds a choice for each set of conditions,
so that machines which share a home folder have one each. A choice never says anything about a job that was
told: it stands in for `auto` and 0 only, and what it changes in the pixels is in each frame's key.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from hdrvid.engine.manifest import hash_of
from hdrvid.errors import OptionError, OutputError
from hdrvid.inference import Machine, identify, offered_precisions
from hdrvid.job import ExpandJob, option_info
from hdrvid.model import weights_hash
from hdrvid.sinks import check_folder, write_whole
from hdrvid.version import __version__

FORMAT = "hdrvid-tuning-1"
VARIABLE = "HDRVID_CONFIG"
"""The environment variable that names the folder of a person's settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Say what a job takes where it leaves the choice open; `auto` and 0 leave it open here too.

    >>> Tuning(precision="bf16").opinions()
    {'precision': 'bf16'}
    """

    precision: str = "auto"
    threads: int = 0
    batch: int = 0

    def __post_init__(self) -> None:
        """Check each value against the option that it stands in for."""
        for name, value in dataclasses.asdict(self).items():
            object.__setattr__(self, name, option_info(name).check(value))

    def opinions(self) -> dict[str, Any]:
        """Return the options that this says something of."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in ("auto", 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Hold what a file says for some conditions: a tuning without opinions where it says nothing."""

    tuning: Tuning = field(default_factory=Tuning)
    warnings: tuple[str, ...] = ()


class Tuned(NamedTuple):
    """Hold a job whose open choices are made, its machines, and the origin of each choice of the tuning."""

    job: ExpandJob
    machines: tuple[Machine, ...]
    origins: Mapping[str, str] = MappingProxyType({})
    warnings: tuple[str, ...] = ()


def tuning_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where a person's tuning lies, there or not.

    >>> tuning_path({"HDRVID_CONFIG": "/studio/settings"}).as_posix()
    '/studio/settings/tuning.json'
    >>> tuning_path({"XDG_CONFIG_HOME": "/home/me/.config"}).as_posix()
    '/home/me/.config/hdrvid/tuning.json'
    """
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE], "tuning.json")
    home = environ.get("XDG_CONFIG_HOME") or (environ.get("APPDATA") if os.name == "nt" else None)
    return Path(home or Path.home() / ".config", "hdrvid", "tuning.json")


def conditions_of(machine: Machine, model: str) -> dict[str, str]:
    """Return what a choice depends on: device, cores, torch, the weights and the version of hdrvid."""
    return {**identify(machine), "weights": weights_hash(model), "version": __version__}


def read_tuning(path: Path, conditions: Mapping[str, str]) -> Kept:
    """Return what a file says for these conditions; one that is damaged or foreign is a warning."""
    try:
        choice = _read_choices(path).get(hash_of(conditions), {})
        return Kept(tuning=Tuning(**choice.get("choice", {})))
    except (FileNotFoundError, NotADirectoryError):
        return Kept()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        reason = "an option has a wrong value" if isinstance(error, OptionError) else str(error)
        return Kept(
            warnings=(
                f"{path}: no tuning of hdrvid ({reason}), ignored. Run hdrvid bench, or delete the file.",
            )
        )


def keep_tuning(path: Path, conditions: Mapping[str, str], tuning: Tuning) -> None:
    """Write a choice beside those for other conditions, whole or not at all.

    A file that is damaged or foreign is replaced. Raises `OutputError` where the file cannot be written.
    """
    try:
        choices = _read_choices(path)
    except (OSError, ValueError):
        choices = {}
    entry = {"conditions": dict(conditions), "choice": dataclasses.asdict(tuning)}
    choices = {**choices, hash_of(conditions): entry}
    text = json.dumps({"format": FORMAT, "choices": choices}, indent=1, ensure_ascii=False) + "\n"
    try:
        check_folder(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise _cannot(path, "written", error) from error


def forget_tuning(path: Path) -> bool:
    """Delete a file of choices; tell whether there was one. `OutputError` where it cannot be deleted."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _cannot(path, "deleted", error) from error
    return True


def tuned(job: ExpandJob, machines: tuple[Machine, ...], path: Path | None = None) -> Tuned:
    """Return a job with the choices that it leaves to its machines made as the kept tuning has them.

    A tuning was measured in its own precision, so a job that names another one takes nothing of it; nor does
    a job without the network, or one on devices of several kinds.
    """
    path = path or tuning_path()
    kinds = {machine.device.type for machine in machines}
    if not job.has_network or len(kinds) > 1 or not _may_be_there(path):
        return Tuned(job=job, machines=machines)
    kept = read_tuning(path, conditions_of(machines[0], job.model))
    taken = _taken(job, kept.tuning, offered_precisions(machines[0]))
    origin = f"tuning: kept by hdrvid bench in {path}"
    return Tuned(
        job=dataclasses.replace(job, **taken),
        machines=tuple(machine.in_precision(taken.get("precision", "auto")) for machine in machines),
        origins=dict.fromkeys(taken, origin),
        warnings=kept.warnings,
    )


def _taken(job: ExpandJob, tuning: Tuning, offered: Sequence[str]) -> dict[str, Any]:
    """Return the options that a job leaves open and a tuning fills."""
    fits = job.precision in ("auto", tuning.precision) and tuning.precision in offered
    if not fits:
        return {}
    return {name: value for name, value in tuning.opinions().items() if getattr(job, name) in ("auto", 0)}


def _may_be_there(path: Path) -> bool:
    """Tell whether it is worth to read a file; one in a folder that is closed to us is, for the reason."""
    try:
        return path.exists()
    except OSError:
        return True


def _read_choices(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        message = f"its format is not {FORMAT}"
        raise ValueError(message)
    choices = content["choices"] if isinstance(content.get("choices"), dict) else {}
    return {str(key): entry for key, entry in choices.items() if isinstance(entry, dict)}


def _cannot(path: Path, done: str, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: cannot be {done} ({error}), expected a folder for settings that you may write to. Change "
        f"its rights, or name another folder in ${VARIABLE}."
    )
