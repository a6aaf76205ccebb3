"""More scenes than there are: views, other light and other colours of panoramas, and photographs as scenes.

L of a shot knows a response by what scenes usually look like, and panoramas are few. What is changed here is
changed in linear light and before anything is interpolated, so that edges and noise stay those of a camera
before a scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hdrvid.scenes.panorama import Camera, Pixels, area_average, bilinear, look, luminance, read_scene
from hdrvid.training.bank import read_photo

WIDTH, HEIGHT = 640, 360
BENT, COLOURED = (-0.4, 0.3), (0.5, 1.3)
"""How far the light of a scene is bent (log2 of a power), and its colour changed: more scenes of the same."""
PHOTO_BENT, ENLARGED = (-0.3, 0.6), (1.0, 3.0)
AS_IT_IS = 0.3
FIELD_OF_VIEW, USUAL_VIEW = (60.0, 110.0), 0.7
"""Degrees, and the share of views of 90."""
ANYWHERE = 0.5
"""Share of views that look up, down or at a part: a floor, a ceiling or a window alone is a scene as well."""
PITCHES, ABOVE, CLOSER = (-50.0, 60.0), (0.0, 60.0), (35.0, 110.0)
"""Degrees of such views; the lower half of a sky scene is no picture."""
RELIT, LAMPS = 0.5, 4
"""Share of panoramas whose light is changed by a smooth field over the sphere, and the waves that make it."""
LAMP_STOPS, LAMP_WAVES, TINT_STOPS, TINT_WAVES = (0.3, 1.5), (1.0, 8.0), 0.25, (1.0, 5.0)


@dataclass(slots=True)
class Scenes:
    """Panoramas and photographs that lights are drawn from; panoramas stay in memory."""

    panoramas: Sequence[Path]
    photos: Sequence[Path] = ()
    _read: dict[Path, Pixels] = field(default_factory=dict)

    def light(self, rng: np.random.Generator, *, photos: float) -> Pixels:
        """Return the light before a camera, `(h, w, 3)`: of a photograph for a share, or of a panorama."""
        if self.photos and rng.random() < photos:
            return photo_light(read_photo(self.photos[int(rng.integers(len(self.photos)))]), rng)
        path = self.panoramas[int(rng.integers(len(self.panoramas)))]
        if path not in self._read:
            self._read[path] = read_scene(path)
        light = self._read[path]
        return view_of(relit(light, rng) if rng.random() < RELIT else light, rng, sky="puresky" in path.stem)


def relit(light: Pixels, rng: np.random.Generator) -> Pixels:
    """Light a panorama, `(h, w, 3)`, otherwise: brighter here, darker there, and half of them in two colours.

    >>> other = relit(np.ones((8, 16, 3), np.float32), np.random.default_rng(0))
    >>> bool((other > 0).all()), bool(other.std() > 0.1)
    (True, True)
    """
    height, width = light.shape[:2]
    longitude = np.linspace(0, 2 * np.pi, width, endpoint=False)[None, :]
    latitude = np.linspace(-np.pi / 2, np.pi / 2, height)[:, None]
    across, ahead, up = np.broadcast_arrays(
        np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)
    )
    place = np.stack([across, ahead, up], axis=-1)

    def wave(lengths: tuple[float, float]) -> Pixels:
        direction = rng.normal(size=3) * rng.uniform(*lengths)
        return np.asarray(np.sin(place @ direction + rng.uniform(0, 2 * np.pi)), np.float32)

    stops = rng.uniform(*LAMP_STOPS) / 1.5 * sum(wave(LAMP_WAVES) for _ in range(LAMPS))
    moved: Pixels = light * np.exp2(stops)[..., None].astype(np.float32)
    if rng.random() < 0.5:
        tint = rng.normal(0, TINT_STOPS, 3).astype(np.float32)
        moved = moved * np.exp2((0.5 + 0.5 * wave(TINT_WAVES))[..., None] * tint)
    return moved


def another_scene(light: Pixels, rng: np.random.Generator) -> Pixels:
    """Bend a scene's light and move its colours: light of other places.

    >>> another_scene(np.ones((2, 4, 3), np.float32), np.random.default_rng(1)).round(3).max().item()
    1.0
    """
    if rng.random() < AS_IT_IS:
        return light
    power, colour = 2.0 ** rng.uniform(*BENT), np.float32(rng.uniform(*COLOURED))
    grey = np.maximum(luminance(light), 1e-6)[..., None]
    moved: Pixels = np.maximum(grey + (light - grey) * colour, 0) * grey ** np.float32(power - 1)
    return moved


def view_of(panorama: Pixels, rng: np.random.Generator, *, sky: bool = False) -> Pixels:
    """Return a random view of a panorama, `(HEIGHT, WIDTH, 3)`, bilinear as the evaluation's are."""
    yaw = float(rng.uniform(0, 360))
    if rng.random() < ANYWHERE:
        pitch, fov = float(rng.uniform(*(ABOVE if sky else PITCHES))), float(rng.uniform(*CLOSER))
    else:
        fov = 90.0 if rng.random() < USUAL_VIEW else float(rng.uniform(*FIELD_OF_VIEW))
        pitch = float(rng.uniform(-10, 20))
    camera = Camera(yaw=yaw, pitch=pitch, fov=fov)
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
