"""What bench kept stands in for open choices only, and a file that is not ours is a warning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hdrvid
from hdrvid.engine import prepare
from hdrvid.engine.tuning import (
    FORMAT,
    Tuning,
    conditions_of,
    forget_tuning,
    keep_tuning,
    read_tuning,
    tuned,
    tuning_path,
)
from hdrvid.errors import OptionError, OutputError
from hdrvid.events import Warned
from hdrvid.inference import choose_machine, choose_machines
from hdrvid.job import ExpandJob, make_job

HERE = {"device": "cpu: one", "cores": "2"}
ELSEWHERE = {"device": "cpu: another", "cores": "64"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the tuning lies in this test."""
    monkeypatch.setenv("HDRVID_CONFIG", str(tmp_path / "settings"))
    return tuning_path()


def keep_here(path: Path, model: Path | str, **choice: Any) -> None:
    """Keep a choice for this very machine."""
    keep_tuning(path, conditions_of(choose_machine("cpu"), str(model)), Tuning(**choice))


def test_a_choice_is_there_for_the_conditions_that_it_was_made_under(path: Path) -> None:
    keep_tuning(path, HERE, Tuning(precision="bf16", threads=4))

    assert read_tuning(path, HERE).tuning == Tuning(precision="bf16", threads=4)
    assert read_tuning(path, ELSEWHERE).tuning == Tuning()
    assert read_tuning(path, ELSEWHERE).warnings == ()


def test_machines_that_share_a_home_keep_a_choice_each(path: Path) -> None:
    keep_tuning(path, HERE, Tuning(precision="fp32"))
    keep_tuning(path, ELSEWHERE, Tuning(precision="bf16"))
    keep_tuning(path, HERE, Tuning(precision="fp32", threads=1))

    assert read_tuning(path, HERE).tuning.threads == 1
    assert read_tuning(path, ELSEWHERE).tuning.precision == "bf16"
    assert [file.name for file in path.parent.iterdir()] == ["tuning.json"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"format": "hdrvid-tun', id="cut short"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"[1, 2]", id="no object"),
        pytest.param(b'{"tabs": 4}', id="settings of another program"),
    ],
)
def test_a_damaged_or_foreign_file_is_one_warning_and_replaced_by_the_next_choice(
    path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    kept = read_tuning(path, HERE)
    keep_tuning(path, HERE, Tuning(precision="fp32"))

    assert kept.tuning == Tuning()
    (warning,) = kept.warnings
    assert "ignored" in warning
    assert "\n" not in warning
    assert read_tuning(path, HERE).tuning.precision == "fp32"


@pytest.mark.parametrize("choice", [{"precision": "int3"}, {"threads": -1}, {"colour": "red"}, [1], "fp32"])
def test_a_choice_that_no_job_could_take_is_a_warning(path: Path, choice: Any) -> None:
    keep_tuning(path, HERE, Tuning())
    content = json.loads(path.read_text())
    for entry in content["choices"].values():
        entry["choice"] = choice
    path.write_text(json.dumps(content))

    kept = read_tuning(path, HERE)

    assert kept.tuning == Tuning()
    assert len(kept.warnings) == 1


def test_a_file_that_cannot_be_written_says_where_to_put_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="HDRVID_CONFIG"):
        keep_tuning(tmp_path / "file" / "tuning.json", HERE, Tuning())


def test_forgetting_deletes_the_file_once(path: Path) -> None:
    keep_tuning(path, HERE, Tuning())

    assert forget_tuning(path)
    assert not forget_tuning(path)
    assert not path.exists()


def test_a_kept_choice_fills_what_a_job_leaves_open(path: Path, tiny_weights: Path) -> None:
    keep_here(path, tiny_weights, precision="fp32", threads=3)
    job = ExpandJob(source="a.mp4", out="exr", model=str(tiny_weights), device="cpu")

    filled = tuned(job, choose_machines(job.device, job.precision))

    assert [machine.precision for machine in filled.machines] == ["fp32"]
    assert (filled.job.precision, filled.job.threads, filled.job.batch) == ("fp32", 3, 0)
    assert sorted(filled.origins) == ["precision", "threads"]
    assert str(path) in filled.origins["precision"]


