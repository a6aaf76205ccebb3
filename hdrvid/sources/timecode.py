"""Count in timecode: which label a frame has, so many frames after another.

Pure; a timecode is the text that cameras write, `HH:MM:SS:FF`, or `HH:MM:SS;FF` where labels are dropped so
that an NTSC rate keeps pace with the clock.
"""

from __future__ import annotations

import re
from fractions import Fraction

from hdrvid.errors import PlateError

_LABEL = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d+)\Z")


def timecode_at(start: str, frames: int, rate: Fraction) -> str:
    """Return the timecode `frames` frames after `start`, at `rate` frames a second.

    Drop-frame labels (`;`, or `.` as some write it) skip 00 and 01 of every minute but each tenth, twice and
    four times as many at 59.94 and 119.88. Counting goes past midnight to 00:00:00:00, and back before it.
    A start that is no timecode, or that has a frame its rate cannot have, raises `PlateError`.

    >>> timecode_at("01:00:59:23", 1, Fraction(24))
    '01:01:00:00'
    >>> timecode_at("00:00:59;29", 1, Fraction(30000, 1001))
    '00:01:00;02'
    """
    match = _LABEL.match(start.strip())
    base = round(rate)
    if match is None or base < 1 or int(match[5]) >= base or int(match[2]) > 59 or int(match[3]) > 59:
        message = (
            f"timecode '{start}': cannot be read at {rate} frames a second, expected HH:MM:SS:FF with FF "
            f"below {base}. Mend the plate's timecode, or take it out."
        )
        raise PlateError(message)
    drop = _labels_dropped(match[4], base)
    label = _count(match, base=base, drop=drop) + frames
    return _write(label, base=base, drop=drop, mark=match[4])


def check_timecode(
    start: str | None, rate: Fraction | None, *, where: str
) -> tuple[str | None, tuple[str, ...]]:
    """Return a plate's timecode where it can be counted on from, else None and a line about it.

    Cameras and tools write much under this name; what cannot be read is no reason to refuse a plate.

    >>> check_timecode("01:00:00:12", Fraction(24), where="a.mov")
    ('01:00:00:12', ())
    >>> check_timecode("noon", Fraction(24), where="a.mov")
    (None, ("a.mov: its timecode 'noon' is none at 24 frames a second; frames are written without",))
    """
    if start is None or rate is None:
        return start, ()
    try:
        timecode_at(start, 0, rate)
    except PlateError:
        line = (
            f"{where}: its timecode '{start}' is none at {rate} frames a second; frames are written without"
        )
        return None, (line,)
    return start, ()


def _labels_dropped(mark: str, base: int) -> int:
    """Return how many labels a minute loses: 2 at 29.97, 4 at 59.94, none without drop-frame."""
    return base // 30 * 2 if mark in ";." and base % 30 == 0 else 0


def _count(match: re.Match[str], *, base: int, drop: int) -> int:
    hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
    passed = hours * 60 + minutes
    return (passed * 60 + seconds) * base + frames - drop * (passed - passed // 10)


def _write(count: int, *, base: int, drop: int, mark: str) -> str:
    ten_minutes = base * 600 - drop * 9
    count %= ten_minutes * 6 * 24
    tens, rest = divmod(count, ten_minutes)
    # the first minute of ten drops nothing, the other nine drop at their start
    minutes = 0 if rest < base * 60 else 1 + (rest - base * 60) // (base * 60 - drop)
    label = tens * base * 600 + rest + drop * minutes
    seconds, frame = divmod(label, base)
    width = max(2, len(str(base - 1)))
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{frame:0{width}}"
