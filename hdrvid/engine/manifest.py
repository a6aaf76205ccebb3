"""Remember which frames are done, with which key and checksum, beside the frames.

The manifest is a file of JSON lines that only ever grows: a line of settings for each key, and a line for
each frame once it is in its place. A line torn by a crash is skipped, and the frame that it spoke of is made
again. Several workers may append to one manifest: a line is written with one call.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdrvid.errors import OutputError


def hash_of(facts: Mapping[str, Any]) -> str:
    """Return a short, stable name for a set of facts.

    >>> hash_of({"b": 1, "a": 2}) == hash_of({"a": 2, "b": 1})
    True
    """
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Record a frame that is done: the key it was made with, and the checksum of its file."""

    number: int
    key: str
    checksum: str


class Manifest:
    """Read and extend the manifest of one sequence of frames."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a missing file is an empty manifest."""
        self.path = path
        self._entries: dict[int, Entry] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        text = self._read()
        for line in text.splitlines():
            self._take(line)
        self._torn = bool(text) and not text.endswith("\n")

    def entry(self, number: int) -> Entry | None:
        """Return the latest entry of a frame, or None.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     manifest = Manifest(Path(folder, "clip.hdrvid.jsonl"))
        ...     manifest.entry(1001) is None
        True
        """
        return self._entries.get(number)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return the latest entry of every frame that is done."""
        return tuple(self._entries.values())

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Return the facts of every job that was described, by its key."""
        return dict(self._jobs)

    def add(self, entry: Entry) -> None:
        """Append a frame that is in its place.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "clip.hdrvid.jsonl")
        ...     Manifest(path).add(Entry(number=1001, key="a1", checksum="7d"))
        ...     Manifest(path).entry(1001)
        Entry(number=1001, key='a1', checksum='7d')
        """
        self._append({"frame": entry.number, "key": entry.key, "checksum": entry.checksum})
        self._entries[entry.number] = entry

    def describe(self, key: str, facts: Mapping[str, Any]) -> None:
        """Append the facts that a job's key was made of, for people who ask why a frame was refused.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "clip.hdrvid.jsonl")
        ...     Manifest(path).describe("a1", {"model": "compact"})
        ...     path.read_text().strip()
        '{"job": "a1", "facts": {"model": "compact"}}'
        """
        self._append({"job": key, "facts": dict(facts)})

    def _read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            message = f"{self.path}: the manifest cannot be read ({error.strerror}). Mend its permissions."
            raise OutputError(message) from error

    def _take(self, line: str) -> None:
        try:
            fields = json.loads(line)
            if "job" in fields:
                self._jobs[str(fields["job"])] = dict(fields["facts"])
                return
            entry = Entry(
                number=int(fields["frame"]), key=str(fields["key"]), checksum=str(fields["checksum"])
            )
        except (ValueError, KeyError, TypeError):
            return  # a line torn by a crash, or of another kind
        self._entries[entry.number] = entry

    def _append(self, fields: Mapping[str, Any]) -> None:
        line = json.dumps(fields, ensure_ascii=False, default=str) + "\n"
        data = ("\n" + line if self._torn else line).encode()
        self._torn = False
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            message = (
                f"{self.path}: the manifest cannot be written ({error.strerror}); frames so far are whole. "
                "Make room or mend the permissions, and run the command again."
            )
            raise OutputError(message) from error
