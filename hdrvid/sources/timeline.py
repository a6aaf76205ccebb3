"""Know when each frame of a video is shown, and so which number it has.

A container's own counts and rates are hints: they are 0, estimated or wrong for whole families of files. What
decides is the presentation time of each packet. The times are read from the container's index where it has a
full one, else from the packets themselves, which are read once and not decoded.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

_STANDARD_RATES = (
    *(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)),
    *(Fraction(n) for n in (12, 15, 24, 25, 30, 48, 50, 60, 100, 120)),
)
_HELD_BACK = 4  # frames stored before one that is shown earlier: as many as encoders are seen to use
_REORDER = 16  # frames that a decoder may hold back: the longest that H.264 and HEVC allow


class Stamp(NamedTuple):
    """Note one packet: its presentation time in ticks, if a decoder can start at it, if it came whole."""

    pts: int | None
    is_key: bool = True
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Say what a stream states of its time: seconds a tick, and the rates it might have."""

    tick: Fraction
    rates: tuple[Fraction, ...] = ()

    @property
    def stated(self) -> tuple[Fraction, ...]:
        """Return the rates that a stream can have; a container writes 0 for one that it does not know.

        >>> Clock(tick=Fraction(1, 600), rates=(Fraction(0), Fraction(25))).stated
        (Fraction(25, 1),)
        """
        return tuple(rate for rate in self.rates if rate > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Say what a container states of its end, to be held against what is there.

    `frames` is the count it states, `end_s` the time at which it says to end, in seconds from its zero; None
    where it says nothing. `seen_s` is the end of the last packet found, `slack_s` how far the two may differ.
    `is_cut` is true where the file's size alone shows that a part is missing, `is_lossy` where bytes within
    it belong to no packet, so that time which is missing is frames that are lost. `whole` is the place, as
    stored, of the first packet behind a loss that times do not show: they count packets. `is_guessed` is true
    where times come from a packet's place in the file, and those at the end of a cut one are a guess.
    `is_joinable` is true where files may be joined end to end, so that missing time need not be lost frames.
    """

    frames: int | None = None
    end_s: float | None = None
    seen_s: float = 0.0
    slack_s: float = 0.0
    is_cut: bool = False
    is_lossy: bool = False
    whole: int | None = None
    is_guessed: bool = False
    is_joinable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Hold the presentation time of every frame, rising, in ticks.

    `times` is empty where packets carry no usable times; frames are then numbered as the decoder hands them
    out, from the first. `keys` are positions at which a decoder can start, within the few frames that
    B-frames are moved by. `count` may be larger than what is whole in the file: then `is_cut` is true.
    `holes` are positions before which time is missing in a clip that is otherwise regular; with `is_lossy`
    that is damage, and what is built on the lost frames is not whole. `lost` are positions that have a number
    and no frame. From the position `whole` on nothing can be placed.
    """

    times: tuple[int, ...] = ()
    keys: tuple[int, ...] = (0,)
    count: int = 0
    rate: Fraction | None = None
    is_variable: bool = False
    is_cut: bool = False
    is_exact: bool = True
    holes: tuple[int, ...] = ()
    is_lossy: bool = False
    lost: tuple[int, ...] = ()
    whole: int | None = None

    def position(self, pts: int) -> int | None:
        """Return which frame is shown at a time, 0 the first, or None for a time that no frame has.

        Where the rate is constant a time may lie up to half a frame off; otherwise it must be met exactly.

        >>> Timeline(times=(0, 512, 1024), count=3, is_variable=True).position(512)
        1
        """
        at = bisect.bisect_left(self.times, pts)
        if at < len(self.times) and self.times[at] == pts:
            return at
        if self.is_variable or len(self.times) < 2:
            return None
        near = min(
            (n for n in (at - 1, at) if 0 <= n < len(self.times)), key=lambda n: abs(self.times[n] - pts)
        )
        half = (self.times[-1] - self.times[0]) / (len(self.times) - 1) / 2
        return near if abs(self.times[near] - pts) < half else None

    def key_before(self, position: int) -> int:
        """Return the last position at or before this one at which a decoder can start.

        >>> Timeline(keys=(0, 12, 24), count=30).key_before(20)
        12
        """
        return self.keys[max(0, bisect.bisect_right(self.keys, position) - 1)]


def make_timeline(stamps: Sequence[Stamp], clock: Clock, *, first: int | None, ending: Ending) -> Timeline:
    """Order packets into the frames of a plate.

    `first` is the time of the first frame that the decoder gives; packets shown before it cannot be decoded
    (an open group of pictures at a cut) and are no frames of the plate. A clip that its container or its size
    shows to be cut gets the count that it states.

    >>> clock = Clock(tick=Fraction(1, 90000), rates=(Fraction(25),))
    >>> stored = [Stamp(3600), *(Stamp(pts, is_key=False) for pts in (14400, 7200, 10800))]
    >>> timeline = make_timeline(stored, clock, first=3600, ending=Ending())
    >>> timeline.times, timeline.rate, timeline.keys
    ((3600, 7200, 10800, 14400), Fraction(25, 1), (0,))
    """
    shown = _without_partial_end(stamps)
    if first is None or not _has_times(shown):
        return _counted(len(stamps), len(shown), clock, ending)
    times = sorted(stamp.pts for stamp in shown if stamp.pts is not None and stamp.pts >= first)
    lost = _lost(times, clock) if ending.is_lossy and not ending.is_joinable else set()
    is_cut = _is_cut(len(stamps) + len(lost), len(shown) + len(lost), clock, ending)
    times = sorted(lost.union(times))
    if is_cut:
        times = _without_ragged_end(times)
    whole = _first_doubtful(shown, ending)
    if is_cut and ending.is_guessed:
        whole = sum(pts <= (shown[-1].pts or 0) for pts in times)
    there = Timeline(
        times=tuple(times),
        keys=_places_of_keys(times, shown),
        count=len(times),
        rate=fit_rate(times, clock.tick, clock.stated),
        is_cut=is_cut,
        is_exact=not is_cut,
        lost=tuple(n for n, pts in enumerate(times) if pts in lost),
        whole=whole,
    )
    return _ended(there, clock, ending)


def _ended(there: Timeline, clock: Clock, ending: Ending) -> Timeline:
    """Add the holes of a clip without a constant rate, or the frames that a cut one states."""
    times, rate = list(there.times), there.rate
    if rate is None:
        holes = _holes(times)
        beside = _rate_beside(holes, times, clock)
        return replace(there, rate=beside, is_variable=True, holes=holes, is_lossy=ending.is_lossy)
    if not there.is_cut:
        return there
    stated = _extended(times, _stated_count(times, clock, rate=rate, ending=ending), 1 / rate / clock.tick)
    return replace(there, times=tuple(stated), count=len(stated))


def fit_rate(times: Sequence[int], tick: Fraction, stated: Iterable[Fraction] = ()) -> Fraction | None:
    """Return the constant rate that rising times keep to, the stated ones tried first, or None.

    A frame may lie as far off as its container rounds times: one tick.

    >>> fit_rate([0, 42, 83, 125, 167], Fraction(1, 1000))
    Fraction(24000, 1001)
    >>> fit_rate([0, 40, 90, 120, 160], Fraction(1, 1000)) is None
    True
    """
    stated = tuple(stated)
    if len(times) < 2:
        return next(iter(stated), None)
    numbers = np.arange(len(times))
    passed = np.asarray(times, np.float64) - times[0]
    for rate in (*stated, *_STANDARD_RATES, _mean_rate(times, tick)):
        if rate is None:
            continue
        slack = min(0.4, 1.01 * float(tick * rate) + 1e-3)
        if np.abs(passed * float(tick * rate) - numbers).max() <= slack:
            return rate
    return None


def _without_partial_end(stamps: Sequence[Stamp]) -> list[Stamp]:
    """Drop packets that the end of the file cuts; a broken one in the middle is still a frame."""
    whole = [n for n, stamp in enumerate(stamps) if stamp.is_whole]
    return list(stamps[: whole[-1] + 1]) if whole else []


def _has_times(shown: Sequence[Stamp]) -> bool:
    times = {stamp.pts for stamp in shown}
    return bool(shown) and None not in times and len(times) == len(shown)


def _counted(found: int, whole: int, clock: Clock, ending: Ending) -> Timeline:
    """Return the timeline of a clip whose packets have no usable times.

    At the end of a cut one, frames are stored before those that they are shown after: none is trusted there.
    """
    count = max(whole, ending.frames or 0)
    is_cut = ending.is_cut or not found == whole == count
    last = min(whole, whole if ending.whole is None else ending.whole)
    return Timeline(
        count=count,
        rate=next(iter(clock.stated), None),
        is_cut=is_cut,
        is_exact=False,
        whole=max(1, last - _HELD_BACK) if is_cut else None,
    )


def _first_doubtful(shown: Sequence[Stamp], ending: Ending) -> int | None:
    """Return the first position that a loss among the stored packets may have moved, None without a loss."""
    if ending.whole is None or all(stamp.is_key for stamp in shown):
        return ending.whole
    return max(1, ending.whole - _HELD_BACK)


def _lost(times: Sequence[int], clock: Clock) -> set[int]:
    """Return the times of frames that are missing within regular ones; none where most are missing."""
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    usual = sorted(steps)[len(steps) // 2] if steps else 0
    if usual < 1 or len(times) < 3:
        return set()
    lost = {
        earlier + round(n * step / round(step / usual))
        for earlier, step in zip(times, steps, strict=False)
        for n in range(1, round(step / usual))
    }
    is_regular = len(lost) < len(times) and fit_rate(sorted(lost.union(times)), clock.tick, clock.stated)
    return lost if is_regular else set()


def _is_cut(found: int, whole: int, clock: Clock, ending: Ending) -> bool:
    """Tell whether a part is missing: by the file's size, its packets, or what the container states."""
    return ending.is_cut or _is_late(ending, clock) or max(found, ending.frames or 0) != whole


def _places_of_keys(times: Sequence[int], shown: Sequence[Stamp]) -> tuple[int, ...]:
    keys = {stamp.pts for stamp in shown if stamp.is_key}
    return tuple(n for n, pts in enumerate(times) if pts in keys) or (0,)


def _is_late(ending: Ending, clock: Clock) -> bool:
    """Tell whether a container states to go on for longer than its packets do."""
    if ending.end_s is None:
        return False
    frame_s = float(1 / clock.stated[0]) if clock.stated else 0.04
    return ending.end_s - ending.seen_s > max(0.75 * frame_s, ending.slack_s)


def _without_ragged_end(times: list[int]) -> list[int]:
    """Drop what comes after a hole near the end: frames stored before the ones they are shown after."""
    if len(times) < 3:
        return times
    steps = np.diff(times)
    usual = float(np.median(steps))
    start = max(0, len(steps) - _REORDER)
    ragged = [n for n in range(start, len(steps)) if steps[n] > 1.5 * usual]
    return times[: ragged[0] + 1] if ragged else times


def _stated_count(times: list[int], clock: Clock, *, rate: Fraction, ending: Ending) -> int:
    if ending.frames:
        return ending.frames
    if ending.end_s is None:
        return len(times) + 1
    start_s = float(times[0] * clock.tick) if times else 0.0
    return max(len(times) + 1, round((ending.end_s - start_s) * float(rate)))


def _extended(times: list[int], count: int, step: Fraction) -> list[int]:
    first = times[0] if times else 0
    return times + [first + round(n * step) for n in range(len(times), count)]


def _mean_rate(times: Sequence[int], tick: Fraction) -> Fraction | None:
    if len(times) < 2 or times[-1] <= times[0]:
        return None
    return Fraction((len(times) - 1) / ((times[-1] - times[0]) * tick)).limit_denominator(1001)


def _rate_beside(holes: tuple[int, ...], times: Sequence[int], clock: Clock) -> Fraction | None:
    """Return the rate of the longest stretch without a hole; the mean one where none is regular."""
    stretches = [times[first:last] for first, last in itertools.pairwise((0, *holes, len(times)))]
    rate = fit_rate(max(stretches, key=len), clock.tick, clock.stated) if holes else None
    return rate or _mean_rate(times, clock.tick)


def _holes(times: Sequence[int]) -> tuple[int, ...]:
    """Return the positions after a gap of whole frames, in times that are regular but for a few of these."""
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    usual = sorted(steps)[len(steps) // 2] if steps else 0
    gaps = [n for n, step in enumerate(steps) if step > 1.5 * usual]
    if usual <= 1 or len(gaps) > len(steps) // 20 + 1:
        return ()
    return tuple(n + 1 for n in gaps)
