"""Read written frames and write sheets, through OpenImageIO: not the library that wrote the frames."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from hdrvid.errors import OutputError, PlateError
from hdrvid.plate import Planes

_log = logging.getLogger(__name__)

Floats = NDArray[np.float32]

_INK = (0.85, 0.85, 0.85)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Hold one written frame.

    `result` and `source` are `(3, H, W) float32`, scene-linear, in the space that the header names; `mask` is
    `(H, W) float32` in [0, 1]. `source` and `mask` are None in a frame that has RGB only. `header` holds the
    attributes by the names that OpenImageIO gives them.
    """

    result: Planes
    source: Planes | None
    mask: Floats | None
    header: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Place a line of text: `x`, `y` is its upper left corner, `size` its height, in pixels."""

    text: str
    x: int
    y: int
    size: int = 20


def read_layers(path: Path) -> Layers:
    """Read one EXR frame; `PlateError` where it is damaged or has no R, G, B.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "clip.1001.exr")
    ...     written = OpenImageIO.ImageBuf(np.full((2, 4, 3), 8.0, np.float32)).write(str(file))
    ...     layers = read_layers(file)
    >>> layers.result.shape, layers.mask is None
    ((3, 2, 4), True)
    """
    buffer = OpenImageIO.ImageBuf(str(path))
    whole = buffer.read(force=True, convert=OpenImageIO.FLOAT)
    pixels = buffer.get_pixels(OpenImageIO.FLOAT) if whole else None
    if pixels is None:
        message = (
            f"{path}: cannot be read ({buffer.geterror()}), expected a whole EXR frame. Expand it again."
        )
        raise PlateError(message)
    spec = buffer.spec()
    planes = dict(zip(spec.channelnames, np.moveaxis(pixels, 2, 0), strict=True))
    result = _stack(planes, ("R", "G", "B"))
    if result is None:
        message = (
            f"{path}: has channels {', '.join(planes)}, expected R, G, B. Name the folder of an expansion."
        )
        raise PlateError(message)
    return Layers(
        result=result,
        source=_stack(planes, ("source.R", "source.G", "source.B")),
        mask=planes.get("mask.A"),
        header={item.name: item.value for item in spec.extra_attribs},
    )


def _stack(planes: dict[str, Floats], names: tuple[str, str, str]) -> Planes | None:
    if not all(name in planes for name in names):
        return None
    return np.ascontiguousarray(np.stack([planes[name] for name in names]))


def write_png(picture: Floats, path: Path, *, labels: Sequence[Label] = ()) -> None:
    """Write `(H, W, 3) float32` display code values in [0, 1] as an 8-bit PNG, with lines of text on it.

    The file appears whole or not at all; `OutputError` says why not.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_png(np.ones((40, 80, 3), np.float32), Path(folder, "sheet.png"))
    ...     [file.name for file in Path(folder).iterdir()]
    ['sheet.png']
    """
    buffer = OpenImageIO.ImageBuf(np.ascontiguousarray(picture))
    for label in labels:
        _draw(buffer, label)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if not buffer.write(str(hidden), OpenImageIO.UINT8, "png"):
            message = (
                f"{path}: cannot be written ({buffer.geterror()}), expected a folder with room. Name another."
            )
            raise OutputError(message)
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


def _draw(buffer: OpenImageIO.ImageBuf, label: Label) -> None:
    drawn = OpenImageIO.ImageBufAlgo.render_text(
        buffer, label.x, label.y, label.text, label.size, textcolor=_INK, aligny="top"
    )
    if not drawn:  # a build of OpenImageIO without fonts: a sheet without words is better than none
        _log.warning("'%s' is not drawn: %s", label.text, buffer.geterror())
