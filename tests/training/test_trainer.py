from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from hdrvid.errors import CheckpointError, DatasetError, OptionError
from hdrvid.model import build_generator, load_generator
from hdrvid.scenes.camera import Variety
from hdrvid.training import train
from hdrvid.training.__main__ import main
from hdrvid.training.bank import Bank
from hdrvid.training.checkpoint import load_checkpoint
from hdrvid.training.config import OptimiserConfig
from hdrvid.training.export import export_weights
from hdrvid.training.losses import stops_loss
from hdrvid.training.processes import StopFlag, agreed, shared_processes, stop_signals
from hdrvid.training.run import learning_rate
from hdrvid.training.samples import SampleStyle, collate, draw_sample
from hdrvid.training.trainer import crop_plan, move_average
from tests.training.material import small_config

pytestmark = pytest.mark.usefixtures("bank")


def log_lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], tolerance: float = 0.0) -> bool:
    return all(torch.allclose(a[k].float(), b[k].float(), atol=tolerance, rtol=0) for k in a)


def test_a_run_writes_its_configuration_its_log_and_its_weights(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root, out=tmp_path)

    train(config)

    assert json.loads((tmp_path / "config.json").read_text())["optimiser"]["images"] == 16
    last = log_lines(tmp_path)[-1]
    assert last["images"] >= 16
    assert last["progress"] == 1.0
    assert set(last["dev"]) > {"clean", "clean/held_out", "rolled", "rolled/held_out"}
    assert load_checkpoint(tmp_path).images == last["images"]


def test_a_finished_run_is_not_trained_again(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root, out=tmp_path)
    train(config)
    before = load_checkpoint(tmp_path)

    train(config)

    assert load_checkpoint(tmp_path).steps == before.steps


def test_the_same_configuration_gives_the_same_weights(data_root: Path, tmp_path: Path) -> None:
    for name in "ab":
        train(small_config(data_root, out=tmp_path / name))

    first, second = (load_checkpoint(tmp_path / name) for name in "ab")
    assert same(first.weights, second.weights)
    assert same(first.average, second.average)


def test_a_resumed_run_ends_as_if_it_had_never_stopped(data_root: Path, tmp_path: Path) -> None:
    whole = small_config(data_root, out=tmp_path / "whole", seed=3)
    constant = replace(whole.optimiser, final=1.0)  # the schedule must not see where the first part ended
    train(replace(whole, optimiser=constant))
    part = replace(whole, out=tmp_path / "parts", optimiser=replace(constant, images=8))

    train(part)
    train(replace(part, optimiser=constant))

    ends = [load_checkpoint(tmp_path / name) for name in ("whole", "parts")]
    assert ends[0].images == ends[1].images
    assert same(ends[0].weights, ends[1].weights)


def test_two_processes_train_as_one_on_the_same_batches(data_root: Path, tmp_path: Path) -> None:
    config = small_config(
        data_root, out=tmp_path / "one"
    )  # without norms: each process has statistics of its own
    train(replace(config, spec=replace(config.spec, norm="none")))
    settings = tmp_path / "small.toml"
    settings.write_text(
        '[spec]\nwidth = 2\nmask_width = 2\nsteps = 1\nnorm = "none"\n'
        f'[data]\nroot = "{data_root}"\nbank = "{data_root}/bank"\nphotos = "photos"\ndev = ["held_out"]\n'
        "views = 3\ndev_views = 2\nphoto_views = 2\n"
        "[crops]\nbase = 32\nlarge = [48]\nlarge_share = 0.2\nlarge_after = 0\n"
        "[optimiser]\nimages = 16\nbatch = 4\nwarm_up = 1\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]

    subprocess.run(
        [*command, "hdrvid.training", "--config", str(settings), "--out", str(tmp_path / "two")],
        check=True,
        cwd=".",
    )

    one, two = load_checkpoint(tmp_path / "one"), load_checkpoint(tmp_path / "two")
    assert (one.images, one.steps) == (two.images, two.steps)
    assert same(
        one.weights, two.weights, tolerance=4e-3
    )  # four steps of 1e-3 at most; sums differ in their order


def test_one_picture_is_learned_by_heart(bank: Bank, data_root: Path) -> None:
    spec = replace(small_config(data_root).spec, nets=("C",), width=4)
    torch.manual_seed(0)
    generator = build_generator(spec)
    plain = Variety(roll_off=0.0, noise=0.0, jpeg=0.0, h264=0.0)
    sample = draw_sample(bank, seed=1, number=2, size=32, style=SampleStyle(photos=0.0, variety=plain))
    batch = collate([sample, sample])
    optimiser = torch.optim.AdamW(generator.parameters(), lr=1e-2)
    losses = []

    for _ in range(60):
        stops = generator(batch.source, batch.shoulder)
        loss = stops_loss(stops, batch.source, batch.truth, batch.known, max_stops=8.0)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))

    assert min(losses[-10:]) < 0.5 * losses[0]


