"""Make what a frame without layers lacks: the plain source, and where the result differs from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdrvid.colour import ColourConfig, resolve_path
from hdrvid.frames import FrameRange
from hdrvid.plate import Planes
from hdrvid.sources import Source, open_plate

Settings = Mapping[str, Any]
"""Options of the job that wrote a frame, by the names that `ExpandJob` gives them."""


def settings_of(header: Mapping[str, Any]) -> Settings:
    """Return the settings that a frame's header tells of; empty for a frame of another maker.

    >>> settings_of({"hdrvid/settings": '{"start_frame": 1}'})
    {'start_frame': 1}
    """
    try:
        settings = json.loads(header.get("hdrvid/settings", "{}"))
    except ValueError:
        return {}
    return settings if isinstance(settings, dict) else {}


def reopen_plate(source: str | Path, settings: Settings) -> AbstractContextManager[Source]:
    """Open a plate as the job that wrote a frame did, so that numbers and code values are the same.

    >>> import OpenImageIO, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "photo.png")
    ...     written = OpenImageIO.ImageBuf(np.ones((2, 4, 3), np.float32)).write(str(file))
    ...     with reopen_plate(file, {"start_frame": 7}) as plate:
    ...         str(plate.info.frames)
    '7'
    """
    return open_plate(
        str(source),
        start_frame=settings.get("start_frame", 1001),
        matrix=settings.get("input_matrix", "auto"),
        code_range=settings.get("input_range", "auto"),
    )


def plain_source(
    plate: Source, number: int, *, config: ColourConfig, settings: Settings, output_space: str
) -> Planes:
    """Return a frame of the plate, linearised and no more: `(3, H, W) float32`, in the output space.

    >>> import OpenImageIO, tempfile
    >>> from hdrvid.colour import open_config
    >>> config = open_config("hdrvid")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "photo.png")
    ...     written = OpenImageIO.ImageBuf(np.ones((2, 4, 3), np.float32)).write(str(file))
    ...     with reopen_plate(file, {}) as plate:
    ...         light = plain_source(plate, 1001, config=config, settings={}, output_space="lin_rec709")
    >>> light.shape, round(float(light.max()), 3)
    ((3, 2, 4), 1.0)
    """
    path = resolve_path(
        config,
        encoding=plate.info.encoding,
        primaries=plate.info.primaries,
        input_space=settings.get("input_space"),
        output_space=output_space,
    )
    frame = next(iter(plate.read(FrameRange.between(number, number))))
    return path.apply(frame.pixels)


def changed(result: Planes, source: Planes) -> NDArray[np.float32]:
    """Return a mask `(H, W) float32`: 1 where any channel of the result is not the source's, else 0.

    Both are `(3, H, W) float32`, scene-linear. What half float rounds away is no difference.

    >>> source = np.full((3, 1, 2), 0.3, np.float32)
    >>> result = source.astype(np.float16).astype(np.float32)
    >>> result[0, 0, 1] = 2.0
    >>> changed(result, source).tolist()
    [[0.0, 1.0]]
    """
    half_step = np.abs(source) * np.float32(2.0**-10) + np.float32(2.0**-24)
    differs: NDArray[np.bool_] = np.any(np.abs(result - source) > half_step, axis=0)
    return differs.astype(np.float32)
