"""Training samples, what the network sees and the light that was there: a function of (seed, number).

Sample n of a run is the same whatever the number of processes, and whether or not the run was interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hdrvid.scenes.camera import (
    SHOULDER_RANGE,
    Photograph,
    Settings,
    Variety,
    adapted,
    developed,
    draw_settings,
    exposure,
    graded,
    photograph,
)
from hdrvid.scenes.cloth import hung_with_cloth
from hdrvid.scenes.curves import ToneCurve, encode
from hdrvid.scenes.panorama import Pixels, brightest
from hdrvid.scenes.rendition import local_gain, misread, other_encoding, without_gain
from hdrvid.scenes.smooth import smooth_light
from hdrvid.scenes.windows import known_light, window
from hdrvid.training.bank import Bank

SHOULDER_NOISE = 0.15
"""Stops: how well a shot's shoulder is known in use."""
PHOTO_GAIN = (1.0, 8.0)
"""A photograph is exposed up by no more than three stops: its own highlights end there."""

CLIPPED = 0.956
"""Linear light at code 250 of 255."""
NEAR_TOP = (0.91, 0.98)
"""Linear light about code 250: codes 244 to 253."""


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
    shapes: float = 0.0
    """Share of samples of light without detail: ramps, glows, discs."""
    cloth: float = 0.0
    """Share of samples hung in part with fine cloth or print, which panoramas are too small for."""
    adaptive: float = 0.0
    """Share of scenes that a camera meets with a curve that ends where the scene does."""
    local: float = 0.0
    """Share of samples that a camera has tone-mapped locally, by up to `local_amount`."""
    local_amount: float = 0.4
    misread: float = 0.0
    """Share of samples that are decoded by another curve than the camera encoded with."""
    whites: float = 0.0
    """Share of scenes exposed so that nothing clips, its white just below: hard negatives of the mask."""
    white_level: tuple[float, float] = (0.7, 0.97)
    """Of the brightest of them, linear, of the light that clips."""
    pairs: float = 0.5
    """Share of samples from real pairs, where there are any."""
    exposures: tuple[float, ...] = ()
    """HDR-SYNTH (Eq. 11): light of mean 0.5 times one of these, in stops; empty for a share that clips."""
    variety: Variety = field(default_factory=Variety)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One crop. Pictures are `(h, w, 3) float32`, scene-linear Rec.709, the clip point at 1.0."""

    code: Pixels
    """Code values in [0, 1], as the file has them: what L sees."""
    clean: Pixels
    """The same without noise, compression and rounding; of a real pair, whose noise is unknown, the code."""
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
    effects: Mapping[str, float | str] = field(default_factory=dict)
    """What else was drawn: the exposure's factor, local tone mapping, the curve of a wrong decoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Samples as tensors: pictures `(N, 3, h, w)`, `known` `(N, 1, h, w)`, `shoulder` `(N,)`."""

    code: Tensor
    clean: Tensor
    source: Tensor
    truth: Tensor
    exposed: Tensor
    known: Tensor
    shoulder: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(**{each.name: getattr(self, each.name).to(device) for each in fields(self)})


def draw_sample(bank: Bank, *, seed: int, number: int, size: int, style: SampleStyle) -> Sample:
    """Draw sample `number` of a run: a crop of `size` pixels through a random camera.

    >>> views = np.random.default_rng(0).lognormal(-2, 2, (4, 64, 64, 3)).astype(np.float16)
    >>> bank = Bank(views=views, groups={"scene/pier": (0, 4)})
    >>> sample = draw_sample(bank, seed=0, number=7, size=32, style=SampleStyle())
    >>> sample.source.shape, sample.known.shape, sample.record[0]
    ((32, 32, 3), (32, 32, 1), 'scene/pier')
    """
    rng = np.random.default_rng([seed, number])
    pairs = bank.names("pair")
    if pairs and (not bank.names("scene") or rng.random() < style.pairs):
        return _pair_sample(bank, pairs[int(rng.integers(len(pairs)))], size, style, rng)
    if _happens(style.shapes, rng):
        return _shape_sample(size, style, rng)
    is_photo = rng.random() < style.photos and bool(bank.names("photo"))
    names = bank.names("photo" if is_photo else "scene")
    group, index = names[int(rng.integers(len(names)))], int(rng.integers(1 << 16))
    view = bank.view(group, index)
    settings = draw_settings(rng, style.variety)
    if not is_photo and _happens(style.adaptive, rng):
        light = graded(known_light(view[::2, ::2]), settings)
        least = style.variety.least_shoulder
        settings, scale = adapted(light, settings, rng, least_shoulder=least)
    else:
        scale = _exposure(view, settings, style, number)
    scale = float(np.clip(scale, *PHOTO_GAIN)) if is_photo else scale
    crop, light = _crop_with_highlights(view, settings, scale, size, style, rng)
    if not is_photo and _happens(style.whites, rng):
        scale = _below_the_clip(light, settings, style, rng)
    return _photographed(crop, light, style, rng, record=(group, index, settings), scale=scale)


