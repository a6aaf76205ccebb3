"""Turn SMPTE timecode from text into what an EXR header holds."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import OpenEXR

_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})\Z")
_HIGHEST_FRAME = 29


def header_timecode(text: str, rate: Fraction | None) -> Any | None:  # noqa: ANN401 - an OpenEXR.TimeCode
    """Return `HH:MM:SS:FF` (`;FF` for drop-frame) as an OpenEXR timecode; None for any other text.

    The header counts frames up to 29. Above 30 frames a second it counts pairs, as SMPTE ST 12-1 does, and
    the field mark tells the second frame of a pair from the first.

    >>> code = header_timecode("01:00:00:45", Fraction(50))
    >>> code.frame, code.fieldPhase
    (22, True)
    """
    match = _TIMECODE.match(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, frame = (int(match[part]) for part in (1, 2, 3, 5))
    group = math.ceil(round(rate) / 30) if rate else frame // (_HIGHEST_FRAME + 1) + 1
    if hours > 23 or minutes > 59 or seconds > 59 or frame // group > _HIGHEST_FRAME:
        return None
    code = OpenEXR.TimeCode()
    code.hours, code.minutes, code.seconds = hours, minutes, seconds
    code.frame = frame // group
    code.dropFrame = match[4] != ":"
    code.fieldPhase = group == 2 and frame % 2 == 1
    return code
