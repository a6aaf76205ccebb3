"""Look at a data set before a run: name what cannot be used, skip it, and fail if too little is left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from hdrvid.errors import DatasetError
from hdrvid.scenes.panorama import Pixels, read_scene

log = logging.getLogger(__name__)

T = TypeVar("T")

SDR_LEVELS = 256
"""An 8-bit picture has no more values than this in a channel."""
PLATEAU = 0.02
"""Share of pixels at exactly the maximum from which a picture of maximum 1.0 or less is taken as clipped."""
LEAST_SIDE = 64
"""Pixels: smaller pictures hold no crop."""


def usable(items: Sequence[T], fault: Callable[[T], str | None], *, what: str, least_share: float) -> list[T]:
    """Return the items without a fault, in order; each other one is named in the log, with a count.

    Raises `DatasetError` if fewer than the least share of them are left.

    >>> usable([1, 2, 4], lambda n: "1: odd" if n % 2 else None, what="numbers", least_share=0.5)
    [2, 4]
    """
    kept: list[T] = []
    for item in items:
        reason = fault(item)
        if reason is None:
            kept.append(item)
        else:
            log.warning("skipped: %s", reason)
    skipped = len(items) - len(kept)
    if skipped:
        log.warning("%s: %d of %d skipped", what, skipped, len(items))
    if len(kept) < least_share * len(items) or not kept:
        raise DatasetError(
            f"{what}: only {len(kept)} of {len(items)} can be used; expected {least_share:.0%} or more. "
            "Repair what the log names, or lower data.least_share."
        )
    return kept


def light_fault(path: Path, *, panorama: bool = False) -> str | None:
    """Say why a file is no HDR picture to train on, path first; None if it is one.

    Unreadable, NaN or negative light, one channel, or a size that does not fit, as `read_scene` and the
    rules below have it.
    """
    try:
        light = read_scene(path)
    except DatasetError as error:
        return str(error)
    reason = size_fault(light, panorama=panorama) or grey_fault(light) or sdr_fault(light)
    return None if reason is None else f"{path}: {reason}"


def size_fault(light: Pixels, *, panorama: bool) -> str | None:
    """Say what is wrong with a picture's size: too small, or no 2:1 panorama.

    >>> size_fault(np.ones((64, 128, 3), np.float32), panorama=True) is None
    True
    >>> size_fault(np.ones((72, 128, 3), np.float32), panorama=True)
    '128x72 pixels; expected a panorama twice as wide as high. Put pictures of a camera in data.plates.'
    """
    height, width = light.shape[:2]
    if min(height, width) < LEAST_SIDE:
        return f"{width}x{height} pixels; expected {LEAST_SIDE} or more each way. Take it out."
    if panorama and width != 2 * height:
        return (
            f"{width}x{height} pixels; expected a panorama twice as wide as high. "
            "Put pictures of a camera in data.plates."
        )
    return None


def grey_fault(light: Pixels) -> str | None:
    """Tell a monochrome picture in three channels: they are equal everywhere.

    >>> grey_fault(np.ones((64, 64, 3), np.float32))
    'monochrome, all three channels are equal; expected colour. Take it out.'
    """
    if (light[..., 0] == light[..., 1]).all() and (light[..., 1] == light[..., 2]).all():
        return "monochrome, all three channels are equal; expected colour. Take it out."
    return None


def sdr_fault(light: Pixels) -> str | None:
    """Tell an SDR picture in an HDR file: nothing above 1.0, and 8-bit levels or a plateau at the top.

    A dim scene of a real HDR camera has more levels than 8 bits and no plateau. An SDR picture that was
    resampled, so that its levels are many, and that clips nowhere, cannot be told from it.

    >>> camera = np.random.default_rng(0).random((64, 64, 3), np.float32)  # dim, but of many levels
    >>> sdr_fault(camera), sdr_fault(np.round(camera * 255) / 255)[:27]
    (None, 'an SDR picture in an HDR fi')
    """
    top = float(light.max())
    if top > 1.0:
        return None
    levels = max(len(np.unique(light[..., channel])) for channel in range(3))
    plateau = float((light.max(-1) == top).mean())
    if levels <= SDR_LEVELS or plateau > PLATEAU:
        return (
            f"an SDR picture in an HDR file (maximum {top:.3g}, {levels} levels, {plateau:.1%} at the top); "
            "expected light above the clip point. Take it out, or put it in data.photos."
        )
    return None


def pair_fault(ldr: Path | None, hdr: Path | None, *, read_ldr: Callable[[Path], Pixels]) -> str | None:
    """Say why two files are no LDR/HDR pair: one is missing or faulty, or their sizes differ.

    >>> pair_fault(Path("pier/ldr.jpg"), None, read_ldr=read_scene)
    'pier/ldr.jpg: has no other half; expected an LDR and an HDR picture. Add it.'
    """
    if ldr is None or hdr is None:
        return f"{ldr or hdr}: has no other half; expected an LDR and an HDR picture. Add it."
    if (reason := light_fault(hdr)) is not None:
        return reason
    try:
        sizes = [picture.shape[1::-1] for picture in (read_ldr(ldr), read_scene(hdr))]
    except DatasetError as error:
        return str(error)
    if sizes[0] != sizes[1]:
        (a, b), (c, d) = sizes
        return f"{ldr}: {a}x{b} pixels, and {c}x{d} in {hdr.name}; expected equal sizes. Mend one of them."
    return None
