"""One picture to be judged on: code values as a camera gave them, and the light that was there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hdrvid.evaluation.align import aligned
from hdrvid.metrics.stops import Booleans, log_luminance
from hdrvid.scenes.curves import decode
from hdrvid.scenes.panorama import Pixels

WELL_EXPOSED = (0.10, 0.85)
"""Code values: every channel of a well-exposed pixel lies within."""
RIM = 0.75
"""Code value: a pixel with a channel above it, and none clipped, is near a highlight."""
_ENOUGH = 64
"""Pixels: fewer are no ground for a scalar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Hold one picture and what is known of it. Pictures are `(H, W, 3) float32`, areas `(H, W) bool`.

    Light is scene-linear Rec.709 in the unit of the plain linearisation, in which 1.0 is the top code.
    """

    name: str
    scene: str
    """What it is a picture of: scenes, not pictures, are independent of each other."""
    source: str
    """Where the scene comes from."""
    code: Pixels
    """Code values in [0, 1], read as sRGB."""
    plain: Pixels
    """Plain linearisation: `code` decoded as sRGB, whatever the camera did."""
    truth: Pixels
    """The true light, aligned to `plain`."""
    over: Booleans | None
    """`(H, W, 3)`, the exact label: the light on the sensor was beyond what its curve can tell apart. None
    where it is not known."""
    clipped: Booleans
    """A channel is at the clip code or above."""
    well: Booleans
    """Well exposed, or all that is not clipped where too little is."""


def make_picture(
    code: Pixels, light: Pixels, *, name: str, scene: str = "", source: str = "", clip_code: int = 254
) -> Picture:
    """Return the picture of these codes, with the true light, in any unit, aligned to them.

    `clip_code`, of 255, is where a pixel counts as clipped.

    >>> code = np.full((8, 9, 3), 0.5, np.float32)
    >>> code[:, 8] = 1.0
    >>> light = 100 * decode(code, "srgb")  # in another unit
    >>> light[:, 8] *= 4
    >>> picture = make_picture(code, light, name="lamp")
    >>> picture.truth[0, 7:, 0].round(3), picture.clipped[0, 7:]
    (array([0.214, 4.   ], dtype=float32), array([False,  True]))
    """
    clipped, well = areas(code, clip_code)
    plain = decode(code, "srgb")
    return Picture(
        name=name,
        scene=scene or name,
        source=source,
        code=code,
        plain=plain,
        truth=aligned(light, plain, well),
        over=None,
        clipped=clipped,
        well=well,
    )


def areas(code: Pixels, clip_code: int) -> tuple[Booleans, Booleans]:
    """Return where codes are clipped, and where they are well exposed: `(H, W)` each.

    >>> clipped, well = areas(np.linspace(0, 1, 192, dtype=np.float32).reshape(8, 8, 3), 254)
    >>> int(clipped.sum()), int(well.sum())
    (1, 63)
    """
    top, bottom = code.max(-1), code.min(-1)
    clipped = top >= (clip_code - 0.5) / 255
    well = (bottom >= WELL_EXPOSED[0]) & (top <= WELL_EXPOSED[1])
    return clipped, well if well.sum() >= _ENOUGH else ~clipped


def rim(picture: Picture) -> Booleans:
    """Return the pixels just below clipping, or the well-exposed ones where there are too few: `(H, W)`.

    >>> code = np.full((8, 24, 3), 0.5, np.float32)
    >>> code[:, 8:16], code[:, 16:] = 0.9, 1.0
    >>> rim(make_picture(code, code, name="lamp"))[0, [0, 8, 16]]
    array([False,  True, False])
    """
    near = picture.code.max(-1) >= RIM
    found = near & ~picture.clipped & (picture.code.min(-1) >= WELL_EXPOSED[0])
    return found if found.sum() >= _ENOUGH else picture.well


def lost_stops(picture: Picture) -> npt.NDArray[np.float32]:
    """Return how much brighter the clipped pixels were than the picture says, in stops: `(K,)`.

    >>> code = np.full((8, 9, 3), 0.5, np.float32)
    >>> code[:2, 8] = 1.0
    >>> light = decode(code, "srgb")
    >>> light[:2, 8] = 4.0
    >>> lost_stops(make_picture(code, light, name="lamp")).round(3).tolist()
    [2.0, 2.0]
    """
    lost = log_luminance(picture.truth) - log_luminance(picture.plain)
    return np.asarray(lost[picture.clipped], np.float32)
