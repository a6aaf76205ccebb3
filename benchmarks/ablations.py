"""Train small networks that differ in one choice each, and score them on the held-out training scenes.

Every variant has the same images, schedule and seed as `base`; `base, other seed` shows how much is noise.
Two are trained side by side, one thread each. The validation scenes are not opened.

python benchmarks/ablations.py --data DATA --out runs [--images 8000] [--only base --only "no photographs"]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType

from benchmarks.jobs import describe_machine
from hdrvid.scenes.camera import Variety

WIDTH = 8  # a quarter of the time of the shipped 16
BASE = (f"spec.width={WIDTH}", "dev_images=100000000")  # measured once, at the end
EFFECTS = [field.name for field in fields(Variety) if isinstance(field.default, float)]  # not ranges

VARIANTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "base": (),
        "base, other seed": ("seed=1",),
        "width 4": ("spec.width=4",),
        "width 16": ("spec.width=16",),
        "recurrence t = 2": ("spec.steps=2",),
        "C and R together": ("part=CR",),
        "adversarial, 1 : 100": ("spec.patch_base=16", "spec.gan_weight=0.01"),
        "adversarial, 1 : 10": ("spec.patch_base=16", "spec.gan_weight=0.1"),
        "no photographs": ("samples.photos=0.0",),
        "photographs 30 %": ("samples.photos=0.3",),
        "crops of 64 only": ("crops.base=64", "crops.large_share=0.0", "optimiser.batch=32"),
        "crops of 128 only": ("crops.large_share=0.0",),
        "half of the batches large": ("crops.large_share=0.5",),
        "no camera effects": tuple(f"samples.variety.{name}=0.0" for name in EFFECTS),
        "no roll-off": ("samples.variety.roll_off=0.0",),
        "no colour and detail terms": ("losses.colour=0.0", "losses.detail=0.0"),
        "no shapes": ("samples.shapes=0.0",),
    }
)


def trained(name: str, options: tuple[str, ...], *, data: Path, out: Path, images: int) -> dict[str, float]:
    """Train one variant, or go on with it, and return its last scores."""
    folder = out / name.replace(" ", "-").replace(",", "").replace(":", "to")
    choices = (
        *BASE,
        f"optimiser.images={images}",
        f"data.root={data}",
        f"data.bank={out / 'bank'}",
        *options,
    )
    line = [sys.executable, "-m", "hdrvid.training", "--config", "configs/compact.toml", "--out", str(folder)]
    line += [part for choice in choices for part in ("--set", choice)]
    single = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run(line, check=True, env=single, stderr=subprocess.DEVNULL)
    lines = [json.loads(text) for text in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    scores: list[dict[str, float]] = [logged["dev"] for logged in lines if "dev" in logged]
    return scores[-1]


def main() -> None:
    """Train what was asked for and print one row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with hdr, photos_large, splits.json")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs; finished ones are kept")
    parser.add_argument("--images", type=int, default=8000, help="of each run")
    parser.add_argument("--only", action="append", choices=list(VARIANTS), help="train these and no others")
    given = parser.parse_args()
    print(describe_machine(), f"{given.images} images, width {WIDTH} unless said", sep="\n")
    print(f"{'variant':28} {'clean':>6} {'corr':>5} {'rolled':>6} {'corr':>5} {'to base':>8}", flush=True)
    base = None
    with ThreadPoolExecutor(2) as pool:
        runs = {
            name: pool.submit(trained, name, VARIANTS[name], data=given.data.resolve(), out=given.out,
                              images=given.images)
            for name in given.only or VARIANTS
        }  # fmt: skip
        for name, run in runs.items():
            score = run.result()
            base = base or score["clean"]
            shown = [score[key] for key in ("clean", "clean corr", "rolled", "rolled corr")]
            print(f"{name:28} {shown[0]:6.3f} {shown[1]:5.2f} {shown[2]:6.3f} {shown[3]:5.2f} "
                  f"{shown[0] / base:8.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
