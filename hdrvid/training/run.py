"""A run: the networks, their optimisers and counters; begun, resumed and saved."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from hdrvid.model.generator import Generator, build_generator, channels_last
from hdrvid.training.checkpoint import Checkpoint, resume_checkpoint, save_checkpoint
from hdrvid.training.config import OptimiserConfig, TrainConfig
from hdrvid.training.discriminator import PatchDiscriminator
from hdrvid.training.objectives import open_features
from hdrvid.training.parts import TrainedPart, needed_nets, start_from, trained_nets
from hdrvid.training.perceptual import Vgg16Features
from hdrvid.training.processes import own_device


@dataclass(slots=True, kw_only=True)
class Adversary:
    """The discriminator, what is called, and its optimiser."""

    discriminator: PatchDiscriminator
    module: nn.Module
    """The discriminator, wrapped where several processes share the work."""
    optimiser: torch.optim.Optimizer


@dataclass(slots=True, kw_only=True)
class Run:
    """What changes while training."""

    generator: Generator
    module: nn.Module
    """What is called: the part that is trained, wrapped where several processes share the work."""
    average: Generator
    """The moving average of the generator, buffers included: what is measured and shipped."""
    optimiser: torch.optim.Optimizer
    adversary: Adversary | None = None
    features: Vgg16Features | None = None
    images: int = 0
    steps: int = 0
    progress: float = 0.0
    losses: list[dict[str, float]] = field(default_factory=list)
    """Terms of each step since the last line of the log."""


def start_run(config: TrainConfig, world: int) -> Run:
    """Build the run, from its last checkpoint if there is one, else from what `initial` names."""
    torch.manual_seed(config.seed)
    spec = replace(config.spec, nets=needed_nets(config.part, config.linearise))
    saved = resume_checkpoint(config.out, spec.to_json())
    device = own_device(config.device)
    generator = channels_last(build_generator(spec)).to(device)
    if saved is None:
        frozen = [name for name in spec.nets if name not in trained_nets(config.part)]
        start_from(generator, map(Path, config.initial), frozen=frozen)
    average = deepcopy(generator).requires_grad_(requires_grad=False)
    part = TrainedPart(generator, config.part, source=config.linearise)
    run = Run(
        generator=generator, module=part, average=average,
        optimiser=_optimiser(part, config.optimiser), adversary=_adversary(config, world, device),
        features=open_features(config.losses),
    )  # fmt: skip
    if run.features is not None:
        run.features.to(device)
    if saved is not None:
        _restore(run, saved, config.optimiser)
    run.module = _shared(part, world)
    return run


def _restore(run: Run, saved: Checkpoint, options: OptimiserConfig) -> None:
    run.generator.load_state_dict(saved.weights)
    run.average.load_state_dict(saved.average)
    run.optimiser.load_state_dict(saved.optimiser)
    if run.adversary is not None and saved.adversary:
        run.adversary.discriminator.load_state_dict(saved.adversary["weights"])
        run.adversary.optimiser.load_state_dict(saved.adversary["optimiser"])
    run.images, run.steps = saved.images, saved.steps
    run.progress = saved.progress if options.until else saved.images / options.images


def _adversary(config: TrainConfig, world: int, device: torch.device) -> Adversary | None:
    """Build the discriminator where the part makes whole pictures and the spec gives them weight."""
    if config.spec.gan_weight == 0 or config.spec.patch_base == 0 or "C" not in trained_nets(config.part):
        return None
    discriminator = PatchDiscriminator(config.spec.patch_base).to(device)
    return Adversary(
        discriminator=discriminator,
        module=_shared(discriminator, world),
        optimiser=_optimiser(discriminator, config.optimiser),
    )


def _optimiser(module: nn.Module, options: OptimiserConfig) -> torch.optim.Optimizer:
    """Return AdamW, which without weight decay is Adam."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(trained, lr=options.rate, betas=options.betas,
                             weight_decay=options.weight_decay, fused=True)  # fmt: skip


def _shared(module: nn.Module, world: int) -> nn.Module:
    return DistributedDataParallel(module, gradient_as_bucket_view=True) if world > 1 else module


def save_run(run: Run, config: TrainConfig) -> None:
    """Write the run's checkpoint; the last good one stays if that fails."""
    adversary: dict[str, Any] = {}
    if run.adversary is not None:
        adversary = {
            "weights": run.adversary.discriminator.state_dict(),
            "optimiser": run.adversary.optimiser.state_dict(),
        }
    save_checkpoint(config.out, Checkpoint(
        spec=run.generator.spec.to_json(), images=run.images, steps=run.steps, progress=run.progress,
        weights=run.generator.state_dict(), average=run.average.state_dict(),
        optimiser=run.optimiser.state_dict(), adversary=adversary,
    ))  # fmt: skip


def measured(run: Run) -> Generator:
    """Return the average as it is measured: in eval mode, on the CPU like what it is measured on."""
    average = run.average.eval()
    return average if device_of(run).type == "cpu" else deepcopy(average).cpu()


def device_of(run: Run) -> torch.device:
    """Return where the run trains."""
    return next(run.generator.parameters()).device


def learning_rate(steps: int, progress: float, config: OptimiserConfig) -> float:
    """Return the rate: a linear warm-up in steps, then along the schedule in progress to the final share.

    >>> [round(learning_rate(50, progress, OptimiserConfig(rate=1e-3)), 6) for progress in (0, 0.5, 1)]
    [0.001, 0.00051, 2e-05]
    >>> learning_rate(24, 0.0, OptimiserConfig(rate=1e-3))  # half way through the warm-up
    0.0005
    """
    done = min(progress, 1.0)
    if config.schedule == "linear":
        fall = max(0.0, done - config.hold) / max(1.0 - config.hold, 1e-9)
        share = 1.0 - (1.0 - config.final) * fall
    else:
        share = config.final + (1 - config.final) * 0.5 * (1 + math.cos(math.pi * done))
    return config.rate * min(1.0, (steps + 1) / max(config.warm_up, 1)) * share


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How far the schedule is: by images, or by wall-clock where the run has an end."""

    begun: float
    progress_then: float = field(default=0.0)

    def progress(self, images: int, config: OptimiserConfig) -> float:
        """Return the share of the run that is done, 0 to 1.

        >>> Clock(begun=0.0).progress(30_000, OptimiserConfig(images=120_000))
        0.25
        """
        done = images / config.images
        if config.until:
            left = max(config.until - self.begun, 1.0)
            done = max(
                done, self.progress_then + (1 - self.progress_then) * (time.time() - self.begun) / left
            )
        return min(done, 1.0)
