"""Speak of frames the way the field does: `1001-1100`, `1001-1100x2`, `1,5,9-12`, `-5--1`.

A range is kept as arithmetic progressions, never as a list of its frames, so that `1-100000000` costs
nothing.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hdrvid.errors import FrameRangeError

_PART = re.compile(r"(?P<first>-?\d+)(?:-(?P<last>-?\d+)(?:[x:](?P<step>\d+))?)?\Z")
_GRAMMAR = "Write 1001, 1001-1100, 1001-1100x2 (every second), or several with commas."


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Hold an ordered set of frame numbers, immutable and hashable.

    >>> frames = FrameRange.parse("1001-1007x2,1006")
    >>> list(frames), len(frames), 1004 in frames
    ([1001, 1003, 1005, 1006, 1007], 5, False)
    >>> str(frames)
    '1001-1007x2,1006'
    """

    parts: tuple[range, ...] = ()

    @classmethod
    def parse(cls, text: str) -> FrameRange:
        """Read field notation: `a`, `a-b`, `a-bxN` or `a-b:N` (a step), joined by commas.

        A range that counts down means the same frames. Raises `FrameRangeError` for anything else.

        >>> list(FrameRange.parse("-3--1"))
        [-3, -2, -1]
        """
        return cls(tuple(_parse_part(part.strip(), text) for part in text.split(",")))

    @classmethod
    def between(cls, first: int, last: int, step: int = 1) -> FrameRange:
        """Make the range of every `step`-th frame from `first` to `last`, both included.

        >>> str(FrameRange.between(1001, 1004))
        '1001-1004'
        """
        return cls((range(first, last + 1, step),)) if last >= first else cls()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> FrameRange:
        """Make the shortest range that holds just these numbers.

        >>> str(FrameRange.of([5, 1, 2, 3, 7]))
        '1-3,5-7x2'
        """
        parts: list[range] = []
        for number in sorted(set(numbers)):
            grown = _grow(parts[-1], number) if parts else None
            if grown is None:
                parts.append(range(number, number + 1))
            else:
                parts[-1] = grown
        return cls(tuple(parts))

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers in rising order, each once."""
        before: int | None = None
        for number in heapq.merge(*self.parts):
            if number != before:
                yield number
            before = number

    def __len__(self) -> int:
        """Count the frames."""
        if len(self.parts) == 1:
            return len(self.parts[0])
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """Tell whether there is any frame at all."""
        return any(self.parts)

    def __contains__(self, number: object) -> bool:
        """Tell whether a frame is in the range."""
        return any(number in part for part in self.parts)

    def __str__(self) -> str:
        """Write the range in field notation."""
        return ",".join(_print_part(part) for part in self.parts if part)

    @property
    def first(self) -> int:
        """Return the lowest frame number; `FrameRangeError` when there is none."""
        return min(part[0] for part in self._filled())

    @property
    def last(self) -> int:
        """Return the highest frame number; `FrameRangeError` when there is none."""
        return max(part[-1] for part in self._filled())

    def within(self, first: int, last: int) -> FrameRange:
        """Return the frames of this range from `first` to `last`.

        >>> str(FrameRange.parse("1001-1100x3").within(1003, 1010))
        '1004-1010x3'
        """
        return FrameRange(tuple(cut for part in self.parts if (cut := _cut(part, first, last))))

    def shifted(self, by: int) -> FrameRange:
        """Return the range with every number raised by `by`."""
        return FrameRange(tuple(range(p.start + by, p.stop + by, p.step) for p in self.parts))

    def spread(self, count: int) -> FrameRange:
        """Return at most `count` of the frames, 2 or more, evenly spread, the first and the last among them.

        >>> str(FrameRange.between(1, 9).spread(3))
        '1-9x4'
        """
        numbers = list(self)
        if len(numbers) <= count:
            return self
        return FrameRange.of(numbers[round(n * (len(numbers) - 1) / (count - 1))] for n in range(count))

    def _filled(self) -> list[range]:
        filled = [part for part in self.parts if part]
        if not filled:
            message = f"frame range: empty, expected at least one frame. {_GRAMMAR}"
            raise FrameRangeError(message)
        return filled


def _parse_part(part: str, text: str) -> range:
    match = _PART.match(part)
    if match is None:
        message = f"frame range '{text}': cannot read '{part}', expected numbers and ranges. {_GRAMMAR}"
        raise FrameRangeError(message)
    first = int(match["first"])
    last = int(match["last"] or first)
    step = int(match["step"] or 1)
    if step < 1:
        message = f"frame range '{text}': a step of {step} in '{part}', expected 1 or more. {_GRAMMAR}"
        raise FrameRangeError(message)
    if last >= first:
        return range(first, last + 1, step)
    return range(first - (first - last) // step * step, first + 1, step)


def _print_part(part: range) -> str:
    if len(part) == 1:
        return str(part[0])
    return f"{part[0]}-{part[-1]}" + (f"x{part.step}" if part.step > 1 else "")


def _grow(part: range, number: int) -> range | None:
    """Return the progression with one more number at its end, or None where it does not fit."""
    if len(part) == 1:
        return range(part[0], number + 1, number - part[0])
    if number == part[-1] + part.step:
        return range(part.start, number + 1, part.step)
    return None


def _cut(part: range, first: int, last: int) -> range:
    skip = max(0, -((part.start - first) // part.step))
    return range(part.start + skip * part.step, min(part.stop, last + 1), part.step)
