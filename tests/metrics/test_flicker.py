"""What counts as flicker: light that comes and goes in what was added, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from hdrvid.metrics.flicker import flicker
from hdrvid.metrics.stops import Booleans, Floats


def flat(level: float) -> Floats:
    return np.full((4, 6, 3), level, np.float32)


EVERYWHERE: Booleans = np.ones((4, 6), np.bool_)


def test_a_highlight_that_jumps_by_a_stop_flickers_by_a_stop() -> None:
    seen = [flat(2.0), flat(4.0), flat(2.0)]

    assert flicker(seen, [flat(2.0)] * 3, [EVERYWHERE] * 3) == pytest.approx(1.0)


def test_a_level_that_is_wrong_and_stays_does_not_flicker() -> None:
    assert flicker([flat(8.0)] * 3, [flat(2.0)] * 3, [EVERYWHERE] * 3) == 0


def test_what_changes_in_the_scene_is_no_flicker() -> None:
    scene = [flat(2.0), flat(6.0)]

    assert flicker(scene, scene, [EVERYWHERE] * 2) == 0


def test_only_pixels_clipped_in_both_frames_are_judged() -> None:
    left = EVERYWHERE.copy()
    left[:, 3:] = False
    before, after = flat(2.0), flat(2.0)
    after[:, 3:] = 16.0

    assert flicker([before, after], [before, before], [EVERYWHERE, left]) == 0


@pytest.mark.parametrize(
    ("frames", "clipped"),
    [pytest.param(1, EVERYWHERE, id="a single frame"), pytest.param(2, ~EVERYWHERE, id="nothing clipped")],
)
def test_nothing_to_judge_is_no_number(frames: int, clipped: Booleans) -> None:
    assert np.isnan(flicker([flat(1)] * frames, [flat(1)] * frames, [clipped] * frames))
