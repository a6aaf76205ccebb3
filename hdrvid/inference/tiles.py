"""Cut the network's picture into windows, and sew what it says of them together.

A picture is looked at whole, or in squares of a fixed size, each a core with context around it, of which only
those count whose core holds an over-exposed pixel: whichever costs fewer pixels. The choice depends on the
picture alone, so that a frame has one result whatever else is in the job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

from hdrvid.inference.memory import LARGEST_WINDOW, MOST_PIXELS
from hdrvid.model import Fill
from hdrvid.model.generator import pad_by_reflection
from hdrvid.model.spec import SIZE_MULTIPLE

CONTEXT, SEAM = 128, 32
"""Pixels at the working size. The network reaches 199 pixels far; what lies beyond 128 moves its answer by
less than a step of half float (docs/performance.md, Tiles)."""
CORES = (256, 768)
"""Sides of cores: small ones skip more, large ones repeat less context."""


@dataclass(frozen=True, slots=True)
class Span:
    """Place a window and its core on one axis: `start` to `stop` is seen, `first` to `last` is kept."""

    start: int
    stop: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Window:
    """Place a window on both axes."""

    rows: Span
    columns: Span

    @property
    def pixels(self) -> int:
        """Count the pixels that the network sees.

        >>> Window(Span(0, 512, 0, 272), Span(0, 256, 0, 256)).pixels
        131072
        """
        return (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)


def plan_windows(height: int, width: int, core: int) -> tuple[Window, ...]:
    """Return the windows of a padded picture, both sides multiples of 16, row by row.

    >>> plan_windows(272, 480, 256)[0] == Window(Span(0, 272, 0, 272), Span(0, 480, 0, 272))
    False
    >>> len(plan_windows(1088, 1920, 256)), len(plan_windows(1088, 1920, 768))
    (40, 6)
    """
    return tuple(
        Window(rows, columns) for rows, columns in product(_spans(height, core), _spans(width, core))
    )


def choose_windows(over: Tensor) -> tuple[Window, ...]:
    """Return the windows with the fewest pixels that answer wherever `over`, `(h, w) bool`, asks.

    >>> over = torch.zeros(1088, 1920, dtype=torch.bool)
    >>> over[100:200, 100:200] = True
    >>> [window.rows for window in choose_windows(over)]
    [Span(start=0, stop=512, first=0, last=272)]
    >>> over[:] = True
    >>> [window.rows for window in choose_windows(over)]
    [Span(start=0, stop=1088, first=0, last=1088)]
    """
    height, width = over.shape
    plans = [
        tuple(window for window in plan_windows(height, width, core) if bool(_core(over, window).any()))
        for core in CORES
    ]
    if height * width <= MOST_PIXELS:
        plans.insert(0, (Window(Span(0, height, 0, height), Span(0, width, 0, width)),))
    return min(plans, key=lambda plan: sum(window.pixels for window in plan))


def _spans(length: int, core: int) -> list[Span]:
    """Lay cores side by side, each reaching half a seam into its neighbours."""
    size = core + 2 * CONTEXT
    if length <= size:
        return [Span(0, length, 0, length)]
    spans = []
    for place in range(0, length - SEAM // 2, core):
        # always a multiple of 16 from the picture's corner: the poolings see the same squares everywhere
        start = min(max(place - CONTEXT, 0), length - size)
        first, last = max(place - SEAM // 2, 0), min(place + core + SEAM // 2, length)
        spans.append(Span(start, start + size, first, last))
    spans[-1] = replace(spans[-1], last=length)
    return spans


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Hold a picture of any size with the windows that cover what is asked of it.

    >>> light, over = torch.full((3, 30, 40), 0.5), torch.ones(30, 40, dtype=torch.bool)
    >>> picture = cut(light, over)
    >>> fills = [Fill(stops=2 * seen, mask=seen) for _, seen in picture.pieces()]
    >>> fill = picture.sewn(iter(fills))
    >>> fill.stops.shape, fill.stops.unique().tolist()
    (torch.Size([3, 30, 40]), [1.0])
    """

    windows: tuple[Window, ...]
    padded: Tensor  # (3, H, W), both sides multiples of 16
    size: tuple[int, int]

    def pieces(self) -> Iterator[tuple[Window, Tensor]]:
        """Yield each window with what is seen in it, `(3, H, W)`, one after the other: all are gigabytes."""
        for window in self.windows:
            yield window, _seen(self.padded, window).contiguous()

    def sewn(self, fills: Iterator[Fill]) -> Fill:
        """Take a fill for each window from `fills`, and return that of the whole picture, `(3, h, w)`.

        Stops and mask may be 0 where no answer was wanted.
        """
        height, width = self.size
        padded_size = self.padded.shape[1:]
        whole = torch.zeros(6, *padded_size)
        for window in self.windows:
            kept = _kept(next(fills), window)
            if len(self.windows) == 1:
                _core(whole, window).copy_(kept)
            else:
                _core(whole, window).add_(kept * _weights(window, *padded_size))
        return Fill(stops=whole[:3, :height, :width], mask=whole[3:, :height, :width])


def cut(source: Tensor, over: Tensor) -> Cut:
    """Cut a picture, `(3, h, w)` linear Rec.709, into the windows that `over`, `(h, w) bool`, asks for."""
    height, width = over.shape
    padded = pad_by_reflection(source[None])[0]
    asked = torch.zeros(padded.shape[1:], dtype=torch.bool)
    asked[:height, :width] = over
    return Cut(windows=choose_windows(asked), padded=padded, size=(height, width))


def _kept(fill: Fill, window: Window) -> Tensor:
    """Return stops and mask of a window's core, `(6, h, w)`."""
    top, left = window.rows.first - window.rows.start, window.columns.first - window.columns.start
    rows, columns = window.rows.last - window.rows.first, window.columns.last - window.columns.first
    return torch.cat([fill.stops, fill.mask])[:, top : top + rows, left : left + columns]


def _weights(window: Window, height: int, width: int) -> Tensor:
    """Return the core's weights, `(h, w)`: they fade over the seams, and add up to 1 with the neighbours'."""
    return _fade(window.rows, height)[:, None] * _fade(window.columns, width)


def _fade(span: Span, length: int) -> Tensor:
    weights = torch.ones(span.last - span.first)
    slope = (torch.arange(SEAM) + 0.5) / SEAM
    if span.first > 0:
        weights[:SEAM] = slope
    if span.last < length:
        weights[-SEAM:] = 1 - slope
    return weights


def _seen(picture: Tensor, window: Window) -> Tensor:
    rows, columns = window.rows, window.columns
    return picture[..., rows.start : rows.stop, columns.start : columns.stop]


def _core(picture: Tensor, window: Window) -> Tensor:
    rows, columns = window.rows, window.columns
    return picture[..., rows.first : rows.last, columns.first : columns.last]


assert not any(side % SIZE_MULTIPLE for side in (*CORES, CONTEXT))
assert (max(CORES) + 2 * CONTEXT) ** 2 == LARGEST_WINDOW
