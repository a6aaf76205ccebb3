"""Real pairs: what a camera delivered, and the HDR of the same view."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hdrvid.errors import DatasetError
from hdrvid.evaluation.files import (
    HDR_SUFFIXES,
    LDR_SUFFIXES,
    by_stem,
    read_codes,
    read_prediction,
    read_truth,
)
from hdrvid.evaluation.picture import Picture, make_picture
from hdrvid.evaluation.shots import Shot, Skipped

PAIRS = "pairs"
_FOLDERS = (("LDR_in", "HDR_gt"), ("ldr", "truth"))
"""Names of the two folders: HDR-REAL's, and those that `--pictures` writes."""


def pair_shots(folder: Path, *, clip_code: int, sources: dict[str, str]) -> Iterator[Shot | Skipped]:
    """Yield the pairs in a folder: `NAME/ldr.jpg` and `NAME/hdr.exr`, or `LDR_in/` and `HDR_gt/`.

    What has one half only is named as skipped. A folder without a pair raises `DatasetError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "pier").mkdir()
    ...     Path(folder, "pier", "ldr.jpg").touch()
    ...     Path(folder, "pier", "hdr.exr").touch()
    ...     [(shot.setting, shot.name) for shot in pair_shots(Path(folder), clip_code=250, sources={})]
    [('pairs', 'pier')]
    """
    found = dict(_in_two_folders(folder)) or dict(_in_own_folders(folder))
    if not found:
        raise DatasetError(
            f"{folder}: no pairs; expected NAME/ldr.* with NAME/hdr.*, or the folders LDR_in and HDR_gt "
            "(or ldr and truth) with files of equal names. Check the path."
        )
    for name, (ldr, hdr) in found.items():
        if ldr is None or hdr is None:
            half = "HDR" if hdr is None else "SDR"
            reason = f"{folder / name}: no {half} picture; expected both. Add it, or take the other out."
            yield Skipped(setting=PAIRS, name=name, reason=reason)
            continue
        source = sources.get(name, folder.name)
        take = partial(read_pair, ldr, hdr, name=name, source=source, clip_code=clip_code)
        yield Shot(setting=PAIRS, name=name, scene=name, take=take)


def read_pair(ldr: Path, hdr: Path, *, name: str, source: str, clip_code: int) -> Picture:
    """Read a pair of equal sizes; the SDR side is taken for sRGB."""
    code, light = read_codes(ldr), read_truth(hdr)
    if light.shape != code.shape:
        read_prediction(hdr, code.shape[:2])  # names both sizes
    return make_picture(code, light, name=name, source=source, clip_code=clip_code)


def read_sources(folder: Path) -> dict[str, str]:
    """Return where pictures come from, by name: `source` in the one JSON file of the folder, if there is one.

    What cannot be read as such says nothing about sources, and is no error.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size = Path(folder, "scenes.json").write_text('{"pier": {"source": "our own", "stops": 12}}')
    ...     read_sources(Path(folder))
    {'pier': 'our own'}
    """
    described: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        entries = content.items() if isinstance(content, dict) else ()
        described |= {name: str(e["source"]) for name, e in entries if isinstance(e, dict) and "source" in e}
    return described


def _in_two_folders(folder: Path) -> Iterator[tuple[str, tuple[Path | None, Path | None]]]:
    for left, right in _FOLDERS:
        if (folder / left).is_dir() and (folder / right).is_dir():
            ldr, hdr = by_stem(folder / left, LDR_SUFFIXES), by_stem(folder / right, HDR_SUFFIXES)
            yield from ((name, (ldr.get(name), hdr.get(name))) for name in sorted(ldr | hdr))


def _in_own_folders(folder: Path) -> Iterator[tuple[str, tuple[Path | None, Path | None]]]:
    for path in sorted(item for item in folder.iterdir() if item.is_dir()) if folder.is_dir() else ():
        ldr, hdr = by_stem(path, LDR_SUFFIXES).get("ldr"), by_stem(path, HDR_SUFFIXES).get("hdr")
        if ldr or hdr:
            yield path.name, (ldr, hdr)
