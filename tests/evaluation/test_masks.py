"""Masks are scored against the exact label, where there is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hdrvid.evaluation.masks import judge_masks, mask_detectors
from tests.evaluation.material import light_of, picture_of

ROOM = replace(picture_of(), over=np.asarray(light_of() >= 1))


def test_a_perfect_detector_has_perfect_scores() -> None:
    over = ROOM.over
    assert over is not None
    exact = torch.from_numpy(over.astype(np.float32)).permute(2, 0, 1)[None]

    (row,) = judge_masks(ROOM, "8%", {"exact": lambda _: exact})

    assert (row.scores.precision, row.scores.recall, row.scores.iou) == (1.0, 1.0, 1.0)
    assert (row.setting, row.detector, row.name) == ("8%", "exact", "room")


def test_without_a_network_there_is_the_ramp() -> None:
    (row,) = judge_masks(ROOM, "8%", mask_detectors("none"))

    assert row.detector == "ramp"
    assert row.scores.recall == 1.0


def test_a_real_picture_has_no_label_and_no_row() -> None:
    assert list(judge_masks(picture_of(), "pairs", mask_detectors("none"))) == []


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_mask_that_is_the_same_everywhere_scores_badly(level: float) -> None:
    (row,) = judge_masks(ROOM, "8%", {"flat": lambda source: torch.full_like(source, level)})

    assert row.scores.iou < 0.2