@pytest.mark.parametrize(
    ("options", "precision", "threads"),
    [
        pytest.param({"threads": 1}, "fp32", 1, id="own threads"),
        pytest.param({"precision": "fp32"}, "fp32", 3, id="the precision that was measured"),
        pytest.param({"precision": "bf16"}, "bf16", 0, id="another precision than was measured"),
        pytest.param({"model": "none"}, "auto", 0, id="no network"),
        pytest.param({"method": "dome"}, "auto", 0, id="a formula"),
        pytest.param({"model": "compact"}, "auto", 0, id="other weights"),
    ],
)
def test_what_a_job_says_itself_wins(
    path: Path, tiny_weights: Path, options: dict[str, Any], precision: str, threads: int
) -> None:
    keep_here(path, tiny_weights, precision="fp32", threads=3)
    job = ExpandJob(
        **{"source": "a.mp4", "out": "exr", "device": "cpu", "model": str(tiny_weights), **options}
    )

    filled = tuned(job, choose_machines(job.device, job.precision)).job

    assert (filled.precision, filled.threads) == (precision, threads)


def test_a_precision_that_the_device_has_not_is_not_taken(path: Path, tiny_weights: Path) -> None:
    keep_here(path, tiny_weights, precision="fp16", threads=3)
    job = ExpandJob(source="a.mp4", out="exr", model=str(tiny_weights), device="cpu")

    assert tuned(job, choose_machines(job.device, job.precision)).job == job


def test_a_plan_says_which_of_its_values_the_tuning_chose(path: Path, clip: Path, tiny_weights: Path) -> None:
    keep_here(path, tiny_weights, precision="fp32", threads=3)
    job, origins = make_job(
        ("command line", {"source": str(clip), "out": "exr", "model": str(tiny_weights), "batch": 1})
    )

    with prepare(job, origins=origins) as plan:
        facts = {fact.name: (fact.value, fact.origin.split(":")[0]) for fact in plan.resolved}

    assert facts["--precision"] == ("fp32", "tuning")
    assert facts["--threads"] == ("3", "tuning")
    assert facts["--batch"] == ("1", "command line")
    assert plan.threads.network == 3


def test_a_run_tells_of_a_file_that_it_ignored_and_goes_on(
    path: Path, clip: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"format": FORMAT[:-1]}))

    events = list(hdrvid.expand(clip, tmp_path / "exr", model=str(tiny_weights), frames="1001"))

    assert [e.message for e in events if isinstance(e, Warned) and str(path) in e.message]
    assert (tmp_path / "exr" / "shot.1001.exr").exists()


def test_a_picture_in_memory_is_expanded_in_the_precision_that_was_kept(
    path: Path, tiny_weights: Path
) -> None:
    picture = np.full((32, 32, 3), 200, np.uint8)
    picture[8:20, 8:20] = 255
    exact = hdrvid.expand_image(picture, model=str(tiny_weights), device="cpu", precision="fp32")
    fast = hdrvid.expand_image(picture, model=str(tiny_weights), device="cpu", precision="bf16")

    for precision, expected in (("fp32", exact), ("bf16", fast)):
        keep_here(path, tiny_weights, precision=precision)
        result = hdrvid.expand_image(picture, model=str(tiny_weights), device="cpu")
        assert np.array_equal(result.hdr, expected.hdr)
    assert not np.array_equal(exact.hdr, fast.hdr)


def test_a_tuning_is_checked_like_the_options_that_it_stands_for() -> None:
    with pytest.raises(OptionError, match="--batch"):
        Tuning(batch=65)
