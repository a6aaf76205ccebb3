"""Look at every picture once before any is judged: which can be used, and what was lost in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hdrvid.errors import DatasetError
from hdrvid.evaluation.files import HDR_SUFFIXES, listed
from hdrvid.evaluation.pairs import pair_shots, read_sources
from hdrvid.evaluation.picture import lost_stops
from hdrvid.evaluation.protocol import scene_shots
from hdrvid.evaluation.request import Request
from hdrvid.evaluation.shots import Shot, Skipped, check_share

Gains = dict[tuple[str, str], float]
"""By scene and picture: median stops lost where it is clipped, NaN where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Hold what can be judged on, in order, and what not."""

    shots: tuple[Shot, ...]
    skipped: tuple[Skipped, ...]
    gains: dict[str, Gains]
    """For each setting."""


def survey(request: Request) -> Survey:
    """List and look at the pictures of a request; `DatasetError` if too few of the files can be used."""
    shots: list[Shot] = []
    skipped: list[Skipped] = []
    gains: dict[str, Gains] = {}
    for item in _found(request):
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        try:
            lost = lost_stops(item.take())
        except DatasetError as error:
            skipped.append(Skipped(setting=item.setting, name=item.name, reason=str(error)))
            continue
        shots.append(item)
        median = float(np.median(lost)) if lost.size else float("nan")
        gains.setdefault(item.setting, {})[item.scene, item.name] = median
    kept = {(shot.setting, shot.scene) for shot in shots}
    lost_files = {(item.setting, item.name): item for item in skipped}
    check_share(len(kept), lost_files.values(), least=request.least_share, what="evaluate")
    return Survey(shots=tuple(shots), skipped=tuple(skipped), gains=gains)


def _found(request: Request) -> Iterator[Shot | Skipped]:
    """Yield the pictures setting by setting, the frames of a clip together."""
    wanted = set(request.names)
    scenes = [p for p in listed(request.scenes, HDR_SUFFIXES) if not wanted or p.stem in wanted]
    sources = {name: source for place in request.scenes for name, source in read_sources(place).items()}
    for setting in request.settings if scenes else ():
        yield from scene_shots(iter(scenes), setting, request.plan, sources=sources)
    for folder in request.pairs:
        for item in pair_shots(folder, clip_code=request.clip_code, sources=read_sources(folder)):
            if not wanted or item.name in wanted:
                yield item
