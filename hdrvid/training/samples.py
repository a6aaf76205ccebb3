"""Training samples, what the network sees and the light that was there: a function of (seed, number).

Sample n of a run is the same whatever the number of processes, and whether or not the run was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hdrvid.scenes.camera import (
    SHOULDER_RANGE,
    Settings,
    Variety,
    draw_settings,
    exposure,
    graded,
    photograph,
)
from hdrvid.scenes.curves import ToneCurve
from hdrvid.scenes.panorama import Pixels
from hdrvid.scenes.windows import known_light, window
from hdrvid.training.bank import Bank

SHOULDER_NOISE = 0.15
"""Stops: how well a shot's shoulder is known in use."""
PHOTO_GAIN = (1.0, 8.0)
"""A photograph is exposed up by no more than three stops: its own highlights end there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStyle:
    """How views become crops. Shares in [0, 1]."""

    photos: float = 0.12
    """Share of samples from photographs."""
    smooth: float = 0.3
    """Share of crops that are enlarged, as panoramas are in wide pictures."""
    smooth_step: tuple[float, float] = (0.4, 0.75)
    sharp_step: tuple[float, float] = (0.75, 1.5)
    """View pixels for one crop pixel, log-uniform."""
    blur: float = 0.15
    """Share of crops with a filter up to twice as wide."""
    crop_clipped: tuple[float, float] = (0.015, 0.8)
    """Clipped share of a crop that is taken at once; otherwise others are tried."""
    tries: int = 4
    anchored: float = 0.75
    """Share of crops laid about a clipped pixel."""
    variety: Variety = field(default_factory=Variety)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One crop. Pictures are `(h, w, 3) float32`, scene-linear Rec.709, the clip point at 1.0."""

    source: Pixels
    truth: Pixels
    exposed: Pixels
    """Light on the sensor, over what its curve can tell apart: 1.0 or more is over-exposed."""
    known: Pixels
    """`(h, w, 1)`: 0 where the truth is not known."""
    shoulder: float
    """What the network is told, in stops."""
    record: tuple[str, int, Settings]
    """What was drawn: group of views, view, camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Samples as tensors: pictures `(N, 3, h, w)`, `known` `(N, 1, h, w)`, `shoulder` `(N,)`."""

    source: Tensor
    truth: Tensor
    exposed: Tensor
    known: Tensor
    shoulder: Tensor


def draw_sample(bank: Bank, *, seed: int, number: int, size: int, style: SampleStyle) -> Sample:
    """Draw sample `number` of a run: a crop of `size` pixels through a random camera."""
    rng = np.random.default_rng([seed, number])
    is_photo = rng.random() < style.photos and bool(bank.names("photo"))
    names = bank.names("photo" if is_photo else "scene")
    group, index = names[int(rng.integers(len(names)))], int(rng.integers(1 << 16))
    view = bank.view(group, index)
    settings = draw_settings(rng, style.variety)
    scale = exposure(graded(known_light(view[::2, ::2]), settings), settings)
    scale = float(np.clip(scale, *PHOTO_GAIN)) if is_photo else scale
    crop, light = _crop_with_highlights(view, settings, scale, size, style, rng)
    photo = photograph(light, settings, scale=scale, rng=rng)
    return Sample(
        source=photo.source, truth=photo.truth, exposed=photo.exposed / np.float32(settings.curve.clip_light),
        known=(crop[..., :1] >= 0).astype(np.float32),
        shoulder=told_shoulder(settings.curve, rng), record=(group, index, settings),
    )  # fmt: skip


def _crop_with_highlights(
    view: Pixels, settings: Settings, scale: float, size: int, style: SampleStyle, rng: np.random.Generator
) -> tuple[Pixels, Pixels]:
    """Return a random crop as it is and graded, about a highlight or anywhere, with some if possible."""
    bright = graded(known_light(view[::2, ::2]), settings).max(-1) * scale >= settings.curve.clip_light
    low, high = style.crop_clipped
    for _ in range(style.tries):
        anchor = _random_place(bright, rng) if rng.random() < style.anchored else None
        crop = _random_crop(view, size, style, anchor, rng)
        light = graded(known_light(crop), settings)
        if low <= (light.max(-1) * scale >= settings.curve.clip_light).mean() <= high:
            break
    return crop, light


def _random_place(bright: npt.NDArray[np.bool_], rng: np.random.Generator) -> tuple[float, float] | None:
    """Return row and column, in view pixels, of a bright pixel of the half-size view, if there is one."""
    places = np.flatnonzero(bright)
    if not len(places):
        return None
    row, column = divmod(int(places[rng.integers(len(places))]), bright.shape[1])
    return 2.0 * row, 2.0 * column


def _random_crop(
    view: Pixels, size: int, style: SampleStyle, anchor: tuple[float, float] | None, rng: np.random.Generator
) -> Pixels:
    """Cut a square window, which holds the anchor if there is one, and resample it to `size` pixels."""
    low, high = style.smooth_step if rng.random() < style.smooth else style.sharp_step
    step = min(float(np.exp(rng.uniform(np.log(low), np.log(high)))), min(view.shape[:2]) / size)
    blur = float(rng.uniform(1, 2)) if rng.random() < style.blur else 1.0
    places = []
    for axis in (0, 1):
        room = max(view.shape[axis] - size * step, 0.0)
        wanted = rng.uniform(0, room) if anchor is None else anchor[axis] - rng.uniform(0, size * step)
        places.append(float(np.clip(wanted, 0, room)))
    crop = window(view, top=places[0], left=places[1], step=step, shape=(size, size), blur=blur)
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def told_shoulder(curve: ToneCurve, rng: np.random.Generator) -> float:
    """Return the shoulder of a curve as it would be known in use: 0 for a clean cut, else with an error."""
    error = float(rng.normal(0, SHOULDER_NOISE))
    return 0.0 if curve.knee >= 1.0 else float(np.clip(curve.shoulder + error, *SHOULDER_RANGE))


def collate(samples: Sequence[Sample]) -> Batch:
    """Stack samples of one size into tensors, channels first."""

    def stacked(name: str) -> Tensor:
        pictures = np.stack([getattr(sample, name) for sample in samples])
        return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))

    return Batch(
        source=stacked("source"), truth=stacked("truth"), exposed=stacked("exposed"), known=stacked("known"),
        shoulder=torch.tensor([sample.shoulder for sample in samples], dtype=torch.float32),
    )  # fmt: skip
