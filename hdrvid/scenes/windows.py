"""Cut windows out of pictures at any scale, antialiased."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hdrvid.scenes.panorama import Pixels

UNKNOWN = -1.0
"""Stored where a photograph was clipped itself, so that its light is not known."""


def known_light(picture: Pixels) -> Pixels:
    """Return the picture with 1.0, the clip point of a photograph, where its light is unknown.

    >>> known_light(np.float32([0.25, UNKNOWN])).tolist()
    [0.25, 1.0]
    """
    return np.where(picture < 0, np.float32(1.0), picture)


def window(
    picture: Pixels, *, top: float, left: float, step: float, shape: tuple[int, int], blur: float = 1.0
) -> Pixels:
    """Resample a window of a picture: `shape` pixels, `step` source pixels apart, antialiased.

    Enlarges for steps below 1. Unknown pixels stay unknown, and make those unknown that they touch.

    >>> picture = np.arange(8, dtype=np.float32)[None, :, None] * np.ones((4, 8, 3), np.float32)
    >>> window(picture, top=0, left=2, step=2, shape=(2, 2))[0, :, 0].tolist()
    [2.5, 4.5]
    """
    rows = resampling(picture.shape[0], start=top, step=step, count=shape[0], blur=blur)
    columns = resampling(picture.shape[1], start=left, step=step, count=shape[1], blur=blur)
    known = (picture[..., 0] >= 0).astype(np.float32)
    light: Pixels = np.einsum("ih,hwc,jw->ijc", rows, known_light(picture), columns, optimize=True)
    if known.all():
        return light
    touched = rows @ known @ columns.T < 0.999
    return np.where(touched[..., None], np.float32(UNKNOWN), light)


def resampling(
    length: int, *, start: float, step: float, count: int, blur: float = 1.0
) -> npt.NDArray[np.float32]:
    """Return the weights, `(count, length)`, of a triangle filter as wide as the step; rows sum to 1.

    >>> resampling(4, start=0, step=1, count=2).tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    """
    centres = np.clip(start + step * (np.arange(count) + 0.5) - 0.5, 0, length - 1)
    reach = max(step, 1.0) * blur
    weights = np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(length)) / reach)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
