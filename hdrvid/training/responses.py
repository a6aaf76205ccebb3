"""Pictures of known response, as the evidence that is left of them: what L of a shot learns from.

The evidence of a picture (`hdrvid.model.evidence`) has no weights in it. So pictures are simulated once, at
full size, and what is kept of each is 4870 sums and its camera's curve: thousands fit in memory, and a fit
takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from hdrvid.model.evidence import gather
from hdrvid.model.response import KNOTS, TOP, WELL_EXPOSED
from hdrvid.scenes.camera import (
    Settings,
    Variety,
    adapted,
    draw_settings,
    exposure,
    graded,
    photograph,
    quantised,
    unknown_camera,
)
from hdrvid.scenes.curves import ToneCurve, decode, encode
from hdrvid.scenes.panorama import (
    Camera,
    Pixels,
    area_average,
    bilinear,
    brightest,
    look,
    luminance,
    read_scene,
)
from hdrvid.scenes.rendition import local_gain
from hdrvid.training.bank import read_photo

WIDTH, HEIGHT = 640, 360
BINS = 65
"""Of the luminance's code, in which the well-exposed pixels of a picture are counted."""
BENT, COLOURED = (-0.4, 0.3), (0.5, 1.3)
"""How far the light of a scene is bent (log2 of a power), and its colour changed: more scenes of the same."""
PHOTO_BENT, ENLARGED = (-0.3, 0.6), (1.0, 3.0)
AS_IT_IS = 0.3
FIELD_OF_VIEW, USUAL_VIEW = (60.0, 110.0), 0.7
"""Degrees, and the share of views of 90."""
PHONES = Variety(
    roll_off=0.85,
    contrast=0.8,
    encodings=("srgb", "srgb", "srgb", "bt709"),
    noise=0.8,
    sharpening=0.8,
    ten_bit=0.0,
    jpeg=0.8,
    h264=0.15,
)
"""Cameras in phones: they sharpen, and end their roll-off where the scene does."""
ADAPTED = 0.8
PHOTOS = 0.28, 0.4
"""Share of photographs among the scenes of other cameras, and of phones: what is sharp shows sharpening."""
LOCAL, LOCAL_AMOUNT, LOCAL_RADII = 0.8, (0.05, 0.55), (0.04, 0.2)
"""Share of phones that tone-map locally, how far, and over which part of the picture's height."""
_DARKEST = 1e-3
_GRID = np.exp2(np.linspace(-16, 14, 3001)).astype(np.float32)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of pictures."""

    sums: Floats
    """`(N, S)`: `Evidence.sums`."""
    curve: Floats
    """`(N, KNOTS)`: the camera's response, stops over sRGB decoding."""
    share: Floats
    """`(N, BINS)`: how many of the well-exposed pixels have their luminance at each code."""
    off: Floats
    """`(N, BINS)`: stops more light than plain decoding says, on average there, one scale fitted."""
    spread: Floats
    """`(N, BINS)`: its standard deviation there: noise and compression, which no curve takes away."""

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.sums)

    def save(self, path: Path) -> None:
        """Write an .npz file."""
        np.savez(path, **{each.name: getattr(self, each.name) for each in fields(self)})

    @classmethod
    def load(cls, paths: Sequence[Path]) -> Self:
        """Read what `save` wrote, several files as one."""
        return cls.joined([cls(**np.load(path)) for path in paths])

    @classmethod
    def joined(cls, kept: Sequence[Self]) -> Self:
        """Return what is kept of several pictures as one."""
        names = [each.name for each in fields(cls)]
        return cls(**{name: np.concatenate([getattr(one, name) for one in kept]) for name in names})


def response_of(settings: Settings) -> Floats:
    """Return a camera's response, `(KNOTS,)`: stops between sRGB decoding and the light, at codes 0 to 1.

    >>> float(np.abs(response_of(Settings())).max()) < 0.02
    True
    """
    code = np.clip(np.linspace(0, 1, KNOTS, dtype=np.float32), 0.5 / 255, TOP)
    light = _light_at(settings.curve, decode(code, settings.encoding))
    return np.asarray(np.log2(light) - np.log2(decode(code, "srgb")), np.float32)


def _light_at(curve: ToneCurve, display: Floats) -> Floats:
    """Return the scene light that a curve maps to display light in (0, 1)."""
    known = np.log2(np.maximum(curve(_GRID), 1e-12))
    light: Floats = np.exp2(np.interp(np.log2(display), known, np.log2(_GRID))).astype(np.float32)
    return light


def another_scene(light: Pixels, rng: np.random.Generator) -> Pixels:
    """Bend a scene's light and move its colours, before anything is interpolated: light of other places.

    >>> another_scene(np.ones((2, 4, 3), np.float32), np.random.default_rng(1)).round(3).max().item()
    1.0
    """
    if rng.random() < AS_IT_IS:
        return light
    power, colour = 2.0 ** rng.uniform(*BENT), np.float32(rng.uniform(*COLOURED))
    grey = np.maximum(luminance(light), 1e-6)[..., None]
    moved: Pixels = np.maximum(grey + (light - grey) * colour, 0) * grey ** np.float32(power - 1)
    return moved


