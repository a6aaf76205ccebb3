"""The training of the generator, in the paper's order, on one page."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from hdrvid.errors import NotFinite, OptionError
from hdrvid.training.bank import Bank
from hdrvid.training.catalogue import open_library
from hdrvid.training.config import TrainConfig
from hdrvid.training.discriminator import real_or_not, taken_for_real
from hdrvid.training.journal import log_samples, open_journal, write_settings
from hdrvid.training.judges import judge_of
from hdrvid.training.objectives import loss_terms
from hdrvid.training.parts import Prediction, judged_only, trained_nets
from hdrvid.training.processes import agreed, first_process_first, shared_processes, stop_signals
from hdrvid.training.run import Adversary, Clock, Run, device_of, learning_rate, measured, save_run, start_run
from hdrvid.training.samples import Batch, collate, draw_sample

LOG_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is after a step."""

    images: int
    steps: int
    share: float
    """Of the schedule, 0 to 1."""
    loss: float
    rate: float
    dev: dict[str, float] | None = None
    """Scores on the held-out scenes, after the steps that are measured."""


def train(config: TrainConfig) -> None:
    """Train a part of the generator until its images or its time are done; the same call resumes.

    Under `torchrun` the processes share each batch. Writes `config.json`, `log.jsonl`, `last.pt` and
    TensorBoard's `board/` to `config.out`.
    """
    for _ in training_steps(config):
        pass


def training_steps(config: TrainConfig) -> Generator[Progress, None, None]:
    """Train as `train` does, and tell after each step where the run is.

    Ctrl-C and SIGTERM end it in good order: the step is finished and the run saved. Run it to its end, or
    close it; what was not saved by then is trained again by the next call.
    """
    with shared_processes() as (rank, world), stop_signals() as stopped:
        bank = _shared_library(config, rank)
        config = resolved(config, bank)
        run = start_run(config, world)
        clock, saved, halt = Clock(begun=time.time(), progress_then=run.progress), time.monotonic(), False
        judge = judge_of(config, bank)
        with open_journal(config, first=rank == 0, images=run.images) as journal:
            while run.progress < 1.0 and not halt:
                before, dev = run.images // config.dev_images, None
                terms = _step(run, config, _batch(run, config, bank, rank, world))
                run.progress, halt = agreed(clock.progress(run.images, config.optimiser), stop=bool(stopped))
                if journal is not None:
                    if run.steps % LOG_STEPS == 0:
                        journal.write(run)
                    if run.images // config.dev_images > before:
                        dev = judge(measured(run))
                        journal.write(run, dev)
                        journal.show(run, bank)
                    if time.monotonic() - saved > config.checkpoint_seconds:
                        save_run(run, config)
                        saved = time.monotonic()
                yield _progress(run, terms, dev)
            if journal is not None:
                save_run(run, config)
                journal.write(run, judge(measured(run)))


def _step(run: Run, config: TrainConfig, batch: Batch) -> dict[str, float]:
    """One step: predict, move the discriminator, compare, move the weights, move their average."""
    options = config.optimiser
    run.module.train()
    _set_rates(run, learning_rate(run.steps, run.progress, options))

    with torch.autocast(device_of(run).type, torch.bfloat16) if config.precision == "bf16" else nullcontext():
        prediction: Prediction = run.module(batch)  # Eq. 4: H = R(a C(S) + (1 - a) S), S = L(code) or given
    terms = loss_terms(prediction, batch, config.losses, trained=trained_nets(config.part),
                       max_stops=config.spec.max_stops, features=run.features)  # fmt: skip
    told = {}
    if run.adversary is not None and prediction.light is not None:
        told["discriminator"] = _discriminate(run.adversary, batch, prediction.light.detach())
        with judged_only(run.adversary.discriminator):
            judged = run.adversary.discriminator(batch.source, prediction.light)
        terms["adversarial"] = config.spec.gan_weight * taken_for_real(judged)
    loss = torch.stack(list(terms.values())).sum()
    _descend(run.optimiser, loss, run.module, clip_norm=options.clip_norm)
    run.steps += 1
    move_average(run.average, run.generator, decay=min(options.average, (1 + run.steps) / (10 + run.steps)))

    told |= {"loss": float(loss.detach())} | {name: float(term.detach()) for name, term in terms.items()}
    if not all(map(math.isfinite, told.values())):
        raise NotFinite(
            f"training: step {run.steps}, {told}; expected finite losses. "
            "The last checkpoint is from before: lower optimiser.rate, or look at the samples up to "
            f"image {run.images}."
        )
    run.losses.append(told)
    return told