@pytest.mark.slow
def test_a_short_run_beats_plain_linearisation_on_a_scene_that_it_never_saw(
    data_root: Path, tmp_path: Path
) -> None:
    config = small_config(data_root, out=tmp_path)
    spec = replace(config.spec, width=4)
    options = OptimiserConfig(images=640, batch=8, rate=5e-3, warm_up=5, average=0.9)

    train(replace(config, spec=spec, optimiser=options, dev_images=10**6))

    last = log_lines(tmp_path)[-1]["dev"]
    assert last["clean"] < 0.95
    assert last["rolled"] < 0.8


@pytest.mark.parametrize("part", ["mask", "noise"])
def test_a_network_beside_the_paper_s_is_trained_alone(part: str, data_root: Path, tmp_path: Path) -> None:
    train(small_config(data_root, out=tmp_path, part=part))

    names = load_checkpoint(tmp_path).average
    assert names
    assert all(name.startswith(f"{part}_net.") for name in names)
    assert log_lines(tmp_path)[-1]["dev"]


def test_parts_of_several_runs_make_one_weights_file(data_root: Path, tmp_path: Path) -> None:
    for part in ("C", "mask"):
        train(small_config(data_root, out=tmp_path / part, part=part))

    spec = export_weights(
        [tmp_path / "C", tmp_path / "mask"], tmp_path / "w.safetensors", licence="CC0-1.0", training="a test"
    )

    loaded = load_generator(tmp_path / "w.safetensors")
    assert spec.nets == ("C", "mask")
    assert loaded.has("C")
    assert loaded.has("mask")
    assert not loaded.has("L")


def test_a_part_in_a_weights_file_is_exchanged_for_a_newer_one(data_root: Path, tmp_path: Path) -> None:
    file, newer = tmp_path / "w.safetensors", tmp_path / "newer.safetensors"
    train(small_config(data_root, out=tmp_path / "C"))
    train(small_config(data_root, out=tmp_path / "mask", part="mask"))
    export_weights([tmp_path / "C", tmp_path / "mask"], file, licence="CC0-1.0", training="a test")
    train(small_config(data_root, out=tmp_path / "again", seed=7))

    spec = export_weights([file, tmp_path / "again"], newer, licence="CC0-1.0", training="a test")

    before, after = load_file(file), load_file(newer)
    assert spec.nets == ("C", "mask")
    assert all(torch.equal(before[key], after[key]) == key.startswith("mask") for key in before)


def test_runs_that_do_not_fit_together_are_not_exported(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root)
    train(replace(config, out=tmp_path / "C"))
    train(replace(config, out=tmp_path / "mask", part="mask", spec=replace(config.spec, steps=2)))

    with pytest.raises(CheckpointError, match="different specs"):
        export_weights([tmp_path / "C", tmp_path / "mask"], tmp_path / "w", licence="", training="")


def test_the_clock_ends_a_run_that_has_an_end(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root, out=tmp_path)
    options = replace(config.optimiser, images=10**9, until=time.time() + 3)

    train(replace(config, optimiser=options))

    assert log_lines(tmp_path)[-1]["progress"] == 1.0
    assert 0 < load_checkpoint(tmp_path).images < 10**6


