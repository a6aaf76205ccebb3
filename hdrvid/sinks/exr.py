"""Write frames as OpenEXR files."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from hdrvid.errors import NotFinite, OptionError, OutputError, ShapeError
from hdrvid.plate import Expanded
from hdrvid.sinks.atomic import checksum, make_folder, remove_stale, write_whole
from hdrvid.sinks.timecode import header_timecode

Attribute: TypeAlias = str | int | float | Fraction | None
"""A value in an EXR header; None is left out."""

Plane: TypeAlias = NDArray[np.float32] | NDArray[np.float16]

ToHalf: TypeAlias = Callable[[NDArray[np.float32]], tuple[NDArray[np.float16], int]]
"""Rounds a plane to half float and counts the values that it limited, as `to_half` does."""

COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
    "dwaa": OpenEXR.DWAA_COMPRESSION,
}
"""Compressions by the names that the option takes."""

LOSSY = ("dwaa",)
"""Compressions that give other pixels back than they took."""

KEY_ATTRIBUTE = "hdrvid/key"
"""The header attribute that tells which job made a frame."""

_HALF_MAX = 65504.0
_INT32 = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExrSettings:
    """State what all frames of a sequence share.

    `rate` is frames per second. `is_premultiplied` says of colours beside alpha that they are multiplied by
    it. `interop_id` and `chromaticities` are those of the colour path. `attributes` go into every header as
    they are: `{"hdrvid/model": "compact", ...}`.
    """

    compression: str = "zip"
    full_float: bool = False
    rate: Fraction | None = None
    pixel_aspect: Fraction = Fraction(1)
    is_premultiplied: bool = False
    interop_id: str | None = None
    chromaticities: tuple[float, ...] | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a compression that is not one of `COMPRESSIONS`."""
        if self.compression not in COMPRESSIONS:
            message = (
                f"compression '{self.compression}': unknown, expected one of {', '.join(COMPRESSIONS)}. "
                "Choose one."
            )
            raise OptionError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Tell of a frame that is on disk.

    `limited` counts the values, over all channels, that lay beyond half float's 65504 and were set to it.
    """

    path: Path
    number: int
    checksum: str
    bytes: int
    limited: int = 0


class ExrSink:
    """Write a sequence of EXR files, `name.1001.exr` and so on, into a folder.

    The folder is made, and temporary files that dead processes left for this sequence are removed. `write`
    may be called from several threads at once, for different frames. The same frame gives the same bytes,
    whenever and wherever it is written.

    >>> import tempfile
    >>> frame = Expanded(number=1001, pixels=np.full((3, 2, 4), 0.5, np.float32))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sink = ExrSink(Path(folder), name="clip", output=ExrSettings(rate=Fraction(24)))
    ...     sink.write(frame, {"hdrvid/key": "abc"}).path.name, read_key(sink.path_of(1001))
    ('clip.1001.exr', 'abc')
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        output: ExrSettings,
        halve: ToHalf | None = None,
        verify: bool = False,
    ) -> None:
        """Make the folder ready; `OutputError` where it cannot be.

        `halve` rounds planes in place of `to_half`, for callers with a faster way. With `verify` each frame
        is read back from the disk, and its pixels compared.
        """
        if not name or Path(name).name != name:
            message = (
                f"sequence name '{name}': not a file name, expected one without folders. Rename the plate."
            )
            raise OptionError(message)
        self.folder = folder
        self.name = name
        self.output = output
        self._halve = halve or to_half
        self._verify = verify
        make_folder(folder)
        remove_stale(folder, re.compile(re.escape(name) + r"\.-?\d+\.exr"))

    def path_of(self, number: int) -> Path:
        """Return the path of a frame: four digits or more, a minus sign among them as Fileseq counts it.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sink = ExrSink(Path(folder), name="clip", output=ExrSettings())
        ...     sink.path_of(7).name, sink.path_of(-7).name
        ('clip.0007.exr', 'clip.-007.exr')
        """
        return self.folder / f"{self.name}.{number:04d}.exr"

    def write(
        self,
        frame: Expanded,
        attributes: Mapping[str, Attribute] | None = None,
        *,
        timecode: str | None = None,
    ) -> Written:
        """Write one frame, with header attributes and a timecode (`HH:MM:SS:FF`) of its own.

        Values beyond half float are limited and counted; NaN or infinity raises `NotFinite`, and nothing is
        written. A disk that does not take the file raises `OutputError`, and leaves no part of it.

        >>> import tempfile
        >>> frame = Expanded(number=1001, pixels=np.full((3, 2, 4), 1e6, np.float32))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = ExrSink(Path(folder), name="clip", output=ExrSettings()).write(frame)
        >>> written.path.name, written.limited  # all 24 values lay beyond half float
        ('clip.1001.exr', 24)
        """
        self._check_sizes(frame)
        channels, limited = self._channels(frame)
        header = self._header(frame, attributes or {}, timecode)
        content = self._encode(frame, header, channels)
        path = self.path_of(frame.number)
        write_whole(path, content)
        if self._verify:
            self._check_written(path, channels, content)
        return Written(
            path=path,
            number=frame.number,
            checksum=checksum(content),
            bytes=len(content),
            limited=limited,
        )

    def _check_sizes(self, frame: Expanded) -> None:
        """Refuse layers of another size than the picture's: OpenEXR would read past their ends."""
        size = frame.pixels.shape[1:]
        layers = {"alpha": frame.alpha, "mask": frame.mask, "provenance": frame.provenance}
        layers |= {"source": None if frame.source is None else frame.source[0], "picture": frame.pixels[0]}
        for name, plane in layers.items():
            if plane is not None and (plane.shape != size or 0 in size):
                message = (
                    f"{self.path_of(frame.number)}: the {name} is {plane.shape}, expected (height, width) of "
                    f"at least one pixel, as in the picture's {size}. Make all layers of a frame one size."
                )
                raise ShapeError(message)

    def _channels(self, frame: Expanded) -> tuple[dict[str, Plane], int]:
        planes: dict[str, NDArray[np.float32]] = dict(zip("RGB", frame.pixels, strict=True))
        if frame.source is not None:
            planes.update(zip(("source.R", "source.G", "source.B"), frame.source, strict=True))
        singles = {"A": frame.alpha, "mask.A": frame.mask, "provenance.A": frame.provenance}
        planes.update({name: plane for name, plane in singles.items() if plane is not None})
        channels: dict[str, Plane] = {}
        total = 0
        for name, plane in planes.items():
            _check_finite(frame.number, name, plane)
            # OpenEXR ignores strides without a word: what it gets has to be contiguous
            if self.output.full_float:
                channels[name] = np.ascontiguousarray(plane, np.float32)
            else:
                channels[name], limited = self._halve(plane)
                total += limited
        return channels, total

    def _header(
        self, frame: Expanded, attributes: Mapping[str, Attribute], timecode: str | None
    ) -> dict[str, Any]:
        """Return a new header: OpenEXR writes into the one that it is given."""
        output = self.output
        header: dict[str, Any] = {
            "compression": COMPRESSIONS[output.compression],
            "type": OpenEXR.scanlineimage,
            "pixelAspectRatio": float(output.pixel_aspect),
        }
        if output.rate is not None:
            header["framesPerSecond"] = output.rate
        if output.interop_id is not None:
            header["colorInteropID"] = output.interop_id
        if output.chromaticities is not None:
            header["chromaticities"] = tuple(output.chromaticities)
        if frame.alpha is not None:
            header["hdrvid/alpha"] = "premultiplied" if output.is_premultiplied else "unpremultiplied"
        code = header_timecode(timecode, output.rate) if timecode else None
        if code is not None:
            header["timeCode"] = code
        for name, value in {**output.attributes, **attributes}.items():
            if value is not None:
                header[name] = _attribute(value)
        return header

    def _check_written(self, path: Path, channels: Mapping[str, Plane], content: bytes) -> None:
        """Read a frame back; raise `OutputError` where it is not what was written.

        DWAA gives other pixels back than it took: there the file itself is compared.
        """
        lossy = self.output.compression in LOSSY
        if not (path.read_bytes() == content if lossy else _holds(path, channels)):
            message = (
                f"{path}: reads back otherwise than it was written, expected the same pixels. The disk or "
                "the memory is at fault: check both, and run the command again."
            )
            path.unlink(missing_ok=True)
            raise OutputError(message)

    def _encode(self, frame: Expanded, header: dict[str, Any], channels: dict[str, Plane]) -> bytes:
        memory = io.BytesIO()
        try:
            # no threads inside a file: several frames are written side by side instead; a dict of its own,
            # since OpenEXR puts objects of its own in the place of the planes
            OpenEXR.File(header, dict(channels), num_threads=0).write(memory)
        except (RuntimeError, ValueError, TypeError) as error:
            message = (
                f"{self.path_of(frame.number)}: OpenEXR cannot encode it ({error}), expected a header and "
                "planes that it knows. Report this with the command that you ran."
            )
            raise OutputError(message) from error
        return memory.getvalue()  # a view would keep the buffer from being freed when an error holds it


