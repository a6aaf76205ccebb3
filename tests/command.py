"""Start `hdrvid` as a shell does, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any


def command(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `options` are those of `subprocess.run`, output is kept as text."""
    return subprocess.run(_line(arguments), capture_output=True, text=True, check=False, **options)


def started(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start a command and return at once, for tests that stop it; `options` are those of `Popen`."""
    return subprocess.Popen(_line(arguments), text=True, **options)


def _line(arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "hdrvid", *map(str, arguments)]
