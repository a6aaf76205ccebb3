"""Find the one constant of a plate that its frames have to tell: how its camera treats highlights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from hdrvid.colour import ColourPath
from hdrvid.engine.light import network_light
from hdrvid.errors import HdrvidError
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
    has_network = job.method == "network" and job.model != "none"
    return has_network and job.shoulder is None and job.linearise == "ocio"


def plate_shoulder(plate: Source, colour: ColourPath, *, clip_point: float = 1.0) -> Shoulder:
    """Return the shoulder of a plate. Frames that cannot be read are left out."""
    return find_shoulder(_lights(plate, colour), clip_point=clip_point)


def picture_shoulder(pixels: Planes, colour: ColourPath, *, clip_point: float = 1.0) -> Shoulder:
    """Return the shoulder of one picture of code values, `(3, H, W) float32`; they stay as they are."""
    return find_shoulder([network_light(pixels.copy(), colour)], clip_point=clip_point)


def _lights(plate: Source, colour: ColourPath) -> Iterator[Planes]:
    for number in plate.info.frames.spread(SAMPLED):
        with contextlib.suppress(HdrvidError):
            for frame in plate.read(plate.info.frames.within(number, number)):
                yield network_light(frame.pixels, colour)
