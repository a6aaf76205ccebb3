"""Refit the dense reader of a trained L on many pictures that its network has looked at once.

    python -m hdrvid.training.refit --run RUN_L --out RUN_L2 [--images 20000] [--epochs 40] [--set KEY=VALUE]

Looking at a picture costs a hundred times what reading its tally does, so the reader sees each of them once
in a run of L and learns slowly. Here the network stays as it is, its tallies are kept, and the reader goes
over them many times. The new run's folder has the average of the old one with the new reader.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hdrvid.errors import CheckpointError, HdrvidError
from hdrvid.model import GeneratorSpec, build_generator
from hdrvid.model.mask import srgb_decode
from hdrvid.model.response import ResponseNet, tally
from hdrvid.training.catalogue import open_library
from hdrvid.training.checkpoint import load_checkpoint, save_checkpoint
from hdrvid.training.config import TrainConfig, resumed_config
from hdrvid.training.light_losses import DARK, LEAST_COUNT
from hdrvid.training.samples import Batch, collate, draw_sample

log = logging.getLogger(__name__)

OTHER_SEED = 1000
"""Added to the run's: other samples than those that the network learned on."""
HELD_OUT = 20
"""One picture in so many judges, and teaches nothing."""
BATCH, RATE, DROPOUT, DECAY = 64, 1e-3, 0.3, 1e-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Pictures as the reader has them, and their responses."""

    read: Tensor
    """`(N, F) float16`: what is read of each."""
    truth: Tensor
    """`(N, KNOTS)`: stops of its light over sRGB decoding."""
    counts: Tensor
    """`(N, KNOTS)`: how many values of it tell that."""


def look_at_samples(net: ResponseNet, config: TrainConfig, images: int) -> Seen:
    """Draw samples as the run does, and let its network look at each."""
    bank = open_library(config)
    seed = config.seed + OTHER_SEED
    rows: list[tuple[Tensor, Tensor, Tensor]] = []
    for number in range(images):
        size = config.crops.base
        batch = collate([draw_sample(bank, seed=seed, number=number, size=size, style=config.samples)])
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            read = net.read(net.look(batch.code))
        rows.append((read[0].half(), *_truth(batch)))
        if number % 500 == 499:
            log.info("%d of %d pictures", number + 1, images)
    read, truth, counts = (torch.stack(row) for row in zip(*rows, strict=True))
    return Seen(read=read, truth=truth, counts=counts)


def _truth(batch: Batch) -> tuple[Tensor, Tensor]:
    flat = (1, 1, -1, 1)
    plain = srgb_decode(batch.code).clamp_min(DARK)
    off = torch.log2(batch.truth.clamp_min(DARK)) - torch.log2(plain)
    weight = ((batch.exposed < 1.0) * (batch.known > 0)).float()
    found = tally(off.reshape(flat), batch.code.reshape(flat), weight.reshape(flat))
    return (found.sums[0, :, 0] / found.counts[0].clamp_min(LEAST_COUNT)), found.counts[0]


def reading_loss(curve: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
    """Return how far curves are off, in stops: half by codes alike, half by how often each occurs.

    >>> truth, counts = torch.zeros(1, 33), torch.full((1, 33), 10.0)
    >>> float(reading_loss(truth + 2.0, truth, counts))
    2.0
    """
    off = (curve - truth).abs()
    alike = (counts > LEAST_COUNT).to(off.dtype)
    return 0.5 * (_weighted(off, alike) + _weighted(off, counts))


def _weighted(off: Tensor, weight: Tensor) -> Tensor:
    return ((off * weight).sum(1) / weight.sum(1).clamp_min(1.0)).mean()


def refit(reader: nn.Sequential, seen: Seen, *, epochs: int, seed: int = 0) -> Iterator[tuple[float, float]]:
    """Train the reader from where it is, and yield the losses of each epoch: training, held out."""
    generator = torch.Generator().manual_seed(seed)
    judges = torch.arange(len(seen.read)) % HELD_OUT == HELD_OUT - 1
    taught = (~judges).nonzero()[:, 0]
    optimiser = torch.optim.AdamW(reader.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    drop = nn.Dropout(DROPOUT)
    for _ in range(epochs):
        total = 0.0
        order = taught[torch.randperm(len(taught), generator=generator)]
        for rows in torch.split(order, BATCH):
            x = seen.read[rows].float()
            for layer in reader:
                x = drop(layer(x)) if isinstance(layer, nn.ReLU) else layer(x)
            loss = reading_loss(x, seen.truth[rows], seen.counts[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total += float(loss.detach()) * len(rows)
        schedule.step()
        with torch.inference_mode():
            held = reading_loss(reader(seen.read[judges].float()), seen.truth[judges], seen.counts[judges])
        yield total / max(len(taught), 1), float(held)


def main(arguments: list[str] | None = None) -> int:
    """Look, refit, save, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hdrvid.training.refit", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of a run of L")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new checkpoint")
    parser.add_argument("--images", type=int, default=20000)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        _refit_run(resumed_config(given.run, None, given.set), given)
    except HdrvidError as error:
        print(error, file=sys.stderr)  # noqa: T201 - this module is a command
        return error.exit_status
    return 0


def _refit_run(config: TrainConfig, given: argparse.Namespace) -> None:
    checkpoint = load_checkpoint(given.run)
    generator = build_generator(GeneratorSpec.from_json(checkpoint.spec))
    generator.load_state_dict(checkpoint.average)
    if not isinstance(generator.L, ResponseNet):
        raise CheckpointError(
            f"{given.run}: a run of {config.part}, whose L reads no curve; expected one of compact_l.toml. "
            "Name the folder of a run of L in --run."
        )
    net = generator.L.eval()
    seen = look_at_samples(net, config, given.images)
    for epoch, (taught, held) in enumerate(refit(net.reader, seen, epochs=given.epochs), start=1):
        log.info("epoch %d: %.4f stops, held out %.4f", epoch, taught, held)
    given.out.mkdir(parents=True, exist_ok=True)
    average: dict[str, Any] = dict(generator.state_dict())
    save_checkpoint(given.out, replace(checkpoint, average=average))


if __name__ == "__main__":
    sys.exit(main())
