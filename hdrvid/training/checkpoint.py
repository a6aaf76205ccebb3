"""Checkpoints of a run: tensors and a small header, written whole or not at all, never unpickled code."""

from __future__ import annotations

import contextlib
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from hdrvid.errors import CheckpointError

NAME = "last.pt"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """All that a run needs to go on; its samples follow from the counter."""

    spec: str
    """The generator's spec, as JSON."""
    images: int
    steps: int
    progress: float
    """Of the schedule, 0 to 1."""
    weights: dict[str, Any]
    average: dict[str, Any]
    optimiser: dict[str, Any]
    adversary: dict[str, Any] = field(default_factory=dict)
    """The discriminator's `weights` and `optimiser`; empty without one."""


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write `last.pt`: under another name first, so that the last good one stays whatever happens.

    >>> import tempfile
    >>> saved = Checkpoint(
    ...     spec="{}", images=800, steps=100, progress=0.5, weights={}, average={}, optimiser={}
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(Path(folder), saved)
    ...     load_checkpoint(Path(folder)) == saved
    True
    """
    temporary = folder / f"{NAME}.partial"
    state = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
    try:
        torch.save({"format": FORMAT, **state}, temporary)
        temporary.replace(folder / NAME)
    except (OSError, RuntimeError) as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise CheckpointError(
            f"{folder / NAME}: cannot be written ({error}); expected room for it. "
            "The last one is untouched: make room and run the same command."
        ) from error


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read `last.pt` of a folder; what is broken, or no checkpoint, raises `CheckpointError`.

    >>> load_checkpoint(Path("runs/mistyped"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.CheckpointError: runs/mistyped/last.pt: not a checkpoint of this trainer ...
    """
    path = folder / NAME
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(**{"unknown format": 0} if state.pop("format") != FORMAT else state)
    except (
        OSError,
        RuntimeError,
        EOFError,
        KeyError,
        TypeError,
        AttributeError,
        pickle.UnpicklingError,
    ) as error:
        raise CheckpointError(
            f"{path}: not a checkpoint of this trainer ({str(error)[:80]!r}); expected one. "
            "Give another folder, or remove the file to start anew."
        ) from error


def require_checkpoint(folder: Path) -> None:
    """Refuse to start anew where a run was said to be: a mistyped path must not cost a night.

    >>> require_checkpoint(Path("runs/mistyped"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.CheckpointError: runs/mistyped: no last.pt to resume from; ...
    """
    if not (folder / NAME).exists():
        raise CheckpointError(
            f"{folder}: no {NAME} to resume from; expected the folder of a run. "
            "Mend the path, or start a new run with --out."
        )


def resume_checkpoint(folder: Path, spec: str) -> Checkpoint | None:
    """Read the checkpoint of a run to go on with: None for a new run, `CheckpointError` for another spec.

    >>> resume_checkpoint(Path("runs/new"), spec="{}") is None
    True
    """
    if not (folder / NAME).exists():
        return None
    checkpoint = load_checkpoint(folder)
    if checkpoint.spec != spec:
        raise CheckpointError(
            f"{folder / NAME}: made for {checkpoint.spec}; expected {spec}. "
            "Give another --out, or the config that made it."
        )
    return checkpoint
