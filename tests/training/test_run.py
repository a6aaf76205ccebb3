"""Whole runs: adversarial, by part, interrupted and resumed, refused."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from hdrvid.errors import CheckpointError, DeviceError, NotFinite, OptionError
from hdrvid.model import load_generator
from hdrvid.training import train, training_steps
from hdrvid.training.checkpoint import load_checkpoint, require_checkpoint
from hdrvid.training.config import OptimiserConfig, TrainConfig, load_config, resumed_config
from hdrvid.training.export import export_weights
from hdrvid.training.journal import open_journal
from hdrvid.training.objectives import LossConfig
from hdrvid.training.parts import Part
from hdrvid.training.run import learning_rate, start_run
from tests.training.material import small_config

pytestmark = pytest.mark.usefixtures("bank")


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def adversarial(root: Path, out: Path) -> TrainConfig:
    """Return the paper's way of training in small: L, C, R and a discriminator, on mu-law light."""
    config = small_config(root, out=out, part="LCR", linearise="learned", losses=LossConfig(kind="mu-law"))
    spec = replace(config.spec, formulation="mu-law", shoulder=False, patch_base=2, gan_weight=0.01)
    options = OptimiserConfig(images=16, batch=4, warm_up=1, rate=2e-4, betas=(0.5, 0.999), schedule="linear",
                              final=0.0, clip_norm=0.0)  # fmt: skip
    return replace(config, spec=spec, optimiser=options, precision="fp32")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def stopped_after(steps: int, config: TrainConfig) -> None:
    """Train a few steps, and end as a machine does that goes down: without the save at the end."""
    with contextlib.closing(training_steps(config)) as running:
        for _ in itertools.islice(running, steps):
            pass


