"""Find the `hdrvid` command, and start it free of what Nuke's own Python and libraries need."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Callable, Optional

from hdrvid_nuke.errors import CommandMissing, one_line
from hdrvid_nuke.process import Call, Process, tail

VARIABLE = "HDRVID"
"""The environment variable that names the command."""
OLDEST = (0, 1, 0)
"""The oldest hdrvid whose options this plug-in was written for."""

_UNWANTED = re.compile(r"(PYTHON\w*|LD_LIBRARY_PATH|LD_PRELOAD|DYLD_\w+|QT_\w+|QML\w*|NUKE_\w+|FN_\w+)\Z")
_MEND = "Install hdrvid and name its command in the knob 'command', in $HDRVID, or put it on PATH."
_VERSION = re.compile(r"version (\d+)\.(\d+)\.(\d+)")
_VERSION_TIMEOUT_S = 30.0
_POLL_S = 0.1

Which = Callable[[str, Optional[str]], Optional[str]]


def find_command(knob: str, environ: Mapping[str, str], which: Which | None = None) -> list[str]:
    """Return the command as the start of an argument list: from the knob, then $HDRVID, then PATH.

    A name that is given is not replaced by another one in silence: where it does not exist, `CommandMissing`
    says so. `which` stands in for `shutil.which(name, path=PATH)`.
    """
    look = which or (lambda name, path: shutil.which(name, path=path))
    for text, origin in ((knob, "knob 'command'"), (environ.get(VARIABLE, ""), "$HDRVID")):
        if text.strip():
            return [_named(text.strip(), origin, environ, look)]
    found = look("hdrvid", environ.get("PATH"))
    if found is None:
        raise CommandMissing(f"hdrvid: no such command on PATH, expected one. {_MEND}")
    return [found]


def _named(text: str, origin: str, environ: Mapping[str, str], look: Which) -> str:
    path = os.path.expanduser(text.strip('"'))
    for candidate in (path, path + ".exe"):
        if Path(candidate).is_file():
            return candidate
    for folder in (path, os.path.join(path, "bin"), os.path.join(path, "Scripts")):
        inside = look("hdrvid", folder) if Path(folder).is_dir() else None
        if inside:
            return inside
    found = look(path, environ.get("PATH"))
    if found is None:
        raise CommandMissing(f"{text} ({origin}): no such command, expected that of hdrvid. {_MEND}")
    return found


def clean_environment(environ: Mapping[str, str], nuke_folder: str = "") -> dict[str, str]:
    """Return an environment for a foreign Python: without what points into Nuke.

    PYTHONHOME, PYTHONPATH, library paths, Qt's and Nuke's own variables are left out, and so are the folders
    of PATH that lie in Nuke's. OCIO, HOME, CUDA_VISIBLE_DEVICES and the like stay.

    >>> clean_environment({"PYTHONHOME": "/nuke", "OCIO": "/show/config.ocio", "PATH": "/bin"})
    {'OCIO': '/show/config.ocio', 'PATH': '/bin', 'PYTHONUTF8': '1', 'PYTHONUNBUFFERED': '1'}
    """
    kept = {name: value for name, value in environ.items() if not _UNWANTED.match(name.upper())}
    for name in [name for name in kept if name.upper() == "PATH"]:
        kept[name] = _outside(kept[name], nuke_folder)
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def _outside(path: str, folder: str) -> str:
    if not folder:
        return path
    inside = os.path.normcase(os.path.normpath(folder))
    parts = [part for part in path.split(os.pathsep) if part]
    return os.pathsep.join(
        part
        for part in parts
        if os.path.normcase(os.path.normpath(part)) != inside
        and not os.path.normcase(os.path.normpath(part)).startswith(inside + os.sep)
    )


def check_version(
    command: Sequence[str], environ: Mapping[str, str], is_cancelled: Callable[[], bool] = lambda: False
) -> str:
    """Return the version of the command; raise `CommandMissing` where it does not start or is too old.

    Empty when the artist cancelled while it was asked, for a command on a slow disk can take its time. The
    protocol of its events is checked when the first one comes.
    """
    with tempfile.TemporaryDirectory(prefix="hdrvid_") as folder:
        call = Call((*command, "--version"), environ, Path(folder, "said"), Path(folder, "complained"))
        with Process(call) as process:
            until = time.monotonic() + _VERSION_TIMEOUT_S
            while not process.wait(_POLL_S):
                if is_cancelled():
                    return ""
                if time.monotonic() > until:
                    raise CommandMissing(_unusable(command, f"says nothing for {_VERSION_TIMEOUT_S:g} s"))
        said = "\n".join(map(tail, (call.events, call.log))).strip()
    return _read_version(command, process.status(), said)


def _read_version(command: Sequence[str], status: int | None, said: str) -> str:
    found = _VERSION.search(said)
    if status != 0 or found is None:
        raise CommandMissing(_unusable(command, f"is not hdrvid (it said: {said[-300:] or 'nothing'})"))
    version = tuple(int(part) for part in found.groups())
    if version < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise CommandMissing(
            f"{command[0]}: is hdrvid {'.'.join(map(str, version))}, expected {wanted} or newer. "
            "Update it: pip install --upgrade hdrvid."
        )
    return ".".join(map(str, version))


def _unusable(command: Sequence[str], why: str) -> str:
    return one_line(f"{command[0]}: {why}, expected 'hdrvid, version ...'. {_MEND}")
