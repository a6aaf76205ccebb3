"""Frames to write, and what another library than the writer's reads back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - the name that the library goes by
from numpy.typing import NDArray

from hdrvid.plate import Expanded, Planes
from hdrvid.sinks import ExrSettings, ExrSink

PLAIN = ExrSettings(rate=Fraction(24))


def noise(height: int = 9, width: int = 13, *, seed: int = 0) -> Planes:
    """Return `(3, H, W) float32` light from 0 to 8 with every pixel different."""
    return np.random.default_rng(seed).random((3, height, width), dtype=np.float32) * 8


def frame(number: int = 1001, pixels: Planes | None = None, **layers: Any) -> Expanded:
    """Return a finished frame, of noise where no pixels are given."""
    return Expanded(number=number, pixels=noise() if pixels is None else pixels, **layers)


def sink(folder: Path, output: ExrSettings = PLAIN, *, name: str = "clip") -> ExrSink:
    """Return a sink that writes `clip.####.exr`."""
    return ExrSink(folder, name=name, output=output)


def read(path: Path) -> tuple[Any, dict[str, NDArray[np.float32]]]:
    """Return OpenImageIO's spec of a file and its channels by name."""
    picture = oiio.ImageInput.open(str(path))
    assert picture is not None, oiio.geterror()
    try:
        spec = picture.spec()
        pixels = picture.read_image("float")
        assert pixels is not None, picture.geterror()
        channels = {name: pixels[:, :, index].copy() for index, name in enumerate(spec.channelnames)}
        return spec, channels
    finally:
        picture.close()


def rgb(path: Path) -> Planes:
    """Return the picture in a file as `(3, H, W) float32`."""
    _, channels = read(path)
    return np.stack([channels[name] for name in "RGB"])
