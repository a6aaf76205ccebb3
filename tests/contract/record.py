"""Record the contract file: runs of the real command that show every kind of event.

Run from an empty folder: `python -m tests.contract.record > tests/contract/events.jsonl`. The protocol of an
existing file changes only with `hdrvid.events.PROTOCOL`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.sample import SAMPLE

RUNS = (
    ("--out", "exr", "--frames", "1001"),  # makes a frame that the next run keeps; not recorded
    ("--out", "exr", "--frames", "1001-1004"),
    ("--out", "exr2", "--frames", "1047-1052"),
    ("--out", "exr", "--frames", "1001-1002", "--layers", "all"),
)
"""A run that resumes, one that warns, one that is refused."""


def record() -> str:
    """Return the events of all runs but the first, one a line."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(SAMPLE, folder)
        printed = [_run(Path(folder), options) for options in RUNS]
    return "".join(printed[1:])


def _run(folder: Path, options: tuple[str, ...]) -> str:
    command = [
        sys.executable,
        "-m",
        "hdrvid",
        "expand",
        SAMPLE.name,
        "--model",
        "none",
        "--progress",
        "jsonl",
    ]
    done = subprocess.run([*command, *options], cwd=folder, check=False, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    sys.stdout.write(record())
