"""Very small networks that predict something: fast, and of no other worth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from hdrvid.model import GeneratorSpec, build_generator, save_generator

SPECS = {
    "stops": GeneratorSpec(width=4, steps=1, norm="step", nets=("C",)),
    "mu-law": GeneratorSpec(
        width=4, steps=1, norm="shared", nets=("C", "R"), formulation="mu-law", shoulder=False
    ),
}


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute in one thread: on shared cores two are slower than one, by far."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return weights files: C of stops, and C with R in the paper's formulation."""
    folder = tmp_path_factory.mktemp("weights")
    return {name: _write(folder / f"{name}.safetensors", spec) for name, spec in SPECS.items()}


def _write(path: Path, spec: GeneratorSpec) -> Path:
    torch.manual_seed(7)
    generator = build_generator(spec)
    for name in spec.nets:
        torch.nn.init.normal_(generator.get_parameter(f"{name}.head.weight"), std=0.2)
        torch.nn.init.constant_(generator.get_parameter(f"{name}.head.bias"), 1.0)
    save_generator(generator, path, licence="CC0 test", training="none")
    return path
