"""Small scenes and pictures, made by formula: the same on every machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO

from hdrvid.evaluation.picture import Picture, make_picture
from hdrvid.evaluation.protocol import ViewPlan
from hdrvid.scenes.curves import encode
from hdrvid.scenes.panorama import Pixels

SMALL = ViewPlan(views=1, width=96, height=54, least_loss=0.05, frames=2)


def light_of(height: int = 48, width: int = 64) -> Pixels:
    """Return mid-tones with texture, and a window in the middle up to three stops over the clip point."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    tone = 0.05 + 0.4 * (x / width) * (0.6 + 0.4 * np.cos(y / 3) * np.cos(x / 2))
    inside = (abs(x - width / 2) < width / 5) & (abs(y - height / 2) < height / 5)
    over = 2.0 ** (0.2 + 2.8 * (x + y) / (width + height) + 0.2 * np.sin(x))
    grey = np.where(inside, over, tone)
    return np.asarray(grey[..., None] * np.array([1.0, 0.92, 0.8]), np.float32)


def codes_of(light: Pixels) -> Pixels:
    return np.asarray(np.round(encode(light, "srgb") * 255) / 255, np.float32)


def picture_of(light: Pixels | None = None, *, name: str = "room", clip_code: int = 254) -> Picture:
    light = light_of() if light is None else light
    return make_picture(codes_of(light), light, name=name, clip_code=clip_code)


def panorama_of(width: int = 256) -> Pixels:
    """Return an equirectangular room with bright windows all around."""
    height = width // 2
    y, x = np.mgrid[:height, :width].astype(np.float64)
    tone = 0.1 + 0.05 * np.cos(x / 5) + 0.04 * np.sin(y / 3) + 0.05 * y / height
    windows = (np.sin(x * (12 * np.pi / width)) > 0.5) & (abs(y - height * 0.45) < height * 0.08)
    grey = np.where(windows, 2.0 + 6.0 * np.sin(x / 7) ** 2 + y / height, tone)
    return np.asarray(grey[..., None] * np.array([1.0, 0.95, 0.85]), np.float32)


def write_picture(path: Path, pixels: Any, kind: str = "float") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer: Any = OpenImageIO.ImageBuf(np.ascontiguousarray(pixels))
    assert buffer.write(str(path), kind), buffer.geterror()
    return path


def write_pair(folder: Path, name: str, light: Pixels | None = None) -> None:
    light = light_of() if light is None else light
    write_picture(folder / name / "ldr.png", codes_of(light), "uint8")
    write_picture(folder / name / "hdr.exr", light)
