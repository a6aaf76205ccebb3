"""`hdrvid train` from outside: what it asks for, refuses, and shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hdrvid.cli.train import command, follow
from hdrvid.errors import CheckpointError, HdrvidError, OptionError
from hdrvid.training import Progress


def refusal(*arguments: str) -> HdrvidError:
    result = CliRunner().invoke(command, list(arguments))
    assert isinstance(result.exception, HdrvidError)
    return result.exception


def progress(share: float) -> Progress:
    return Progress(images=int(share * 100), steps=1, share=share, loss=0.5, rate=1e-3)


def test_a_new_run_needs_a_config() -> None:
    error = refusal()

    assert isinstance(error, OptionError)
    assert "compact.toml" in str(error)


def test_a_mistyped_run_is_an_error_and_never_a_new_one(tmp_path: Path) -> None:
    error = refusal("--resume", str(tmp_path / "rnu"), "--config", "configs/compact.toml")

    assert isinstance(error, CheckpointError)
    assert not (tmp_path / "rnu").exists()


def test_a_new_folder_and_an_old_run_exclude_each_other(tmp_path: Path) -> None:
    assert "both --out and --resume" in str(refusal("--resume", str(tmp_path), "--out", str(tmp_path)))


def test_an_unknown_number_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    error = refusal("--config", "configs/compact.toml", "--out", str(tmp_path / "run"), "--set", "sed=1")

    assert "did you mean seed" in str(error)
    assert not (tmp_path / "run").exists()


def test_the_bar_ends_full_and_tells_the_time_that_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    follow((progress(share) for share in (0.25, 0.5, 1.0)), bar=True)

    shown = capsys.readouterr().err
    assert "100.0%" in shown
    assert "images=100" in shown


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    follow(iter([progress(1.0)]), bar=False)

    assert capsys.readouterr().err == ""


def test_all_steps_are_taken_bar_or_not() -> None:
    taken: list[float] = []

    def steps() -> Iterator[Progress]:
        for share in (0.5, 0.4, 1.0):  # a clock may go back a little between processes
            taken.append(share)
            yield progress(share)

    follow(steps(), bar=False)

    assert taken == [0.5, 0.4, 1.0]
