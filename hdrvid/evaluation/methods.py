"""Everything that can be asked for light: baselines, our networks, and what other tools left in folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hdrvid.engine.image import expand_image
from hdrvid.errors import DatasetError
from hdrvid.evaluation import baselines
from hdrvid.evaluation.files import HDR_SUFFIXES, by_stem, read_prediction
from hdrvid.evaluation.picture import Picture
from hdrvid.evaluation.scores import as_filler
from hdrvid.inference.methods import METHODS
from hdrvid.scenes.panorama import Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A name for the table, and a function from a picture to light in linear Rec.709.

    `DatasetError` from it means: nothing for this picture, and why.
    """

    name: str
    expand: Callable[[Picture], Pixels]
    is_shown: bool = True
    """Has strips in the report."""


def hand_made(gains: Mapping[tuple[str, str], float]) -> list[Method]:
    """Return the methods without learning; `gains` maps scene and picture to the stops that were lost there.

    The fixed gain is the median over all other scenes of the setting: nothing is known of the picture's own.

    >>> [method.name for method in hand_made({("pier", "pier_0"): 1.5})]
    ['plain', 'linear expansion', 'expand map', 'fixed gain', 'darkest', 'dome', 'opposed']
    """

    def fixed_gain(picture: Picture) -> Pixels:
        others = [stops for (scene, _), stops in gains.items() if scene != picture.scene]
        return baselines.raised(picture, float(np.nanmedian(others)) if others else 0.0)

    formulas = [
        Method(name=name, expand=partial(baselines.filled, predictor=predictor), is_shown=name == "darkest")
        for name, predictor in METHODS.items()
    ]
    return [
        Method(name="plain", expand=baselines.plain),
        Method(name="linear expansion", expand=baselines.linear_expansion, is_shown=False),
        Method(name="expand map", expand=baselines.expand_map, is_shown=False),
        Method(name="fixed gain", expand=fixed_gain, is_shown=False),
        *formulas,
    ]


def networks(
    model: str, *, linearise: str, options: Mapping[str, Any], shoulders: Sequence[float] = ()
) -> list[Method]:
    """Return the network as `hdrvid expand` runs it, told of each shoulder, and with L and R if `learned`.

    >>> [method.name for method in networks("compact", linearise="ocio", options={}, shoulders=[1.5])]
    ['compact', 'compact, shoulder 1.5']
    """
    if model == "none":
        return []
    name = Path(model).stem
    runs: dict[str, dict[str, Any]] = {name: {}}
    runs |= {f"{name}, shoulder {stops:g}": {"shoulder": stops} for stops in shoulders}
    if linearise == "learned":
        runs[f"{name}, full"] = {"blend": "full"}
        runs[f"{name}, learned"] = {"linearise": "learned"}
        runs[f"{name}, learned, full"] = {"linearise": "learned", "blend": "full"}
    return [
        Method(name=run, expand=partial(_expanded, options={"model": model, **options, **changes}))
        for run, changes in runs.items()
    ]


def _expanded(picture: Picture, *, options: Mapping[str, Any]) -> Pixels:
    return expand_image(np.ascontiguousarray(picture.code), **options).hdr


def predictions(name: str, folder: Path, setting: str) -> list[Method]:
    """Return what another tool made of a setting's pictures: as it comes, and as a filler of highlights.

    Files are found by the picture's name, in a folder of the setting's name within, if there is one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [method.name for method in predictions("other", Path(folder), "8%")]
    ['other', 'other, filler']
    """
    inner = folder / setting
    files = by_stem(inner if inner.is_dir() else folder, HDR_SUFFIXES)

    def read(picture: Picture) -> Pixels:
        if picture.name not in files:
            raise DatasetError(f"{folder}: nothing for {picture.name}; expected {picture.name}.exr or .hdr.")
        height, width, _ = picture.code.shape
        return read_prediction(files[picture.name], (height, width))

    return [
        Method(name=name, expand=read),
        Method(
            name=f"{name}, filler", expand=lambda picture: as_filler(picture, read(picture)), is_shown=False
        ),
    ]
