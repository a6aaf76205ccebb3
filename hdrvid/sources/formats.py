"""Say how a decoder lays out a picture in memory: every pixel format that is read without swscale.

A layout is read from the format's name by a few patterns, FFmpeg's own naming being regular. Formats that
pack several components into one word are unpacked first, by `SUBSTITUTES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

_SUBSAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "440": (1, 2), "411": (4, 1), "410": (4, 4)}
_PLANAR_YUV = re.compile(r"yuv(a|j)?(4\d\d)p(\d+)?(msb)?(le|be)?\Z")
_SEMI_PLANAR = re.compile(r"(?:nv(12|21|16|24|42)|p([024])(10|12|16)(le|be))\Z")
_PLANAR_RGB = re.compile(r"gbr(a)?p(f)?(\d+)?(msb)?(le|be)?\Z")
_GREY = re.compile(r"(?:gray|y(a))(f)?(\d+)?(le|be)?\Z")
_PACKED_RGB = re.compile(r"([argb0]{3,4})(f?)(24|48|64|96|128|16|32)?(le|be)?\Z")

_PACKED_YUV = {
    # name: order of the samples in a group, depth, unused low bits
    "yuyv422": ("yuyv", 8, 0),
    "uyvy422": ("uyvy", 8, 0),
    "yvyu422": ("yvyu", 8, 0),
    "y210le": ("yuyv", 10, 6),
    "y212le": ("yuyv", 12, 4),
    "y216le": ("yuyv", 16, 0),
    "vyu444": ("vyu", 8, 0),
    "vuyx": ("vuyx", 8, 0),
    "vuya": ("vuya", 8, 0),
    "uyva": ("uyva", 8, 0),
    "ayuv": ("ayuv", 8, 0),
    "xv36le": ("uyvx", 12, 4),
    "xv48le": ("uyvx", 16, 0),
    "ayuv64le": ("ayuv", 16, 0),
}

SUBSTITUTES: Mapping[str, str] = {
    "pal8": "rgba",
    "monow": "gray",
    "monob": "gray",
    "x2rgb10le": "gbrp10le",
    "x2bgr10le": "gbrp10le",
    "xv30le": "yuv444p10le",
    "v30xle": "yuv444p10le",
    "uyyvyy411": "yuv411p",
    "rgb565le": "rgb24",
    "rgb555le": "rgb24",
    "bgr565le": "rgb24",
    "bgr555le": "rgb24",
}
"""Formats unpacked by swscale, and to what. All keep their values exactly but those of 15 and 16 bits for
three colours, which are widened to 8 bits a channel and come within one code of 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Say where the samples of one component lie: `plane[row, offset + column * step]`."""

    plane: int
    offset: int = 0
    step: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLayout:
    """Describe a pixel format.

    `components` are Y, Cb, Cr or R, G, B or grey alone. `dtype` is numpy's name of a sample. `across` and
    `down` are luma samples for each chroma sample, `shift` the unused low bits of each sample. `full_range`
    is None where the name does not decide it.
    """

    name: str
    kind: Literal["yuv", "rgb", "grey"]
    depth: int
    dtype: str
    components: tuple[Component, ...]
    alpha: Component | None = None
    across: int = 1
    down: int = 1
    shift: int = 0
    is_float: bool = False
    full_range: bool | None = None


@lru_cache(maxsize=64)
def layout_of(name: str) -> PixelLayout | None:
    """Return the layout of a format by FFmpeg's name, or None for one that is not read directly.

    >>> layout_of("yuv422p10le").across, layout_of("yuv422p10le").down, layout_of("yuv422p10le").dtype
    (2, 1, '<u2')
    >>> layout_of("videotoolbox_vld") is None
    True
    """
    for read in (_planar_yuv, _semi_planar, _packed_yuv, _planar_rgb, _grey, _packed_rgb):
        layout = read(name)
        if layout is not None:
            return layout
    return None


def _sample_type(depth: int, order: str | None, *, is_float: bool = False) -> str:
    mark = ">" if order == "be" else "<"
    if is_float:
        return f"{mark}f{depth // 8}"
    return "u1" if depth <= 8 else f"{mark}u2"


def _planar_yuv(name: str) -> PixelLayout | None:
    match = _PLANAR_YUV.match(name)
    if match is None or match[2] not in _SUBSAMPLING:
        return None
    depth = int(match[3] or 8)
    across, down = _SUBSAMPLING[match[2]]
    return PixelLayout(
        name=name,
        kind="yuv",
        depth=depth,
        dtype=_sample_type(depth, match[5]),
        components=tuple(Component(plane=plane) for plane in range(3)),
        alpha=Component(plane=3) if match[1] == "a" else None,
        across=across,
        down=down,
        shift=16 - depth if match[4] else 0,
        full_range=True if match[1] == "j" else None,
    )


def _semi_planar(name: str) -> PixelLayout | None:
    match = _SEMI_PLANAR.match(name)
    if match is None:
        return None
    depth = int(match[3] or 8)
    subsampling = {"12": "420", "21": "420", "0": "420", "16": "422", "2": "422"}.get(
        match[1] or match[2], "444"
    )
    across, down = _SUBSAMPLING[subsampling]
    blue = 1 if match[1] in {"21", "42"} else 0
    return PixelLayout(
        name=name,
        kind="yuv",
        depth=depth,
        dtype=_sample_type(depth, match[4]),
        components=(
            Component(plane=0),
            Component(plane=1, offset=blue, step=2),
            Component(plane=1, offset=1 - blue, step=2),
        ),
        across=across,
        down=down,
        shift=16 - depth if match[3] else 0,
    )


def _packed_yuv(name: str) -> PixelLayout | None:
    if name not in _PACKED_YUV:
        return None
    order, depth, shift = _PACKED_YUV[name]
    step = len(order)
    halved = order.count("y") == 2
    luma = Component(plane=0, offset=order.index("y"), step=2 if halved else step)
    blue, red = (Component(plane=0, offset=order.index(letter), step=step) for letter in "uv")
    return PixelLayout(
        name=name,
        kind="yuv",
        depth=depth,
        dtype=_sample_type(depth, "le"),
        components=(luma, blue, red),
        alpha=Component(plane=0, offset=order.index("a"), step=step) if "a" in order else None,
        across=2 if halved else 1,
        shift=shift,
    )


def _planar_rgb(name: str) -> PixelLayout | None:
    match = _PLANAR_RGB.match(name)
    if match is None:
        return None
    depth = int(match[3] or 8)
    if depth == 32 and match[2] is None:  # gbrap32: 32-bit integers, which no codec of plates uses
        return None
    return PixelLayout(
        name=name,
        kind="rgb",
        depth=depth,
        dtype=_sample_type(depth, match[5], is_float=bool(match[2])),
        components=tuple(Component(plane=plane) for plane in (2, 0, 1)),
        alpha=Component(plane=3) if match[1] else None,
        shift=16 - depth if match[4] else 0,
        is_float=bool(match[2]),
    )


def _grey(name: str) -> PixelLayout | None:
    match = _GREY.match(name)
    if match is None or (match[3] == "32" and match[2] is None):
        return None
    depth = int(match[3] or 8)
    step = 2 if match[1] else 1
    return PixelLayout(
        name=name,
        kind="grey",
        depth=depth,
        dtype=_sample_type(depth, match[4], is_float=bool(match[2])),
        components=(Component(plane=0, step=step),),
        alpha=Component(plane=0, offset=1, step=2) if match[1] else None,
        is_float=bool(match[2]),
    )


def _packed_rgb(name: str) -> PixelLayout | None:
    match = _PACKED_RGB.match(name)
    if match is None or len(set(match[1])) != len(match[1]) or not set("rgb") <= set(match[1]):
        return None
    order, bits = match[1], int(match[3] or 0)
    # rgbf16, rgbaf32 tell the bits of one sample; rgb24, rgba64 those of a pixel; rgba means 8 bits a sample
    depth = bits if match[2] else bits // len(order) if bits else 8
    if depth not in ({16, 32} if match[2] else {8, 16}):
        return None
    red, green, blue = (Component(plane=0, offset=order.index(letter), step=len(order)) for letter in "rgb")
    return PixelLayout(
        name=name,
        kind="rgb",
        depth=depth,
        dtype=_sample_type(depth, match[4], is_float=bool(match[2])),
        components=(red, green, blue),
        alpha=Component(plane=0, offset=order.index("a"), step=len(order)) if "a" in order else None,
        is_float=bool(match[2]),
    )
