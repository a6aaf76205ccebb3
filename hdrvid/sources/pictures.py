"""Turn one decoded PyAV frame into R'G'B' planes, upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hdrvid.errors import PlateError
from hdrvid.plate import Planes
from hdrvid.sources.formats import SUBSTITUTES, Component, PixelLayout, layout_of
from hdrvid.sources.planes import (
    Coding,
    Siting,
    alpha_from_codes,
    grey_to_rgb,
    rgb_from_codes,
    yuv_to_rgb,
)

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Alpha = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Say how stored pictures are brought upright: rows and columns exchanged first, then mirrored.

    >>> Turn(transpose=True).size((540, 960))
    (960, 540)
    """

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def size(self, stored: tuple[int, int]) -> tuple[int, int]:
        """Return `(height, width)` of the upright picture.

        >>> Turn(flip_rows=True).size((540, 960))
        (540, 960)
        """
        return stored[::-1] if self.transpose else stored

    def apply(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn `(..., H, W)`; the result is contiguous, and the same array when nothing is to be done.

        >>> Turn(transpose=True, flip_columns=True).apply(np.float32([[1, 2], [3, 4]])).tolist()  # clockwise
        [[3.0, 1.0], [4.0, 2.0]]
        """
        turned = pixels.swapaxes(-1, -2) if self.transpose else pixels
        rows = slice(None, None, -1 if self.flip_rows else None)
        columns = slice(None, None, -1 if self.flip_columns else None)
        return np.ascontiguousarray(turned[..., rows, columns])


def turn_of_matrix(matrix: bytes) -> Turn:
    """Read a display matrix (9 int32 in 16.16): turns by quarters and mirrors; others go to the nearest.

    >>> turn_of_matrix(np.array([0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30], "<i4").tobytes())
    Turn(transpose=True, flip_rows=False, flip_columns=True)
    """
    a, b, _, c, d = np.frombuffer(matrix, "<i4")[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):  # x' = a x, y' = d y
        return Turn(flip_columns=a < 0, flip_rows=d < 0)
    return Turn(transpose=True, flip_columns=c < 0, flip_rows=b < 0)  # x' = c y, y' = b x


def turn_of_angle(degrees: int) -> Turn:
    """Return the turn of a rotation counter-clockwise, by quarters; others go to the nearest.

    >>> turn_of_angle(-90)
    Turn(transpose=True, flip_rows=False, flip_columns=True)
    """
    quarters = round(degrees / 90) % 4
    return Turn(transpose=quarters % 2 == 1, flip_rows=quarters in {1, 2}, flip_columns=quarters in {2, 3})


def layout_for(name: str, where: str) -> PixelLayout:
    """Return the layout that a pixel format is read in; one that is not known raises `PlateError`.

    >>> layout_for("yuva444p10le", "clip.mov").depth
    10
    >>> layout_for("pal4", "clip.avi")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.PlateError: clip.avi: pixel format pal4, expected a YUV, RGB or grey one ...
    """
    layout = layout_of(SUBSTITUTES.get(name, name))
    if layout is None:
        message = (
            f"{where}: pixel format {name}, expected a YUV, RGB or grey one that hdrvid reads. Convert the "
            "clip, for instance to ProRes 4444 or FFV1 in yuv444p12."
        )
        raise PlateError(message)
    return layout


def read_picture(
    frame: VideoFrame, *, matrix: str, full_range: bool, siting: Siting
) -> tuple[Planes, Alpha | None]:
    """Return `(3, H, W) float32` R'G'B' and, where there is one, `(H, W) float32` alpha, as stored.

    The decoder's memory is only read: its planes are reference frames of those to come.
    """
    name = frame.format.name
    layout = layout_for(name, "frame")
    if name in SUBSTITUTES:
        frame = frame.reformat(format=SUBSTITUTES[name])
    size = frame.height, frame.width
    small = -(-size[0] // layout.down), -(-size[1] // layout.across)
    coding = Coding(
        depth=layout.depth,
        full_range=full_range,
        matrix=matrix,
        across=layout.across,
        down=layout.down,
        siting=siting,
        shift=layout.shift,
    )
    alpha = None
    if layout.alpha is not None:
        alpha = alpha_from_codes(_codes(frame, layout.alpha, layout, size), layout.depth)
    if layout.kind == "grey":
        return grey_to_rgb(_codes(frame, layout.components[0], layout, size), coding), alpha
    first, second, third = layout.components
    sizes = (size, small, small) if layout.kind == "yuv" else (size, size, size)
    planes = [_codes(frame, c, layout, s) for c, s in zip((first, second, third), sizes, strict=True)]
    convert = yuv_to_rgb if layout.kind == "yuv" else rgb_from_codes
    return convert(planes[0], planes[1], planes[2], coding), alpha


def _codes(frame: VideoFrame, part: Component, layout: PixelLayout, size: tuple[int, int]) -> NDArray[Any]:
    """Return a view of one component, `(H, W)`; rows are padded in memory, so the stride is the plane's."""
    plane = frame.planes[part.plane]
    sample = np.dtype(layout.dtype)
    stride = plane.line_size // sample.itemsize
    height, width = size
    rows: NDArray[Any] = np.frombuffer(memoryview(plane), sample, count=height * stride)
    return rows.reshape(height, stride)[:, part.offset :: part.step][:, :width]
