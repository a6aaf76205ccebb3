"""Put cells on a sheet, in rows and columns with words beside them; pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hdrvid.preview.pictures import Label

Floats = NDArray[np.float32]

MARGIN, GAP = 16, 8
LEFT, TOP, BOTTOM = 72, 40, 40  # room for frame numbers, titles and the note
GROUND = 0.10  # display code of the paper: dark, so that the sheet does not outshine its pictures


def lay_out(
    rows: Mapping[int, Sequence[Floats]], *, titles: Sequence[str], note: str
) -> tuple[Floats, tuple[Label, ...]]:
    """Return the sheet `(H, W, 3) float32`, display code values, and the words to draw on it.

    `rows` gives for each frame number its cells, left to right, all `(h, w, 3)` of one size; `titles` stand
    over the columns, numbers beside the rows, the note below.

    >>> cell = np.ones((90, 160, 3), np.float32)
    >>> sheet, labels = lay_out({1001: [cell, cell]}, titles=["source", "mask"], note="sRGB")
    >>> sheet.shape, [label.text for label in labels]
    ((202, 432, 3), ['source', 'mask', '1001', 'sRGB'])
    """
    height, width, _ = next(iter(rows.values()))[0].shape
    lefts = [MARGIN + LEFT + column * (width + GAP) for column in range(len(titles))]
    tops = [MARGIN + TOP + row * (height + GAP) for row in range(len(rows))]
    size = (tops[-1] + height + BOTTOM + MARGIN, lefts[-1] + width + MARGIN, 3)
    sheet = np.full(size, GROUND, np.float32)
    for top, cells in zip(tops, rows.values(), strict=True):
        for left, cell in zip(lefts, cells, strict=True):
            sheet[top : top + height, left : left + width] = cell
    titled = [Label(text=text, x=left, y=MARGIN + 8) for left, text in zip(lefts, titles, strict=True)]
    numbered = [Label(text=str(n), x=MARGIN, y=top) for top, n in zip(tops, rows, strict=True)]
    noted = Label(text=note, x=lefts[0], y=tops[-1] + height + 16, size=16)
    return sheet, (*titled, *numbered, noted)
