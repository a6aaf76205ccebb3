"""The curve of a run: fixed pictures of held-out training scenes, scored the same way each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from hdrvid.metrics.stops import stops_error
from hdrvid.model.generator import Generator
from hdrvid.model.mask import apply_stops
from hdrvid.scenes.camera import Settings, exposure, photograph
from hdrvid.scenes.curves import ToneCurve
from hdrvid.scenes.panorama import Pixels
from hdrvid.training.bank import Bank

CLEAN = Settings(clipped_share=0.08)
ROLLED = Settings(clipped_share=0.08, curve=ToneCurve(knee=0.5, shape=4.0))
LEAST_TO_WIN = 0.25
"""Stops: pictures that clipping hardly touches are noise in every method's score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevPicture:
    """One picture of a held-out scene, `(h, w, 3) float32`, scene-linear."""

    scene: str
    kind: str
    """`clean` or `rolled`."""
    source: Pixels
    truth: Pixels
    shoulder: float
    plain: float
    """Error of the source inside the clipped area, in stops."""


def dev_pictures(bank: Bank, *, views: int) -> list[DevPicture]:
    """Photograph the first views of each held-out scene: all with a clean cut, half of them rolled off."""
    pictures = []
    for group in bank.names("dev"):
        for index in range(views):
            view = bank.view(group, index)
            for kind, settings in (("clean", CLEAN), ("rolled", ROLLED))[: 2 - index % 2]:
                pictures.append(_dev_picture(view, group.partition("/")[2], kind, settings))
    return [picture for picture in pictures if picture.plain > LEAST_TO_WIN]


def _dev_picture(view: Pixels, scene: str, kind: str, settings: Settings) -> DevPicture:
    photo = photograph(view, settings, scale=exposure(view, settings), rng=np.random.default_rng(0))
    plain = stops_error(photo.source, photo.truth, clipped(photo.source))
    return DevPicture(scene=scene, kind=kind, source=photo.source, truth=photo.truth,
                      shoulder=settings.curve.shoulder, plain=plain)  # fmt: skip


def clipped(source: Pixels) -> npt.NDArray[np.bool_]:
    """Tell where a channel is at code 250 of 255 (linear 0.956) or above: `(h, w)`."""
    return np.asarray(source.max(-1) >= 0.956)


def measure(generator: Generator, pictures: Sequence[DevPicture]) -> dict[str, float]:
    """Return the pooled ratio to plain linearisation of each kind, `clean`, and its scenes, `clean/x`."""
    errors: dict[str, list[tuple[float, float]]] = {}
    for picture in pictures:
        error = stops_error(_filled(generator, picture), picture.truth, clipped(picture.source))
        for key in (picture.kind, f"{picture.kind}/{picture.scene}"):
            errors.setdefault(key, []).append((error, picture.plain))
    return {key: float(np.divide(*np.sum(pairs, axis=0))) for key, pairs in sorted(errors.items())}


def _filled(generator: Generator, picture: DevPicture) -> Pixels:
    source = torch.from_numpy(picture.source.transpose(2, 0, 1)[None].copy())
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        fill = generator.fill(source, shoulder=torch.tensor([picture.shoulder]))
    return apply_stops(source, fill.mask, fill.stops)[0].permute(1, 2, 0).numpy()
