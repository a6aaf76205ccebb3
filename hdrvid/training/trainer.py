"""The training of one part of the generator, in the paper's order, on one page."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from hdrvid.errors import OptionError
from hdrvid.model.generator import Generator, build_generator, channels_last
from hdrvid.model.mask import srgb_encode
from hdrvid.training.bank import Bank, BankPlan, open_bank
from hdrvid.training.checkpoint import Checkpoint, resume_checkpoint, save_checkpoint
from hdrvid.training.config import OptimiserConfig, TrainConfig, training_scenes
from hdrvid.training.dev import dev_pictures, fill_scores, mask_scores
from hdrvid.training.losses import mask_loss, stops_loss
from hdrvid.training.processes import agreed, first_process_first, shared_processes, stop_signals
from hdrvid.training.samples import Batch, collate, draw_sample

log = logging.getLogger(__name__)

LOG_STEPS = 100


@dataclass(slots=True, kw_only=True)
class Run:
    """What changes while training."""

    generator: Generator
    module: nn.Module
    """What is called: the generator or its mask network, wrapped where several processes share the work."""
    average: Generator
    """The moving average of the generator, buffers included: what is measured and shipped."""
    optimiser: torch.optim.Optimizer
    images: int = 0
    steps: int = 0
    progress: float = 0.0
    losses: list[float] = field(default_factory=list)


def train(config: TrainConfig) -> None:
    """Train a part of the generator until its images or its time are done; the same call resumes.

    Under `torchrun` the processes share each batch. Writes `config.json`, `log.jsonl` and `last.pt` to
    `config.out`.
    """
    with shared_processes() as (rank, world), stop_signals() as stopped:
        run = _start(config, world)
        bank = _shared_bank(config, rank)
        judge = _judge(config, bank)
        clock = _Clock(begun=time.time(), progress_then=run.progress)
        saved, halt = time.monotonic(), False
        while run.progress < 1.0 and not halt:
            before = run.images // config.dev_images
            _step(run, config, _batch(run, config, bank, rank, world))
            run.progress, halt = agreed(clock.progress(run.images, config.optimiser), stop=bool(stopped))
            if rank > 0:
                continue
            if run.steps % LOG_STEPS == 0:
                _log(config, run)
            if run.images // config.dev_images > before:
                _log(config, run, judge(run.average.eval()))
            if time.monotonic() - saved > config.checkpoint_seconds:
                _save(run, config)
                saved = time.monotonic()
        if rank == 0:
            _save(run, config)
            _log(config, run, judge(run.average.eval()))


def _judge(config: TrainConfig, bank: Bank) -> Callable[[Generator], dict[str, float]]:
    """Return what scores the part on the held-out scenes."""
    views = config.data.dev_views // 2
    if config.part == "mask":
        return partial(mask_scores, bank=bank, views=views)
    return partial(fill_scores, pictures=dev_pictures(bank, views=views))


def _step(run: Run, config: TrainConfig, batch: Batch) -> None:
    """One step: predict, compare inside the mask, move the weights, move their average."""
    optimiser = config.optimiser
    set_training(run.module, frozen=run.images > optimiser.frozen_norms)
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(run.steps, run.progress, optimiser)
    loss = _loss(run.module, config, batch)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(run.module.parameters(), optimiser.clip_norm)
    run.optimiser.step()
    run.steps += 1
    run.losses.append(float(loss.detach()))
    move_average(run.average, run.generator, decay=min(optimiser.average, (1 + run.steps) / (10 + run.steps)))


def _loss(module: nn.Module, config: TrainConfig, batch: Batch) -> Tensor:
    """Predict in bfloat16 and compare in full precision: a scalar."""
    if config.part == "mask":
        with torch.autocast("cpu", torch.bfloat16):
            logits = module(srgb_encode(batch.source))
        return mask_loss(logits, batch.exposed, batch.known)
    with torch.autocast("cpu", torch.bfloat16):
        stops = module(batch.source, batch.shoulder)
    return stops_loss(stops, batch.source, batch.truth, batch.known, max_stops=config.spec.max_stops)


def set_training(module: nn.Module, *, frozen: bool) -> None:
    """Put the module in train mode; if `frozen`, batch norms use and keep their running statistics."""
    module.train()
    if frozen:
        for child in module.modules():
            if isinstance(child, nn.BatchNorm2d):
                child.eval()


def learning_rate(steps: int, progress: float, config: OptimiserConfig) -> float:
    """Return the rate: a linear warm-up in steps, then a cosine in progress down to the final share."""
    cosine = config.final + (1 - config.final) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return config.rate * min(1.0, (steps + 1) / max(config.warm_up, 1)) * cosine


@torch.no_grad()
def move_average(average: nn.Module, module: nn.Module, *, decay: float) -> None:
    """Move weights and buffers of the average towards the module's by 1 - decay, in place."""
    ours, theirs = average.state_dict(), module.state_dict()
    names = [name for name, value in ours.items() if value.is_floating_point()]
    torch._foreach_lerp_([ours[n] for n in names], [theirs[n] for n in names], 1 - decay)


