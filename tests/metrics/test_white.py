"""False alarms are counted on white that did not clip, and nowhere else."""

from __future__ import annotations

import numpy as np

from hdrvid.metrics.white import LEAST_PIXELS, WHITE, false_alarms

NOWHERE = np.zeros((16, 16, 3), np.bool_)
PAPER = np.full((16, 16, 3), 0.9)


def test_a_mask_that_takes_nothing_raises_no_alarm() -> None:
    assert false_alarms(NOWHERE, NOWHERE, PAPER) == 0


def test_one_channel_is_alarm_enough() -> None:
    found = NOWHERE.copy()
    found[:4, :, 2] = True

    assert false_alarms(found, NOWHERE, PAPER) == 0.25


def test_white_that_did_clip_is_no_false_alarm() -> None:
    found = NOWHERE.copy()
    found[:8] = True
    over = NOWHERE.copy()
    over[:8, :, 0] = True

    assert false_alarms(found, over, PAPER) == 0


def test_a_saturated_colour_is_not_white() -> None:
    code = PAPER.copy()
    code[:8, :, 2] = WHITE - 0.01
    found = NOWHERE.copy()
    found[:8] = True

    assert false_alarms(found, NOWHERE, code) == 0


def test_a_handful_of_pixels_is_no_sample() -> None:
    few = LEAST_PIXELS - 1

    assert np.isnan(false_alarms(NOWHERE[:1, :few], NOWHERE[:1, :few], PAPER[:1, :few]))
