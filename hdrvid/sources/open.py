"""Open a plate, whatever it is: a video file, an image sequence, a folder or a still."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from hdrvid.frames import FrameRange
from hdrvid.plate import Frame, PlateInfo
from hdrvid.sources.names import Still, VideoFile, find_plate
from hdrvid.sources.sequence import open_sequence
from hdrvid.sources.video import open_video_plate


class Source(Protocol):
    """Give the frames of a plate as code values, with the plate's facts; a context manager."""

    @property
    def info(self) -> PlateInfo:
        """Return all that is known of the plate."""
        ...

    def read(self, frames: FrameRange) -> Iterator[Frame]:
        """Yield these frames in rising order, each once, R'G'B' code values as `(3, H, W) float32`."""
        ...

    def frame_key(self, number: int) -> str:
        """Return what identifies the content of a frame's own file, or nothing for a video."""
        ...

    def timecode(self, number: int) -> str | None:
        """Return the timecode in a frame's own file, or None for a video."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...

    def __enter__(self) -> Self:
        """Return the source itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the source."""
        ...


def open_plate(
    source: str, *, start_frame: int = 1001, matrix: str = "auto", code_range: str = "auto", threads: int = 0
) -> Source:
    """Open a plate by the name that a person would give it.

    That is a video file, a still (`photo.png`), a sequence (`plate.####.exr`, `plate.%04d.exr`), or a folder
    that holds one sequence. `start_frame` numbers a video's first frame, and a still without a number of its
    own. `matrix` (auto, bt601, bt709, bt2020) and `code_range` (auto, limited, full) overrule a video's tags;
    `threads` bounds its decoder's threads, 0 leaves them to FFmpeg.

    Raises `PlateNotFound`, `PlateError`, `NotSdr` for PQ, HLG and the like, `OptionError` for a wrong option.

    >>> import numpy as np, OpenImageIO, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (7, 8):
    ...         picture = OpenImageIO.ImageBuf(np.ones((2, 4, 3), np.float32))
    ...         written = picture.write(f"{folder}/plate.{number:04d}.png")
    ...     with open_plate(f"{folder}/plate.####.png") as plate:
    ...         [(frame.number, frame.size) for frame in plate.read(FrameRange.parse("7-8"))]
    [(7, (2, 4)), (8, (2, 4))]
    """
    found = find_plate(source)
    if not isinstance(found, VideoFile):
        return open_sequence(found, start_frame=start_frame)
    return open_video_plate(
        found.path, start_frame=start_frame, matrix=matrix, code_range=code_range, threads=threads
    )


def is_still(source: str) -> bool:
    """Tell whether a name means one picture; raise `PlateNotFound` or `PlateError` where it means nothing.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".png") as photo:
    ...     is_still(photo.name)
    True
    """
    return isinstance(find_plate(source), Still)
