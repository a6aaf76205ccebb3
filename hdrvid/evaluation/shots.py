"""A list of pictures to judge on, each made when it is wanted: many do not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hdrvid.errors import DatasetError
from hdrvid.evaluation.picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Name one picture, and make it as often as it is wanted: the same every time."""

    setting: str
    """Of the camera: `8%`, `2%`, `wild`, `grain`, or `pairs` for real ones."""
    name: str
    """Unique within the setting: what predictions of other tools are found by."""
    scene: str
    take: Callable[[], Picture]
    clip: str = ""
    """Frames of one clip have this in common; empty for a still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Name what was left out, and why."""

    setting: str
    name: str
    reason: str


def check_share(kept: int, skipped: Iterable[Skipped], *, least: float, what: str) -> None:
    """Raise `DatasetError` if less than the least share of a list could be used, or nothing at all.

    >>> check_share(9, [Skipped(setting="8%", name="pier", reason="pier.exr: damaged.")], least=0.8, what="")
    >>> check_share(0, [], least=0.8, what="evaluate")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.DatasetError: evaluate: 0 of 0 can be used; expected 80% at least. Nothing was found. ...
    """
    reasons = [item.reason for item in skipped]
    total = kept + len(reasons)
    if kept and kept >= least * total:
        return
    told = " ".join(reasons[:3]) or "Nothing was found."
    raise DatasetError(
        f"{what}: {kept} of {total} can be used; expected {least:.0%} at least. {told} "
        "Mend these files, or lower --least-share."
    )
