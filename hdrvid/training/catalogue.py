"""All views that a run draws from: the bank of panoramas and photographs, and those of plates and pairs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from hdrvid.errors import DatasetError
from hdrvid.scenes.panorama import Pixels, read_scene
from hdrvid.training.bank import Bank, BankPlan, Views, open_bank, photo_views
from hdrvid.training.config import DataConfig, TrainConfig, training_scenes
from hdrvid.training.pairs import (
    HDR_SUFFIXES,
    Pair,
    aligned,
    find_pairs,
    find_plates,
    held_out,
    read_ldr,
    scene_of,
)
from hdrvid.training.survey import light_fault, pair_fault, usable

log = logging.getLogger(__name__)

LIMIT = 65504
"""The largest half float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library(Bank):
    """Several banks as one; each keeps its own file of views."""

    others: tuple[Bank, ...] = ()

    def view(self, group: str, index: int) -> Pixels:
        """Return a view of a group as float32, whichever bank has it; `index` counts from 0 and wraps.

        >>> scenes, plates = (np.full((2, 2, 2, 3), light, np.float16) for light in (1, 4))
        >>> spans = {"scene/a": (0, 2)}, {"scene/b": (0, 2)}
        >>> banks = Bank(views=scenes, groups=spans[0]), Bank(views=plates, groups=spans[1])
        >>> library = Library(views=scenes, groups=spans[0] | spans[1], others=banks)
        >>> float(library.view("scene/b", 0).max())
        4.0
        """
        for bank in self.others:
            if group in bank.groups:
                return bank.view(group, index)
        first, last = self.groups[group]
        return np.asarray(self.views[first + index % (last - first)], np.float32)


def open_library(config: TrainConfig) -> Bank:
    """Open the views of a configuration, rendering what is not there; faulty files are skipped by name."""
    data = config.data
    scenes = open_bank(data.bank, _panoramas(data)) if data.scenes else None
    plates = _open_plates(data) if data.plates else None
    pairs = _open_pairs(data) if data.pairs else None
    banks = [bank for bank in (scenes, plates, pairs) if bank is not None]
    if not banks:
        raise DatasetError(
            "data: no scenes, plates or pairs; expected one of them. "
            "Set data.scenes, data.plates or data.pairs."
        )
    if len(banks) == 1:
        return banks[0]
    groups: dict[str, tuple[int, int]] = {}
    for bank in banks:
        groups |= {name: span for name, span in bank.groups.items() if name not in groups}
    return Library(views=banks[0].views, groups=groups, others=tuple(banks))


def _panoramas(data: DataConfig) -> BankPlan:
    """Return the plan of the bank of panoramas and photographs, without scenes that cannot be used."""
    folder = data.root / data.scenes
    train, dev = _split(data, folder)
    names = [*train, *dev]
    kept = set(names)
    if not (data.bank / "bank.json").exists():  # a bank that is there was made of files that were looked at
        fault = partial(_scene_fault, folder)
        kept = set(usable(names, fault, what=f"{folder}", least_share=data.least_share))
    return BankPlan(
        hdr=folder,
        photos=data.root / data.photos if data.photos else None,
        scenes=tuple(name for name in train if name in kept),
        dev=tuple(name for name in dev if name in kept),
        views=data.views,
        dev_views=data.dev_views,
        photo_views=data.photo_views,
    )


