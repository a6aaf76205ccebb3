"""`hdrvid evaluate`, from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hdrvid.cli.evaluate import _named
from hdrvid.engine.image import expand_image
from hdrvid.errors import WeightsError
from hdrvid.evaluation.baselines import filled
from hdrvid.inference.methods import METHODS
from hdrvid.job import OPTIONS
from tests.evaluation.material import light_of, picture_of, write_pair, write_picture


def hdrvid(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hdrvid", "evaluate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_table_is_printed_and_the_report_written(tmp_path: Path) -> None:
    write_pair(tmp_path / "pairs", "lamp")
    write_picture(tmp_path / "tool" / "lamp.exr", light_of())
    options = ("--pairs", tmp_path / "pairs", "--model", "none", "--predictions", f"tool={tmp_path / 'tool'}")

    done = hdrvid(*options, "--pictures", "--out", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    assert "| tool, filler" in done.stdout
    assert (tmp_path / "out" / "report.html").exists()
    assert (tmp_path / "out" / "pictures" / "pairs" / "ldr" / "lamp.png").exists()


def test_a_run_that_fails_says_why_in_one_line(tmp_path: Path) -> None:
    done = hdrvid("--scenes", tmp_path, "--out", tmp_path / "out")

    assert done.returncode == 1
    assert "0 of 0 can be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_to_judge_on_is_a_wrong_call(tmp_path: Path) -> None:
    done = hdrvid("--out", tmp_path)

    assert done.returncode == 2
    assert "--scenes or --pairs" in done.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [("tool=some/dir", ("tool", Path("some/dir"))), ("some/dir", ("dir", Path("some/dir")))],
)
def test_a_tool_s_folder_has_a_name_or_is_its_own(text: str, named: tuple[str, Path]) -> None:
    assert _named(text) == named


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_formula_expands_without_weights_as_it_is_scored(method: str) -> None:
    picture = picture_of()

    light = expand_image(np.ascontiguousarray(picture.code), method=method, model="none").hdr

    assert np.allclose(light, filled(picture, METHODS[method]), rtol=2e-3)
    assert (light[picture.clipped] > 1).any()


def test_a_formula_has_no_refinement_to_run_everywhere() -> None:
    with pytest.raises(WeightsError, match="--blend"):
        expand_image(np.ones((16, 16, 3), np.float32), method="dome", blend="full")


def test_the_methods_of_a_job_are_those_there_are() -> None:
    assert OPTIONS["method"].choices == ("network", *METHODS)
