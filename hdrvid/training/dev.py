"""The curve of a run: fixed pictures of held-out training scenes, scored the same way each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hdrvid.metrics.mask import mask_score
from hdrvid.metrics.stops import correlation, stops_error
from hdrvid.model.generator import Generator
from hdrvid.model.mask import apply_stops
from hdrvid.scenes.camera import Settings, exposure, photograph
from hdrvid.scenes.curves import ToneCurve, encode
from hdrvid.scenes.panorama import Pixels
from hdrvid.training.bank import Bank

CLEAN = Settings(clipped_share=0.08)
ROLLED = Settings(clipped_share=0.08, curve=ToneCurve(knee=0.5, shape=4.0))
MASK_KINDS = {
    "clean": CLEAN,
    "grain": replace(CLEAN, noise=1e-3),
    "jpeg 95": replace(CLEAN, compression="jpeg", quality=95),
    "jpeg 80": replace(CLEAN, compression="jpeg", quality=80),
    "h264 23": replace(CLEAN, compression="h264", quality=23),
    "grain and h264 23": replace(CLEAN, noise=1e-3, compression="h264", quality=23),
}
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
    """Photograph the first views of each held-out scene: all with a clean cut, half of them rolled off.

    >>> views = np.random.default_rng(0).lognormal(-2, 2, (2, 24, 32, 3)).astype(np.float16)
    >>> bank = Bank(views=views, groups={"dev/pier": (0, 2)})
    >>> [(picture.scene, picture.kind) for picture in dev_pictures(bank, views=2)]
    [('pier', 'clean'), ('pier', 'rolled'), ('pier', 'clean')]
    """
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


def mask_scores(generator: Generator, bank: Bank, *, views: int) -> dict[str, float]:
    """Return the mean IoU with the exact label, of the learned mask and of plain code thresholds.

    `learned/jpeg 80` is the mask network at one half, `code 254/jpeg 80` a threshold; all channels alike.
    """
    scores: dict[str, list[float]] = {}
    for group in bank.names("dev"):
        for index, (kind, settings) in product(range(views), MASK_KINDS.items()):
            view = bank.view(group, index)
            photo = photograph(
                view, settings, scale=exposure(view, settings), rng=np.random.default_rng(index)
            )
            for name, found in _masks(generator, photo.source).items():
                scores.setdefault(f"{name}/{kind}", []).append(mask_score(found, photo.exposed >= 1).iou)
    return {key: float(np.mean(values)) for key, values in sorted(scores.items())}


def _masks(generator: Generator, source: Pixels) -> dict[str, npt.NDArray[np.bool_]]:
    """Find what is over-exposed, `(h, w, 3)`: by the network, and by thresholds on the canonical code."""
    with torch.inference_mode():
        learned = generator.mask(_tensor(source), learned=True)[0].permute(1, 2, 0).numpy()
    code = encode(source, "srgb") * 255
    return {"learned": learned >= 0.5, **{f"code {top}": code >= top - 0.5 for top in (250, 252, 254)}}


def _tensor(picture: Pixels) -> Tensor:
    return torch.from_numpy(picture.transpose(2, 0, 1)[None].copy())


def clipped(source: Pixels) -> npt.NDArray[np.bool_]:
    """Tell where a channel is at code 250 of 255 (linear 0.956) or above: `(h, w)`.

    >>> clipped(np.float32([[[0.2, 0.3, 0.96], [0.9, 0.9, 0.9]]])).tolist()
    [[True, False]]
    """
    return np.asarray(source.max(-1) >= 0.956)


def fill_scores(generator: Generator, pictures: Sequence[DevPicture]) -> dict[str, float]:
    """Return the pooled ratio to plain linearisation of each kind, `clean`, and its scenes, `clean/x`.

    And the mean correlation of log luminance inside the clipped area, `clean corr`.
    """
    errors: dict[str, list[tuple[float, float]]] = {}
    details: dict[str, list[float]] = {}
    for picture in pictures:
        filled, where = _filled(generator, picture), clipped(picture.source)
        error = stops_error(filled, picture.truth, where)
        details.setdefault(f"{picture.kind} corr", []).append(correlation(filled, picture.truth, where))
        for key in (picture.kind, f"{picture.kind}/{picture.scene}"):
            errors.setdefault(key, []).append((error, picture.plain))
    ratios = {key: float(np.divide(*np.sum(pairs, axis=0))) for key, pairs in sorted(errors.items())}
    return ratios | {key: float(np.nanmean(values)) for key, values in details.items()}


def _filled(generator: Generator, picture: DevPicture) -> Pixels:
    source = _tensor(picture.source)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        fill = generator.fill(source, shoulder=torch.tensor([picture.shoulder]))
    return apply_stops(source, fill.mask, fill.stops)[0].permute(1, 2, 0).numpy()
