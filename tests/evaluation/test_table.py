"""The tables in Markdown: columns, dashes, and which tables there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdrvid.evaluation import Judged, Request, Row, Scores, tables
from hdrvid.evaluation.masks import MaskRow
from hdrvid.evaluation.summary import METRICS
from hdrvid.evaluation.table import markdown, number
from hdrvid.metrics.mask import MaskScore

NAN = float("nan")


def scores_of(ratio: float, **others: float) -> Scores:
    values = dict.fromkeys(METRICS, 0.5) | {"ratio": ratio, "inside": ratio, "plain_inside": 1.0, "vdp": NAN}
    return Scores(**{**values, **others})


def row_of(method: str, scene: str, scores: Scores | None, **others: float) -> Row:
    return Row(
        setting="8%",
        method=method,
        name=scene,
        scene=scene,
        source=f"{scene}'s source",
        scores=scores,
        **others,
    )


def tables_of(*rows: Row, masks: tuple[MaskRow, ...] = ()) -> list[str]:
    return list(tables(Judged(request=Request(scenes=(Path(),)), rows=list(rows), masks=list(masks))))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_method_has_one_line_with_its_pooled_ratio() -> None:
    (main,) = tables_of(row_of("net", "a", scores_of(0.25)))

    title, _, header, _, line = main.strip().split("\n")
    assert title == "## 8%, 1 pictures"
    found = dict(zip(cells(header), cells(line), strict=True))
    assert (found["method"], found["ratio"], found["(90 %)"]) == ("net", "0.250", "---")
    assert found["bias"] == "+0.50"


def test_visible_differences_have_a_column_if_they_were_asked_for() -> None:
    (without,) = tables_of(row_of("net", "a", scores_of(0.25)))
    (with_vdp,) = tables_of(row_of("net", "a", scores_of(0.25, vdp=8.5)))

    assert "VDP" not in without
    assert "8.50" in with_vdp


def test_scenes_and_sources_have_tables_of_their_own_if_there_are_several() -> None:
    _, scenes, sources = tables_of(
        row_of("net", "a", scores_of(0.25)),
        row_of("other", "a", scores_of(0.75)),
        row_of("net", "b", scores_of(0.5)),
    )

    lines = scenes.strip().split("\n")
    assert cells(lines[2]) == ["scene", "net", "other"]
    assert cells(lines[4]) == ["a", "0.25", "0.75"]
    assert cells(lines[5]) == ["b", "0.50", "-"]
    assert "a's source" in sources


def test_clips_have_flicker_and_nothing_else() -> None:
    (table,) = tables_of(row_of("net", "a", None, flicker=0.0125), row_of("net", "b", None, flicker=0.0375))

    assert "flicker in stops a frame" in table
    assert cells(table.strip().split("\n")[-1]) == ["net", "0.0250"]


def test_masks_have_a_line_for_each_detector() -> None:
    score = MaskScore(precision=0.5, recall=1.0, iou=0.5)
    row = MaskRow(setting="8%", detector="ramp", name="a", scores=score, false_alarms=NAN)

    _, masks = tables_of(row_of("net", "a", scores_of(0.25)), masks=(row,))

    assert cells(masks.strip().split("\n")[-1]) == ["8%", "ramp", "0.500", "1.000", "0.500", "-"]


@pytest.mark.parametrize(("value", "shown"), [(0.12345, "0.12"), (NAN, "-"), (-1.0, "-1.00")])
def test_numbers_are_rounded_and_nan_is_a_dash(value: float, shown: str) -> None:
    assert number(value, 2) == shown


def test_columns_line_up() -> None:
    lines = markdown(("a", "longer"), [("much longer", "b")]).split("\n")

    assert len({len(line) for line in lines}) == 1
