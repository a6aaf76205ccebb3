"""Say what a plate is, what is assumed of it, and how much of it is clipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdrvid.colour import open_config, resolve_path
from hdrvid.engine.shot import plate_shoulder, sampled_light
from hdrvid.frames import FrameRange
from hdrvid.inference import Shoulder
from hdrvid.plate import Decision, Planes, PlateInfo
from hdrvid.sources import open_plate

_SAMPLED = 12
_BINS, _TOP = 1224, 1.2  # a bin is a quarter of an 8-bit code step; super-whites reach 1.09
_WINDOW = 9  # bins: compression scatters a pile over about two code steps
_PILE_SHARE, _PILE_HEIGHT = 0.0005, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipping:
    """Count where a plate's values pile up, over a few frames spread over it.

    `share` is the part of the pixels with a channel at the clip point 1.0 or above (canonical code 250 of
    255), `share_all` with all three. `pile` is the scene-linear value at which the brightest channel piles
    up, None where it does not, and `clip_point` what `--clip-point` should be.
    """

    frames: FrameRange
    share: float
    share_all: float
    pile: float | None
    clip_point: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Hold all that is known of a plate, and how it would be read."""

    info: PlateInfo
    input_space: Decision
    clipping: Clipping
    shoulder: Shoulder
    """What `--shoulder` is where it is left out."""
    unread: tuple[str, ...] = ()
    """What is wrong with frames that were to be looked at and could not be read."""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return each fact with its origin: tag, option or assumed."""
        return (*self.info.decisions, self.input_space)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        info, clipping = self.info, self.clipping
        return {
            "path": str(info.path),
            "kind": info.kind,
            "width": info.width,
            "height": info.height,
            "frames": str(info.frames),
            "frame_count": len(info.frames),
            "missing_frames": str(info.missing),
            "rate": None if info.rate is None else str(info.rate),
            "timecode": info.timecode,
            "pixel_aspect": str(info.pixel_aspect),
            "codec": info.codec,
            "pixel_format": info.pixel_format,
            "bit_depth": info.bit_depth,
            "alpha": info.has_alpha,
            "variable_rate": info.variable_rate,
            "interlaced": info.interlaced,
            "decisions": [
                {"name": d.name, "value": d.value, "origin": d.origin, "reason": d.reason}
                for d in self.decisions
            ],
            "clipping": {
                "frames": str(clipping.frames),
                "share": round(clipping.share, 6),
                "share_all_channels": round(clipping.share_all, 6),
                "pile": clipping.pile,
                "suggested_clip_point": clipping.clip_point,
            },
            "shoulder": {"stops": self.shoulder.stops, "reason": self.shoulder.reason},
            "unread": list(self.unread),
        }

    def lines(self) -> Iterator[str]:
        """Yield the report for people."""
        info, clipping = self.info, self.clipping
        rate = f", {float(info.rate):.6g} frames a second" if info.rate else ""
        size = f"{info.width}x{info.height}"
        yield f"{info.path}: {info.kind}, {size}, {len(info.frames)} frames ({info.frames}){rate}"
        yield f"  {info.codec} {info.pixel_format}, {info.bit_depth} bit, timecode {info.timecode or 'none'}"
        if info.missing:
            yield f"  missing frames: {info.missing}"
        for decision in self.decisions:
            reason = f": {decision.reason}" if decision.reason else ""
            yield f"  {decision.name:14} {decision.value} ({decision.origin}){reason}"
        yield f"  clipped        {clipping.share:.2%} of the pixels, {clipping.share_all:.2%} in all channels"
        pile = "values do not pile up" if clipping.pile is None else f"values pile up at {clipping.pile:.4g}"
        yield f"  clip point     {pile}; use --clip-point {clipping.clip_point:.4g}"
        yield f"  shoulder       {self.shoulder.stops:g} stops: {self.shoulder.reason}"
        for problem in self.unread:
            yield f"  damaged        {problem}"


def probe(
    source: str, *, start_frame: int = 1001, input_space: str | None = None, ocio_config: str | None = None
) -> Probe:
    """Look at a plate: its tags, what would be assumed where they are missing, and how much of it is clipped.

    Decodes a few frames spread over it; those that cannot be read are named in the report. Raises the errors
    of `hdrvid.expand` for a plate that cannot be opened.
    """
    config = open_config(ocio_config)
    with open_plate(source, start_frame=start_frame) as plate:
        info = plate.info
        path = resolve_path(
            config,
            encoding=info.encoding,
            primaries=info.primaries,
            input_space=input_space,
            output_space="scene_linear",  # a role: every config has it
        )
        sampled, unread = info.frames.spread(_SAMPLED), list[str]()
        clipping = measure_clipping(sampled_light(plate, path, sampled, unread=unread), sampled)
        return Probe(
            info=info,
            input_space=path.decision,
            clipping=clipping,
            shoulder=plate_shoulder(plate, path),
            unread=tuple(dict.fromkeys(unread)),
        )


def measure_clipping(lights: Iterable[Planes], frames: FrameRange) -> Clipping:
    """Count clipped pixels and find where the brightest channel piles up.

    Each light is `(3, H, W) float32`, linear Rec.709.
    """
    histogram = np.zeros(_BINS, np.int64)
    clipped = clipped_all = pixels = 0
    for light in lights:
        code = _encode(light)
        top = code.max(axis=0)
        histogram += np.histogram(top, bins=_BINS, range=(0.0, _TOP))[0]
        clipped += int(np.count_nonzero(top >= 250 / 255))
        clipped_all += int(np.count_nonzero(code.min(axis=0) >= 250 / 255))
        pixels += top.size
    pile = _find_pile(histogram)
    suggested = 1.0 if pile is None or abs(pile - 1.0) < 0.02 else round(pile, 4)
    return Clipping(
        frames=frames,
        share=clipped / max(pixels, 1),
        share_all=clipped_all / max(pixels, 1),
        pile=pile,
        clip_point=suggested,
    )


def _encode(light: Planes) -> Planes:
    """Return the canonical sRGB code of linear light, carried on above 1; negatives are 0."""
    light = np.maximum(light, np.float32(0))
    low = light * np.float32(12.92)
    return np.where(
        light <= 0.0031308, low, np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055)
    )


def _decode(code: float) -> float:
    return code / 12.92 if code <= 0.04045 else ((code + 0.055) / 1.055) ** 2.4


def _find_pile(histogram: NDArray[np.int64]) -> float | None:
    """Return the linear value of the highest pile in the upper half of the codes, or None.

    A pile holds more than 0.05 % of the pixels, and six times what the codes below it would lead to expect.
    """
    heaped = np.convolve(histogram, np.ones(_WINDOW), mode="same")
    total = max(int(histogram.sum()), 1)
    for centre in np.argsort(heaped)[::-1][: 4 * _WINDOW]:
        below = heaped[max(0, centre - 8 * _WINDOW) : max(0, centre - 2 * _WINDOW)]
        expected = float(np.median(below)) if len(below) else 0.0
        stands_out = heaped[centre] > max(_PILE_HEIGHT * expected, _PILE_SHARE * total)
        if centre > _BINS // 2 / _TOP and stands_out:
            codes = np.arange(max(0, centre - _WINDOW // 2), min(_BINS, centre + _WINDOW // 2 + 1))
            code = float(np.average((codes + 0.5) * _TOP / _BINS, weights=histogram[codes]))
            return _decode(code)
    return None
