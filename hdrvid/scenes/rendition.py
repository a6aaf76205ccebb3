"""What happens besides the camera's curve: local tone mapping, and decoding by another curve."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from hdrvid.scenes.camera import Photograph
from hdrvid.scenes.curves import ENCODINGS, Encoding, decode, encode
from hdrvid.scenes.panorama import Pixels, luminance

DARKEST = 2.0**-10
"""Luminance below this is one darkness for local tone mapping."""
WELL_EXPOSED = (0.1, 0.85)
"""sRGB codes between which two renditions are compared."""


def box_blur(plane: npt.NDArray[np.float32], radius: int) -> npt.NDArray[np.float32]:
    """Return the mean of the 2 r + 1 pixels about each, along both axes, the edge repeated: `(H, W)`.

    >>> box_blur(np.array([[0.0, 3.0, 0.0]], np.float32), 1).tolist()
    [[1.0, 1.0, 1.0]]
    """
    for axis in (0, 1):
        pad = [(radius + 1, radius) if a == axis else (0, 0) for a in (0, 1)]
        sums = np.cumsum(np.pad(plane.astype(np.float64), pad, mode="edge"), axis)
        span, length = 2 * radius + 1, plane.shape[axis]
        upper, lower = (sums.take(range(start, start + length), axis) for start in (span, 0))
        plane = ((upper - lower) / span).astype(np.float32)
    return plane


def local_gain(light: Pixels, *, amount: float, radius: int) -> Pixels:
    """Return the gain of a local tone mapping, `(H, W, 1)`, as phones do before they encode.

    Each surrounding's distance, in stops, from the picture's mean is reduced by the share `amount`, 0 to 1:
    gain = 2^(-amount (B - mean B)), B the log2 luminance blurred twice over `radius` pixels.

    >>> light = np.ones((1, 64, 3), np.float32)
    >>> light[:, 32:] = 16.0
    >>> local_gain(light, amount=0.5, radius=2)[0, [0, 63], 0].tolist()  # four stops apart become two
    [2.0, 0.5]
    """
    base = np.log2(np.maximum(luminance(light), DARKEST))
    base = box_blur(box_blur(base, radius), radius)
    return cast("Pixels", np.exp2(-amount * (base - base.mean()))[..., None].astype(np.float32))


def without_gain(photo: Photograph, gain: Pixels) -> Photograph:
    """Return a photograph of light times gain with the truth of the light alone, mid-tones aligned.

    The gain is `(H, W, 1)`, above 0. What was over-exposed stays so: the sensor's label is not changed.

    >>> from hdrvid.scenes.camera import Settings, photograph
    >>> light, gain = np.full((4, 4, 3), 0.1, np.float32), np.full((4, 4, 1), 2.0, np.float32)
    >>> photo = photograph(light * gain, Settings(), scale=1.0, rng=np.random.default_rng(0))
    >>> round(float(without_gain(photo, gain).truth.mean()), 2)
    0.2
    """
    truth = photo.truth / gain
    code = encode(photo.source, "srgb")
    well = (code >= WELL_EXPOSED[0]) & (code <= WELL_EXPOSED[1]) & (truth > 0)
    factor = float(np.median(photo.source[well] / truth[well])) if well.any() else 1.0
    return Photograph(source=photo.source, truth=truth * np.float32(factor), exposed=photo.exposed)


def misread(source: Pixels, *, written: Encoding, read: Encoding) -> Pixels:
    """Return what a reader gets that decodes with another curve than the camera encoded with: `(H, W, 3)`.

    `source` is the light as the right curve decodes it, in [0, 1]; 0 and 1 stay in any case.

    >>> misread(np.float32([0.0, 0.5, 1.0]), written="bt709", read="gamma2.4").round(3)
    array([0.   , 0.433, 1.   ], dtype=float32)
    """
    return decode(encode(source, written), read)


def other_encoding(written: Encoding, rng: np.random.Generator) -> Encoding:
    """Draw a curve that the picture was not written with.

    >>> other_encoding("srgb", np.random.default_rng(0)) in ("bt709", "gamma2.2", "gamma2.4")
    True
    """
    others = [encoding for encoding in ENCODINGS if encoding != written]
    return others[int(rng.integers(len(others)))]