@pytest.mark.parametrize("adversary", [False, True])
def test_an_interrupted_run_ends_bit_for_bit_as_an_uninterrupted_one(
    data_root: Path, tmp_path: Path, adversary: bool
) -> None:
    def config(name: str) -> TrainConfig:
        out = tmp_path / name
        made = adversarial(data_root, out) if adversary else small_config(data_root, out=out)
        return replace(made, checkpoint_seconds=-1.0)  # after every step

    train(config("whole"))

    stopped_after(2, config("parts"))
    assert load_checkpoint(tmp_path / "parts").steps == 2
    train(config("parts"))

    whole, parts = (load_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert (whole.images, whole.steps) == (parts.images, parts.steps)
    assert same(whole.weights, parts.weights)
    assert same(whole.average, parts.average)
    for key in ("exp_avg", "exp_avg_sq"):
        moments = [[s[key] for s in c.optimiser["state"].values()] for c in (whole, parts)]
        assert all(torch.equal(a, b) for a, b in zip(*moments, strict=True))
    if adversary:
        assert same(whole.adversary["weights"], parts.adversary["weights"])


def test_the_discriminator_is_trained_and_the_terms_are_logged(data_root: Path, tmp_path: Path) -> None:
    config = adversarial(data_root, tmp_path)
    before = {k: v.clone() for k, v in start_run(config, 1).adversary.discriminator.state_dict().items()}  # type: ignore[union-attr]

    train(config)

    assert not same(before, load_checkpoint(tmp_path).adversary["weights"])
    terms = next(line["terms"] for line in lines(tmp_path) if "terms" in line)
    assert set(terms) == {"reconstruction", "linearisation", "adversarial", "discriminator"}


def test_the_generator_feels_the_discriminator(data_root: Path, tmp_path: Path) -> None:
    with_it = adversarial(data_root, tmp_path / "a")
    train(with_it)
    train(replace(with_it, out=tmp_path / "b", spec=replace(with_it.spec, gan_weight=0.0)))

    a, b = (load_checkpoint(tmp_path / name) for name in "ab")
    assert not same(a.weights, b.weights)
    assert b.adversary == {}


@pytest.mark.parametrize(("part", "held"), [("L", {"L"}), ("CR", {"C", "R"}), ("LC", {"L", "C"})])
def test_each_part_is_trained_and_measured(
    part: Part, held: set[str], data_root: Path, tmp_path: Path
) -> None:
    train(small_config(data_root, out=tmp_path, part=part))

    assert {name.split(".")[0] for name in load_checkpoint(tmp_path).average} == held
    dev = lines(tmp_path)[-1]["dev"]
    assert any(key.startswith("ratio linear/") for key in dev) == ("L" in held)
    assert ("ratio full/inside" in dev) == ("C" in held)


def test_the_refinement_leaves_the_correction_below_it_as_it_was(data_root: Path, tmp_path: Path) -> None:
    train(small_config(data_root, out=tmp_path / "C"))
    train(small_config(data_root, out=tmp_path / "R", part="R", initial=(str(tmp_path / "C"),)))

    below, above = (load_checkpoint(tmp_path / name).average for name in "CR")
    assert all(torch.equal(below[key], above[key]) for key in below)


@pytest.mark.slow
def test_all_four_networks_make_one_weights_file(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root)
    for part in ("C", "L", "mask"):
        train(replace(config, out=tmp_path / part, part=part))
    train(replace(config, out=tmp_path / "R", part="R", initial=(str(tmp_path / "C"),)))

    export_weights([tmp_path / name for name in ("L", "C", "R", "mask")], tmp_path / "w.safetensors",
                   licence="CC0-1.0", training="a test")  # fmt: skip

    generator = load_generator(tmp_path / "w.safetensors")
    assert generator.spec.nets == ("L", "C", "R", "mask")
    source = torch.rand(1, 3, 32, 48)
    with torch.inference_mode():
        response = generator.curve(generator.look(source))
        assert generator.expand(source, response=response).isfinite().all()


def test_a_part_that_stands_on_nothing_is_refused(data_root: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds a trained C"):
        train(small_config(data_root, out=tmp_path, part="R"))


def test_losses_that_are_not_finite_end_the_run_and_keep_the_last_checkpoint(
    data_root: Path, tmp_path: Path
) -> None:
    config = small_config(data_root, out=tmp_path, checkpoint_seconds=-1.0)
    stopped_after(2, config)
    broken = replace(config, optimiser=replace(config.optimiser, rate=float("inf")))

    with pytest.raises(NotFinite, match="expected finite losses"):
        train(replace(broken, checkpoint_seconds=1e9))

    assert all(value.isfinite().all() for value in load_checkpoint(tmp_path).weights.values())


def test_a_full_disk_keeps_the_last_good_checkpoint(
    data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small_config(data_root, out=tmp_path, checkpoint_seconds=-1.0)
    stopped_after(2, config)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(CheckpointError, match="No space left"):
        train(config)

    assert load_checkpoint(tmp_path).steps == 2
    assert not list(tmp_path.glob("*.partial"))


def test_progress_is_told_after_each_step(data_root: Path, tmp_path: Path) -> None:
    told = list(training_steps(small_config(data_root, out=tmp_path)))

    assert [step.steps for step in told] == list(range(1, len(told) + 1))
    assert told[-1].share == 1.0
    assert any(step.dev for step in told)
    assert all(step.loss >= 0 and step.rate > 0 for step in told)


def test_a_resumed_run_has_its_own_settings(data_root: Path, tmp_path: Path) -> None:
    config = small_config(data_root, out=tmp_path, seed=5)
    stopped_after(2, replace(config, checkpoint_seconds=-1.0))

    resumed = resumed_config(tmp_path, None, ["dev_images=999"])

    assert replace(resumed, dev_images=config.dev_images, checkpoint_seconds=300.0) == config


def test_a_mistyped_run_is_an_error_and_never_a_new_run(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no last\.pt to resume from"):
        resumed_config(tmp_path / "rnu", None)
    with pytest.raises(CheckpointError, match="Mend the path"):
        require_checkpoint(tmp_path)


def test_a_run_without_settings_asks_for_them(data_root: Path, tmp_path: Path) -> None:
    train(small_config(data_root, out=tmp_path))
    (tmp_path / "config.json").unlink()

    with pytest.raises(OptionError, match="Give --config"):
        resumed_config(tmp_path, None)
    assert resumed_config(tmp_path, Path("configs/compact.toml")).out == tmp_path


@pytest.mark.parametrize(
    ("progress", "rate"),
    [
        pytest.param(0.0, 2e-4, id="the first of 100 epochs"),
        pytest.param(0.5, 2e-4, id="the last of them"),
        pytest.param(0.75, 1e-4, id="half of the decay"),
        pytest.param(1.0, 0.0, id="the end"),
    ],
)
def test_the_papers_schedule_is_held_and_then_linear(progress: float, rate: float) -> None:
    options = load_config(Path("configs/paper.toml")).optimiser

    assert learning_rate(10**6, progress, options) == pytest.approx(rate)


def test_a_device_that_is_not_there_is_refused(data_root: Path, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="device 'warp'; expected one of this machine's: cpu"):
        train(small_config(data_root, out=tmp_path, device="warp"))


@pytest.mark.gpu
def test_a_gpu_trains_as_the_cpu_does(data_root: Path, tmp_path: Path) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    for device in ("cpu", "cuda"):
        train(small_config(data_root, out=tmp_path / device, device=device, precision="fp32"))

    cpu, cuda = (load_checkpoint(tmp_path / name).weights for name in ("cpu", "cuda"))
    assert all(torch.allclose(cpu[key], cuda[key], atol=4e-3) for key in cpu)


def test_what_was_drawn_for_each_sample_is_logged(data_root: Path, tmp_path: Path) -> None:
    train(small_config(data_root, out=tmp_path))

    logged = [json.loads(line) for line in (tmp_path / "samples.0.jsonl").read_text().splitlines()]
    assert [line["n"] for line in logged] == list(range(load_checkpoint(tmp_path).images))
    assert all(line["group"].startswith(("scene/", "photo/")) and line["scale"] > 0 for line in logged)
    assert all("clipped_share" in line["camera"] and "balance" in line["camera"] for line in logged)


def test_the_log_of_samples_can_be_left_out(data_root: Path, tmp_path: Path) -> None:
    train(small_config(data_root, out=tmp_path, log_samples=False))

    assert not list(tmp_path.glob("samples*"))


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Collect what is written to TensorBoard."""
    from torch.utils import tensorboard

    written: list[tuple[str, Any]] = []

    class Writer:
        def __init__(self, *_: object, **__: object) -> None:
            """Take what the real one takes."""

        def add_scalar(self, name: str, value: float, step: int) -> None:
            written.append((name, (value, step)))

        def add_image(self, name: str, image: Any, step: int, dataformats: str) -> None:
            written.append((name, (image, step, dataformats)))

        def close(self) -> None:
            written.append(("closed", None))

    monkeypatch.setattr(tensorboard, "SummaryWriter", Writer)
    return written


def test_scalars_and_strips_go_to_tensorboard(
    data_root: Path, tmp_path: Path, board: list[tuple[str, Any]]
) -> None:
    train(small_config(data_root, out=tmp_path))

    names = {name for name, _ in board}
    assert {"loss", "rate", "reconstruction", "dev/clean", "dev/held_out", "closed"} <= names
    image = next(value[0] for name, value in board if name == "dev/held_out")
    assert image.shape == (3 * 192, 3 * 256, 3)


def test_tensorboards_own_files_are_written(data_root: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")

    train(small_config(data_root, out=tmp_path))

    assert list((tmp_path / "board").glob("events.*"))


def test_without_tensorboard_the_run_goes_on(
    data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    config = small_config(data_root, out=tmp_path)

    with open_journal(config, first=True, images=0) as journal:
        assert journal is not None

    assert "tensorboard: not installed" in caplog.text
    assert not (tmp_path / "board").exists()


@pytest.mark.slow
def test_two_processes_train_adversarially_as_one(data_root: Path, tmp_path: Path) -> None:
    config = adversarial(data_root, tmp_path / "one")
    config = replace(config, spec=replace(config.spec, norm="none"))
    train(config)
    settings = tmp_path / "config.json"
    text = (
        (tmp_path / "one" / "config.json").read_text().replace(str(tmp_path / "one"), str(tmp_path / "two"))
    )
    settings.write_text(text)
    script = tmp_path / "go.py"
    script.write_text(
        "import json, sys\nfrom pathlib import Path\nfrom hdrvid.training.config import TrainConfig, _build\n"
        "from hdrvid.training import train\nvalues = json.loads(Path(sys.argv[1]).read_text())\n"
        "values.pop('versions')\ntrain(_build(TrainConfig, values, where='test'))\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]

    subprocess.run([*command, str(script), str(settings)], check=True, env={**os.environ, "PYTHONPATH": "."})

    one, two = (load_checkpoint(tmp_path / name) for name in ("one", "two"))
    assert (one.images, one.steps) == (two.images, two.steps)
    for a, b in ((one.weights, two.weights), (one.adversary["weights"], two.adversary["weights"])):
        apart = torch.cat([(a[k] - b[k]).float().abs().flatten() for k in a])
        assert apart.quantile(0.99) < 1e-6  # sums in another order
        assert (
            apart.max() <= 2 * 4 * 2e-4 + 1e-6
        )  # a gradient of about 0 may have either sign: Adam's four steps
