"""The reader of an L is refitted on what its network saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hdrvid.model import GeneratorSpec, build_generator
from hdrvid.model.response import FEATURES, KNOTS, MEASURED, ResponseNet
from hdrvid.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from hdrvid.training.journal import write_settings
from hdrvid.training.refit import Seen, main, reading_loss, refit
from tests.training.material import small_config

TINY = GeneratorSpec(width=2, steps=1, norm="step", nets=("L",))


def reader() -> torch.nn.Sequential:
    torch.manual_seed(1)
    return ResponseNet(TINY).reader


def test_a_reader_learns_what_its_features_tell() -> None:
    made = reader()
    width = KNOTS * (FEATURES + MEASURED + 1)
    read = torch.randn(400, width, generator=torch.Generator().manual_seed(2))
    truth = read[:, :1].expand(-1, KNOTS).contiguous()
    seen = Seen(read=read.half(), truth=truth, counts=torch.full((400, KNOTS), 20.0))

    losses = list(refit(made, seen, epochs=12))

    assert losses[-1][0] < 0.6 * losses[0][0]


def test_codes_that_a_picture_does_not_have_do_not_count() -> None:
    truth, counts = torch.zeros(1, KNOTS), torch.zeros(1, KNOTS)
    counts[0, 3] = 50.0
    curve = torch.full((1, KNOTS), 9.0)
    curve[0, 3] = 0.25

    assert float(reading_loss(curve, truth, counts)) == pytest.approx(0.25)


def trained(folder: Path, data_root: Path, spec: GeneratorSpec) -> Path:
    write_settings(replace(small_config(data_root, out=folder, part="L"), spec=spec))
    saved = Checkpoint(
        spec=spec.to_json(),
        images=8,
        steps=1,
        progress=1.0,
        weights={},
        average=dict(build_generator(spec).state_dict()),
        optimiser={},
    )
    save_checkpoint(folder, saved)
    return folder


def test_a_run_gets_a_new_reader_and_keeps_its_network(data_root: Path, tmp_path: Path) -> None:
    run = trained(tmp_path / "l", data_root, TINY)

    status = main(["--run", str(run), "--out", str(tmp_path / "l2"), "--images", "24", "--epochs", "2"])

    before, after = load_checkpoint(run).average, load_checkpoint(tmp_path / "l2").average
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert status == 0
    assert "L.reader.4.weight" in changed
    assert all(name.startswith("L.reader.") for name in changed)


def test_a_run_without_a_reader_is_refused(
    data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained(tmp_path / "pixel", data_root, replace(TINY, response="pixel"))

    assert main(["--run", str(run), "--out", str(tmp_path / "new"), "--images", "2"]) != 0
    assert "reads no curve" in capsys.readouterr().err