def to_half(plane: NDArray[np.float32]) -> tuple[NDArray[np.float16], int]:
    """Round a plane to half float, and count the values that had to be limited to 65504 and -65504.

    >>> half, limited = to_half(np.float32([0.1, 65504, 65505, 1e9, -1e9]))
    >>> [float(value) for value in half], limited
    ([0.0999755859375, 65504.0, 65504.0, 65504.0, -65504.0], 3)
    """
    if plane.size == 0 or max(float(plane.max()), -float(plane.min())) <= _HALF_MAX:
        return plane.astype(np.float16, order="C"), 0
    limited = int(np.count_nonzero(np.abs(plane) > _HALF_MAX))
    return np.clip(plane, -_HALF_MAX, _HALF_MAX).astype(np.float16, order="C"), limited


def _holds(path: Path, channels: Mapping[str, Plane]) -> bool:
    """Tell whether a file holds just these channels, bit for bit."""
    try:
        with OpenEXR.File(str(path), separate_channels=True, num_threads=0) as file:
            found = {name: channel.pixels for name, channel in file.channels().items()}
    except (OSError, RuntimeError, ValueError, TypeError):
        return False
    return found.keys() == channels.keys() and all(
        np.array_equal(_bits(found[name]), _bits(plane)) for name, plane in channels.items()
    )


