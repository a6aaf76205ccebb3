from __future__ import annotations

import numpy as np
import pytest

from hdrvid.metrics.mask import MaskScore, mask_score

NONE = np.zeros(8, bool)
FIRST_FOUR = np.arange(8) < 4
EVEN = np.arange(8) % 2 == 0


@pytest.mark.parametrize(
    ("found", "truth", "score"),
    [
        pytest.param(FIRST_FOUR, FIRST_FOUR, (1, 1, 1), id="all of it and nothing else"),
        pytest.param(NONE, NONE, (1, 1, 1), id="nothing to find"),
        pytest.param(NONE, FIRST_FOUR, (1, 0, 0), id="nothing found"),
        pytest.param(FIRST_FOUR, NONE, (0, 1, 0), id="false alarms only"),
        pytest.param(~NONE, FIRST_FOUR, (0.5, 1, 0.5), id="too much"),
        pytest.param(EVEN, FIRST_FOUR, (0.5, 0.5, 1 / 3), id="half right"),
    ],
)
def test_a_mask_is_scored_by_its_counts(
    found: np.ndarray,
    truth: np.ndarray,
    score: tuple[float, float, float],
) -> None:
    precision, recall, iou = score

    assert mask_score(found, truth) == MaskScore(precision=precision, recall=recall, iou=iou)


def test_channels_may_be_scored_together() -> None:
    found, truth = np.stack([FIRST_FOUR, NONE]), np.stack([FIRST_FOUR, FIRST_FOUR])

    assert mask_score(found, truth).recall == 0.5
