"""Put the parts of finished runs together in one weights file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from hdrvid.errors import CheckpointError
from hdrvid.model import GeneratorSpec, build_generator, read_weights_info, save_generator
from hdrvid.model.spec import NET_NAMES
from hdrvid.training.checkpoint import NAME, load_checkpoint


def export_weights(runs: Iterable[Path], out: Path, *, licence: str, training: str) -> GeneratorSpec:
    """Write the averaged weights of each run's parts to one file, and return its spec.

    Runs must agree in all but their parts; each is a folder with a `last.pt`, or weights that were written
    before. What several have, as a frozen C below an R, is taken from the last.
    """
    found = [_spec_and_tensors(run) for run in runs]
    specs = [spec for spec, _ in found]
    held = {name for each in specs for name in each.nets}
    spec = replace(specs[0], nets=tuple(name for name in NET_NAMES if name in held))
    if any(replace(each, nets=spec.nets) != spec for each in specs):
        raise CheckpointError(
            f"export: runs of different specs {specs}; expected one. Choose runs that fit together."
        )
    generator = build_generator(spec)
    for _, tensors in found:
        generator.load_state_dict(tensors, strict=False)
    save_generator(generator, out, licence=licence, training=training)
    return spec


def _spec_and_tensors(run: Path) -> tuple[GeneratorSpec, dict[str, Tensor]]:
    if run.is_file() and run.name != NAME:
        return read_weights_info(run).spec, load_file(run)
    checkpoint = load_checkpoint(run if run.is_dir() else run.parent)
    return GeneratorSpec.from_json(checkpoint.spec), checkpoint.average
