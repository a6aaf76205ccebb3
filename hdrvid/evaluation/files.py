"""Read pictures of other makers, and refuse by name what cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hdrvid.errors import DatasetError
from hdrvid.scenes.panorama import Pixels, read_scene

HDR_SUFFIXES = (".exr", ".hdr")
LDR_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
LEAST_SIDE = 16
_LDR_LEVELS = 256


def read_truth(path: Path) -> Pixels:
    """Read an HDR picture to judge by: `(H, W, 3) float32`, scene-linear Rec.709 in any unit.

    `DatasetError` names a file that is unreadable, not finite, negative, too small, monochrome, or an LDR
    picture in an HDR file.
    """
    light = read_scene(path)
    if min(light.shape[:2]) < LEAST_SIDE:
        raise DatasetError(f"{path}: {_size(light)} pixels; expected sides of {LEAST_SIDE} or more. {_OUT}")
    if (light[..., :1] == light).all():
        raise DatasetError(f"{path}: three equal channels; expected a colour picture. {_OUT}")
    levels = max(len(np.unique(light[..., channel])) for channel in range(3))
    if levels <= _LDR_LEVELS:
        raise DatasetError(
            f"{path}: {levels} levels a channel, which is an LDR picture in an HDR file; expected light of "
            f"more than {_LDR_LEVELS}. {_OUT}"
        )
    return light


def read_prediction(path: Path, size: tuple[int, int]) -> Pixels:
    """Read what a tool made of a picture of this size, (height, width); `DatasetError` says what is wrong.

    >>> import OpenImageIO as oiio, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "pier.exr")
    ...     written = oiio.ImageBuf(np.full((16, 24, 3), 8.0, np.float32)).write(str(file))
    ...     float(read_prediction(file, (16, 24)).max())
    8.0
    """
    light = read_scene(path)
    if light.shape[:2] != size:
        raise DatasetError(
            f"{path}: {_size(light)} pixels; expected {size[1]}x{size[0]} as the picture has. "
            "Let the tool work at the picture's own size."
        )
    return light


def read_codes(path: Path) -> Pixels:
    """Read an SDR picture of 8 or 16 bits: `(H, W, 3) float32` code values in [0, 1]; turned as stored.

    >>> import OpenImageIO as oiio, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "ldr.png")
    ...     written = oiio.ImageBuf(np.ones((16, 24, 3), np.float32)).write(str(file), oiio.UINT8)
    ...     code = read_codes(file)
    >>> code.shape, float(code.min())
    ((16, 24, 3), 1.0)
    """
    import OpenImageIO as oiio  # noqa: N813 - its name in every example

    buffer: Any = oiio.ImageBuf(str(path))
    is_byte = buffer.spec().format.basetype == oiio.UINT8
    pixels = buffer.get_pixels(oiio.UINT8 if is_byte else oiio.UINT16)  # FLOAT is 1/255 off by a rounding
    if pixels is None or np.ndim(pixels) != 3 or np.shape(pixels)[2] < 3:
        raise DatasetError(
            f"{path}: cannot be read as RGB; expected an SDR picture of three channels. {_OUT}"
        )
    return np.asarray(pixels, np.float32)[..., :3] / np.float32(255 if is_byte else 65535)


def listed(places: tuple[Path, ...], suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Yield files, and the files in folders, that end so; a place that is not there is an error.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("pier.exr", "dune.HDR", "notes.txt"):
    ...         Path(folder, name).touch()
    ...     [path.name for path in listed((Path(folder),), HDR_SUFFIXES)]
    ['dune.HDR', 'pier.exr']
    """
    for place in places:
        if place.is_dir():
            yield from sorted(path for path in place.iterdir() if path.suffix.lower() in suffixes)
        elif place.is_file():
            yield place
        else:
            raise DatasetError(f"{place}: no such file or folder; expected pictures there. Check the path.")


def by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Return the pictures of a folder by their names without ending.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "pier.exr").touch()
    ...     list(by_stem(Path(folder), HDR_SUFFIXES))
    ['pier']
    """
    return {path.stem: path for path in listed((folder,), suffixes)}


_OUT = "Replace the file, or take it out."


def _size(light: Pixels) -> str:
    return f"{light.shape[1]}x{light.shape[0]}"
