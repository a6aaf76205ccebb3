"""Read the lines that `hdrvid expand --progress jsonl` prints, and keep count of a run.

docs/protocol.md describes them; tests/contract/events.jsonl holds recorded ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hdrvid_nuke.errors import ProtocolMismatch, one_line

PROTOCOL = 1
"""The version of the event protocol that this plug-in reads."""

Event = dict[str, Any]


def read_event(line: str) -> Event | None:
    """Return the event of a line, or None for a line that is none: what is not known is skipped.

    >>> read_event('{"event": "warning", "message": "untagged"}')["message"]
    'untagged'
    >>> read_event("Downloading ...") is None
    True
    """
    try:
        value = json.loads(line)
    except ValueError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("event"), str):
        return None
    return value


@dataclass
class Progress:
    """Keep count of a run as its events come."""

    version: str = ""
    total: int = 0
    done: int = 0
    written: int = 0
    kept: int = 0
    seconds: float = 0.0
    frame: int | None = None
    path: str = ""
    """Path of the last frame that is in its place."""
    end: Event | None = None
    """The event that closed the run, `finished` or `failed`."""

    def feed(self, event: Event) -> None:
        """Take one event in; a `started` of another protocol raises `ProtocolMismatch`."""
        kind = event["event"]
        if kind == "started":
            self._start(event)
        elif kind in ("frame", "kept"):
            self._count(event)
        elif kind in ("finished", "failed"):
            self.end = event
            self.written = int(event.get("written", self.written))
            self.kept = int(event.get("kept", self.kept))

    def _start(self, event: Event) -> None:
        self.version = str(event.get("version", "unknown"))
        if event.get("protocol") != PROTOCOL:
            raise ProtocolMismatch(
                f"hdrvid {self.version}: speaks event protocol {event.get('protocol')}, expected {PROTOCOL} "
                "as this plug-in does. Use an hdrvid and a Nuke plug-in of the same release."
            )
        self.total = int(event.get("total", 0))

    def _count(self, event: Event) -> None:
        self.frame = event.get("number")
        self.path = str(event.get("path", ""))
        self.done = int(event.get("done", self.done + 1))
        self.total = int(event.get("total", self.total))
        if event["event"] == "frame":
            self.written += 1
            self.seconds = float(event.get("seconds", self.seconds))
        else:
            self.kept += 1

    @property
    def percent(self) -> int:
        """Return how much is done, 0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def seconds_left(self) -> float | None:
        """Return the time that the frames to come will take at the rate so far, None before the first one."""
        if not self.written:
            return None
        return self.seconds / self.written * max(0, self.total - self.done)

    def text(self) -> str:
        """Return a line for a progress bar.

        >>> Progress().text()
        'starting'
        >>> Progress(frame=1004, done=4, total=10, written=4, seconds=2.0).text()
        'frame 1004, 4 of 10, 2.0 frames/s, 0:03 left'
        """
        if self.frame is None:
            return "starting" if not self.total else f"0 of {self.total}"
        parts = [f"frame {self.frame}", f"{self.done} of {self.total}"]
        if self.written and self.seconds > 0:
            parts.append(_rate(self.written / self.seconds))
        if self.seconds_left is not None:
            parts.append(_clock(self.seconds_left) + " left")
        return ", ".join(parts)

    def summary(self) -> str:
        """Say in one line what a run has done."""
        kept = f", {self.kept} kept from before" if self.kept else ""
        return f"{self.written} frames written{kept}"


def end_message(event: Event) -> str:
    """Return the message of a `failed` event, on one line."""
    return one_line(str(event.get("message") or event.get("kind") or "no reason was given"))


def _rate(frames_per_second: float) -> str:
    if frames_per_second >= 1:
        return f"{frames_per_second:.1f} frames/s"
    return f"{1 / frames_per_second:.1f} s/frame"


def _clock(seconds: float) -> str:
    whole = int(seconds + 0.5)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
