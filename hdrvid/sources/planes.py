"""Turn a decoder's planes into R'G'B', in our own float arithmetic.

Pure functions of arrays. Code values are those of the file, of any integer type; what comes out is
`(3, H, W) float32`, the plate's own encoded R'G'B', where 0 is black and 1 nominal white. Nothing is clipped:
super-whites are above 1, footroom is below 0. swscale is not used, because every one of its RGB paths clips
at white and its usual ones are one to two codes off (docs/decisions/planes-read-directly).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hdrvid.plate import Planes

Codes: TypeAlias = NDArray[Any]
"""`(H, W)` code values of one component, of an integer or float type; a view of the decoder's memory."""

Siting: TypeAlias = Literal["left", "centre", "top-left"]
"""Where a chroma sample lies among the luma samples that share it."""

LUMA_WEIGHTS = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
    "smpte240m": (0.212, 0.087),
    "fcc": (0.30, 0.11),
}
"""Kr and Kb of each YUV matrix, by ITU-T H.273 table 4."""

_BAND = 64  # rows done at once, so that scratch stays in the cache: 6 ms a 1080p frame, 14 ms with 8 rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """Say how the codes of a picture were made of its R'G'B'.

    `matrix` is a name of `LUMA_WEIGHTS`. `across` and `down` are luma samples for each chroma sample. `shift`
    counts unused low bits (P010 keeps its 10 bits at the top of 16).
    """

    depth: int = 8
    full_range: bool = False
    matrix: str = "bt709"
    across: int = 1
    down: int = 1
    siting: Siting = "left"
    shift: int = 0


def luma_levels(coding: Coding) -> tuple[float, float]:
    """Return the code of black and the distance from it to nominal white.

    >>> luma_levels(Coding(depth=8)), luma_levels(Coding(depth=10)), luma_levels(Coding(full_range=True))
    ((16.0, 219.0), (64.0, 876.0), (0.0, 255.0))
    """
    step = float(2 ** (coding.depth - 8 + coding.shift))
    if coding.full_range:
        return 0.0, float((2**coding.depth - 1) * 2**coding.shift)
    return 16 * step, 219 * step


def chroma_levels(coding: Coding) -> tuple[float, float]:
    """Return the code of neutral chroma and the distance that stands for the whole span, -1/2 to 1/2.

    >>> chroma_levels(Coding(depth=8)), chroma_levels(Coding(depth=8, full_range=True))
    ((128.0, 224.0), (128.0, 255.0))
    """
    step = float(2 ** (coding.depth - 8 + coding.shift))
    span = float((2**coding.depth - 1) * 2**coding.shift) if coding.full_range else 224 * step
    return 128 * step, span


def yuv_to_rgb(y: Codes, cb: Codes, cr: Codes, coding: Coding) -> Planes:
    """Convert luma `(H, W)` and chroma `(ceil(H / down), ceil(W / across))` codes to R'G'B'.

    Chroma is interpolated linearly between its samples, from where `coding.siting` says that they are.

    >>> white = np.full((2, 2), 235, np.uint8), np.full((1, 1), 128, np.uint8), np.full((1, 1), 128, np.uint8)
    >>> yuv_to_rgb(*white, Coding(across=2, down=2))[:, 0, 0].tolist()
    [1.0, 1.0, 1.0]
    """
    height, width = y.shape
    kr, kb = LUMA_WEIGHTS[coding.matrix]
    kg = 1 - kr - kb
    black, span = (np.float32(level) for level in luma_levels(coding))
    chroma = _prepare_chroma(cb, cr, coding)
    band = -(-min(_BAND, height) // coding.down) * coding.down
    luma = np.empty((band, width), np.float32)
    spread = _Spread.make(chroma.shape[2] - 2, band=band, coding=coding)
    rgb = np.empty((3, height, width), np.float32)
    for top in range(0, height, band):
        rows = min(band, height - top)
        y_band = luma[:rows]
        y_band[...] = y[top : top + rows]
        y_band -= black
        y_band /= span
        blue, red = (spread.rows(part, which, top)[:rows, :width] for which, part in enumerate(chroma))
        red_out, green_out, blue_out = rgb[:, top : top + rows]
        np.add(y_band, red, out=red_out)
        np.add(y_band, blue, out=blue_out)
        blue *= np.float32(kb / kg)
        red *= np.float32(kr / kg)
        y_band -= blue
        np.subtract(y_band, red, out=green_out)
    return rgb


def rgb_from_codes(red: Codes, green: Codes, blue: Codes, coding: Coding) -> Planes:
    """Scale `(H, W)` codes of R', G' and B' to 0 at black and 1 at nominal white.

    >>> top = np.full((1, 1), 65535, np.uint16)
    >>> rgb_from_codes(top, top, top, Coding(depth=16, full_range=True)).tolist()
    [[[1.0]], [[1.0]], [[1.0]]]
    """
    rgb = np.empty((3, *red.shape), np.float32)
    for codes, out in zip((red, green, blue), rgb, strict=True):
        scale_codes(codes, coding, out=out)
    return rgb


def grey_to_rgb(grey: Codes, coding: Coding) -> Planes:
    """Scale `(H, W)` codes of luma alone and give them to all three channels.

    >>> grey_to_rgb(np.array([[16, 235]], np.uint8), Coding())[:, 0].tolist()
    [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
    """
    rgb = np.empty((3, *grey.shape), np.float32)
    scale_codes(grey, coding, out=rgb[0])
    rgb[1:] = rgb[0]
    return rgb


def scale_codes(codes: Codes, coding: Coding, *, out: NDArray[np.float32]) -> None:
    """Write `(code - black) / span` to `out`, `(H, W) float32`; float codes are copied as they are.

    >>> out = np.empty((1, 3), np.float32)
    >>> scale_codes(np.array([[64, 940, 1023]], np.uint16), Coding(depth=10), out=out)
    >>> out.round(3).tolist()  # a super-white is above 1
    [[0.0, 1.0, 1.0950000286102295]]
    """
    if codes.dtype.kind == "f":
        out[...] = codes
        return
    black, span = luma_levels(coding)
    # a division, not a product with the inverse: nominal white must be 1 to the last bit
    out[...] = codes
    out -= np.float32(black)
    out /= np.float32(span)


def alpha_from_codes(codes: Codes, depth: int) -> NDArray[np.float32]:
    """Scale `(H, W)` codes of coverage to [0, 1]; coverage is full range whatever the colour is.

    >>> alpha_from_codes(np.array([[0, 255]], np.uint8), 8).tolist()
    [[0.0, 1.0]]
    """
    alpha = np.empty(codes.shape, np.float32)
    scale_codes(codes, Coding(depth=depth, full_range=True), out=alpha)
    return alpha


def _prepare_chroma(cb: Codes, cr: Codes, coding: Coding) -> NDArray[np.float32]:
    """Return `(2, h + 2, w + 2) float32`: B' - Y' and R' - Y', their edges repeated once on every side."""
    kr, kb = LUMA_WEIGHTS[coding.matrix]
    neutral, span = chroma_levels(coding)
    height, width = cb.shape
    chroma = np.empty((2, height + 2, width + 2), np.float32)
    for codes, k, out in zip((cb, cr), (kb, kr), chroma, strict=True):
        inside = out[1:-1, 1:-1]
        inside[...] = codes
        inside -= np.float32(neutral)
        inside *= np.float32(2 * (1 - k) / span)
    chroma[:, :, 0], chroma[:, :, -1] = chroma[:, :, 1], chroma[:, :, -2]
    chroma[:, 0], chroma[:, -1] = chroma[:, 1], chroma[:, -2]
    return chroma


def _phases(factor: int, *, cosited: bool) -> list[tuple[int, float]]:
    """Return, for each luma sample of a group, the neighbour's side (-1, 0, 1) and its weight.

    A chroma sample lies on the first luma sample of its group where it is co-sited, else in the middle.
    """
    place = 0.0 if cosited else (factor - 1) / 2
    distances = [(phase - place) / factor for phase in range(factor)]
    return [((d > 0) - (d < 0), abs(d)) for d in distances]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """Hold the scratch that brings bands of two chroma planes to luma's size."""

    tall: NDArray[np.float32]  # (band, w + 2): spread downwards only
    near: NDArray[np.float32]  # the size of the larger operand of a product
    wide: NDArray[np.float32]  # (2, band, w * across)
    down: list[tuple[int, float]]
    across: list[tuple[int, float]]

    @classmethod
    def make(cls, width: int, *, band: int, coding: Coding) -> _Spread:
        return cls(
            tall=np.empty((band, width + 2), np.float32),
            near=np.empty((band, width + 2), np.float32),
            wide=np.empty((2, band, width * coding.across), np.float32),
            down=_phases(coding.down, cosited=coding.siting == "top-left"),
            across=_phases(coding.across, cosited=coding.siting != "centre"),
        )

    def rows(self, chroma: NDArray[np.float32], which: int, top: int) -> NDArray[np.float32]:
        """Return the band that starts at luma row `top`; it may be written to."""
        factor = len(self.down)
        first = top // factor + 1  # one row of padding
        count = min(len(self.tall) // factor, len(chroma) - 1 - first)
        for phase, (side, weight) in enumerate(self.down):
            out = self.tall[phase : count * factor : factor]
            here = chroma[first : first + count]
            self._blend(here, chroma[first + side : first + side + count], weight, out)
        tall = self.tall[: count * factor]
        wide = self.wide[which, : count * factor]
        width = tall.shape[1] - 2
        for phase, (side, weight) in enumerate(self.across):
            out = wide[:, phase :: len(self.across)]
            self._blend(tall[:, 1 : 1 + width], tall[:, 1 + side : 1 + side + width], weight, out)
        return wide

    def _blend(
        self, here: NDArray[np.float32], there: NDArray[np.float32], weight: float, out: NDArray[np.float32]
    ) -> None:
        if weight == 0:
            out[...] = here
            return
        near = self.near[: here.shape[0], : here.shape[1]]
        # here + weight * (there - here): a flat area keeps its value to the last bit
        np.subtract(there, here, out=near)
        near *= np.float32(weight)
        np.add(here, near, out=out)
