"""Read HDR scenes, and look into equirectangular ones through virtual cameras."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from hdrvid.errors import DatasetError

Pixels: TypeAlias = npt.NDArray[np.float32]
"""`(H, W, 3) float32`; docstrings say which light."""

REC709_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole camera at the centre of a panorama. Angles in degrees."""

    yaw: float
    """Heading; 0 looks at the middle column, 90 at the right."""
    pitch: float
    """Above the horizon."""
    roll: float = 0.0
    """Clockwise, of the camera."""
    fov: float = 60.0
    """Horizontal field of view."""

    def __post_init__(self) -> None:
        """Refuse what is not a pinhole."""
        if not 1.0 <= self.fov <= 150.0:
            raise ValueError(f"camera: field of view {self.fov}; expected 1 to 150 degrees. Choose another.")


def read_scene(path: Path) -> Pixels:
    """Read an HDR picture (.exr or .hdr): `(H, W, 3) float32`, scene-linear, as the file has it.

    Values that are not finite, or negative, raise `DatasetError`; so does what is no RGB picture.

    >>> import OpenImageIO as oiio, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "pier.exr")
    ...     written = oiio.ImageBuf(np.full((2, 4, 3), 8.0, np.float32)).write(str(file))
    ...     light = read_scene(file)
    >>> light.shape, float(light.max())
    ((2, 4, 3), 8.0)
    """
    import OpenImageIO as oiio  # noqa: N813 - its name in every example

    image: Any = oiio.ImageInput.open(str(path))
    if image is None:
        raise DatasetError(
            f"{path}: cannot be read ({oiio.geterror().strip() or 'no such file'}); expected an "
            "OpenEXR or Radiance picture. Replace the file or take it out of the list."
        )
    try:
        pixels = image.read_image(0, 0, 0, 3, oiio.FLOAT) if image.spec().nchannels >= 3 else None
    finally:
        image.close()
    if pixels is None:
        raise DatasetError(f"{path}: no three channels; expected an RGB picture. Convert it, or take it out.")
    rgb = np.asarray(pixels, np.float32)
    if not np.isfinite(rgb).all() or (rgb < 0).any():
        raise DatasetError(
            f"{path}: NaN, infinite or negative radiance; expected finite light of 0 or more. "
            "Repair the picture, or take it out."
        )
    return rgb


def luminance(rgb: Pixels) -> npt.NDArray[np.float32]:
    """Return Rec.709 luminance of linear light: `(..., 3)` to `(...)`.

    >>> float(luminance(np.ones(3, np.float32)))
    1.0
    """
    return cast("npt.NDArray[np.float32]", rgb @ REC709_LUMINANCE)


def brightest(rgb: Pixels) -> npt.NDArray[np.float32]:
    """Return the largest of three channels: `(..., 3)` to `(...)`; ten times as fast as `max(-1)`.

    >>> float(brightest(np.float32([0.1, 0.5, 0.2])))
    0.5
    """
    return np.maximum(np.maximum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])


def bilinear(picture: Pixels, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Pixels:
    """Sample `(H, W, 3)` at pixel centres `x`, `y` (any shape, finite), the edge repeated outside.

    >>> picture = np.float32([[[0.0] * 3, [4.0] * 3]])
    >>> bilinear(picture, np.array([0.25, 9.0]), np.array([0.0, 0.0]))[:, 0].tolist()
    [1.0, 4.0]
    """
    height, width = picture.shape[:2]
    x0, y0 = np.floor(x), np.floor(y)
    fx, fy = (x - x0).astype(np.float32)[..., None], (y - y0).astype(np.float32)[..., None]
    left, right = (np.clip(x0 + i, 0, width - 1).astype(np.intp) for i in (0, 1))
    top, bottom = (np.clip(y0 + i, 0, height - 1).astype(np.intp) for i in (0, 1))
    upper = picture[top, left] * (1 - fx) + picture[top, right] * fx
    lower = picture[bottom, left] * (1 - fx) + picture[bottom, right] * fx
    return cast("Pixels", upper * (1 - fy) + lower * fy)


def area_average(picture: Pixels, factor: int) -> Pixels:
    """Reduce both sides by a whole factor, each pixel the mean of those below it; sides must divide.

    >>> area_average(np.arange(12, dtype=np.float32).reshape(2, 2, 3), 2).tolist()
    [[[4.5, 5.5, 6.5]]]
    """
    height, width = picture.shape[:2]
    return cast("Pixels", picture.reshape(height // factor, factor, width // factor, factor, 3).mean((1, 3)))


def look(panorama: Pixels, camera: Camera, *, width: int, height: int, oversample: int = 2) -> Pixels:
    """Return what the camera sees, `(height, width, 3)`, in the light of the equirectangular panorama.

    Rendered `oversample` times as large and averaged, so that nothing aliases.

    >>> panorama = np.zeros((64, 128, 3), np.float32)
    >>> panorama[:, 92:100] = 8.0  # at the right, between the middle and the edge
    >>> seen = look(panorama, Camera(yaw=90, pitch=0), width=32, height=18)
    >>> seen.shape, float(seen[9, 16, 0]), float(seen[9, 0, 0])
    ((18, 32, 3), 8.0, 0.0)
    """
    w, h = width * oversample, height * oversample
    focal = 0.5 * w / np.tan(np.radians(camera.fov) / 2)
    x, y = np.meshgrid((np.arange(w) - w / 2 + 0.5) / focal, (np.arange(h) - h / 2 + 0.5) / focal)
    roll, pitch = np.radians(camera.roll), np.radians(camera.pitch)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    up, ahead = -y * np.cos(pitch) + np.sin(pitch), np.cos(pitch) + y * np.sin(pitch)
    longitude = np.arctan2(x, ahead) + np.radians(camera.yaw)
    latitude = np.arctan2(up, np.hypot(x, ahead))
    rows, columns = panorama.shape[:2]
    u = (
        ((longitude / (2 * np.pi) + 0.5) % 1.0) * columns - 0.5 + 1
    )  # one column of the other side before each edge
    v = (0.5 - latitude / np.pi) * rows - 0.5
    wrapped = np.concatenate([panorama[:, -1:], panorama, panorama[:, :1]], axis=1)
    return area_average(bilinear(wrapped, u, v), oversample)
