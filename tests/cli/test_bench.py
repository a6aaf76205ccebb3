"""`hdrvid bench` prints what it found, keeps it unless told otherwise, and forgets it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.command import command
from tests.sources.clips import BT709, write_clip


@pytest.mark.slow
def test_bench_keeps_its_choice_and_jobs_say_that_they_take_it(tmp_path: Path) -> None:
    env = {**os.environ, "HDRVID_CONFIG": str(tmp_path / "settings")}
    path = tmp_path / "settings" / "tuning.json"
    clip = write_clip(tmp_path / "shot.mp4", 2, tags=BT709)

    tried = command("bench", "--rounds", "1", "--quick", "--device", "cpu", env=env)
    assert tried.returncode == 0, tried.stderr
    assert "Nothing was kept." in tried.stdout
    assert not path.exists()

    done = command("bench", "--rounds", "1", "--json", "--device", "cpu", env=env)
    report = json.loads(done.stdout)
    choice = report["choice"]["precision"]
    assert report["kept"] == str(path)
    assert choice in {verdict["setting"]["precision"] for verdict in report["verdicts"]}

    plan = command("expand", clip, "-o", tmp_path / "exr", "--device", "cpu", "--dry-run", env=env)
    row = next(line for line in plan.stdout.splitlines() if line.startswith("--precision"))
    assert row.split()[1] == choice
    assert "tuning: kept by hdrvid bench" in row


def test_forgetting_says_what_it_deleted(tmp_path: Path) -> None:
    env: dict[str, Any] = {**os.environ, "HDRVID_CONFIG": str(tmp_path)}
    (tmp_path / "tuning.json").write_text("{}")

    first = command("bench", "--forget", env=env)
    second = command("bench", "--forget", env=env)

    assert first.stdout.strip() == f"{tmp_path / 'tuning.json'}: deleted"
    assert second.stdout.strip().endswith("there was none")
