"""Our scores are those of the protocol that the project's numbers are quoted by.

`golden_scores.json` was written by that protocol's own script, on the picture of `material.light_of`; the
script shares no code with this package: OpenCV's windows, another SSIM, another encoding.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdrvid.evaluation import baselines
from hdrvid.evaluation.picture import Picture, make_picture
from hdrvid.evaluation.scores import aligned_light, as_filler, score
from hdrvid.scenes.panorama import Pixels
from tests.evaluation.material import codes_of, light_of, picture_of

GOLDEN: dict[str, dict[str, float]] = json.loads((Path(__file__).parent / "golden_scores.json").read_text())
OURS = {
    "ratio": "ratio", "in": "inside", "out": "outside", "bias_in": "bias", "corr": "correlation",
    "mu_psnr": "mu_psnr", "mu_ssim": "mu_ssim", "pu_psnr": "pu_psnr", "plain_in": "plain_inside",
}  # fmt: skip
ROOM = make_picture(codes_of(light_of()), light_of() * 3, name="room")


def raised(picture: Picture) -> Pixels:
    where = picture.clipped[..., None]
    return np.where(where, picture.plain * np.float32(2.5), picture.plain * np.float32(0.7))


def bent(_: Picture) -> Pixels:
    return np.asarray((light_of() * np.float32(0.3)) ** np.float32(0.8))


METHODS: dict[str, Callable[[Picture], Pixels]] = {
    "plain": baselines.plain,
    "raised": raised,
    "bent": bent,
    "bent, filler": lambda picture: as_filler(picture, bent(picture)),
    "linear expansion": baselines.linear_expansion,
    "expand map": baselines.expand_map,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_scores_agree_with_the_protocol_s_own_script(name: str) -> None:
    scores = score(ROOM, METHODS[name](ROOM))

    for theirs, ours in OURS.items():
        assert getattr(scores, ours) == pytest.approx(GOLDEN[name][theirs], abs=2e-4), theirs


def test_plain_linearisation_has_a_ratio_of_one() -> None:
    scores = score(ROOM, ROOM.plain)

    assert scores.ratio == pytest.approx(1.0)
    assert scores.well == scores.plain_well
    assert scores.bias < 0


def test_the_truth_itself_is_perfect_in_any_unit() -> None:
    scores = score(ROOM, ROOM.truth * 50)

    assert scores.ratio == pytest.approx(0.0, abs=1e-4)
    assert scores.correlation == pytest.approx(1.0)
    assert [scores.mu_ssim, scores.pu_ssim] == pytest.approx([1.0, 1.0], abs=1e-5)
    assert scores.pu_psnr > 80


def test_a_picture_with_nothing_clipped_has_no_ratio_and_keeps_its_other_scores() -> None:
    scores = score(picture_of(light_of() * np.float32(0.1)), light_of())

    assert np.isnan([scores.ratio, scores.inside, scores.correlation, scores.bias]).all()
    assert scores.well < 0.05


def test_an_error_outside_the_clipped_area_is_told_apart() -> None:
    wrong = ROOM.truth.copy()
    wrong[~ROOM.clipped & ~ROOM.well] *= 4

    scores = score(ROOM, wrong)

    assert scores.inside == pytest.approx(0.0, abs=1e-4)
    assert scores.well == pytest.approx(0.0, abs=1e-4)


def test_a_response_that_is_wrong_shows_where_the_picture_is_well_exposed() -> None:
    light = light_of()
    dark = make_picture(codes_of(light**1.3), light, name="wrong curve")

    scores = score(dark, dark.plain)

    assert scores.well > 0.1
    assert score(dark, light).well == pytest.approx(0.0, abs=1e-4)


def test_visible_differences_are_asked_for_in_nits() -> None:
    asked: list[Any] = []

    def visible(picture: Pixels, truth: Pixels) -> float:
        asked.append((picture.max(), truth.max()))
        return 9.0

    scores = score(ROOM, ROOM.truth, visible=visible)

    assert scores.vdp == 9.0
    assert asked[0] == pytest.approx((100 * ROOM.truth.max(), 100 * ROOM.truth.max()), rel=1e-5)


def test_a_filler_is_never_below_plain_and_touches_nothing_else() -> None:
    filled = as_filler(ROOM, light_of() * 5)

    assert (filled >= ROOM.plain).all()
    assert np.array_equal(filled[~ROOM.clipped], ROOM.plain[~ROOM.clipped])


def test_aligning_twice_is_aligning_once() -> None:
    once = aligned_light(ROOM, light_of() * 9)

    assert np.allclose(aligned_light(ROOM, once), once, rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(share=st.floats(0.0, 1.0))
def test_going_part_of_the_way_in_stops_leaves_the_rest_of_the_error(share: float) -> None:
    way = (ROOM.truth / ROOM.plain.clip(1e-4)) ** np.float32(share)
    between = np.where(ROOM.clipped[..., None], ROOM.plain * way, ROOM.plain)

    assert score(ROOM, between).ratio == pytest.approx(1 - share, abs=0.03)


@settings(max_examples=15, deadline=None)
@given(stops=st.floats(-8.0, 8.0))
def test_no_score_depends_on_the_unit_of_a_prediction(stops: float) -> None:
    light = bent(ROOM)

    one, other = (score(ROOM, light * np.float32(2.0**exposure)) for exposure in (0.0, stops))

    assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(other), abs=1e-3, nan_ok=True)


@pytest.mark.parametrize(("gain", "sign"), [(0.5, -1), (16.0, 1)])
def test_the_bias_tells_too_dark_from_too_bright(gain: float, sign: int) -> None:
    light = np.where(ROOM.clipped[..., None], ROOM.truth * np.float32(gain), ROOM.truth)

    assert score(ROOM, light).bias == pytest.approx(np.log2(gain), abs=0.01)
    assert np.sign(score(ROOM, light).bias) == sign


def test_detail_without_level_has_a_full_correlation() -> None:
    light = np.where(ROOM.clipped[..., None], ROOM.truth * 8, ROOM.truth)

    scores = score(ROOM, light)

    assert scores.correlation == pytest.approx(1.0)
    assert scores.ratio > 1


def test_level_without_detail_has_no_correlation() -> None:
    light = np.where(ROOM.clipped[..., None], np.float32(3.0), ROOM.truth)

    scores = score(ROOM, light)

    assert scores.correlation == 0.0
    assert scores.ratio < 1
