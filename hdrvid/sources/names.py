"""Find out which files a person means: a video, a still, or the frames of a sequence.

Patterns are those of Nuke and Houdini: `plate.####.exr`, `plate.%04d.exr`, `plate.@@@@.exr`, `plate.$F4.exr`,
where `####` stands for four digits.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fileseq.constants import PAD_STYLE_HASH1
from fileseq.exceptions import FileSeqException
from fileseq.filesequence import FileSequence

from hdrvid.errors import PlateError, PlateNotFound
from hdrvid.frames import FrameRange

IMAGE_SUFFIXES = frozenset(
    (
        *(".exr", ".sxr", ".tif", ".tiff", ".dpx", ".cin", ".png", ".jpg", ".jpeg", ".jpe", ".jfif"),
        *(".bmp", ".tga", ".hdr", ".rgbe", ".jp2", ".j2k", ".j2c", ".jxl", ".webp"),
        *(".ppm", ".pgm", ".pnm", ".pfm", ".sgi", ".rgb", ".psd", ".iff", ".pic", ".rla"),
    )
)
"""Endings that are read as pictures, by OpenImageIO; all others are taken for videos."""

_PATTERN = re.compile(r"#+|@+|%0?\d*d|\$F\d*")
# a minus is a sign only after a dot, an underscore or nothing: plate-0001.png is frame 1
_NUMBERED = re.compile(r"(?P<base>.*?)(?P<number>(?:(?<![^._])-)?\d+)(?P<suffix>\.\w+)\Z")
_DOTTED = re.compile(r"(?:.*\.)?(-?\d+)\.\w+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFile:
    """Name a video file."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """Name one picture, and its number where its name carries one: `plate.1001.png`."""

    path: Path
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Name the files of a sequence by their numbers; `path` is its pattern, `missing` the holes in it."""

    path: Path
    files: Mapping[int, Path]
    missing: FrameRange


def find_plate(source: str) -> VideoFile | Still | Sequence:
    """Return the files that a name means; `PlateNotFound` or `PlateError` say why it means none.

    A file of just this name comes first, then a folder (its one sequence), then a pattern.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (1001, 1002, 1004):
    ...         Path(folder, f"plate.{number}.png").touch()
    ...     found = find_plate(f"{folder}/plate.####.png")
    >>> sorted(found.files), str(found.missing)
    ([1001, 1002, 1004], '1003')
    """
    path = Path(source)
    try:
        is_file, is_folder = path.is_file(), path.is_dir()
    except OSError as error:  # a name that is too long for the disk
        message = (
            f"{source}: cannot be looked up ({error.strerror}), expected a file or folder. Check the path."
        )
        raise PlateNotFound(message) from error
    if is_file:
        return _one_file(path)
    if is_folder and source:  # no name would be the folder that one stands in
        return _in_folder(path)
    if _PATTERN.search(path.name):
        return _by_pattern(path)
    message = (
        f"{source or 'no name'}: no such file, expected a video, a still, a folder or a sequence "
        "(plate.####.exr). Check the path, or that the disk is mounted."
    )
    raise PlateNotFound(message)


def holes(numbers: Iterable[int]) -> FrameRange:
    """Return the numbers that lie between these and are not among them.

    >>> str(holes([1001, 1002, 1005, 10121]))
    '1003-1004,1006-10120'
    """
    rising = sorted(numbers)
    pairs = itertools.pairwise(rising)
    return FrameRange(tuple(range(a + 1, b) for a, b in pairs if b - a > 1))


def _one_file(path: Path) -> VideoFile | Still:
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return VideoFile(path=path)
    match = _DOTTED.match(path.name)
    return Still(path=path, number=int(match[1]) if match else None)


def _by_pattern(path: Path) -> Sequence:
    try:
        pattern = FileSequence(path.name, pad_style=PAD_STYLE_HASH1)  # a folder's name may hold # and @
    except FileSeqException as error:
        message = f"{path}: cannot be read as a sequence, expected plate.####.exr. Mend the name."
        raise PlateError(message) from error
    folder = path.parent
    if not folder.is_dir():
        message = f"{path}: no folder {folder}, expected the frames of a sequence in it. Check the path."
        raise PlateNotFound(message)
    base, suffix, width = pattern.basename(), pattern.extension(), pattern.zfill()
    if suffix.lower() not in IMAGE_SUFFIXES:
        message = f"{path}: {suffix or 'no ending'} is no picture, expected .exr or so. Check the name."
        raise PlateError(message)
    files = _numbered_files(folder, base, suffix, width=width)
    stated = pattern.frameSet()
    if stated is not None:
        files = {number: file for number, file in files.items() if number in stated}
    if not files:
        message = (
            f"{path}: no such frames on disk, expected files like {base}{'1001'.zfill(width)}{suffix}. Check "
            "the name and the number of digits."
        )
        raise PlateNotFound(message)
    missing = holes(files) if stated is None else FrameRange.of({int(n) for n in stated} - set(files))
    return Sequence(path=folder / f"{base}{'#' * max(width, 1)}{suffix}", files=files, missing=missing)


def _numbered_files(folder: Path, base: str, suffix: str, *, width: int) -> dict[int, Path]:
    """Return the files of a sequence by number; 12 is padded to 0012 at a width of 4, 10121 fits as it is."""
    files = {}
    for file in folder.iterdir():
        match = _NUMBERED.match(file.name)
        if match is None or (match["base"], match["suffix"]) != (base, suffix):
            continue
        number = int(match["number"])
        if match["number"] == str(number).zfill(width):
            files[number] = file
    return files


def _in_folder(folder: Path) -> Still | Sequence:
    pictures = sorted(
        file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES and file.name[0] != "."
    )
    widths: dict[tuple[str, str], list[int]] = {}
    alone = []
    for file in pictures:
        match = _NUMBERED.match(file.name)
        if match is None:
            alone.append(file)
        else:
            widths.setdefault((match["base"], match["suffix"]), []).append(len(match["number"]))
    patterns = [f"{base}{'#' * min(found)}{suffix}" for (base, suffix), found in widths.items()]
    if len(widths) + len(alone) != 1:
        raise _several(folder, [*patterns, *(file.name for file in alone)])
    if alone:
        return Still(path=alone[0])
    sequence = _by_pattern(folder / patterns[0])
    if len(sequence.files) != len(pictures):  # plate.1.png beside plate.0001.png
        raise _several(folder, [file.name for file in pictures])
    return sequence


def _several(folder: Path, found: list[str]) -> PlateError:
    if not found:
        message = (
            f"{folder}: holds no pictures, expected one image sequence. "
            "Name the folder that holds the frames."
        )
        return PlateError(message)
    shown = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
    message = (
        f"{folder}: holds {len(found)} sequences or stills ({shown}), expected one. Name the one that is "
        f"meant: {folder / found[0]}"
    )
    return PlateError(message)
