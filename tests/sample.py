"""Where the committed sample is, and how written frames are read by another reader than our writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"
SAMPLE = DATA / "still_life.mp4"
REAL = DATA / "bee_excerpt.mp4"
SAMPLE_FRAMES = range(1001, 1049)


def read_exr(path: Path) -> tuple[dict[str, NDArray[np.float32]], OpenImageIO.ImageSpec]:
    """Return the channels of a written frame by name, and its header, read by OpenImageIO."""
    buffer = OpenImageIO.ImageBuf(str(path))
    pixels = buffer.get_pixels(OpenImageIO.FLOAT)
    assert pixels is not None, buffer.geterror()
    spec = buffer.spec()
    return {name: pixels[..., n] for n, name in enumerate(spec.channelnames)}, spec


def rgb_of(path: Path) -> NDArray[np.float32]:
    """Return `(3, H, W)` of a written frame."""
    channels, _ = read_exr(path)
    return np.stack([channels[name] for name in "RGB"])
