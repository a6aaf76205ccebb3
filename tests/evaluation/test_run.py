"""A whole evaluation, on small scenes and pairs, without a network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import DatasetError, OptionError
from hdrvid.evaluation import Judged, Request, evaluate
from hdrvid.evaluation.pictures import write_pictures
from hdrvid.evaluation.shots import Skipped, check_share
from hdrvid.evaluation.survey import survey
from tests.evaluation.material import SMALL, light_of, panorama_of, write_pair, write_picture


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    write_picture(folder / "hall.exr", panorama_of())
    write_picture(folder / "attic.exr", panorama_of()[:, ::-1] ** 1.2)
    return folder


@pytest.fixture
def request_(scenes: Path) -> Request:
    return Request(scenes=(scenes,), clips=(0.08,), plan=SMALL, model="none")


def rows_of(judged: Judged, method: str) -> list[str]:
    return [row.name for row in judged.rows if row.method == method]


def test_every_method_is_scored_on_every_picture(request_: Request) -> None:
    judged = evaluate(request_)

    methods = {row.method for row in judged.rows}
    assert methods == {
        "plain", "linear expansion", "expand map", "fixed gain", "darkest", "dome", "opposed"
    }  # fmt: skip
    assert all(rows_of(judged, method) == ["attic_0", "hall_0"] for method in methods)
    assert judged.skipped == []


def test_plain_has_a_ratio_of_one_on_each_picture(request_: Request) -> None:
    ratios = [row.scores.ratio for row in evaluate(request_).rows if row.method == "plain" and row.scores]

    assert ratios == pytest.approx([1.0, 1.0])


def test_wild_cameras_and_clips_are_judged_when_asked_for(request_: Request) -> None:
    judged = evaluate(replace(request_, wild=True, grain=True))

    assert list(dict.fromkeys(row.setting for row in judged.rows)) == ["8%", "wild", "grain"]
    clips = [row for row in judged.rows if row.setting == "grain"]
    assert all(row.scores is None and row.flicker >= 0 for row in clips)
    assert {row.setting for row in judged.masks} == {"8%", "wild", "grain"}


def test_the_same_request_has_the_same_result(request_: Request) -> None:
    wild = replace(request_, wild=True)

    assert str(evaluate(wild).rows) == str(evaluate(wild).rows)  # NaN equals nothing


def test_only_the_scenes_that_are_named_are_judged(request_: Request) -> None:
    assert {row.scene for row in evaluate(replace(request_, names=("hall",))).rows} == {"hall"}


def test_progress_counts_pictures(request_: Request) -> None:
    counted: list[tuple[int, int]] = []

    evaluate(request_, progress=lambda done, total: counted.append((done, total)))

    assert counted == [(1, 2), (2, 2)]


def test_pairs_are_judged_beside_scenes(request_: Request, tmp_path: Path) -> None:
    write_pair(tmp_path, "lamp")

    judged = evaluate(replace(request_, pairs=(tmp_path,)))

    assert [row.name for row in judged.rows if row.setting == "pairs" and row.method == "plain"] == ["lamp"]


def test_a_tool_that_hands_in_the_truth_wins(request_: Request, tmp_path: Path) -> None:
    write_pictures(request_, tmp_path)

    judged = evaluate(replace(request_, predictions=(("oracle", tmp_path / "8%" / "truth"),)))

    ratios = [row.scores.ratio for row in judged.rows if row.method == "oracle" and row.scores]
    assert ratios == pytest.approx([0.0, 0.0], abs=1e-3)


def test_broken_files_are_named_skipped_and_counted(tmp_path: Path) -> None:
    write_pair(tmp_path, "a")
    write_pair(tmp_path, "b")
    bad = light_of()
    bad[0, 0, 0] = np.nan
    write_picture(tmp_path / "b" / "hdr.exr", bad)

    judged = evaluate(Request(pairs=(tmp_path,), model="none", least_share=0.5))

    assert rows_of(judged, "plain") == ["a"]
    assert [(item.name, "NaN" in item.reason) for item in judged.skipped] == [("b", True)]


def test_too_many_broken_files_end_the_run(tmp_path: Path) -> None:
    write_pair(tmp_path, "a")
    write_pair(tmp_path, "b")
    (tmp_path / "b" / "hdr.exr").write_bytes(b"")

    with pytest.raises(DatasetError, match="1 of 2 can be used; expected 80%"):
        evaluate(Request(pairs=(tmp_path,), model="none"))


def test_a_tool_that_left_out_too_much_is_not_judged(request_: Request, tmp_path: Path) -> None:
    write_picture(tmp_path / "hall_0.exr", light_of(54, 96))

    with pytest.raises(DatasetError, match=r"tool in .*1 of 2 can be used"):
        evaluate(replace(request_, predictions=(("tool", tmp_path),)))


def test_a_tool_s_broken_picture_is_skipped_for_that_tool_alone(request_: Request, tmp_path: Path) -> None:
    write_pictures(request_, tmp_path)
    truth = tmp_path / "8%" / "truth"
    (truth / "hall_0.exr").write_bytes(b"broken")

    judged = evaluate(replace(request_, predictions=(("tool", truth),), least_share=0.5))

    assert rows_of(judged, "tool") == ["attic_0"]
    assert rows_of(judged, "plain") == ["attic_0", "hall_0"]
    assert judged.skipped[0].name == "tool: hall_0"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"scenes": ()}, "nothing to judge on", id="nothing to judge on"),
        pytest.param({"clips": (8.0,)}, "between 0 and 1", id="percent for a share"),
        pytest.param(
            {"predictions": (("a", Path()), ("a", Path()))}, "names that differ", id="one name twice"
        ),
    ],
)
def test_a_request_that_can_have_no_result_is_refused(
    changes: dict[str, object], says: str, request_: Request
) -> None:
    with pytest.raises(OptionError, match=says):
        replace(request_, **changes)  # type: ignore[arg-type]


def test_scenes_that_are_not_there_are_an_error(request_: Request) -> None:
    with pytest.raises(DatasetError, match="0 of 0"):
        survey(replace(request_, names=("nowhere",)))


@pytest.mark.parametrize(("kept", "lost", "passes"), [(8, 2, True), (7, 3, False), (0, 0, False)])
def test_the_least_share_is_kept_to(kept: int, lost: int, passes: bool) -> None:
    skipped = [Skipped(setting="8%", name=str(n), reason="broken.") for n in range(lost)]

    if passes:
        check_share(kept, skipped, least=0.8, what="test")
        return
    with pytest.raises(DatasetError, match=f"{kept} of {kept + lost}"):
        check_share(kept, skipped, least=0.8, what="test")
