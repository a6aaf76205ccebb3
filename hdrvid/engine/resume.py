"""Tell which frames of a job are done already, which are to do, and which belong to another job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hdrvid.engine.manifest import Manifest
from hdrvid.errors import OutputConflict
from hdrvid.frames import FrameRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Split a job's frames by what lies in the output folder.

    `damaged` are those of `todo` whose file lost its checksum: they are made again.
    """

    done: FrameRange
    todo: FrameRange
    damaged: FrameRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Say how written frames are looked up: their paths, the key in a file's header, a file's checksum."""

    path_of: Callable[[int], Path]
    read_key: Callable[[Path], str | None]
    checksum_of: Callable[[Path], str]


def sort_frames(
    frames: FrameRange, *, key_of: Callable[[int], str], manifest: Manifest, shelf: Shelf, overwrite: bool
) -> Standing:
    """Sort frames into done and to do.

    A frame is done when the manifest has it under its key and its file has the checksum. A file that carries
    the key in its header but is not in the manifest was cut off just before the manifest was told: it is made
    again. Any other file raises `OutputConflict`, unless `overwrite`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     manifest = Manifest(Path(folder, "clip.hdrvid.jsonl"))
    ...     shelf = Shelf(path_of=lambda n: Path(folder, f"clip.{n}.exr"), read_key=str, checksum_of=str)
    ...     frames = FrameRange.parse("1001-1003")
    ...     standing = sort_frames(frames, key_of=str, manifest=manifest, shelf=shelf, overwrite=False)
    >>> str(standing.done), str(standing.todo)
    ('', '1001-1003')
    """
    done: list[int] = []
    todo: list[int] = []
    damaged: list[int] = []
    foreign: list[int] = []
    for number in frames:
        path, entry, key = shelf.path_of(number), manifest.entry(number), key_of(number)
        if not path.exists():
            todo.append(number)
        elif entry is not None and entry.key == key:
            intact = shelf.checksum_of(path) == entry.checksum
            (done if intact else damaged).append(number)
        elif overwrite or shelf.read_key(path) == key:
            todo.append(number)
        else:
            foreign.append(number)
    if foreign:
        raise _conflict(FrameRange.of(foreign), shelf)
    return Standing(
        done=FrameRange.of(done), todo=FrameRange.of([*todo, *damaged]), damaged=FrameRange.of(damaged)
    )


def _conflict(foreign: FrameRange, shelf: Shelf) -> OutputConflict:
    folder = shelf.path_of(foreign.first).parent
    return OutputConflict(
        f"{folder}: frames {foreign} were written by another job (other settings, source, weights or "
        "version), expected none or this job's own. Replace them with --overwrite, or choose another --out."
    )
