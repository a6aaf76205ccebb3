"""Calls of the real command, and of small programs that behave badly in its place."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from hdrvid_nuke.process import Call

from tests.sample import SAMPLE

STARTED = {"event": "started", "version": "0.1.0", "source": "a", "out": "b", "frames": "1-9", "total": 9,
           "todo": 9, "width": 4, "height": 4, "protocol": 1}  # fmt: skip
FRAME = {"event": "frame", "number": 1, "path": "/x/a.0001.exr", "done": 1, "total": 9, "seconds": 0.5}


def program(folder: Path, text: str, environ: dict[str, str] | None = None) -> Call:
    """Return a call of a Python program that stands in for the command; `say(event)` prints an event."""
    prologue = "import json, os, signal, sys, time\nsay = lambda e: print(json.dumps(e), flush=True)\n"
    events = f"STARTED = {STARTED!r}\nFRAME = {FRAME!r}\n"
    arguments = (sys.executable, "-c", prologue + events + text)
    return _call(folder, arguments, environ or dict(os.environ))


def expand(hdrvid: str, folder: Path, environ: dict[str, str], **options: Any) -> Call:
    """Return a call of the real command on the sample clip, by a job file, without a network."""
    job = {
        "source": str(SAMPLE),
        "out": str(folder / "exr"),
        "frames": "1001-1004",
        "model": "none",
        **options,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    arguments = (hdrvid, "expand", "--job", str(folder / "job.json"), "--progress", "jsonl")
    return _call(folder, arguments, environ)


def _call(folder: Path, arguments: tuple[str, ...], environ: dict[str, str]) -> Call:
    return Call(arguments=arguments, environ=environ, events=folder / "events.jsonl", log=folder / "log.txt")


def is_gone(process: int) -> bool:
    """Tell whether a process ends, within two seconds."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if "Z" in _state(process):
            return True
        time.sleep(0.02)
    return False


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
