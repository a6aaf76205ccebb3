"""Hold one child process: a group of its own, its output in files, ended with all its children.

Output goes to files and is read as they grow: no pipe can fill up or break, a run outlives Nuke where it
should, and the log is there whatever happens.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdrvid_nuke.errors import CommandMissing, one_line

NO_WINDOW = 0x08000000
"""Keeps Windows from opening a console for a command."""

_TAIL_BYTES = 8192
_A_LINE_BYTES = 4096


@dataclass(frozen=True)
class Call:
    """State what is started: arguments, environment, and the files for what it prints."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    events: Path
    """File for standard output."""
    log: Path
    """File for standard error."""


class Process:
    """A running command; a context manager that leaves no process behind unless `detached`."""

    def __init__(self, call: Call, *, detached: bool = False) -> None:
        """Start it; `CommandMissing` where that cannot be."""
        self._call = call
        self._detached = detached
        self._read = 0
        self._partial = b""
        try:
            with call.events.open("wb") as events, call.log.open("wb") as log:
                self._child = subprocess.Popen(
                    call.arguments,
                    env=dict(call.environ),
                    stdin=subprocess.DEVNULL,
                    stdout=events,
                    stderr=log,
                    **group_options(windows=os.name == "nt"),
                )
        except OSError as error:
            message = f"{call.arguments[0]}: cannot be started ({error}), expected hdrvid. Check the command."
            raise CommandMissing(one_line(message)) from error

    def __enter__(self) -> Process:
        """Return the process itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End what still runs, unless it is detached and nothing went wrong."""
        if self.status() is None and not (self._detached and error[0] is None):
            self.kill()

    def status(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._child.poll()

    def new_lines(self) -> list[str]:
        """Return the whole lines that were printed since the last call."""
        with self._call.events.open("rb") as file:
            file.seek(self._read)
            content = file.read()
        self._read += len(content)
        lines = (self._partial + content).split(b"\n")
        self._partial = lines.pop()
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]

    def terminate(self) -> None:
        """Ask the group to end; on Windows, where it cannot be asked, end it: written frames are whole."""
        self._signal("SIGTERM")

    def kill(self) -> None:
        """End the group at once."""
        self._signal("SIGKILL")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=5)

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most so long; tell whether it came."""
        until = time.monotonic() + seconds
        while self.status() is None and time.monotonic() < until:
            time.sleep(0.02)
        return self.status() is not None

    def last_words(self) -> str:
        """Return the end of standard error; where a full disk has kept nothing of it, say that."""
        words, folder = tail(self._call.log), self._call.log.parent
        if words or has_room(folder, _A_LINE_BYTES):
            return words
        return f"none, for the disk of {folder} is full: free some, or name another folder"

    def _signal(self, name: str) -> None:
        if os.name == "nt":
            subprocess.run(kill_tree(self._child.pid), check=False, capture_output=True)
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, getattr(signal, name))


def group_options(*, windows: bool) -> dict[str, Any]:
    """Return the arguments of `Popen` that give a child a group of its own, without a window.

    >>> group_options(windows=False)
    {'start_new_session': True}
    """
    if windows:
        return {"creationflags": 0x00000200 | NO_WINDOW}  # 0x200: a new process group
    return {"start_new_session": True}


def kill_tree(process: int) -> list[str]:
    """Return the Windows command that ends a process and its children."""
    return ["taskkill", "/PID", str(process), "/T", "/F"]


def has_room(folder: Path, size: int) -> bool:
    """Tell whether a disk has so many bytes left; one that does not say is taken to have them."""
    try:
        return shutil.disk_usage(folder).free >= size
    except OSError:
        return True


def tail(path: Path, lines: int = 12) -> str:
    """Return the last lines of a text file, nothing where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            content = file.read()
    except OSError:
        return ""
    return "\n".join(content.decode("utf-8", "replace").splitlines()[-lines:])
