"""Hold a wanted frame range against the frames that a plate has."""

from __future__ import annotations

from hdrvid.errors import FrameRangeError, PlateError
from hdrvid.frames import FrameRange
from hdrvid.plate import PlateInfo


def refuse_outside(frames: FrameRange, info: PlateInfo) -> None:
    """Raise `FrameRangeError` where a range reaches outside the plate, `PlateError` where it meets a hole.

    >>> from pathlib import Path
    >>> there = FrameRange.parse("1001-1010")
    >>> clip = PlateInfo(path=Path("a.mp4"), kind="video", width=4, height=2, frames=there)
    >>> refuse_outside(FrameRange.parse("1009-1011"), clip)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.FrameRangeError: a.mp4: has no frame 1011, expected frames of 1001-1010. ...
    """
    for number in frames:
        if number in info.frames:
            continue
        if number in info.missing:
            message = (
                f"{info.path}: frame {number} is missing on disk, expected every frame of {frames}. Render "
                "it, or leave it out of --frames."
            )
            raise PlateError(message)
        message = (
            f"{info.path}: has no frame {number}, expected frames of {info.frames}. Choose a range inside, "
            "or shift the numbers with --start-frame."
        )
        raise FrameRangeError(message)
