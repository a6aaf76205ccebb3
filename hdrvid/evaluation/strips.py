"""Pictures for the report: what a method made, at several exposures, and where it is wrong."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrvid.errors import OutputError
from hdrvid.evaluation.picture import Picture
from hdrvid.metrics.stops import log_luminance
from hdrvid.scenes.curves import encode
from hdrvid.scenes.panorama import Pixels
from hdrvid.scenes.windows import window

EXPOSURES = (0.0, -2.0, -4.0)
"""Stops: what a highlight holds is seen when it is gained down."""
ERROR_SPAN = 3.0
"""Stops at which the error map is at its full colour: red too bright, blue too dark."""
_GAP = 4
_QUALITY = 88


def strip(picture: Picture, light: Pixels, *, width: int = 300) -> Pixels:
    """Return cells side by side, display code values in [0, 1]: light at each exposure, and its error map.

    Light is `(H, W, 3)`, linear Rec.709 in the unit of the picture; cells are `width` pixels wide or less.

    >>> from hdrvid.evaluation.picture import make_picture
    >>> code = np.full((8, 16, 3), 0.5, np.float32)
    >>> picture = make_picture(code, code, name="grey")
    >>> strip(picture, picture.truth).shape  # four cells, three gaps of 4 pixels
    (8, 76, 3)
    """
    truth = picture.truth
    step = max(light.shape[1] / width, 1.0)
    small = _reduced(light, step)
    cells = [encode(small * np.float32(2.0**stops), "srgb") for stops in EXPOSURES]
    error = log_luminance(light) - log_luminance(truth)
    cells.append(_reduced(error_colours(np.asarray(error, np.float32)), step))
    gap = np.ones((small.shape[0], _GAP, 3), np.float32)
    joined = [part for cell in cells for part in (cell, gap)]
    return np.concatenate(joined[:-1], axis=1)


def error_colours(error: npt.NDArray[np.float32]) -> Pixels:
    """Return colours for signed errors in stops, `(H, W)` to `(H, W, 3)`: black none, red over, blue under.

    >>> error_colours(np.array([[0, 3, -9]], np.float32)).tolist()
    [[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]
    """
    share = np.clip(error / np.float32(ERROR_SPAN), -1, 1)
    return np.stack([np.maximum(share, 0), np.zeros_like(share), np.maximum(-share, 0)], axis=-1)


def _reduced(picture: Pixels, step: float) -> Pixels:
    shape = (max(1, int(picture.shape[0] / step)), max(1, int(picture.shape[1] / step)))
    return window(picture, top=0, left=0, step=step, shape=shape)


def jpeg_bytes(picture: Pixels) -> bytes:
    """Return `(H, W, 3)` display code values in [0, 1] as a JPEG file.

    >>> list(jpeg_bytes(np.ones((8, 8, 3), np.float32))[:3])  # so every JPEG begins
    [255, 216, 255]
    """
    import OpenImageIO as oiio  # noqa: N813 - its name in every example

    buffer = oiio.ImageBuf(np.ascontiguousarray(np.clip(picture, 0, 1), np.float32))
    buffer.specmod().attribute("Compression", f"jpeg:{_QUALITY}")
    handle, name = tempfile.mkstemp(suffix=".jpg")
    os.close(handle)
    try:
        if not buffer.write(name, oiio.UINT8, "jpeg"):
            raise OutputError(f"{name}: {buffer.geterror()}; expected room for a picture. Set TMPDIR.")
        return Path(name).read_bytes()
    finally:
        Path(name).unlink(missing_ok=True)
