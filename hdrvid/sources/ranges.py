"""Hold a wanted frame range against the frames that a plate has."""

from __future__ import annotations

from hdrvid.errors import FrameRangeError, PlateError
from hdrvid.frames import FrameRange
from hdrvid.plate import PlateInfo


def refuse_outside(frames: FrameRange, info: PlateInfo) -> None:
    """Raise `FrameRangeError` where a range reaches outside the plate, `PlateError` where it meets a hole."""
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
