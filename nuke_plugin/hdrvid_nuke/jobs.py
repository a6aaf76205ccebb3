"""Make a job of the node's knobs: its options, its frames, its folders and its file."""

from __future__ import annotations

import json
import os
import re
import shlex
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Callable

from hdrvid_nuke.errors import BadKnob
from hdrvid_nuke.panel import SET, Knob, has_check_box
from hdrvid_nuke.process import has_room

_PART = re.compile(r"(-?\d+)(?:-(-?\d+)(?:[x:](\d+))?)?\Z")
_NUMBERED = re.compile(r"(?P<stem>.*\.)(?P<number>-\d{3,}|\d{4,})(?P<suffix>\.[^.]+)\Z", re.DOTALL)
_TECHNICAL = re.compile(r"%0?([1-9]\d*)d")
_ROOM_BYTES = 1_000_000
"""What a run's events and log want of the disk, with a margin."""
_MADE_HERE = ("source", "out", "frames")

ReadKnob = Callable[[str], Any]


def option_values(knobs: Iterable[Knob], read: ReadKnob) -> dict[str, Any]:
    """Return the options that the panel sets, by their names; source, out and frames are made elsewhere.

    A text that is empty, and a number whose check box is off, are left to hdrvid; so is an option for which
    `read` gives None, because the node is of a time before it.
    """
    values: dict[str, Any] = {}
    for knob in knobs:
        if not knob.option or knob.option in _MADE_HERE or knob.name.endswith(SET):
            continue
        if has_check_box(knob) and not read(knob.name + SET):
            continue
        told = read(knob.name)
        value = "" if told is None else _typed(knob, told)
        if value != "":
            values[knob.option] = value
    return values


def _typed(knob: Knob, value: Any) -> Any:
    if knob.kind == "int":
        return round(float(value))
    if knob.kind == "float":
        return float(value)
    return bool(value) if knob.kind == "bool" else str(value or "").strip()


def write_job(path: Path, values: dict[str, Any]) -> Path:
    """Write a job file: JSON, UTF-8, whatever the system's own encoding is; `BadKnob` where it cannot be."""
    try:
        path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadKnob(
            f"{path}: cannot be written ({error}), expected room for it. Free some, or name another folder."
        ) from error
    return path


def shift_range(text: str, by: int) -> str:
    """Return a frame range with every number raised.

    >>> shift_range("1-10x3, 20", 1000)
    '1001-1010x3,1020'
    >>> shift_range("-5--1", 10)
    '5-9'
    """
    return ",".join(_shift_part(part, by, text) for part in text.split(","))


def _shift_part(part: str, by: int, text: str) -> str:
    first, last, step = _read_part(part, text)
    if last == first:
        return str(first + by)
    return f"{first + by}-{last + by}" + (f"x{step}" if step > 1 else "")


def _read_part(part: str, text: str) -> tuple[int, int, int]:
    match = _PART.match(part.strip())
    if match is None or match[3] == "0":
        raise BadKnob(
            f"knob 'custom': cannot read '{text}', expected frames. Write 1001, 1001-1100, 1001-1100x2, or "
            "several with commas."
        )
    return int(match[1]), int(match[2] or match[1]), int(match[3] or "1")


def range_parts(text: str) -> list[tuple[int, int, int]]:
    """Return the first, last and step of each part of a frame range.

    >>> range_parts("1001-1005x2,1010")
    [(1001, 1005, 2), (1010, 1010, 1)]
    """
    return [_read_part(part, text) for part in text.split(",")]


def range_ends(text: str) -> tuple[int, int]:
    """Return the lowest and the highest frame of a range.

    >>> range_ends("1010,1001-1005x2")
    (1001, 1010)
    """
    ends = [number for first, last, _ in range_parts(text) for number in (first, last)]
    return min(ends), max(ends)


def output_folder(evaluated: str, script: str) -> Path:
    """Return the folder of the frames from the evaluated pattern; refuse one that depends on no folder."""
    text = hashed(evaluated.strip().replace("\\", "/"))
    if not text:
        raise BadKnob("knob 'folder': empty, expected a folder for the frames. Name one.")
    if not is_absolute(text):
        saved = "/" in script.replace("\\", "/")  # Nuke calls a script that was never saved Root
        mend = "Name one from the root." if saved else "Save the script first, or name one from the root."
        raise BadKnob(f"knob 'folder': '{text}' is not a whole path, expected one. {mend}")
    return Path(text)


def is_absolute(path: str) -> bool:
    """Tell whether a path starts at a root, on any system.

    >>> [is_absolute(p) for p in ("/shots", "C:/shots", "//server/shots", "shots", "./shots")]
    [True, True, True, False, False]
    """
    return path.startswith("/") or bool(re.match(r"[A-Za-z]:/", path.replace("\\", "/")))


