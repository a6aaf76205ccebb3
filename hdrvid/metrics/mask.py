"""How well a mask finds what was over-exposed: counts of pixels, for one channel or all alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskScore:
    """Shares in [0, 1]; 1 where there is nothing to find and nothing was found."""

    precision: float
    """Of the pixels found, how many were over-exposed."""
    recall: float
    """Of the over-exposed pixels, how many were found."""
    iou: float
    """Found and over-exposed, over found or over-exposed."""


def mask_score(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> MaskScore:
    """Compare a mask with the exact label, both of any one shape.

    >>> mask_score(np.array([True, True, False]), np.array([True, False, False]))
    MaskScore(precision=0.5, recall=1.0, iou=0.5)
    """
    both = int((found & truth).sum())
    return MaskScore(
        precision=_share(both, int(found.sum())),
        recall=_share(both, int(truth.sum())),
        iou=_share(both, int((found | truth).sum())),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
