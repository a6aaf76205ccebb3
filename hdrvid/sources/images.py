"""Read one picture file with OpenImageIO: its facts, and its pixels as float R'G'B' planes.

Integers are divided by their largest code; half and float are taken as they are, so a ramp of 0 to 1000 in an
EXR stays one, and NaN and infinity too (a later stage decides on them). FFmpeg is never used here: it clips
float pictures at 1.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from hdrvid.errors import PlateError
from hdrvid.plate import Decision, Planes
from hdrvid.sources.checks import fault_of_png
from hdrvid.sources.image_colour import decide_image_colour
from hdrvid.sources.pictures import Turn

# Exif orientations; None and 1 are upright
_TURNS = {
    2: Turn(flip_columns=True),
    3: Turn(flip_rows=True, flip_columns=True),
    4: Turn(flip_rows=True),
    5: Turn(transpose=True),
    6: Turn(transpose=True, flip_columns=True),
    7: Turn(transpose=True, flip_rows=True, flip_columns=True),
    8: Turn(transpose=True, flip_rows=True),
}
# channels that are no grey, alone though they may be
_NO_COLOUR = {"A", "Z", "ZBACK", "DEPTH", "DEPTH.Z", "ID"}
_NO_REASON = "no reason given"
_FLOATS = {"half": 16, "float": 32, "double": 64}
_INTEGERS = {"uint8": 8, "uint16": 16, "uint32": 32}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """Describe one picture file; sizes are those of its display window, upright."""

    width: int
    height: int
    codec: str
    pixel_format: str
    bit_depth: int
    is_float: bool
    has_alpha: bool
    is_premultiplied: bool
    pixel_aspect: Fraction
    rate: Fraction | None
    timecode: str | None
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """Hold what is needed to read the pixels: which part of the file, and which channels."""

    part: int
    spec: OpenImageIO.ImageSpec
    colour: tuple[int, ...]
    alpha: int | None
    format: str


def read_image_facts(path: Path) -> ImageFacts:
    """Read a picture's header; `PlateError` for a file that is no picture or has no colour channels.

    A PQ or HLG picture raises `NotSdr`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "photo.png")
    ...     written = OpenImageIO.ImageBuf(np.ones((2, 4, 3), np.float32)).write(str(file), "uint16")
    ...     facts = read_image_facts(file)
    >>> (facts.width, facts.height), facts.codec, facts.bit_depth, facts.decisions[0].value
    ((4, 2), 'png', 16, 'srgb')
    """
    image, header = _open(path)
    image.close()
    spec = header.spec
    is_float = str(spec.format) in _FLOATS
    height, width = _turn(spec).size((spec.full_height, spec.full_width))
    return ImageFacts(
        width=width,
        height=height,
        codec=header.format,
        pixel_format=f"{spec.format} {''.join(spec.channelnames[c] for c in header.colour).lower()}",
        bit_depth=_depth(spec),
        is_float=is_float,
        has_alpha=header.alpha is not None,
        is_premultiplied=_is_multiplied(header) and is_float,
        pixel_aspect=Fraction(spec.getattribute("PixelAspectRatio") or 1.0).limit_denominator(1000),
        rate=_rate(spec),
        timecode=_timecode(spec),
        decisions=decide_image_colour(spec, file_format=header.format, is_float=is_float, where=path.name),
    )


def read_image(path: Path) -> tuple[Planes, NDArray[np.float32] | None]:
    """Return `(3, H, W) float32` code values and `(H, W) float32` alpha or None, of the display window.

    What of the display window the file holds no pixels for is 0. Code values of integer pictures are
    straight: a TIFF with associated alpha is divided by it, and black where nothing covers. Float pictures
    are as stored. Damage raises `PlateError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "ramp.exr")
    ...     written = OpenImageIO.ImageBuf(np.full((2, 4, 3), 1000.0, np.float32)).write(str(file))
    ...     pixels, alpha = read_image(file)
    >>> pixels.shape, float(pixels.max()), alpha
    ((3, 2, 4), 1000.0, None)
    """
    image, header = _open(path)
    spec = header.spec
    chosen = (*header.colour, *(() if header.alpha is None else (header.alpha,)))
    first, last = min(chosen), max(chosen) + 1
    pixels = image.read_image(header.part, 0, first, last, "unknown")
    trouble = _trouble(image)
    image.close()
    if pixels is None or trouble:
        message = (
            f"{path}: cannot be read whole ({trouble or _NO_REASON}), expected {spec.width}x{spec.height} "
            "pixels. Copy or render the frame again."
        )
        raise PlateError(message)
    codes = pixels.reshape(spec.height, spec.width, last - first)
    planes = np.empty((len(chosen), spec.height, spec.width), np.float32)
    for plane, channel in zip(planes, chosen, strict=True):
        _scale(codes[..., channel - first], spec, plane)
    count = len(header.colour)
    if codes.dtype.kind != "f" and _is_multiplied(header):
        _divide(planes[:count], planes[count])
    planes = _turn(spec).apply(_to_display_window(planes, spec))
    rgb = planes[:3] if count == 3 else np.repeat(planes[:1], 3, axis=0)
    return rgb, None if header.alpha is None else planes[count]


def _open(path: Path) -> tuple[OpenImageIO.ImageInput, _Header]:
    fault = fault_of_png(path.read_bytes()) if path.suffix.lower() == ".png" and path.is_file() else ""
    if fault:
        message = f"{path}: damaged, {fault}; expected a whole PNG. Copy or render the frame again."
        raise PlateError(message)
    wish = OpenImageIO.ImageSpec()
    wish["oiio:UnassociatedAlpha"] = 1  # code values multiplied by alpha could not be linearised any more
    image = OpenImageIO.ImageInput.open(str(path), wish)
    if image is None:
        message = (
            f"{path}: cannot be read as a picture ({_trouble(OpenImageIO) or _NO_REASON}), expected one that "
            "OpenImageIO reads. It may be cut or no picture at all: copy or render it again."
        )
        raise PlateError(message)
    try:
        headers = list(_headers(image))
    except UnicodeDecodeError as error:
        image.close()
        message = (
            f"{path}: its header is no text, expected names of channels. Copy or render the frame again."
        )
        raise PlateError(message) from error
    # the first of those with most colour
    chosen = max(headers, key=lambda header: len(header.colour), default=None)
    if chosen is not None and chosen.colour and image.seek_subimage(chosen.part, 0):
        return image, chosen
    names = ", ".join(name for header in headers for name in header.spec.channelnames)
    image.close()
    message = f"{path}: has channels {names}, expected R, G and B, or one of grey. Write the picture as RGB."
    raise PlateError(message)


def _headers(image: OpenImageIO.ImageInput) -> Iterator[_Header]:
    """Yield the headers of a file's parts, up to one with colour: most have one, an EXR may have many."""
    for part in itertools.count():
        if not image.seek_subimage(part, 0):
            _trouble(image)  # there is no such part, which is no error
            return
        spec = image.spec()
        colour, alpha = _colour_channels(spec), _alpha_channel(spec)
        yield _Header(part=part, spec=spec, colour=colour, alpha=alpha, format=image.format_name())
        if len(colour) == 3:
            return


def _colour_channels(spec: OpenImageIO.ImageSpec) -> tuple[int, ...]:
    """Return the places of R, G and B, or of a grey channel, or nothing."""
    names = [name.upper() for name in spec.channelnames]
    for wanted in (("R", "G", "B"), ("RED", "GREEN", "BLUE")):
        if set(wanted) <= set(names):
            return tuple(names.index(name) for name in wanted)
    if {"RY", "BY"} & set(names):  # luminance with small chroma: colour that is not to be read as grey
        return ()
    others = [place for place, name in enumerate(names) if name not in _NO_COLOUR]
    grey = others if len(others) == 1 else [place for place in others if names[place] == "Y"]
    return tuple(grey[:1])


def _alpha_channel(spec: OpenImageIO.ImageSpec) -> int | None:
    names = [name.upper() for name in spec.channelnames]
    if 0 <= spec.alpha_channel < spec.nchannels:
        return int(spec.alpha_channel)
    return names.index("A") if "A" in names else None


def _is_multiplied(header: _Header) -> bool:
    """Tell whether colours are stored multiplied by alpha: always in an EXR, in a TIFF where it says so.

    OpenImageIO marks straight alpha, and gives the values as stored either way.
    """
    if header.alpha is None:
        return False
    is_straight = bool(header.spec.getattribute("oiio:UnassociatedAlpha"))
    return header.format == "openexr" or (header.format == "tiff" and not is_straight)


def _divide(colours: NDArray[np.float32], alpha: NDArray[np.float32]) -> None:
    """Divide `(N, h, w)` colours by `(h, w)` alpha in place; where alpha is 0 they are 0."""
    covered = alpha > 0
    np.divide(colours, alpha, out=colours, where=covered)
    colours[:, ~covered] = 0


def _depth(spec: OpenImageIO.ImageSpec) -> int:
    kind = str(spec.format)
    if kind in _FLOATS:
        return _FLOATS[kind]
    stated = int(spec.getattribute("oiio:BitsPerSample") or 0)
    whole = _INTEGERS.get(kind, 8)
    return stated if 8 < stated < whole else whole


def _scale(codes: NDArray[Any], spec: OpenImageIO.ImageSpec, out: NDArray[np.float32]) -> None:
    """Write codes as float32; the division is by the largest code, so that it is 1 to the last bit."""
    if codes.dtype.kind == "f":
        out[...] = codes
        return
    depth = _depth(spec)
    unused = codes.dtype.itemsize * 8 - depth
    if unused:  # 10 bits in 16: OpenImageIO fills the low bits up with the high ones
        codes = codes >> unused
    if depth == 32:  # beyond float32's 24 bits of precision
        out[...] = codes / np.float64(2**32 - 1)
        return
    out[...] = codes
    out /= np.float32(2**depth - 1)


def _to_display_window(planes: NDArray[np.float32], spec: OpenImageIO.ImageSpec) -> NDArray[np.float32]:
    """Crop or pad `(N, h, w)` of the data window to the display window."""
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    if (left, top, spec.width, spec.height) == (0, 0, spec.full_width, spec.full_height):
        return planes
    window = np.zeros((len(planes), spec.full_height, spec.full_width), np.float32)
    bottom, right = min(top + spec.height, spec.full_height), min(left + spec.width, spec.full_width)
    inside = planes[:, max(0, -top) : bottom - top, max(0, -left) : right - left]
    if bottom > max(0, top) and right > max(0, left):
        window[:, max(0, top) : bottom, max(0, left) : right] = inside
    return window


def _turn(spec: OpenImageIO.ImageSpec) -> Turn:
    return _TURNS.get(int(spec.getattribute("Orientation") or 1), Turn())


def _rate(spec: OpenImageIO.ImageSpec) -> Fraction | None:
    names = ("FramesPerSecond", "framesPerSecond", "dpx:FrameRate", "dpx:TelevisionFrameRate")
    value = next((found for name in names if (found := spec.getattribute(name))), None)
    if isinstance(value, tuple) and len(value) == 2 and value[1]:
        return Fraction(int(value[0]), int(value[1]))
    if not isinstance(value, int | float) or not 0 < value < 1000:  # DPX has infinity for what is not known
        return None
    return _near_rate(float(value))


def _near_rate(value: float) -> Fraction:
    """Return the fraction that a rate in float32 stands for: 23.976 is 24000/1001.

    >>> _near_rate(23.976), _near_rate(12.5)
    (Fraction(24000, 1001), Fraction(25, 2))
    """
    ntsc = Fraction(round(value * 1.001) * 1000, 1001)
    return ntsc if abs(ntsc - value) < 2e-3 else Fraction(value).limit_denominator(1001)


def _timecode(spec: OpenImageIO.ImageSpec) -> str | None:
    found = spec.getattribute("smpte:TimeCode")
    if found is None:
        return None
    if isinstance(found, str):
        return found
    # SMPTE 12M: binary coded decimal, with flags in the free bits (drop-frame is bit 6, the field bit 15)
    word = int(found[0])
    frames, seconds = (word & 0xF) + 10 * (word >> 4 & 3), (word >> 8 & 0xF) + 10 * (word >> 12 & 7)
    minutes, hours = (word >> 16 & 0xF) + 10 * (word >> 20 & 7), (word >> 24 & 0xF) + 10 * (word >> 28 & 3)
    rate = _rate(spec)
    if rate is not None and 30 < rate <= 60:  # counted in pairs, and the field mark tells the second
        frames = 2 * frames + (word >> 15 & 1)
    mark = ";" if word >> 6 & 1 else ":"
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{frames:02}"


def _trouble(teller: Any) -> str:  # noqa: ANN401 - a reader, or OpenImageIO itself
    """Return in one line, and not a long one, what OpenImageIO says to be wrong; nothing where nothing is."""
    try:
        text = str(teller.geterror())
    except UnicodeDecodeError as error:  # it quotes the file
        text = error.object.decode("utf-8", "replace")
    return textwrap.shorten("".join(c if c.isprintable() else " " for c in text), 160, placeholder=" ...")
