"""Score the over-exposure masks themselves, against the exact label that only a simulated camera has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from hdrvid.evaluation.picture import Picture
from hdrvid.metrics.mask import MaskScore, mask_score
from hdrvid.metrics.stops import Booleans
from hdrvid.metrics.white import false_alarms
from hdrvid.model import load_generator, ramp, srgb_encode

Detector: TypeAlias = Callable[[Tensor], Tensor]
"""Takes linear Rec.709, `(1, 3, H, W)`; returns the mask of each channel, the same shape, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRow:
    """One detector on one picture."""

    setting: str
    detector: str
    name: str
    scores: MaskScore
    false_alarms: float
    """On white that did not clip; NaN where there is none."""


def mask_detectors(model: str) -> dict[str, Detector]:
    """Return what finds over-exposed pixels: the ramp on code values, and the network where it is trained.

    >>> detectors = mask_detectors("none")
    >>> detectors["ramp"](torch.tensor([0.18, 0.5, 1.0]).view(1, 3, 1, 1)).flatten().tolist()
    [0.0, 0.0, 1.0]
    """
    detectors: dict[str, Detector] = {"ramp": lambda source: ramp(srgb_encode(source))}
    generator = None if model == "none" else load_generator(model, parts=("mask",))
    if generator is not None and generator.has("mask"):
        detectors["learned"] = partial(generator.mask, learned=True)
    return detectors


def judge_masks(picture: Picture, setting: str, detectors: Mapping[str, Detector]) -> Iterator[MaskRow]:
    """Yield the scores of each detector at one half, all channels alike; none where no label is known.

    >>> from dataclasses import replace
    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.full((8, 9, 3), 0.5, np.float32)
    >>> code[:, 8] = 1.0
    >>> picture = replace(make_picture(code, code, name="lamp"), over=code == 1.0)
    >>> [(row.detector, row.scores.iou) for row in judge_masks(picture, "8%", mask_detectors("none"))]
    [('ramp', 1.0)]
    """
    if picture.over is None:
        return
    for name, detector in detectors.items():
        found = _found(picture, detector)
        yield MaskRow(
            setting=setting,
            detector=name,
            name=picture.name,
            scores=mask_score(found, picture.over),
            false_alarms=false_alarms(found, picture.over, picture.code),
        )


def _found(picture: Picture, detector: Detector) -> Booleans:
    source = torch.from_numpy(np.ascontiguousarray(picture.plain.transpose(2, 0, 1)[None]))  # (1, 3, H, W)
    with torch.inference_mode():
        mask = detector(source)
    return np.asarray(mask[0].permute(1, 2, 0).numpy() >= 0.5)