def view_of(panorama: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a random view of a panorama, `(HEIGHT, WIDTH, 3)`, bilinear as the evaluation's are."""
    fov = 90.0 if rng.random() < USUAL_VIEW else float(rng.uniform(*FIELD_OF_VIEW))
    camera = Camera(yaw=float(rng.uniform(0, 360)), pitch=float(rng.uniform(-10, 20)), fov=fov)
    return look(another_scene(panorama, rng), camera, width=WIDTH, height=HEIGHT, oversample=1)


def photo_light(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a photograph's light, bent, reduced and enlarged again as a view of a panorama is: `(h, w, 3)`.

    What its own camera bent is mixed anew, so that edges tell of the simulated camera alone.
    """
    factor = int(rng.integers(2, 4)) if max(photo.shape[:2]) > WIDTH else int(rng.integers(1, 3))
    height, width = (side // factor * factor for side in photo.shape[:2])
    small = area_average(np.clip(photo[:height, :width], 0, None), factor)
    small = small ** np.float32(2.0 ** rng.uniform(*PHOTO_BENT))
    enlarged = float(rng.uniform(*ENLARGED))
    rows, columns = (
        int(min(limit, (side - 1) * enlarged)) // 2 * 2
        for limit, side in zip((HEIGHT, WIDTH), small.shape[:2], strict=True)
    )
    top, left = (
        rng.uniform(0, max(side - 1 - count / enlarged, 1e-3))
        for side, count in zip(small.shape[:2], (rows, columns), strict=True)
    )
    x, y = np.meshgrid(left + np.arange(columns) / enlarged, top + np.arange(rows) / enlarged)
    return bilinear(small, x, y)


def simulated(light: Pixels, settings: Settings, rng: np.random.Generator) -> Kept:
    """Take a picture of light, `(h, w, 3)`, and return what is kept of it."""
    light = graded(light, settings)
    photo = photograph(light, settings, scale=exposure(light, settings), rng=rng)
    return _kept(quantised(encode(photo.source, settings.encoding), 8), photo.exposed, response_of(settings))


def simulated_phone(light: Pixels, rng: np.random.Generator) -> Kept:
    """Take a picture of light, `(h, w, 3)`, as a phone does, and return what is kept of it.

    Its response is the camera's and, at each code, the mean of what the local tone mapping took.
    """
    settings = draw_settings(rng, PHONES)
    light = graded(light, settings)
    gain = np.ones((*light.shape[:2], 1), np.float32)
    if rng.random() < LOCAL:
        radius = max(1, int(rng.uniform(*LOCAL_RADII) * light.shape[0]))
        gain = local_gain(light, amount=float(rng.uniform(*LOCAL_AMOUNT)), radius=radius)
    seen = light * gain
    if rng.random() < ADAPTED:
        settings, scale = adapted(seen, settings, rng)
    else:
        scale = exposure(seen, settings)
    photo = photograph(seen, settings, scale=scale, rng=rng)
    code = quantised(encode(photo.source, settings.encoding), 8)
    return _kept(
        code,
        np.asarray(photo.exposed / gain, np.float32),
        response_of(settings) - _mean_at_knots(np.log2(gain), code),
    )


def _mean_at_knots(stops: Pixels, code: Pixels) -> Floats:
    """Return the mean of `(h, w, 1)` about each code at which there is some, and between them: `(KNOTS,)`."""
    place = np.round(luminance(code) * (KNOTS - 1)).astype(np.intp).ravel()
    count = np.bincount(place, minlength=KNOTS)[:KNOTS]
    total = np.bincount(place, stops.ravel(), minlength=KNOTS)[:KNOTS]
    known = np.flatnonzero(count)
    return np.interp(np.arange(KNOTS), known, total[known] / count[known]).astype(np.float32)


def _kept(code: Pixels, exposed: Pixels, response: Floats) -> Kept:
    low, high = WELL_EXPOSED
    well = (-brightest(-code) >= low) & (brightest(code) <= high)
    if well.sum() < WIDTH:
        well = brightest(code) < TOP
    plain, truth = (np.maximum(luminance(each), _DARKEST)[well] for each in (decode(code, "srgb"), exposed))
    off = np.log2(truth) - np.log2(plain)
    off -= np.median(off)
    place = np.round(encode(plain, "srgb") * (BINS - 1)).astype(np.intp)
    count, first, second = (np.bincount(place, off**power, minlength=BINS) for power in (0, 1, 2))
    mean = first / np.maximum(count, 1)
    spread = np.sqrt(np.maximum(second / np.maximum(count, 1) - mean**2, 0))
    sums = gather(torch.from_numpy(np.ascontiguousarray(code.transpose(2, 0, 1)))[None]).sums.numpy()
    rows = {"share": count / max(count.sum(), 1), "off": mean, "spread": spread, "curve": response}
    return Kept(sums=sums, **{name: np.asarray(row, np.float32)[None] for name, row in rows.items()})


def simulate(
    scenes: Sequence[Path], photos: Sequence[Path], *, pictures: int, seed: int, phones: float
) -> Iterator[Kept]:
    """Yield what is kept of pictures by unknown cameras, and by phones for a share.

    Of panoramas, and of photographs for a share of each. Two cameras take each view. The same call yields the
    same pictures.
    """
    rng = np.random.default_rng(seed)
    panoramas: dict[Path, Pixels] = {}
    for number in range(pictures):
        if number % 2 == 0:
            by_phone = bool(rng.random() < phones)
            if photos and rng.random() < PHOTOS[by_phone]:
                light = photo_light(read_photo(photos[int(rng.integers(len(photos)))]), rng)
            else:
                path = scenes[int(rng.integers(len(scenes)))]
                if path not in panoramas:
                    panoramas[path] = read_scene(path)
                light = view_of(panoramas[path], rng)
        yield simulated_phone(light, rng) if by_phone else simulated(light, unknown_camera(rng), rng)
