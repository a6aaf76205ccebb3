"""Count in SMPTE timecode."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})\Z")


class Timecode(NamedTuple):
    """Hold the parts of a timecode; `drop` is true for drop-frame, written with a semicolon."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    drop: bool = False

    def __str__(self) -> str:
        """Write it as `HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame."""
        mark = ";" if self.drop else ":"
        return f"{self.hours:02d}:{self.minutes:02d}:{self.seconds:02d}{mark}{self.frames:02d}"


def parse_timecode(text: str) -> Timecode | None:
    """Read `HH:MM:SS:FF` or `HH:MM:SS;FF`; return None for anything else.

    >>> parse_timecode("01:00:00;02")
    Timecode(hours=1, minutes=0, seconds=0, frames=2, drop=True)
    """
    match = _TIMECODE.match(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, frames = (int(match[part]) for part in (1, 2, 3, 5))
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return Timecode(hours, minutes, seconds, frames, match[4] != ":")


def timecode_after(first: str, frames: int, rate: Fraction) -> str | None:
    """Return the timecode a number of frames after `first`; None where `first` cannot be read.

    Counts as the tape does: in whole frames a second (24 for 23.976), leaving out two (at 59.94: four)
    numbers in every minute but the tenth where the timecode is drop-frame; midnight follows 23:59:59.

    >>> timecode_after("00:00:59;29", 1, Fraction(30000, 1001))
    '00:01:00;02'
    >>> timecode_after("01:00:00:00", 48, Fraction(24000, 1001))
    '01:00:02:00'
    """
    start = parse_timecode(first)
    nominal = round(rate)
    if start is None or nominal < 1:
        return None
    dropped = round(nominal / 15) if start.drop else 0  # 2 at 30, 4 at 60
    return str(_from_count(_to_count(start, nominal, dropped) + frames, nominal, dropped))


def _to_count(code: Timecode, nominal: int, dropped: int) -> int:
    minutes = code.hours * 60 + code.minutes
    count = (minutes * 60 + code.seconds) * nominal + code.frames
    return count - dropped * (minutes - minutes // 10)


def _from_count(count: int, nominal: int, dropped: int) -> Timecode:
    ten_minutes = nominal * 600 - dropped * 9
    one_minute = nominal * 60 - dropped
    tens, rest = divmod(count % (ten_minutes * 144), ten_minutes)
    # every minute of ten but the first lacks numbers: put them back before dividing
    skipped = max(0, rest - dropped) // one_minute
    count = tens * nominal * 600 + rest + dropped * skipped
    seconds, frames = divmod(count, nominal)
    return Timecode(seconds // 3600, seconds // 60 % 60, seconds % 60, frames, bool(dropped))
