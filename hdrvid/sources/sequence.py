"""Read the frames of an image sequence, or a single picture, under the numbers of their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hdrvid.errors import PlateError
from hdrvid.frames import FrameRange
from hdrvid.plate import Frame, PlateInfo
from hdrvid.sources.fingerprint import content_key, files_fingerprint
from hdrvid.sources.images import read_image, read_image_facts
from hdrvid.sources.names import Sequence, Still
from hdrvid.sources.ranges import refuse_outside
from hdrvid.sources.timecode import check_timecode


class SequenceSource:
    """Give the frames of a sequence, or of a still; see `hdrvid.sources.Source`."""

    def __init__(self, info: PlateInfo, files: Mapping[int, Path]) -> None:
        """Keep what was found; files are opened one by one while they are read."""
        self.info = info
        self._files = dict(files)
        self._keys: dict[int, str] = {}

    def read(self, frames: FrameRange) -> Iterator[Frame]:
        """Yield these frames in rising order, code values as `(3, H, W) float32`, each with its file's key.

        A missing frame raises `PlateError` at once, one outside the sequence `FrameRangeError`; a damaged
        file or one of another size raises `PlateError` when its turn comes.

        >>> import numpy as np, OpenImageIO, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "photo.png")
        ...     written = OpenImageIO.ImageBuf(np.ones((2, 4, 3), np.float32)).write(str(file))
        ...     source = open_sequence(Still(path=file, number=None))
        ...     [frame.pixels.shape for frame in source.read(source.info.frames)]
        [(3, 2, 4)]
        """
        refuse_outside(frames, self.info)
        return (self._read_one(number) for number in frames)

    def frame_key(self, number: int) -> str:
        """Return a key for the content of a frame's file; an empty one where the file is missing.

        >>> import numpy as np, OpenImageIO, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "photo.png")
        ...     written = OpenImageIO.ImageBuf(np.ones((2, 4, 3), np.float32)).write(str(file))
        ...     source = open_sequence(Still(path=file, number=None))
        ...     source.frame_key(1001) == content_key(file), source.frame_key(1002)
        (True, '')
        """
        if number not in self._files:
            return ""
        if number not in self._keys:
            self._keys[number] = content_key(self._files[number])
        return self._keys[number]

    def timecode(self, number: int) -> str | None:
        """Return the timecode in the header of a frame's file; None where it has none, or is gone."""
        try:
            return read_image_facts(self._files[number]).timecode
        except (KeyError, PlateError):
            return None

    def close(self) -> None:
        """Do nothing: no file is held open between frames."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_one(self, number: int) -> Frame:
        path = self._files[number]
        try:
            pixels, alpha = read_image(path)
            key = self.frame_key(number)
        except FileNotFoundError as error:
            message = f"{path}: gone since the plate was opened, expected frame {number}. Put it back."
            raise PlateError(message) from error
        frame = Frame(number=number, pixels=pixels, alpha=alpha, source_key=key)
        if frame.size != (self.info.height, self.info.width):
            height, width = frame.size
            message = (
                f"{path}: frame {number} is {width}x{height}, expected {self.info.width}x{self.info.height} "
                f"as in frame {self.info.frames.first}. Render it again, or leave it out of --frames."
            )
            raise PlateError(message)
        return frame


def open_sequence(found: Sequence | Still, *, start_frame: int = 1001) -> SequenceSource:
    """Read the header of the first frame; a still without a number of its own takes `start_frame`.

    >>> import numpy as np, OpenImageIO, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "photo.png")
    ...     written = OpenImageIO.ImageBuf(np.ones((2, 4, 3), np.float32)).write(str(file))
    ...     source = open_sequence(Still(path=file, number=None), start_frame=1001)
    >>> source.info.kind, str(source.info.frames), source.info.name
    ('still', '1001', 'photo')
    """
    if isinstance(found, Still):
        number = start_frame if found.number is None else found.number
        files, missing, kind = {number: found.path}, FrameRange(), "still"
    else:
        files, missing, kind = dict(sorted(found.files.items())), found.missing, "sequence"
    facts = read_image_facts(files[min(files)])
    transfer, primaries = facts.decisions
    timecode, doubts = check_timecode(facts.timecode, facts.rate, where=found.path.name)
    info = PlateInfo(
        path=found.path,
        kind="still" if kind == "still" else "sequence",
        width=facts.width,
        height=facts.height,
        frames=FrameRange.of(files),
        rate=facts.rate,
        pixel_aspect=facts.pixel_aspect,
        timecode=timecode,
        codec=facts.codec,
        pixel_format=facts.pixel_format,
        bit_depth=facts.bit_depth,
        is_float=facts.is_float,
        has_alpha=facts.has_alpha,
        is_premultiplied=facts.is_premultiplied,
        encoding=transfer.value,
        primaries=primaries.value,
        missing=missing,
        decisions=facts.decisions,
        cautions=doubts,
        fingerprint=files_fingerprint(files),
    )
    return SequenceSource(info, files)
