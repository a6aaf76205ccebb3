"""How a run is measured on held-out scenes, by what it trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from hdrvid.metrics.mask import mask_score
from hdrvid.metrics.stops import stops_error
from hdrvid.metrics.white import false_alarms
from hdrvid.model.generator import Generator
from hdrvid.model.mask import srgb_encode
from hdrvid.scenes.camera import Photograph, Settings, developed, exposure, photograph
from hdrvid.scenes.curves import ToneCurve, decode, encode
from hdrvid.scenes.panorama import Pixels
from hdrvid.training.bank import Bank
from hdrvid.training.config import TrainConfig
from hdrvid.training.dev import MASK_KINDS, clipped, dev_pictures, fill_scores, mask_scores
from hdrvid.training.parts import Source

Judge = Callable[[Generator], dict[str, float]]

CURVES = {
    "clean": ToneCurve(),
    "rolled": ToneCurve(knee=0.5, shape=4.0),
    "contrast": ToneCurve(contrast=1.25, knee=0.6, shape=8.0),
}
"""Cameras that L is measured on; each is written as BT.709 and read as sRGB as well."""

NOISE_KINDS = {**MASK_KINDS, "strong": replace(MASK_KINDS["grain"], noise=4e-3, grain=0.5)}
"""Cameras that the network of noise is measured on."""


def judge_of(config: TrainConfig, bank: Bank) -> Judge:
    """Return what scores the trained part on the held-out scenes; lower is better where it says `ratio`."""
    views = max(config.data.dev_views // 2, 1)
    if not bank.names("dev"):
        return lambda _: {}
    if config.part == "mask":
        return partial(_mask_scores, bank=bank, views=views)
    if config.part == "L":
        return partial(linear_scores, bank=bank, views=views)
    if config.part == "noise":
        return partial(noise_scores, bank=bank, views=views)
    pictures = dev_pictures(bank, views=views)
    if config.part == "C":
        return partial(fill_scores, pictures=pictures)

    def judge(generator: Generator) -> dict[str, float]:
        scores = fill_scores(generator, pictures)
        scores |= full_scores(generator, bank, views=views, linearise=config.linearise)
        return scores | (linear_scores(generator, bank, views=views) if generator.has("L") else {})

    return judge


def _mask_scores(generator: Generator, bank: Bank, *, views: int) -> dict[str, float]:
    return mask_scores(generator, bank, views=views) | white_scores(generator, bank, views=views)


def _shots(bank: Bank, views: int, settings: Settings) -> Iterator[Photograph]:
    """Photograph the first views of each held-out scene by one camera."""
    for group in bank.names("dev"):
        for index in range(views):
            view = bank.view(group, index)
            scale = exposure(view, settings)
            yield photograph(view, settings, scale=scale, rng=np.random.default_rng(index))


def linear_scores(generator: Generator, bank: Bank, *, views: int) -> dict[str, float]:
    """Return L's error where light was not clipped over that of plain sRGB decoding, for each camera.

    `ratio linear/rolled` is pooled over pictures; 1 is plain decoding, 0 the light itself.
    """
    scores = {}
    for name, curve in CURVES.items():
        for encoding in ("srgb", "bt709"):
            settings = Settings(clipped_share=0.05, curve=curve, encoding=encoding)
            errors = [_linear_errors(generator, shot, settings) for shot in _shots(bank, views, settings)]
            ours, plain = np.sum(errors, axis=0)
            scores[f"ratio linear/{name} {encoding}"] = float(ours / max(plain, 1e-6))
    return scores


def _linear_errors(generator: Generator, shot: Photograph, settings: Settings) -> tuple[float, float]:
    code = encode(shot.source, settings.encoding)
    with torch.inference_mode():
        linear = generator.linearise(tensor_of(code))[0].permute(1, 2, 0).numpy()
    well = well_exposed(shot, settings)
    plain = decode(code, "srgb")
    return stops_error(linear, shot.truth, well), stops_error(plain, shot.truth, well)


def well_exposed(shot: Photograph, settings: Settings) -> npt.NDArray[np.bool_]:
    """Tell where no channel clipped and none is next to black: `(h, w)`.

    >>> settings, light = Settings(), np.float32([[[0.0001] * 3, [0.2] * 3, [0.5, 0.5, 3.0]]])
    >>> shot = photograph(light, settings, scale=1.0, rng=np.random.default_rng(0))
    >>> well_exposed(shot, settings).tolist()
    [[False, True, False]]
    """
    below = (shot.exposed < settings.curve.clip_light).all(-1)
    return np.asarray(below & (shot.source.min(-1) > 2.0**-9))


def full_scores(
    generator: Generator, bank: Bank, *, views: int, linearise: Source = "given"
) -> dict[str, float]:
    """Return the paper's H everywhere over plain decoding: `ratio full/inside` the clipped area and outside.

    Outside it is an error in stops, `stops full/outside`, for plain decoding is right there.
    """
    settings = Settings(clipped_share=0.08)
    inside: list[tuple[float, float]] = []
    outside: list[float] = []
    for shot in _shots(bank, views, settings):
        with torch.inference_mode():
            source = tensor_of(shot.source)
            learned = linearise == "learned"
            response = generator.curve(generator.look(srgb_encode(source))) if learned else None
            expanded = generator.expand(source, response=response)
        light = expanded[0].permute(1, 2, 0).numpy()
        over = clipped(shot.source)
        inside.append((stops_error(light, shot.truth, over), stops_error(shot.source, shot.truth, over)))
        outside.append(stops_error(light, shot.truth, well_exposed(shot, settings)))
    ours, plain = np.nansum(inside, axis=0)
    return {
        "ratio full/inside": float(ours / max(plain, 1e-6)),
        "stops full/outside": float(np.nanmean(outside)),
    }


def noise_scores(generator: Generator, bank: Bank, *, views: int) -> dict[str, float]:
    """Return the error of codes without their noise over that of the codes as they are, for each camera.

    Root mean square over what did not clip, pooled; `ratio noise/clean` is that of 8 bits alone: above 1,
    texture is taken for noise.
    """
    scores: dict[str, float] = {}
    for kind, settings in NOISE_KINDS.items():
        errors: list[tuple[float, float]] = []
        for shot in _shots(bank, views, settings):
            code, clean = encode(shot.source, settings.encoding), developed(shot.exposed, settings)
            with torch.inference_mode():
                added = generator.noise(tensor_of(code))[0].permute(1, 2, 0).numpy()
            well = well_exposed(shot, settings)
            off = [float(np.square(each - clean)[well].sum()) for each in (code + added, code)]
            errors.append((off[0], off[1]))
        ours, plain = np.sum(errors, axis=0)
        scores[f"ratio noise/{kind}"] = float(np.sqrt(ours / max(plain, 1e-12)))
    return scores


def white_scores(generator: Generator, bank: Bank, *, views: int) -> dict[str, float]:
    """Score the learned mask by precision and recall, and on whites that did not clip by false alarms.

    The whites are the same views, exposed so that their brightest reaches 0.9 of the clip point only: every
    pixel found there is a false alarm. Shares of pixels of code 220 or more in all channels; NaN without any.
    """
    scores: dict[str, float] = {}
    for kind, settings in MASK_KINDS.items():
        parts: list[tuple[float, float]] = []
        alarms: list[float] = []
        for shot in _shots(bank, views, settings):
            score = mask_score(_found(generator, shot.source), shot.exposed >= 1)
            parts.append((score.precision, score.recall))
        for shot in _shots(bank, views, replace(settings, clipped_share=0.0)):
            dim = photograph(shot.exposed, settings, scale=0.9, rng=np.random.default_rng(0))
            over = np.zeros(dim.source.shape, np.bool_)
            alarms.append(false_alarms(_found(generator, dim.source), over, encode(dim.source, "srgb")))
        precision, recall = np.mean(parts, axis=0)
        scores |= {
            f"precision/{kind}": float(precision),
            f"recall/{kind}": float(recall),
            f"false alarms/{kind}": float(np.nanmean(alarms)) if np.isfinite(alarms).any() else float("nan"),
        }
    return scores


def _found(generator: Generator, source: Pixels) -> npt.NDArray[np.bool_]:
    with torch.inference_mode():
        mask = generator.mask(tensor_of(source), learned=True)[0].permute(1, 2, 0).numpy()
    return np.asarray(mask >= 0.5)


def tensor_of(picture: Pixels) -> torch.Tensor:
    """Return `(h, w, 3)` as `(1, 3, h, w)`.

    >>> tensor_of(np.zeros((4, 6, 3), np.float32)).shape
    torch.Size([1, 3, 4, 6])
    """
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None]))
