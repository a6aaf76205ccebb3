"""The command, from a TOML file to a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hdrvid.training.__main__ import main
from hdrvid.training.bank import Bank
from hdrvid.training.checkpoint import load_checkpoint

pytestmark = pytest.mark.usefixtures("bank")


@pytest.fixture
def config(data_root: Path, tmp_path: Path) -> Path:
    """Write a configuration of seconds."""
    path = tmp_path / "small.toml"
    path.write_text(f"""
        dev_images = 1000
        [spec]
        width = 2
        steps = 1
        norm = "step"
        mask_width = 2
        [data]
        root = "{data_root}"
        bank = "{data_root}/bank"
        photos = "photos"
        dev = ["held_out"]
        views = 3
        dev_views = 2
        photo_views = 2
        [crops]
        base = 16
        large = []
        [optimiser]
        images = 8
        batch = 4
    """)
    return path


def test_a_run_is_one_command(config: Path, tmp_path: Path) -> None:
    status = main(["--config", str(config), "--out", str(tmp_path / "run")])

    assert status == 0
    assert load_checkpoint(tmp_path / "run").images == 8


def test_the_same_command_goes_on_where_it_stopped(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    main(["--config", str(config), "--out", str(out)])

    main(["--config", str(config), "--out", str(out), "--set", "optimiser.images=16"])

    assert load_checkpoint(out).images == 16
    assert load_checkpoint(out).steps == 4


def test_the_resolved_configuration_is_written_with_the_run(config: Path, tmp_path: Path) -> None:
    main(
        [
            "--config",
            str(config),
            "--out",
            str(tmp_path / "run"),
            "--set",
            "seed=11",
            "--set",
            "samples.photos=0",
        ]
    )

    written = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (written["seed"], written["samples"]["photos"], written["optimiser"]["batch"]) == (11, 0, 4)
    assert written["spec"]["width"] == 2


def test_another_architecture_in_the_same_folder_is_refused(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    main(["--config", str(config), "--out", str(out)])

    status = main(["--config", str(config), "--out", str(out), "--set", "spec.width=3"])

    assert status == 1
    assert "Give another --out" in capsys.readouterr().err


def test_without_a_folder_the_configured_one_is_used(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    status = main(["--config", str(config), "--set", "out=here"])

    assert status == 0
    assert (tmp_path / "here" / "last.pt").exists()


def test_a_config_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])

    assert caught.value.code == 2
    assert "--config" in capsys.readouterr().err


def test_nothing_is_written_to_the_bank_of_a_finished_render(
    config: Path, tmp_path: Path, bank: Bank
) -> None:
    before = bank.views.tobytes()

    main(["--config", str(config), "--out", str(tmp_path / "run")])

    assert bank.views.tobytes() == before
