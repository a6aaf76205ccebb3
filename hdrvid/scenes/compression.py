"""What compression does to a picture: JPEG's quantised cosines, and a real H.264 encoder on a still."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.float32]
"""`(H, W, 3) float32` code values in [0, 1], R'G'B'."""

BLOCK = 8
_BT601 = (0.299, 0.114)
_BT709 = (0.2126, 0.0722)
# ITU-T T.81, Annex K.1: the example tables that every JPEG encoder scales by its quality.
_LUMA_TABLE = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
], np.float32).reshape(8, 8)  # fmt: skip
_CHROMA_TABLE = np.full((8, 8), 99, np.float32)
_CHROMA_TABLE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def to_ycc(rgb: Codes, weights: tuple[float, float]) -> Codes:
    """Return Y' in [0, 1] and Cb, Cr in [-0.5, 0.5], full range, for the luma weights of red and blue.

    >>> to_ycc(np.float32([1.0, 1.0, 1.0]), (0.2126, 0.0722)).tolist()
    [1.0, 0.0, 0.0]
    >>> to_ycc(np.float32([0.0, 0.0, 1.0]), (0.25, 0.125)).round(4)
    array([ 0.125 ,  0.5   , -0.0833], dtype=float32)
    """
    red, blue = weights
    luma = rgb @ np.array([red, 1 - red - blue, blue], np.float32)
    return np.stack([luma, (rgb[..., 2] - luma) / (2 - 2 * blue), (rgb[..., 0] - luma) / (2 - 2 * red)], -1)


def to_rgb(ycc: Codes, weights: tuple[float, float]) -> Codes:
    """Return R'G'B' of Y'CbCr: the inverse of `to_ycc`.

    >>> to_rgb(to_ycc(np.float32([0.25, 0.5, 1.0]), (0.299, 0.114)), (0.299, 0.114)).round(4).tolist()
    [0.25, 0.5, 1.0]
    """
    red, blue = weights
    r, b = ycc[..., 0] + (2 - 2 * red) * ycc[..., 2], ycc[..., 0] + (2 - 2 * blue) * ycc[..., 1]
    green = (ycc[..., 0] - red * r - blue * b) / (1 - red - blue)
    return np.stack([r, green, b], -1).astype(np.float32)


def jpeg_loss(code: Codes, quality: int) -> Codes:
    """Return the picture as it comes back from a JPEG of this quality (1 to 100), 4:2:0.

    The lossy part of the standard only: BT.601 Y'CbCr, halved chroma, 8x8 cosines divided by the scaled
    tables and rounded. Entropy coding loses nothing, so it is left out. Any size; not rounded to 8 bits.

    >>> code = np.random.default_rng(0).random((24, 40, 3), np.float32)
    >>> errors = [float(np.abs(jpeg_loss(code, quality) - code).mean()) for quality in (95, 50, 10)]
    >>> errors == sorted(errors)
    True
    """
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    height, width = code.shape[:2]
    pad = ((0, -height % (2 * BLOCK)), (0, -width % (2 * BLOCK)))
    ycc = to_ycc(np.pad(code, (*pad, (0, 0)), mode="edge"), _BT601)
    tables = [np.clip(np.floor((t * scale + 50) / 100), 1, 255) for t in (_LUMA_TABLE, _CHROMA_TABLE)]
    luma = _quantise_blocks(ycc[..., 0] * 255 - 128, tables[0]) + 128
    chroma = [_double(_quantise_blocks(_halve(ycc[..., c]) * 255, tables[1])) for c in (1, 2)]
    rgb = to_rgb(_stacked([luma / 255, *(c / 255 for c in chroma)]), _BT601)
    return np.clip(rgb[:height, :width], 0, 1)


def _halve(plane: Codes) -> Codes:
    height, width = plane.shape
    return cast("Codes", plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3)))


def _double(plane: Codes) -> Codes:
    return plane.repeat(2, 0).repeat(2, 1)


def _stacked(planes: Sequence[npt.NDArray[np.floating[Any]]]) -> Codes:
    return np.stack(planes, -1).astype(np.float32)


@cache
def _cosines() -> Codes:
    """Return the orthonormal 8-point DCT-II matrix: rows are frequencies."""
    k, n = np.mgrid[:BLOCK, :BLOCK]
    basis = np.sqrt(2 / BLOCK) * np.cos(np.pi * (2 * n + 1) * k / (2 * BLOCK))
    basis[0] /= np.sqrt(2)
    return cast("Codes", basis.astype(np.float32))


def _quantise_blocks(plane: Codes, table: Codes) -> Codes:
    """Round the cosines of every 8x8 block to multiples of the table."""
    height, width = plane.shape
    blocks = plane.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(0, 2, 1, 3)
    d = _cosines()
    rounded = np.round(d @ blocks @ d.T / table) * table
    return cast("Codes", (d.T @ rounded @ d).transpose(0, 2, 1, 3).reshape(height, width))


def h264_loss(code: Codes, crf: int) -> Codes:
    """Return the picture as it comes back from x264 at this constant rate factor.

    8-bit 4:2:0, limited range, BT.709, as a player without dithering shows it; clipped to [0, 1]. Sides must
    be even.

    >>> flat = np.full((64, 64, 3), 0.5, np.float32)
    >>> bool(np.abs(h264_loss(flat, 23) - 0.5).max() < 0.01)
    True
    """
    height, width = code.shape[:2]
    ycc = to_ycc(code, _BT709)
    coded = [ycc[..., 0] * 219 + 16, *(_halve(ycc[..., c]) * 224 + 128 for c in (1, 2))]
    planes = np.concatenate([p.reshape(-1) for p in coded]).round().clip(0, 255).astype(np.uint8)
    back = _through_x264(planes.reshape(height * 3 // 2, width), crf).reshape(-1).astype(np.float32)
    luma = back[: height * width].reshape(height, width)
    chroma = [_double(p.reshape(height // 2, width // 2)) for p in np.split(back[height * width :], 2)]
    decoded = _stacked([(luma - 16) / 219, *((c - 128) / 224 for c in chroma)])
    return np.clip(to_rgb(decoded, _BT709), 0, 1)


def _through_x264(planes: npt.NDArray[np.uint8], crf: int) -> npt.NDArray[np.uint8]:
    """Encode one yuv420p frame, `(3 h / 2, w) uint8`, and decode it again."""
    import av

    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = planes.shape[1], planes.shape[0] * 2 // 3, "yuv420p"
    encoder.time_base, encoder.thread_count = Fraction(1, 25), 1
    encoder.options = {"crf": str(crf), "preset": "veryfast", "tune": "zerolatency"}
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    frames = [f for packet in packets for f in decoder.decode(packet)] + decoder.decode(None)
    return cast("npt.NDArray[np.uint8]", frames[0].to_ndarray(format="yuv420p"))
