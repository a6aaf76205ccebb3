"""Find the one constant of a plate that its frames have to tell: how its camera treats highlights."""

from __future__ import annotations

from collections.abc import Iterator

from hdrvid.colour import ColourPath
from hdrvid.engine.light import network_light
from hdrvid.errors import HdrvidError
from hdrvid.frames import FrameRange
from hdrvid.inference import Shoulder, find_shoulder
from hdrvid.job import ExpandJob
from hdrvid.plate import Planes
from hdrvid.sources import Source

SAMPLED = 5
"""Frames that are looked at: spread over the whole plate, so that every chunk of a farm finds the same."""


def needs_shoulder(job: ExpandJob) -> bool:
    """Tell whether a job's result depends on a shoulder that it does not name.

    A learned linearisation undoes the camera's curve itself, and formulas know no shoulder.
    """
    return job.has_network and job.shoulder is None and job.linearise == "ocio"


def plate_shoulder(plate: Source, colour: ColourPath, *, clip_point: float = 1.0) -> Shoulder:
    """Return the shoulder of a plate. Frames that cannot be read are left out."""
    lights = sampled_light(plate, colour, plate.info.frames.spread(SAMPLED))
    return find_shoulder(lights, clip_point=clip_point)


def sampled_light(
    plate: Source, colour: ColourPath, frames: FrameRange, *, unread: list[str] | None = None
) -> Iterator[Planes]:
    """Yield the light of some frames of a plate as the network sees it, `(3, H, W)`, linear Rec.709.

    Frames that cannot be read are left out, and what is wrong with each is added to `unread`.
    """
    for number in frames:
        try:
            for frame in plate.read(frames.within(number, number)):
                yield network_light(frame.pixels, colour)
        except HdrvidError as error:
            if unread is not None:
                unread.append(str(error))
