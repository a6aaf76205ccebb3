"""Fit L of a shot: `python -m hdrvid.training.response_fit --data DATA --kept FOLDER --out l.safetensors`.

With --data pictures of unknown cameras are simulated first; several commands with other seeds may fill the
folder side by side. Without it the fit takes what the folder holds.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hdrvid.errors import DatasetError
from hdrvid.model import SPECS, build_generator, save_generator
from hdrvid.model.evidence import Evidence, described
from hdrvid.model.response import CURVE_SCALE, DARKEST_KNOT, Reader, ResponseNet, read_curve, weighted_median
from hdrvid.training.responses import BINS, Kept, simulate

log = logging.getLogger(__name__)

DEV = ("artist_workshop", "comfy_cafe", "rooitou_park", "venice_sunset", "dikhololo_night")
"""Training scenes held out, as in the other configs."""
BY_PHONES = 0.16
"""Of the training pictures; the held-out ones are of the cameras of 'wild' alone."""
SHARD = 500
OF_CURVE = 0.15
"""Weight of the whole curve, highlights included, beside the error on well-exposed pixels."""
NARROWEST = 0.01
"""Least standard deviation of a feature: what hardly varied is not blown up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How the readers are fitted."""

    epochs: int = 14
    batch: int = 64
    rate: float = 1e-3
    weight_decay: float = 1e-2
    mixed: float = 0.8
    """Both parameters of the beta distribution of shares by which pictures are mixed with others; 0: never.
    What is seen and what should be said, alike: scenes between those that there are (Zhang et al. 2018,
    "mixup: Beyond empirical risk minimization")."""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """Pictures as a reader meets them: what it sees, and what it should have said."""

    levels: Tensor
    whole: Tensor
    curve: Tensor
    share: Tensor
    off: Tensor
    spread: Tensor

    def of(self, chosen: Tensor) -> Lessons:
        """Return some of the pictures."""
        return Lessons(**{name: getattr(self, name)[chosen] for name in self.__slots__})


def lessons(net: ResponseNet, kept: Kept) -> Lessons:
    """Describe kept pictures in the scale of the network."""
    rows = {name: torch.from_numpy(getattr(kept, name)) for name in ("curve", "share", "off", "spread")}
    with torch.inference_mode():
        parts = [net.read(Evidence(sums)) for sums in torch.split(torch.from_numpy(kept.sums), SHARD)]
    levels, whole = (torch.cat(part).clone() for part in zip(*parts, strict=True))
    return Lessons(levels=levels, whole=whole, **rows)


def set_scale(net: ResponseNet, kept: Kept) -> None:
    """Give the network the mean and spread of the features, and the mean curve of the cameras."""
    parts = [described(Evidence(sums)) for sums in torch.split(torch.from_numpy(kept.sums), SHARD)]
    levels, whole = (torch.cat(part) for part in zip(*parts, strict=True))
    features = torch.cat([levels.flatten(1), whole], dim=1)
    net.centre[:] = features.mean(0)
    net.spread[:] = features.std(0).clamp_min(NARROWEST)
    net.usual[:] = torch.from_numpy(kept.curve).mean(0)


def well_exposed_error(curve: Tensor, lesson: Lessons) -> Tensor:
    """Return the mean error on the well-exposed pixels of each picture, `(N,)` stops, one scale fitted.

    Of what a curve leaves and of noise together: the root of the sum of squares, as both add up in a pixel.
    """
    off = lesson.off - _at_bins(curve)
    off = off - weighted_median(off, lesson.share).detach()
    return (lesson.share * torch.sqrt(off.square() + 0.64 * lesson.spread.square() + 1e-8)).sum(1)


def _at_bins(curve: Tensor) -> Tensor:
    """Return the stops of curves, `(N, KNOTS)`, at the codes of a lesson's bins, `(N, BINS)`."""
    return read_curve(curve, torch.linspace(0.0, 1.0, BINS).expand(len(curve), -1))


def mixed(lesson: Lessons, parameter: float, rng: np.random.Generator) -> Lessons:
    """Mix each picture with a lesser share of another: what is seen of both, and the curve between theirs.

    What the pixels of the first are off by moves as its curve does.
    """
    if parameter == 0.0:
        return lesson
    count = len(lesson.curve)
    part = rng.beta(parameter, parameter, count).astype(np.float32)
    share = torch.from_numpy(np.minimum(part, 1 - part))[:, None]
    other = lesson.of(torch.from_numpy(rng.permutation(count)))
    moved = share * (other.curve - lesson.curve)
    return replace(
        lesson,
        levels=torch.lerp(lesson.levels, other.levels, share[..., None]),
        whole=torch.lerp(lesson.whole, other.whole, share),
        curve=lesson.curve + moved,
        off=lesson.off + _at_bins(moved),
    )


