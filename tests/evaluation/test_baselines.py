"""What the methods without learning do to light; `test_scores.py` holds them against another's code."""

from __future__ import annotations

import numpy as np
import pytest

from hdrvid.evaluation.baselines import blurred, expand_map, filled, linear_expansion, plain, raised, relit
from hdrvid.inference.methods import METHODS
from hdrvid.scenes.panorama import luminance
from tests.evaluation.material import picture_of

ROOM = picture_of()


def test_plain_is_the_decoded_picture() -> None:
    assert plain(ROOM) is ROOM.plain


def test_linear_expansion_uses_the_whole_range_and_keeps_colour() -> None:
    light = linear_expansion(ROOM)

    assert luminance(light).min() == pytest.approx(0.0, abs=1e-6)
    assert luminance(light).max() == pytest.approx(1.0)
    bright = luminance(light) > 0.05
    ratios = [picture[bright][:, 0] / picture[bright][:, 2] for picture in (light, ROOM.plain)]
    assert np.allclose(ratios[0], ratios[1], rtol=1e-3)


def test_the_expand_map_raises_dense_highlights_and_leaves_what_is_far_from_them() -> None:
    light = expand_map(ROOM)

    assert luminance(light)[ROOM.clipped].max() > 4
    assert np.allclose(light[:, :4], ROOM.plain[:, :4], rtol=0.02)


def test_a_fixed_gain_raises_clipped_pixels_alone() -> None:
    light = raised(ROOM, 1.0)

    assert np.array_equal(light[ROOM.clipped], ROOM.plain[ROOM.clipped] * 2)
    assert np.array_equal(light[~ROOM.clipped], ROOM.plain[~ROOM.clipped])


@pytest.mark.parametrize("name", METHODS)
def test_formulas_are_run_as_the_expander_runs_them(name: str) -> None:
    light = filled(ROOM, METHODS[name])

    assert (light >= ROOM.plain).all()
    below = ROOM.code.max(-1) < 0.94
    assert np.array_equal(light[below], ROOM.plain[below])


def test_a_blur_keeps_the_mean_of_a_flat_plane_and_spreads_a_point() -> None:
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1

    spread = blurred(point, sigma=2.0)

    assert np.allclose(blurred(np.full((20, 30), 0.4, np.float32), sigma=3.0), 0.4)
    assert spread.sum() == pytest.approx(1.0, abs=1e-4)
    assert spread[20, 20] == pytest.approx(1 / (2 * np.pi * 4), rel=0.01)


def test_relighting_black_stays_finite() -> None:
    assert np.isfinite(relit(np.zeros((4, 4, 3), np.float32), np.ones((4, 4)))).all()
