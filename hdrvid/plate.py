"""Say what a plate is, and hold the pixels of one of its frames.

A plate is the SDR footage that comes in: a video file, an image sequence or a still. Every frame has one
number, the one in its written name; the rooms above never count frames in another way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hdrvid.errors import ShapeError
from hdrvid.frames import FrameRange

Planes: TypeAlias = NDArray[np.float32]
"""`(3, H, W) float32`, contiguous, in R, G, B order: what travels from room to room
(docs/decisions/planar-frames)."""


_PATTERN = re.compile(
    r"[._ -]?(?:#+|@+|%0?\d*d|\$F\d*|\d+)\Z"
)  # what stands for the number in a sequence's name
_STILL_NUMBER = re.compile(r"(?:\A|\.)-?\d+\Z")  # IMG_1234.jpg and IMG_1235.jpg are two stills


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One fact about a plate, and where it comes from.

    `origin` is `tag` (the file says so), `option` (the caller says so) or `assumed` (nobody says so; `reason`
    tells why this value was taken).
    """

    name: str
    value: str
    origin: Literal["tag", "option", "assumed"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateInfo:
    """Describe a plate: all that is known before a frame is decoded.

    `frames` are the numbers in written names; `exact` is false where the count is an estimate of the
    container's. `width` and `height` are those of the frames that `read` yields, after the file's rotation.
    `encoding` names how the code values are to be linearised: one of `hdrvid.plate.ENCODINGS`. `primaries` is
    one of bt709, bt601-525, bt601-625, bt2020, p3-d65, p3-dci, adobe-rgb, and with `linear` also ap0 or ap1.
    `is_premultiplied` tells that the colours of `read` are light times alpha, as EXR has them.
    `timecode` is that of the first frame, `HH:MM:SS:FF` or `HH:MM:SS;FF` for drop-frame. `cautions` are lines
    about what is unusual: a cut, a variable rate, interlacing. `fingerprint` identifies the content without
    reading all of it.
    """

    path: Path
    kind: Literal["video", "sequence", "still"]
    width: int
    height: int
    frames: FrameRange
    exact: bool = True
    rate: Fraction | None = None
    pixel_aspect: Fraction = Fraction(1)
    timecode: str | None = None
    codec: str = ""
    pixel_format: str = ""
    bit_depth: int = 8
    is_float: bool = False
    has_alpha: bool = False
    is_premultiplied: bool = False
    encoding: str = "bt709"
    primaries: str = "bt709"
    variable_rate: bool = False
    interlaced: bool = False
    missing: FrameRange = field(default_factory=FrameRange)
    decisions: tuple[Decision, ...] = ()
    cautions: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """Return the stem that written frames carry: `plate` of `plate.####.png`, `clip` of `clip.mp4`.

        >>> still = PlateInfo(path=Path("IMG_1234.jpg"), kind="still", width=4, height=2, frames=FrameRange())
        >>> still.name
        'IMG_1234'
        """
        if self.kind == "video":
            return self.path.stem
        number = _STILL_NUMBER if self.kind == "still" else _PATTERN
        return number.sub("", self.path.stem) or self.path.parent.name or "frame"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a line for every fact that had to be assumed, and the cautions.

        >>> guess = Decision(name="transfer", value="bt709", origin="assumed", reason="untagged")
        >>> info = PlateInfo(path=Path("clip.mp4"), kind="video", width=4, height=2, frames=FrameRange(),
        ...                  decisions=(guess,), cautions=("clip.mp4: interlaced",))
        >>> info.warnings
        ('clip.mp4: transfer is taken as bt709: untagged', 'clip.mp4: interlaced')
        """
        assumed = [d for d in self.decisions if d.origin == "assumed"]
        guesses = (f"{self.path.name}: {d.name} is taken as {d.value}: {d.reason}" for d in assumed)
        return (*guesses, *self.cautions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Carry one picture with its number and the space that its values are in.

    `pixels` is `(3, H, W) float32`. Fresh from a source, `space` is `code`: the plate's own encoded R'G'B' in
    which 0 is black and 1 is nominal white, super-whites above 1 and footroom below 0 kept. After the colour
    path, `space` is the name of the scene-linear output space. `alpha`, straight as video and pictures have
    it and premultiplied as EXR has it, is `(H, W) float32` or None. `source_key` identifies the file of this
    frame in a sequence (empty for a video).
    """

    number: int
    pixels: Planes
    space: str = "code"
    alpha: NDArray[np.float32] | None = None
    source_key: str = ""

    def __post_init__(self) -> None:
        """Refuse anything but three float32 planes."""
        if self.pixels.ndim != 3 or self.pixels.shape[0] != 3 or self.pixels.dtype != np.float32:
            message = (
                f"frame {self.number}: pixels of shape {self.pixels.shape} and type {self.pixels.dtype}, "
                "expected (3, height, width) float32. Move the channels to the front and convert."
            )
            raise ShapeError(message)

    @property
    def size(self) -> tuple[int, int]:
        """Return `(height, width)`.

        >>> Frame(number=1001, pixels=np.zeros((3, 1080, 1920), np.float32)).size
        (1080, 1920)
        """
        return self.pixels.shape[1], self.pixels.shape[2]


ENCODINGS = ("bt709", "srgb", "gamma22", "gamma24", "gamma26", "linear")
"""Names for how a plate's code values were made; `hdrvid.colour` turns each into an OCIO space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """Carry one finished frame to a sink.

    `pixels` and `source` are `(3, H, W) float32`, scene-linear, output space: the expanded picture and the
    plainly linearised one. `mask` is `(H, W) float32` in [0, 1], the largest of the three channels' masks.
    `provenance` is `(H, W) float32` with the values of `Provenance`. `mask`, `source` and `provenance` are
    None where only RGB is written. `clipped` is the share of pixels with a mask above 0.
    """

    number: int
    pixels: Planes
    alpha: NDArray[np.float32] | None = None
    mask: NDArray[np.float32] | None = None
    source: Planes | None = None
    provenance: NDArray[np.float32] | None = None
    clipped: float = 0.0
    source_key: str = ""


class Provenance:
    """Name the values of the layer `provenance.A`: where the light of a pixel comes from."""

    SOURCE = 0.0
    SUPER_WHITE = 0.25
    PARTLY_CLIPPED = 0.5
    INVENTED = 1.0
