"""Put the parts of finished runs together in one weights file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hdrvid.errors import CheckpointError
from hdrvid.model import GeneratorSpec, build_generator, save_generator
from hdrvid.model.spec import NET_NAMES
from hdrvid.training.checkpoint import load_checkpoint


def export_weights(runs: Iterable[Path], out: Path, *, licence: str, training: str) -> GeneratorSpec:
    """Write the averaged weights of each run's parts to one file, and return its spec.

    Runs must agree in all but their parts; each folder holds a `last.pt`. What several have, as a frozen C
    below an R, is taken from the last.
    """
    checkpoints = [load_checkpoint(run) for run in runs]
    specs = [GeneratorSpec.from_json(checkpoint.spec) for checkpoint in checkpoints]
    held = {name for each in specs for name in each.nets}
    spec = replace(specs[0], nets=tuple(name for name in NET_NAMES if name in held))
    if any(replace(each, nets=spec.nets) != spec for each in specs):
        raise CheckpointError(
            f"export: runs of different specs {specs}; expected one. Choose runs that fit together."
        )
    generator = build_generator(spec)
    for checkpoint in checkpoints:
        generator.load_state_dict(checkpoint.average, strict=False)
    save_generator(generator, out, licence=licence, training=training)
    return spec