def test_a_batch_that_cannot_be_shared_evenly_is_refused(data_root: Path, tmp_path: Path) -> None:
    from hdrvid.training.catalogue import open_library
    from hdrvid.training.run import Run, start_run
    from hdrvid.training.trainer import _batch

    config = small_config(data_root, out=tmp_path, optimiser=OptimiserConfig(batch=5))
    run: Run = start_run(config, 1)

    with pytest.raises(OptionError, match="5 images of 32 pixels for 2 processes"):
        _batch(run, config, open_library(config), 0, 2)


@pytest.mark.parametrize(
    ("steps", "progress", "rate"),
    [
        pytest.param(0, 0.0, 0.1, id="the first step is a tenth of the warm-up"),
        pytest.param(9, 0.0, 1.0, id="warm"),
        pytest.param(500, 0.5, 0.51, id="half way down the cosine"),
        pytest.param(999, 1.0, 0.02, id="annealed"),
        pytest.param(999, 1.7, 0.02, id="never up again"),
    ],
)
def test_the_learning_rate_warms_up_and_anneals(steps: int, progress: float, rate: float) -> None:
    config = OptimiserConfig(rate=1.0, warm_up=10, final=0.02)

    assert learning_rate(steps, progress, config) == pytest.approx(rate)


def test_large_crops_have_fewer_images_and_wait_until_norms_have_settled(data_root: Path) -> None:
    config = small_config(data_root, optimiser=OptimiserConfig(batch=8))
    config = replace(config, crops=replace(config.crops, large_after=100))

    early = {crop_plan(step, config, images=99) for step in range(200)}
    late = {crop_plan(step, config, images=100) for step in range(200)}

    assert early == {(32, 8)}
    assert late == {(32, 8), (48, 4)}


def test_the_average_follows_weights_and_buffers() -> None:
    average, module = nn.BatchNorm2d(1), nn.BatchNorm2d(1)
    module.weight.data.fill_(3.0)
    assert module.running_mean is not None
    module.running_mean.fill_(10.0)

    move_average(average, module, decay=0.9)

    assert average.weight.item() == pytest.approx(1.2)
    assert average.running_mean is not None
    assert average.running_mean.item() == pytest.approx(1.0)


def test_a_signal_stops_a_run_after_its_step_and_saves(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root, out=tmp_path, optimiser=OptimiserConfig(images=10**9, batch=2))
    handler = signal.getsignal(signal.SIGALRM)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 2.0)
    try:
        train(config)
    finally:
        signal.signal(signal.SIGALRM, handler)

    assert 0 < load_checkpoint(tmp_path).images < 10**9


def test_signals_are_given_back_after_the_run() -> None:
    before = signal.getsignal(signal.SIGINT)

    with stop_signals() as flag:
        assert signal.getsignal(signal.SIGINT) == flag.raise_flag
        assert not flag

    assert signal.getsignal(signal.SIGINT) == before


def test_a_raised_flag_is_true() -> None:
    flag = StopFlag()

    flag.raise_flag(signal.SIGTERM)

    assert flag


def test_one_process_agrees_with_itself() -> None:
    with shared_processes() as (rank, world):
        assert (rank, world) == (0, 1)
        assert agreed(0.5, stop=True) == (0.5, True)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        pytest.param(["--set", "sed=1"], 2, "unknown key", id="a misspelt key"),
        pytest.param(["--set", "data.root=/nowhere"], 1, "splits.json", id="no data"),
    ],
)
def test_the_command_tells_what_is_wrong_in_one_line(
    arguments: list[str], status: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--config", "configs/compact.toml", "--out", str(tmp_path), *arguments])

    error = capsys.readouterr().err
    assert code == status
    assert told in error
    assert error.count("\n") == 1


def test_a_scene_that_is_not_there_stops_before_training(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root, out=tmp_path)
    elsewhere = replace(config.data, scenes="photos", bank=tmp_path / "bank")

    with pytest.raises(DatasetError, match="scene lamp"):
        train(replace(config, data=elsewhere))


def test_the_schedule_is_finite_for_any_warm_up() -> None:
    assert math.isfinite(learning_rate(0, 0.0, OptimiserConfig(warm_up=0)))
