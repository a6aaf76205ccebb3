"""Give the frames of a plate as float code values, with their facts.

    with open_plate("clip.mp4") as plate:
        for frame in plate.read(plate.info.frames):
            ...

A frame's pixels are the plate's own encoded R'G'B' in which 0 is black and 1 nominal white; super-whites and
footroom are kept. Nothing here knows of OCIO, of networks or of EXR writing.
"""

from __future__ import annotations

from hdrvid.sources.open import Source, is_still, open_plate
from hdrvid.sources.timecode import timecode_at

__all__ = ["Source", "is_still", "open_plate", "timecode_at"]