def _split(data: DataConfig, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the scenes to train on and those held out: by the list, or by their names without one."""
    if data.splits:
        return training_scenes(data), data.dev
    found = sorted({path.stem for path in folder.glob("*") if path.suffix.lower() in HDR_SUFFIXES})
    if not found:
        raise DatasetError(f"{folder}: no .exr or .hdr; expected panoramas. Mend data.root or data.scenes.")
    dev = data.dev or held_out(found, data.dev_share)
    return tuple(name for name in found if name not in dev), tuple(dev)


def _scene_fault(folder: Path, name: str) -> str | None:
    """Say why a scene cannot be used; one that is listed and not there is the bank's to refuse."""
    files = [folder / f"{name}{suffix}" for suffix in HDR_SUFFIXES]
    there = [path for path in files if path.exists()]
    return light_fault(there[0], panorama=True) if there else None


def _open_plates(data: DataConfig) -> Bank:
    """Open the views of a folder of plates: windows of each, held out by scene."""
    root = data.root / data.plates
    found = find_plates(root)

    def produce() -> Iterator[tuple[str, Views]]:
        plates = usable(found, light_fault, what=f"{root}", least_share=data.least_share)
        dev = held_out((scene_of(path, root) for path in plates), data.dev_share)
        for path in plates:
            scene = scene_of(path, root)
            kind, count = ("dev", data.dev_views) if scene in dev else ("scene", data.plate_views)
            plan = replace(_WINDOWS, photo_views=count)
            windows = photo_views(read_scene(path), str(path.relative_to(root)), plan)
            yield f"{kind}/{scene}", cast("Views", windows)

    return _open(data.bank / "plates", _described(found, data, data.plate_views), produce())


def _open_pairs(data: DataConfig) -> Bank:
    """Open the views of real pairs: the same windows of both halves, `pair/X` and `ldr/X`."""
    root = data.root / data.pairs
    found = find_pairs(root)

    def produce() -> Iterator[tuple[str, Views]]:
        pairs = usable(found, _pair_fault, what=f"{root}", least_share=data.least_share)
        dev = held_out((pair.name for pair in pairs), data.dev_share)
        for pair in pairs:
            if pair.name in dev:
                continue  # kept for judging: `hdrvid evaluate` scores pairs
            assert pair.ldr is not None
            assert pair.hdr is not None
            ldr = read_ldr(pair.ldr)
            plan = replace(_WINDOWS, photo_views=data.pair_views)
            for kind, picture in (("pair", aligned(read_scene(pair.hdr), ldr)), ("ldr", ldr)):
                yield f"{kind}/{pair.name}", cast("Views", photo_views(picture, pair.name, plan))

    files = [half for pair in found for half in (pair.ldr, pair.hdr) if half is not None]
    return _open(data.bank / "pairs", _described(files, data, data.pair_views), produce())


_WINDOWS = BankPlan(hdr=Path(), photos=None, scenes=(), dev=())


def _pair_fault(pair: Pair) -> str | None:
    return pair_fault(pair.ldr, pair.hdr, read_ldr=read_ldr)


def _described(files: Iterable[Path], data: DataConfig, views: int) -> dict[str, Any]:
    """Return what the views depend on: another file, size, time or number makes them anew."""
    facts = [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in files]
    return {"files": facts, "views": views, "dev_views": data.dev_views, "dev_share": data.dev_share}


def _open(folder: Path, described: Mapping[str, Any], produced: Iterator[tuple[str, Views]]) -> Bank:
    """Open a bank of produced views; it is made again if what it depends on has changed."""
    index = folder / "bank.json"
    if not index.exists() or json.loads(index.read_text())["plan"] != described:
        folder.mkdir(parents=True, exist_ok=True)
        groups = _write(folder / "views.f16", produced)
        index.write_text(json.dumps({"plan": described, "groups": groups}, indent=1))
    groups = {name: (a, b) for name, (a, b) in json.loads(index.read_text())["groups"].items()}
    shape = (max(b for _, b in groups.values()), _WINDOWS.height, _WINDOWS.width, 3)
    return Bank(
        views=cast("Views", np.memmap(folder / "views.f16", np.float16, "r", shape=shape)), groups=groups
    )


def _write(path: Path, produced: Iterator[tuple[str, Views]]) -> dict[str, tuple[int, int]]:
    """Write views one after another; those of one group must come together."""
    groups: dict[str, tuple[int, int]] = {}
    count = 0
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for name, views in produced:
            file.write(np.minimum(views, LIMIT).astype(np.float16).tobytes())
            first, last = groups.get(name, (count, count))
            if last != count:
                raise DatasetError(f"{name}: its plates are apart; expected them together. Sort the folder.")
            count += len(views)
            groups[name] = (first, count)
            log.info("bank: %s, %d views", name, len(views))
    if not groups:
        raise DatasetError(f"{path.parent}: all scenes are held out; expected two or more. Add scenes.")
    partial.replace(path)  # a run that has the old one mapped keeps it
    return groups
