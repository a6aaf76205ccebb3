"""Find the constants of a plate that its frames have to tell: how its camera treats light and highlights."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

from hdrvid.colour import ColourPath
from hdrvid.engine.light import network_light
from hdrvid.errors import HdrvidError
from hdrvid.frames import FrameRange
from hdrvid.inference import Response, Shoulder, find_response, find_shoulder
from hdrvid.inference.expander import Predictor
from hdrvid.inference.response import Linearisation
from hdrvid.inference.shoulder import Highlights
from hdrvid.job import ExpandJob
from hdrvid.plate import Planes
from hdrvid.sources import Source

SAMPLED = 5
"""Frames that are looked at: spread over the whole plate, so that every chunk of a farm finds the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Hold a job whose shoulder is known, the response that L found, and why the shoulder is what it is."""

    job: ExpandJob
    response: Response | None = None
    chosen: dict[str, str] = field(default_factory=dict)


def look_at_shot(job: ExpandJob, generator: Predictor | None, lights: Iterable[Planes]) -> Shot:
    """Find what a job leaves open and its frames tell; the lights are taken only where they are needed.

    Formulas know no shoulder, and one that the job names stands.

    >>> look_at_shot(ExpandJob(source="a.mp4", out="exr", model="none"), None, []).response is None
    True
    """
    if not job.has_network:
        return Shot(job=job)
    if job.linearise == "learned":
        response, found = _learned(job, generator, lights)
    elif job.shoulder is None:
        response, found = None, find_shoulder(lights, clip_point=job.clip_point)
    else:
        return Shot(job=job)
    if job.shoulder is not None:
        return Shot(job=job, response=response)
    chosen = {"shoulder": f"found: {found.reason}"}
    return Shot(job=dataclasses.replace(job, shoulder=found.stops), response=response, chosen=chosen)


def _learned(
    job: ExpandJob, generator: Predictor | None, lights: Iterable[Planes]
) -> tuple[Response, Shoulder]:
    """Return the response that L finds, and a shoulder: an unknown camera is taken for one that rolls off.

    Real ones do, some of them just below the clip, where L sees little: where its curve ends lower, the usual
    stands.
    """
    highlights = Highlights()

    def counted() -> Iterator[Planes]:
        for light in lights:
            highlights.add(light, clip_point=job.clip_point)
            yield light

    # who asks for it has checked that the weights hold L
    response = find_response(cast("Linearisation", generator), counted(), clip_point=job.clip_point)
    if response.shoulder > highlights.usual_stops:
        return response, Shoulder(stops=response.shoulder, reason="as the learned response has it")
    return response, Shoulder(stops=highlights.usual_stops, reason="usual for cameras of unknown response")


def plate_shoulder(plate: Source, colour: ColourPath, *, clip_point: float = 1.0) -> Shoulder:
    """Return the shoulder of a plate. Frames that cannot be read are left out."""
    return find_shoulder(plate_light(plate, colour), clip_point=clip_point)


def plate_light(plate: Source, colour: ColourPath) -> Iterator[Planes]:
    """Yield the light of the frames that stand for a plate, as the network sees it."""
    return sampled_light(plate, colour, plate.info.frames.spread(SAMPLED))


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