def _shape_sample(size: int, style: SampleStyle, rng: np.random.Generator) -> Sample:
    """Return a picture of light without detail."""
    settings = draw_settings(rng, style.variety)
    shape = smooth_light(size, rng)
    light = graded(shape, settings)
    scale = exposure(light, settings)
    return _photographed(shape, light, style, rng, record=("shape", 0, settings), scale=scale)


def _photographed(
    crop: Pixels,
    light: Pixels,
    style: SampleStyle,
    rng: np.random.Generator,
    *,
    record: tuple[str, int, Settings],
    scale: float,
) -> Sample:
    """Take the picture of graded light; `crop` is the same as it came, negative where it is not known."""
    settings, effects = record[2], dict[str, float | str](scale=scale)
    if _happens(style.cloth, rng):
        light = hung_with_cloth(light, rng)
    photo, clean = _rendered(light, settings, style, rng, effects=effects)
    code, source = encode(photo.source, settings.encoding), photo.source
    if _happens(style.misread, rng):
        other = other_encoding(settings.encoding, rng)
        source, effects["misread"] = misread(source, written=settings.encoding, read=other), other
    return Sample(
        code=code, clean=clean, source=source, truth=photo.truth,
        exposed=photo.exposed / np.float32(settings.curve.clip_light),
        known=(crop[..., :1] >= 0).astype(np.float32),
        shoulder=told_shoulder(settings.curve, rng), record=record, effects=effects,
    )  # fmt: skip


def _happens(share: float, rng: np.random.Generator) -> bool:
    """Draw whether an effect takes place; what is never used draws nothing, so that other draws stay."""
    return share > 0 and rng.random() < share


def _exposure(view: Pixels, settings: Settings, style: SampleStyle, number: int) -> float:
    """Return the factor of the exposure: a share that clips, or one of HDR-SYNTH's exposures in turn.

    Eq. 11: the sample is f(clip(H t)), H light of mean 0.5 and t = 2^stops.
    """
    light = graded(known_light(view[::2, ::2]), settings)
    if not style.exposures:
        return exposure(light, settings)
    stops = style.exposures[number % len(style.exposures)]
    return float(0.5 / max(float(light.mean()), 1e-9) * 2.0**stops)


def _below_the_clip(light: Pixels, settings: Settings, style: SampleStyle, rng: np.random.Generator) -> float:
    """Return the exposure that puts the brightest of a crop just below what clips."""
    top = float(np.quantile(brightest(light), 0.999))
    return float(rng.uniform(*style.white_level)) * settings.curve.clip_light / max(top, 1e-9)


