"""Means, pooled ratios and intervals of rows whose scores are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hdrvid.evaluation import Judged, Request, Row, Scores
from hdrvid.evaluation.summary import METRICS, as_json, grouped, pooled_ratio, summarise

NAN = float("nan")


def scores_of(inside: float, plain: float, **others: float) -> Scores:
    values = dict.fromkeys(METRICS, 0.5) | {"vdp": NAN}
    given = {"inside": inside, "plain_inside": plain, "ratio": inside / plain if plain else NAN}
    return Scores(**{**values, **given, **others})


def row_of(scene: str, scores: Scores | None, method: str = "net", **others: float) -> Row:
    return Row(
        setting="8%", method=method, name=f"{scene}_0", scene=scene, source="lab", scores=scores, **others
    )


def judged_of(*rows: Row) -> Judged:
    return Judged(request=Request(scenes=(Path(),)), rows=list(rows))


def test_the_pooled_ratio_weighs_pictures_by_what_was_lost() -> None:
    scored = [scores_of(0.1, 1.0), scores_of(3.0, 3.0)]

    assert pooled_ratio(scored) == pytest.approx(3.1 / 4.0)


def test_mean_and_median_weigh_all_pictures_alike() -> None:
    summary = summarise([row_of(s, scores_of(i, 1.0)) for s, i in (("a", 0.1), ("b", 0.2), ("c", 0.9))])

    assert summary.mean["ratio"] == pytest.approx(0.4)
    assert summary.ratio_median == pytest.approx(0.2)
    assert summary.pictures == 3


def test_a_picture_without_a_score_does_not_count_for_it() -> None:
    summary = summarise([row_of("a", scores_of(0.5, 1.0)), row_of("b", scores_of(NAN, NAN, well=0.1))])

    assert summary.ratio_pooled == pytest.approx(0.5)
    assert summary.mean["well"] == pytest.approx(0.3)
    assert np.isnan(summary.mean["vdp"])


def test_well_exposed_error_is_compared_where_plain_is_wrong() -> None:
    wrong = summarise([row_of("a", scores_of(1, 1, well=0.12, plain_well=0.2))])
    right = summarise([row_of("a", scores_of(1, 1, well=0.006, plain_well=0.005))])

    assert wrong.well_ratio == pytest.approx(0.6)
    assert np.isnan(right.well_ratio)


def test_the_interval_holds_the_pooled_ratio_and_needs_two_scenes() -> None:
    rows = [row_of(scene, scores_of(inside, 1.0)) for scene, inside in (("a", 0.2), ("b", 0.5), ("c", 0.8))]

    low, high = summarise(rows).interval

    assert 0.2 <= low < summarise(rows).ratio_pooled < high <= 0.8
    assert np.isnan(summarise(rows[:1]).interval).all()


def test_rows_are_grouped_in_order_of_appearance() -> None:
    judged = judged_of(row_of("b", scores_of(1, 1)), row_of("a", scores_of(1, 1)))

    assert list(grouped(judged, lambda row: row.scene)["8%"]) == ["b", "a"]


def test_everything_goes_into_json_and_nan_becomes_null() -> None:
    judged = judged_of(row_of("a", scores_of(0.5, 1.0)), row_of("a", None, method="clip", flicker=0.25))

    text = json.dumps(as_json(judged), allow_nan=False)

    found = json.loads(text)
    assert found["settings"]["8%"]["net"]["ratio_pooled"] == 0.5
    assert found["settings"]["8%"]["net"]["mean"]["vdp"] is None
    assert found["settings"]["8%"]["clip"]["flicker"] == 0.25
    assert found["scenes"]["8%"]["a"]["net"]["ratio"] == 0.5
    assert found["pictures"][0]["scores"]["inside"] == 0.5