def _discriminate(adversary: Adversary, batch: Batch, fake: Tensor) -> float:
    """Teach the discriminator true pictures from expanded ones, and return its loss."""
    real = torch.where(batch.known > 0, batch.truth, fake)  # nothing to tell where the truth is not known
    judged = adversary.module(batch.source.repeat(2, 1, 1, 1), torch.cat([real, fake]))
    loss = real_or_not(*judged.chunk(2))
    _descend(adversary.optimiser, loss, adversary.module, clip_norm=0.0)
    return float(loss.detach())


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor, module: nn.Module, *, clip_norm: float) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    if clip_norm > 0:
        nn.utils.clip_grad_norm_(module.parameters(), clip_norm)
    optimiser.step()


def _set_rates(run: Run, rate: float) -> None:
    for optimiser in (run.optimiser, *([run.adversary.optimiser] if run.adversary else [])):
        for group in optimiser.param_groups:
            group["lr"] = rate


@torch.no_grad()
def move_average(average: nn.Module, module: nn.Module, *, decay: float) -> None:
    """Move weights and buffers of the average towards the module's by 1 - decay, in place.

    >>> average, module = nn.BatchNorm2d(1), nn.BatchNorm2d(1)
    >>> module.running_mean += 10
    >>> move_average(average, module, decay=0.75)
    >>> average.running_mean.tolist()
    [2.5]
    """
    ours, theirs = average.state_dict(), module.state_dict()
    names = [name for name, value in ours.items() if value.is_floating_point()]
    torch._foreach_lerp_([ours[n] for n in names], [theirs[n] for n in names], 1 - decay)


def crop_plan(step: int, config: TrainConfig, *, images: int) -> tuple[int, int]:
    """Return the crop's size and the number of images of a step, over all processes.

    >>> crop_plan(0, TrainConfig(), images=0)
    (128, 8)
    >>> sorted({crop_plan(step, TrainConfig(), images=2000) for step in range(100)})
    [(128, 8), (192, 4), (256, 2)]
    """
    crops, batch = config.crops, config.optimiser.batch
    rng = np.random.default_rng([config.seed, step, 1])
    may_be_large = bool(crops.large) and images >= crops.large_after
    size = int(rng.choice(crops.large)) if may_be_large and rng.random() < crops.large_share else crops.base
    return size, math.ceil(batch * (crops.base / size) ** 2)


def _batch(run: Run, config: TrainConfig, bank: Bank, rank: int, world: int) -> Batch:
    """Draw this process's share of the next batch, and count the whole."""
    size, count = crop_plan(run.steps, config, images=run.images)
    if count % world:
        raise OptionError(
            f"training: {count} images of {size} pixels for {world} processes; expected a multiple. "
            "Change optimiser.batch or crops.large."
        )
    numbers = range(run.images + rank, run.images + count, world)
    run.images += count
    samples = [
        draw_sample(bank, seed=config.seed, number=n, size=size, style=config.samples) for n in numbers
    ]
    log_samples(config, rank, zip(numbers, samples, strict=True))
    return collate(samples).to(device_of(run))


def resolved(config: TrainConfig, bank: Bank) -> TrainConfig:
    """Return the configuration with its epochs as images: passes over all views, each exposure apart.

    >>> from hdrvid.training.config import OptimiserConfig
    >>> bank = Bank(views=np.zeros((10, 2, 2, 3), np.float16), groups={"scene/pier": (0, 10)})
    >>> resolved(TrainConfig(optimiser=OptimiserConfig(epochs=3)), bank).optimiser.images
    30
    """
    options = config.optimiser
    if options.epochs == 0:
        return config
    kinds = ("scene", "pair", *(["photo"] if config.samples.photos > 0 else []))
    spans = [bank.groups[name] for kind in kinds for name in bank.names(kind)]
    views = sum(last - first for first, last in spans) * max(len(config.samples.exposures), 1)
    return replace(config, optimiser=replace(options, images=options.epochs * views))


def _shared_library(config: TrainConfig, rank: int) -> Bank:
    """Open the views; the first process makes the run's folder, and renders what is not there."""
    with first_process_first(rank):
        bank = open_library(config)
        if rank == 0:
            write_settings(resolved(config, bank))
        return bank


def _progress(run: Run, terms: dict[str, float], dev: dict[str, float] | None) -> Progress:
    rate = float(run.optimiser.param_groups[0]["lr"])
    return Progress(
        images=run.images, steps=run.steps, share=run.progress, loss=terms["loss"], rate=rate, dev=dev
    )
