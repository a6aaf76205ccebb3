"""Write small picture files for tests, through OpenImageIO."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

_TYPES = {
    "chromaticities": "float[8]",
    "CICP": "int[4]",
    "FramesPerSecond": "rational",
    "smpte:TimeCode": "timecode",
}


def write_picture(path: Path, pixels: NDArray[Any], **facts: Any) -> Path:
    """Write `(H, W, C)` pixels in their own type and return the path.

    `facts` are attributes of OpenImageIO, a colon written as two underscores. Three are ours: `channels`
    (names), `window` (`x, y, width, height` of the display window) and `kind` (`half`, `uint8`) over the
    array's type.
    """
    spec = OpenImageIO.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], _kind(pixels, facts))
    if "channels" in facts:
        spec.channelnames = tuple(facts.pop("channels"))
        spec.alpha_channel = spec.channelnames.index("A") if "A" in spec.channelnames else -1
    if "window" in facts:
        spec.full_x, spec.full_y, spec.full_width, spec.full_height = facts.pop("window")
    for name, value in facts.items():
        key = name.replace("__", ":")
        if key in _TYPES:
            spec.attribute(key, OpenImageIO.TypeDesc(_TYPES[key]), value)
        else:
            spec.attribute(key, value)
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image is not None
    assert image.open(str(path), spec), image.geterror()
    assert image.write_image(np.ascontiguousarray(pixels)), image.geterror()
    image.close()
    return path


def _kind(pixels: NDArray[Any], facts: dict[str, Any]) -> str:
    usual = {"float32": "float", "float16": "half"}.get(str(pixels.dtype), str(pixels.dtype))
    return str(facts.pop("kind", usual))


def write_indexed_png(path: Path, indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Path:
    """Write `(H, W)` indices into `(N, 3)` colours, byte by byte: OpenImageIO has no writer for it."""
    height, width = indices.shape
    rows = b"".join(b"\0" + row.tobytes() for row in indices)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(content)
    return path


def flat(
    value: float, size: tuple[int, int] = (4, 6), channels: int = 3, dtype: Any = np.uint8
) -> NDArray[Any]:
    """Return `(H, W, C)` pixels of one value."""
    return np.full((*size, channels), value, dtype)
