"""A script with a Read and a node in the fake Nuke, and a quick stand-in for the command."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import OpenEXR

from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.sample import SAMPLE

_PRETEND = """#!{python}
import json, shutil, sys, time
from pathlib import Path
here = Path({here!r})
if "--version" in sys.argv:
    print("hdrvid, version 0.1.0"); sys.exit()
job = json.loads(Path(sys.argv[sys.argv.index("--job") + 1]).read_text(encoding="utf-8"))
first, _, last = job.get("frames", "1001-1004").partition("-")
numbers = range(int(first), int(last or first) + 1)
out = Path(job["out"])
out.mkdir(parents=True, exist_ok=True)
say = lambda **event: print(json.dumps(event), flush=True)
say(event="started", version="0.1.0", protocol=1, source=job["source"], out=job["out"], frames="",
    total=len(numbers), todo=len(numbers), width=8, height=6)
for done, number in enumerate(numbers, 1):
    path = out / f"plate.{{number:04d}}.exr"
    shutil.copy(here / f"{{job['layers']}}.exr", path)
    say(event="frame", number=number, path=str(path), done=done, total=len(numbers), seconds=0.1 * done)
    time.sleep(float((here / "pause").read_text()))
for line in (here / "last_words").read_text().splitlines():
    print(line, file=sys.stderr, flush=True)
if (here / "warning").exists():
    say(event="warning", message=(here / "warning").read_text())
status = int((here / "status").read_text())
if status == 0:
    say(event="finished", written=len(numbers), kept=0, seconds=0.5)
sys.exit(status)
"""


def pretend(folder: Path) -> Path:
    """Write a stand-in for the command; the files beside it say how it behaves."""
    folder.mkdir(parents=True)
    for name, text in (("pause", "0"), ("status", "0"), ("last_words", "")):
        (folder / name).write_text(text)
    plane = np.ones((6, 8), np.float16)
    rgb = dict.fromkeys("RGB", plane)
    layers = {"source.R": plane, "source.G": plane, "source.B": plane, "mask.A": plane, "provenance.A": plane}
    for name, channels in (("rgb", rgb), ("all", {**rgb, **layers})):
        OpenEXR.File({}, channels).write(str(folder / f"{name}.exr"))
    command = folder / "hdrvid"
    command.write_text(_PRETEND.format(python=sys.executable, here=str(folder)))
    command.chmod(0o755)
    return command


def unload() -> None:
    """Forget the room that knows Nuke: each fake gets its own."""
    for name in [name for name in sys.modules if f"{name}.".startswith("hdrvid_nuke.node.")]:
        del sys.modules[name]


@contextmanager
def loaded(nuke: FakeNuke) -> Iterator[ModuleType]:
    """Load the plug-in's `node` with a fake as the module `nuke`."""
    before = sys.modules.get("nuke")
    sys.modules["nuke"] = nuke  # type: ignore[assignment]
    unload()
    try:
        yield importlib.import_module("hdrvid_nuke.node")
    finally:
        unload()
        sys.modules.pop("nuke")
        if before is not None:
            sys.modules["nuke"] = before


class Studio:
    """A Nuke with a script on disk, a Read of the sample clip, and an HDRvidExpand below it."""

    def __init__(self, folder: Path, nuke: FakeNuke, module: Any, command: Path | str) -> None:
        self.folder, self.nuke, self.module = folder, nuke, module
        self.read = self.add_read(str(SAMPLE), 1, 4)
        nuke.selection = [self.read]
        self.node = module.create()
        self.node["command"].setValue(str(command))
        nuke.Undo.entries.clear()

    def add_read(self, file: str, first: int, last: int, **knobs: Any) -> Any:
        """Make a Read as Nuke makes it of a dropped file."""
        read = self.nuke.nodes.Read()
        values = {"file": file, "first": first, "last": last, "origfirst": first, "origlast": last, **knobs}
        for name, value in values.items():
            read[name].setValue(value)
        return read

    def behave(self, **files: str) -> None:
        """Set how the stand-in for the command behaves: pause, status, last_words, warning."""
        for name, text in files.items():
            (self.folder.parent / "bin" / name).write_text(text)

    def press(self, name: str, *, wait: bool = True) -> None:
        """Press a button by its own script, and be the main loop until the run is over."""
        self.node[name].execute()
        if wait:
            self.wait()

    def wait(self) -> None:
        """Be Nuke's main loop until no run is at work."""
        from hdrvid_nuke import session

        self.nuke.pump(lambda: not any(run.is_running for run in session.RUNNING))

    def copy_of_node(self) -> Any:
        """Copy the node, select the Read, and paste: as text, under the next free name."""
        self.nuke.selection = [self.node]
        self.nuke.nodeCopy("%clipboard%")
        self.nuke.selection = [self.read]
        return self.nuke.nodePaste("%clipboard%")

    @property
    def job(self) -> dict[str, Any]:
        """Return the job file of the last run."""
        path = Path(self.node["run_folder"].value()) / "job.json"
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content

    @property
    def expanded(self) -> Any:
        """Return the internal Read."""
        return self.node.node("Expanded")

    @property
    def status(self) -> str:
        """Return the line that the node shows."""
        return str(self.node["status"].value())