def run_label(script: str, node: str) -> str:
    """Return a name for what a node of a script keeps beside its frames; `node` is its full name.

    Nodes and scripts may share a folder: none writes over what another one keeps there.

    >>> run_label("/show/sh 010/comp v2.nk", "Group1.HDRvidExpand1")
    'comp_v2.Group1.HDRvidExpand1'
    """
    stem = script.replace("\\", "/").rpartition("/")[2]
    return re.sub(r"[^\w.-]", "_", f"{stem[:-3] if stem.endswith('.nk') else stem}.{node}")


def run_folder(out: Path, label: str) -> Path:
    """Return the folder of a run's job file, events and log: below the frames, or a temporary one.

    Where the frames' folder cannot be written to, or its disk is full, the command says so, and that needs a
    log too.
    """
    folder = out / ".hdrvid" / label
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        is_usable = has_room(folder, _ROOM_BYTES)
    except OSError:
        is_usable = False
    if not is_usable:
        return Path(tempfile.mkdtemp(prefix=f"hdrvid_{label}_"))
    return folder


def pattern_of(frame: str) -> str:
    r"""Return the sequence that a frame belongs to, in forward slashes.

    >>> pattern_of("C:\\shots\\a b.1001.exr")
    'C:/shots/a b.####.exr'
    """
    path = frame.replace("\\", "/")
    match = _NUMBERED.match(path)
    return match["stem"] + "####" + match["suffix"] if match else path


def hashed(path: str) -> str:
    """Return a path as artists write it: Nuke hands a sequence out in technical notation.

    >>> hashed("/a/plate.%04d.exr")
    '/a/plate.####.exr'
    """
    return _TECHNICAL.sub(lambda match: "#" * int(match[1]), path)


def frames_on_disk(pattern: str) -> list[int]:
    """Return the numbers of a sequence's frames that exist, in order."""
    folder, name = os.path.split(pattern)
    stem, _, suffix = name.partition("####")
    wanted = re.compile(re.escape(stem) + r"(-\d{3,}|\d{4,})" + re.escape(suffix) + r"\Z")
    try:
        names = [path.name for path in Path(folder or ".").iterdir()]
    except OSError:
        return []
    return sorted(int(match[1]) for match in map(wanted.match, names) if match)


def newest_frame(folder: Path) -> str:
    """Return the frame in a folder that was written last, empty where there is none."""
    frames = [path for path in folder.glob("*.exr") if _NUMBERED.match(path.as_posix())]
    return max(frames, key=lambda path: path.stat().st_mtime).as_posix() if frames else ""


def count(numbers: Sequence[int]) -> str:
    """Say what frames there are.

    >>> count([1001, 1002, 1005])
    '3 frames on disk, 1001-1005: 2 between them are missing'
    >>> count([7])
    '1 frame on disk, 7'
    """
    gaps = numbers[-1] - numbers[0] + 1 - len(numbers)
    ends = f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
    missing = f": {gaps} between them {'is' if gaps == 1 else 'are'} missing" if gaps else ""
    return f"{len(numbers)} frame{'s' if len(numbers) > 1 else ''} on disk, {ends}{missing}"


def beside_script(path: str, script: str) -> str:
    r"""Return a path as TCL that follows the script when both move; a path elsewhere stays as it is.

    >>> beside_script("/show/sh010/hdrvid/a.####.exr", "/show/sh010/comp.nk")
    '[file dirname [value root.name]]/hdrvid/a.####.exr'
    >>> beside_script("/other/a[1].####.exr", "/show/sh010/comp.nk")
    '/other/a\\[1].####.exr'
    """
    folder = script.replace("\\", "/").rpartition("/")[0]
    if folder and path.startswith(folder + "/"):
        return "[file dirname [value root.name]]" + tcl_text(path[len(folder) :])
    return tcl_text(path)


def tcl_text(path: str) -> str:
    """Return a path that a file knob does not take for an expression."""
    return re.sub(r"([\[$])", r"\\\1", path.replace("\\", "/"))


def expand_arguments(command: Sequence[str], job: Path) -> tuple[str, ...]:
    """Return the call that runs a job file."""
    return (*command, "expand", "--job", str(job), "--progress", "jsonl")


def farm_command(job: Path, frames: str) -> str:
    """Return the line that expands a frame range of a job file, for a farm's own frame tokens.

    >>> farm_command(Path("/out/my shot/job.json"), "1001-1010")
    'hdrvid expand --job "/out/my shot/job.json" --frames 1001-1010'
    >>> farm_command(Path("/out/$shot/job.json"), "1001")
    "hdrvid expand --job '/out/$shot/job.json' --frames 1001"
    """
    path = job.as_posix()
    word = shlex.quote(path) if re.search(r'["$`\\!]', path) else f'"{path}"'  # only "" works everywhere
    return f"hdrvid expand --job {word} --frames {frames}"