def fit_reader(net: ResponseNet, reader: Reader, lesson: Lessons, settings: FitSettings) -> Iterator[float]:
    """Fit one reader, and yield the mean error of each epoch."""
    generator, rng = torch.Generator().manual_seed(settings.seed), np.random.default_rng(settings.seed)
    optimiser = torch.optim.AdamW(reader.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
    steps = max(1, len(lesson.whole) // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.rate, total_steps=settings.epochs * steps + 1, pct_start=0.1
    )
    for _ in range(settings.epochs):
        total = 0.0
        order = torch.randperm(len(lesson.whole), generator=generator)[: steps * settings.batch]
        for chosen in torch.split(order, settings.batch):
            part = mixed(lesson.of(chosen), settings.mixed, rng)
            curve = net.usual + CURVE_SCALE * reader(part.levels, part.whole)
            error = well_exposed_error(curve, part).mean()
            loss = error + OF_CURVE * (curve - part.curve).abs()[:, DARKEST_KNOT:].mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(error.detach())
        yield total / steps


def fitted(kept: Kept, held: Kept | None, settings: FitSettings) -> ResponseNet:
    """Fit all readers, each from a start of its own, and log the ratio to plain decoding."""
    torch.manual_seed(settings.seed)
    net = ResponseNet()
    set_scale(net, kept)
    taught = lessons(net, kept)
    plain = float(well_exposed_error(torch.zeros_like(taught.curve), taught).mean())
    for number, reader in enumerate(net.each_reader()):
        for epoch, error in enumerate(
            fit_reader(net, reader, taught, replace(settings, seed=settings.seed + number))
        ):
            log.info("reader %d, epoch %d: %.3f of plain decoding", number, epoch + 1, error / plain)
    if held is not None:
        log.info("held out: %.3f of plain decoding", held_out(net, held))
    return net


def held_out(net: ResponseNet, kept: Kept) -> float:
    """Return the error on well-exposed pixels, noise included, over that of plain decoding, pooled."""
    lesson = lessons(net, kept)
    with torch.inference_mode():
        found = well_exposed_error(net.curve(Evidence(torch.from_numpy(kept.sums))), lesson).mean()
        plain = well_exposed_error(torch.zeros_like(lesson.curve), lesson).mean()
    return float(found / plain)


def keep(data: Path, folder: Path, *, pictures: int, seed: int) -> None:
    """Simulate pictures of the training scenes, and a tenth as many of the held-out ones."""
    splits = json.loads((data / "splits.json").read_text(encoding="utf-8"))
    photos = sorted(photo for kind in ("photos_large", "photos") for photo in (data / kind).glob("*.jpg"))
    wanted = {"train": [name for name in splits["train"] if name not in DEV], "dev": list(DEV)}
    folder.mkdir(parents=True, exist_ok=True)
    for kind, names in wanted.items():
        scenes = [found for name in names for found in sorted((data / "hdr").glob(f"{name}.*"))]
        if not scenes:
            raise DatasetError(
                f"{data}: none of the {kind} scenes in hdr/; expected .exr or .hdr. Mend --data."
            )
        count = pictures if kind == "train" else max(1, pictures // 10)
        shard: list[Kept] = []
        stream = simulate(
            scenes,
            photos if kind == "train" else (),
            pictures=count,
            seed=seed,
            phones=BY_PHONES if kind == "train" else 0.0,
        )
        for number, kept in enumerate(stream, 1):
            shard.append(kept)
            if number % SHARD == 0 or number == count:
                Kept.joined(shard).save(folder / f"{kind}.{seed}.{number:06d}.npz")
                log.info("%s: %d pictures kept", kind, number)
                shard.clear()


def main(arguments: list[str] | None = None) -> int:
    """Simulate if need be, fit, and write the weights of L."""
    parser = argparse.ArgumentParser(prog="python -m hdrvid.training.response_fit", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of hdr/, photos_large/, photos/ and splits.json, to simulate from"
    )
    parser.add_argument("--kept", type=Path, required=True, help="folder of what is kept of pictures")
    parser.add_argument("--pictures", type=int, default=15000, help="to simulate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=FitSettings().epochs)
    parser.add_argument(
        "--out", type=Path, help="weights file of L alone; without it pictures are kept, no more"
    )
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if given.data:
        keep(given.data, given.kept, pictures=given.pictures, seed=given.seed)
    if given.out:
        files, held = (sorted(given.kept.glob(f"{kind}.*.npz")) for kind in ("train", "dev"))
        if not files:
            raise DatasetError(
                f"{given.kept}: no pictures kept; expected train.*.npz. Give --data to simulate some."
            )
        settings = FitSettings(epochs=given.epochs, seed=given.seed)
        generator = build_generator(replace(SPECS["compact"], nets=("L",)))
        generator.L = fitted(Kept.load(files), Kept.load(held) if held else None, settings)
        save_generator(generator, given.out, licence="Apache-2.0", training=f"L on {len(files)} shards")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
