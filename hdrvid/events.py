"""Tell what a run does, as values that print as one JSON line each.

The protocol is versioned: a reader that finds another `protocol` in the first event should say so and stop.
New kinds of event and new fields may come within a version; readers skip what they do not know.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import ClassVar, TypeAlias

PROTOCOL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run begins: `frames` in field notation, `todo` of `total` frames are not done yet."""

    event: ClassVar[str] = "started"
    version: str
    source: str
    out: str
    frames: str
    total: int
    todo: int
    width: int
    height: int
    protocol: int = PROTOCOL


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameWritten:
    """A frame is whole and in its place; `clipped` is the share of its pixels that the mask covers."""

    event: ClassVar[str] = "frame"
    number: int
    path: str
    done: int
    total: int
    seconds: float
    clipped: float = 0.0
    limited: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameKept:
    """A frame was there already, with the right key and checksum."""

    event: ClassVar[str] = "kept"
    number: int
    path: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something was assumed or limited that the caller should know of."""

    event: ClassVar[str] = "warning"
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run has ended well: `limited` values were held to half float's 65504."""

    event: ClassVar[str] = "finished"
    written: int
    kept: int
    seconds: float
    limited: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A run has ended early: `kind` is the error's class, `frame` the number at which it stopped."""

    event: ClassVar[str] = "failed"
    kind: str
    message: str
    written: int
    kept: int
    frame: int | None = None


Event: TypeAlias = Started | FrameWritten | FrameKept | Warned | Finished | Failed


def to_json(event: Event) -> str:
    """Write an event as one line of JSON.

    >>> to_json(Warned(message="untagged"))
    '{"event": "warning", "message": "untagged"}'
    """
    return json.dumps({"event": event.event, **asdict(event)}, ensure_ascii=False)