def crop_plan(step: int, config: TrainConfig, *, images: int) -> tuple[int, int]:
    """Return the crop's size and the number of images of a step, over all processes."""
    crops, batch = config.crops, config.optimiser.batch
    rng = np.random.default_rng([config.seed, step, 1])
    may_be_large = bool(crops.large) and images >= config.optimiser.frozen_norms
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
    return collate([
        draw_sample(bank, seed=config.seed, number=n, size=size, style=config.samples) for n in numbers
    ])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """How far the schedule is: by images, or by wall-clock where the run has an end."""

    begun: float
    progress_then: float = field(default=0.0)

    def progress(self, images: int, config: OptimiserConfig) -> float:
        done = images / config.images
        if config.until:
            left = max(config.until - self.begun, 1.0)
            done = max(
                done, self.progress_then + (1 - self.progress_then) * (time.time() - self.begun) / left
            )
        return min(done, 1.0)


def _start(config: TrainConfig, world: int) -> Run:
    """Build the run, from its last checkpoint if there is one."""
    torch.manual_seed(config.seed)
    spec = replace(config.spec, nets=(config.part,))
    generator = channels_last(build_generator(spec))
    average = deepcopy(generator).requires_grad_(requires_grad=False)
    part: nn.Module = generator.mask_net if config.part == "mask" and generator.mask_net else generator
    options = config.optimiser
    optimiser = torch.optim.AdamW(part.parameters(), lr=options.rate, betas=options.betas,
                                  weight_decay=options.weight_decay, fused=True)  # fmt: skip
    run = Run(generator=generator, module=part, average=average, optimiser=optimiser)
    if (saved := resume_checkpoint(config.out, spec.to_json())) is not None:
        generator.load_state_dict(saved.weights)
        average.load_state_dict(saved.average)
        optimiser.load_state_dict(saved.optimiser)
        run.images, run.steps = saved.images, saved.steps
        run.progress = saved.progress if options.until else saved.images / options.images
    if world > 1:
        run.module = DistributedDataParallel(part, gradient_as_bucket_view=True)
    return run


def _save(run: Run, config: TrainConfig) -> None:
    save_checkpoint(config.out, Checkpoint(
        spec=run.generator.spec.to_json(), images=run.images, steps=run.steps, progress=run.progress,
        weights=run.generator.state_dict(), average=run.average.state_dict(),
        optimiser=run.optimiser.state_dict(),
    ))  # fmt: skip


def open_config_bank(config: TrainConfig) -> Bank:
    """Open the bank that a configuration describes, rendering it if need be."""
    data = config.data
    plan = BankPlan(
        hdr=data.root / data.scenes,
        photos=data.root / data.photos if data.photos else None,
        scenes=training_scenes(data),
        dev=data.dev,
        views=data.views,
        dev_views=data.dev_views,
        photo_views=data.photo_views,
    )
    return open_bank(data.bank, plan)


def _shared_bank(config: TrainConfig, rank: int) -> Bank:
    """Open the bank; the first process makes the run's folder, and renders the bank if need be."""
    with first_process_first(rank):
        config.out.mkdir(parents=True, exist_ok=True)
        (config.out / "config.json").write_text(json.dumps(asdict(config), default=str, indent=1))
        return open_config_bank(config)


def _log(config: TrainConfig, run: Run, dev: dict[str, float] | None = None) -> None:
    """Append a line to the run's log: where it is, the mean loss since the last line, held-out scores."""
    loss = sum(run.losses) / len(run.losses) if run.losses else None
    run.losses.clear()
    line = {"time": round(time.time()), "images": run.images, "steps": run.steps, "progress":
    round(run.progress, 5),
            "loss": loss, **({"dev": dev} if dev else {})}  # fmt: skip
    with (config.out / "log.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    log.info("%s", json.dumps(line))