def _rendered(
    light: Pixels,
    settings: Settings,
    style: SampleStyle,
    rng: np.random.Generator,
    *,
    effects: dict[str, float | str],
) -> tuple[Photograph, Pixels]:
    """Photograph graded light, tone-mapped locally first in a share of samples, as `effects` then tells.

    With the codes that there would be without noise and compression.
    """
    scale = float(effects["scale"])
    if not _happens(style.local, rng):
        photo = photograph(light, settings, scale=scale, rng=rng)
        return photo, developed(photo.exposed, settings)
    amount = effects["local"] = float(rng.uniform(0.0, style.local_amount))
    gain = local_gain(light, amount=amount, radius=max(light.shape[0] // 8, 1))
    photo = photograph(light * gain, settings, scale=scale, rng=rng)
    return without_gain(photo, gain), developed(photo.exposed, settings)


def _pair_sample(bank: Bank, group: str, size: int, style: SampleStyle, rng: np.random.Generator) -> Sample:
    """Return a crop of a real pair: what the camera made of the light, and the light, as they are.

    The label is what reads code 250 or more: where a real camera clipped is not known better.
    """
    index = int(rng.integers(1 << 16))
    light, source = bank.view(group, index), bank.view(group.replace("pair/", "ldr/"), index)
    bright = brightest(source[::2, ::2]) >= CLIPPED
    anchor = _random_place(bright, rng) if rng.random() < style.anchored else None
    crop = _random_crop(np.concatenate([light, source], -1), size, style, anchor, rng)
    seen = np.clip(crop[..., 3:], 0, 1)
    settings = Settings(clipped_share=float(bright.mean()))
    code = encode(seen, "srgb")
    return Sample(
        code=code, clean=code, source=seen, truth=np.maximum(crop[..., :3], 0),
        exposed=(seen >= CLIPPED).astype(np.float32), known=np.ones((size, size, 1), np.float32),
        shoulder=pair_shoulder(light, source), record=(group, index, settings),
    )  # fmt: skip


def pair_shoulder(light: Pixels, source: Pixels) -> float:
    """Return how much more light than plain decoding says sits about code 250, in stops; 0 without such.

    >>> source = np.full((4, 4, 3), 0.95, np.float32)
    >>> pair_shoulder(2 * source, source)
    1.0
    """
    near = (source > NEAR_TOP[0]) & (source < NEAR_TOP[1]) & (light > 0)
    shoulder = float(np.median(np.log2(light[near] / source[near]))) if near.any() else 0.0
    return float(np.clip(shoulder, *SHOULDER_RANGE))


def _crop_with_highlights(
    view: Pixels, settings: Settings, scale: float, size: int, style: SampleStyle, rng: np.random.Generator
) -> tuple[Pixels, Pixels]:
    """Return a random crop as it is and graded, about a highlight or anywhere, with some if possible."""
    bright = brightest(graded(known_light(view[::2, ::2]), settings)) * scale >= settings.curve.clip_light
    low, high = style.crop_clipped
    for _ in range(style.tries):
        anchor = _random_place(bright, rng) if rng.random() < style.anchored else None
        crop = _random_crop(view, size, style, anchor, rng)
        light = graded(known_light(crop), settings)
        if low <= (brightest(light) * scale >= settings.curve.clip_light).mean() <= high:
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
    """Return the shoulder of a curve as it would be known in use: 0 for a clean cut, else with an error.

    >>> rolled = ToneCurve(knee=0.5, shape=4.0)
    >>> round(rolled.shoulder, 2), round(told_shoulder(rolled, np.random.default_rng(0)), 2)
    (1.18, 1.2)
    """
    error = float(rng.normal(0, SHOULDER_NOISE))
    return 0.0 if curve.knee >= 1.0 else float(np.clip(curve.shoulder + error, *SHOULDER_RANGE))


def collate(samples: Sequence[Sample]) -> Batch:
    """Stack samples of one size into tensors, channels first.

    >>> views = np.random.default_rng(0).lognormal(-2, 2, (4, 64, 64, 3)).astype(np.float16)
    >>> bank = Bank(views=views, groups={"scene/pier": (0, 4)})
    >>> batch = collate([draw_sample(bank, seed=0, number=n, size=32, style=SampleStyle()) for n in (0, 1)])
    >>> batch.source.shape, batch.known.shape, batch.shoulder.shape
    (torch.Size([2, 3, 32, 32]), torch.Size([2, 1, 32, 32]), torch.Size([2]))
    """

    def stacked(name: str) -> Tensor:
        pictures = np.stack([getattr(sample, name) for sample in samples])
        return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))

    return Batch(
        code=stacked("code"), clean=stacked("clean"), source=stacked("source"), truth=stacked("truth"),
        exposed=stacked("exposed"), known=stacked("known"),
        shoulder=torch.tensor([sample.shoulder for sample in samples], dtype=torch.float32),
    )  # fmt: skip
