"""Tell from a shot's highlights whether its camera cut them off or rolled them off, and how far.

A cut heaps all light above the clip point up on the top code: solid plateaus of 255, most bright islands
among them, more pixels in the two last codes than in the ten below. A roll-off spreads that light below the
top: few pixels and few islands reach it, and those that do are speckled. A picture can lie just below a cut
and look the same in one of these; it takes all three to be called a roll-off, for a shoulder where there is
none costs far more than one that was missed (docs/model-card.md has the figures).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from hdrvid.inference.islands import island_peaks
from hdrvid.model.mask import srgb_encode
from hdrvid.plate import Planes

LONGEST = 832
"""Pixels: larger pictures are averaged down to about this, so that grain and detail count alike."""
LEAST_TOP = 0.0002
"""Share of the pixels at the top below which highlights say nothing."""
HEAP, SOLID, REACH = 1.0, 0.8, 1.8
"""A roll-off has less than these: pixels at the top for one near it, of those at the top the share of the
very last code, and islands that reach the top for one that only comes near it."""
LEAST_ISLANDS = 4
"""Fewer may all lie just below a cut by chance."""
SMALL, LARGE = (0.05, 2.75), (0.30, 1.5)
"""Bright share of the picture, and the stops that suit it: lamps reach higher than skies."""

_SHORE, _BRIGHT, _NEAR, _TOP, _LAST = 230, 210, 244, 254, 255
_LEAST_PIXELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shoulder:
    """Hold what `--shoulder` should be, in stops, and why."""

    stops: float
    reason: str


@dataclass(slots=True)
class Highlights:
    """Count what a shot's highlights look like, over any number of its frames."""

    codes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    """How many pixels have each code of 8 bits, in their brightest channel: `(256,)`."""
    reaching: int = 0
    near: int = 0
    """Islands that reach the top code, and those that only come near it."""
    beyond: int = 0
    """Pixels above the clip point: super-whites, or light that was never cut."""

    @classmethod
    def of(cls, lights: Iterable[Planes], *, clip_point: float = 1.0) -> Highlights:
        """Count frames: each light `(3, H, W) float32`, linear Rec.709, cut at the clip point.

        >>> light = np.full((3, 20, 20), 0.25, np.float32)
        >>> light[:, 5:10, 5:10] = 1.0
        >>> counted = Highlights.of([light, light])
        >>> counted.reaching, counted.near, int(counted.codes[255])
        (2, 0, 50)
        """
        counted = cls()
        for light in lights:
            counted.add(light, clip_point=clip_point)
        return counted

    def add(self, light: Planes, *, clip_point: float = 1.0) -> None:
        """Count one more frame."""
        codes, beyond = _codes(light, clip_point)
        self.codes += np.bincount(codes.reshape(-1), minlength=256)
        peaks = island_peaks(codes, shore=_SHORE, least_pixels=_LEAST_PIXELS)
        self.reaching += int((peaks >= _TOP).sum())
        self.near += int(((peaks >= _NEAR) & (peaks < _TOP)).sum())
        self.beyond += beyond

    def _count(self, first: int, last: int = _LAST) -> int:
        return int(self.codes[first : last + 1].sum())

    def shoulder(self) -> Shoulder:
        """Return how far the camera rolled its highlights off; 0 for a cut, and where that cannot be told.

        >>> light = np.full((3, 20, 20), 0.25, np.float32)
        >>> Highlights.of([light]).shoulder()
        Shoulder(stops=0.0, reason='too little at the clip point to tell')
        >>> light[:, 5:10, 5:10] = 1.0
        >>> Highlights.of([light]).shoulder().reason
        'highlights are cut'
        """
        total, top, near = self._count(0), self._count(_TOP), self._count(_NEAR, _TOP - 1)
        if total == 0 or top < LEAST_TOP * total or 2 * self.beyond > top:
            return Shoulder(stops=0.0, reason="too little at the clip point to tell")
        rolled = (
            top < HEAP * near
            and self._count(_LAST) < SOLID * top
            and self.reaching < REACH * self.near
            and self.reaching + self.near >= LEAST_ISLANDS
        )
        if not rolled:
            return Shoulder(stops=0.0, reason="highlights are cut")
        return Shoulder(stops=self.usual_stops, reason="highlights bend into the clip")

    @property
    def usual_stops(self) -> float:
        """Return how far cameras that roll off do so in such a picture: lamps reach higher than skies.

        >>> light = np.full((3, 20, 20), 0.25, np.float32)
        >>> Highlights.of([light]).usual_stops, Highlights.of([light + 0.6]).usual_stops
        (2.75, 1.5)
        """
        bright = self._count(_BRIGHT, _TOP - 1) / max(self._count(0), 1)
        return round(float(np.interp(bright, [SMALL[0], LARGE[0]], [SMALL[1], LARGE[1]])), 2)


def find_shoulder(lights: Iterable[Planes], *, clip_point: float = 1.0) -> Shoulder:
    """Return the shoulder of a shot from some of its frames: the same for the same frames.

    Each light is `(3, H, W) float32`, linear Rec.709 in the units of the clip point. A lone ramp that is cut
    has none:

    >>> ramp = np.broadcast_to(np.linspace(0, 2, 640, dtype=np.float32).clip(0, 1), (3, 360, 640))
    >>> find_shoulder([ramp]).stops
    0.0
    """
    return Highlights.of(lights, clip_point=clip_point).shoulder()


def _codes(light: Planes, clip_point: float) -> tuple[NDArray[np.uint8], int]:
    """Return the sRGB codes of the brightest channel, `(h, w)`, reduced; and how many lie above the clip."""
    top = light.max(axis=0) / np.float32(clip_point)
    factor = max(1, round(max(top.shape) / LONGEST))
    if factor > 1:
        height, width = (side // factor * factor for side in top.shape)
        top = top[:height, :width].reshape(height // factor, factor, width // factor, factor).mean((1, 3))
    beyond = int(np.count_nonzero(top > 1.02))
    codes = srgb_encode(torch.from_numpy(np.nan_to_num(top))).numpy()
    return np.round(255 * codes).astype(np.uint8), beyond
