"""The configurations of the paper, its ablations, and the parts that are still to be trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hdrvid.model import SPECS
from hdrvid.training.config import TrainConfig, load_config
from hdrvid.training.parts import needed_nets

CONFIGS = Path(__file__).parents[2] / "configs"
ABLATIONS = sorted((CONFIGS / "ablations").glob("*.toml"))


def read(name: str) -> TrainConfig:
    return load_config(CONFIGS / f"{name}.toml")


def test_the_paper_is_trained_as_published() -> None:
    config = read("paper")

    assert config.spec == SPECS["paper"]
    assert (config.part, config.linearise, config.losses.kind) == ("LCR", "learned", "mu-law")
    options = config.optimiser
    assert (options.rate, options.betas, options.weight_decay) == (2e-4, (0.5, 0.999), 0.0)
    assert (options.epochs, options.hold, options.schedule, options.final) == (200, 0.5, "linear", 0.0)
    assert config.spec.gan_weight / config.losses.reconstruction == pytest.approx(1 / 100)
    assert len(config.samples.exposures) == 4


@pytest.mark.parametrize(
    ("name", "attention", "recurrent"),
    [("r2", False, True), ("attention", True, False), ("attention-r2", True, True)],
)
@pytest.mark.parametrize("refined", [True, False])
def test_each_ablation_differs_from_the_paper_in_what_it_is_named_for(
    name: str, attention: bool, recurrent: bool, refined: bool
) -> None:
    paper, config = read("paper"), read(f"ablations/{name}" + ("" if refined else "-no-refinement"))

    assert (config.spec.attention, config.spec.recurrent) == (attention, recurrent)
    assert ("R" in needed_nets(config.part, config.linearise)) == refined
    spec = replace(config.spec, attention=True, recurrent=True, nets=paper.spec.nets)
    assert replace(config, spec=spec, part=paper.part) == paper


def test_all_six_ablations_are_there() -> None:
    assert len(ABLATIONS) == 6


@pytest.mark.parametrize(("name", "part"), [("compact_l", "L"), ("compact_r", "R")])
def test_the_other_parts_of_the_shipped_weights_fit_the_shipped_correction(name: str, part: str) -> None:
    config, shipped = read(name), read("compact")

    assert config.part == part
    assert config.spec == shipped.spec
    assert config.data == shipped.data  # one bank serves all


def test_the_mask_is_taught_whites_that_did_not_clip() -> None:
    assert read("mask").samples.whites > 0