def _bits(plane: Plane) -> NDArray[np.unsignedinteger[Any]]:
    """Return a plane's bits as whole numbers, which compare faster than floats, and -0 differs from 0."""
    return plane.view(np.uint16 if plane.dtype == np.float16 else np.uint32)


def read_key(path: Path) -> str | None:
    """Return the key in a frame's header, or None for a file that is missing, broken or of another maker.

    Reads the header only, and says nothing of the pixels: a frame is whole because it was renamed when it
    was whole.

    >>> read_key(Path("no such frame.exr")) is None
    True
    """
    try:
        # by the path of an open file, since OpenEXR writes to stderr when it cannot open one
        with path.open("rb") as file:
            header = OpenEXR.File(file, header_only=True, num_threads=0).header()
    except (OSError, RuntimeError, ValueError, TypeError):
        return None
    key = header.get(KEY_ATTRIBUTE)
    return key if isinstance(key, str) else None


def _check_finite(number: int, name: str, plane: NDArray[np.float32]) -> None:
    if plane.size and not (np.isfinite(plane.max()) and np.isfinite(plane.min())):
        wrong = int(np.count_nonzero(~np.isfinite(plane)))
        message = (
            f"frame {number}: channel {name} has {wrong} values that are NaN or infinite, expected finite "
            "light only. Try --precision fp32, and report the frame."
        )
        raise NotFinite(message)


def _attribute(value: str | float | Fraction) -> str | int | float | Fraction:
    """Return a value as OpenEXR stores it rightly: a whole number beyond 32 bits would wrap in silence."""
    if isinstance(value, int) and not isinstance(value, bool) and value not in _INT32:
        return str(value)
    return value
