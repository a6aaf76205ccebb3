from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch

from hdrvid.errors import CheckpointError, OptionError
from hdrvid.model import SPECS, build_generator, save_generator
from hdrvid.model.generator import Generator
from hdrvid.model.response import ResponseNet
from hdrvid.training.bank import Bank
from hdrvid.training.objectives import LossConfig, loss_terms
from hdrvid.training.parts import Part, TrainedPart, judged_only, needed_nets, start_from, trained_nets
from hdrvid.training.samples import Batch, SampleStyle, collate, draw_sample

SPEC = replace(SPECS["compact"], width=2, mask_width=2)
PARTS: tuple[Part, ...] = get_args(Part)


@pytest.fixture(scope="module")
def batch(bank: Bank) -> Batch:
    """Draw two samples of 32 pixels."""
    return collate([draw_sample(bank, seed=3, number=n, size=32, style=SampleStyle()) for n in range(2)])


def built(part: Part, source: str = "given", **changes: object) -> Generator:
    torch.manual_seed(1)
    spec = replace(SPEC, nets=needed_nets(part, source), **changes)  # type: ignore[arg-type]
    return build_generator(spec)


def woken(generator: Generator) -> Generator:
    """Give the zero-initialised heads something to say, so that gradients pass them."""
    for name, value in generator.named_parameters():
        if ".head.weight" in name or name.endswith("head.weight"):
            torch.nn.init.normal_(value, 0, 0.05)
    return generator


@pytest.mark.parametrize(
    ("part", "source", "nets"),
    [
        ("C", "given", ("C",)),
        ("C", "learned", ("L", "C")),
        ("L", "given", ("L",)),
        ("R", "given", ("C", "R")),
        ("LCR", "learned", ("L", "C", "R")),
        ("mask", "given", ("mask",)),
        ("noise", "given", ("noise",)),
    ],
)
def test_a_part_needs_what_it_stands_on(part: Part, source: str, nets: tuple[str, ...]) -> None:
    assert needed_nets(part, source) == nets  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["stops", "mu-law"])
@pytest.mark.parametrize("part", PARTS)
def test_gradients_reach_every_parameter_that_is_trained_and_no_other(
    part: Part, kind: str, batch: Batch
) -> None:
    module = TrainedPart(woken(built(part)), part).train()

    terms = loss_terms(
        module(batch),
        batch,
        LossConfig(kind=kind),  # type: ignore[arg-type]
        trained=trained_nets(part),
        max_stops=8.0,
    )
    torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]

    for name, value in module.generator.named_parameters():
        net = name.split(".")[0].removesuffix("_net")
        assert (value.grad is not None) == (net in trained_nets(part)), name


def test_end_to_end_the_expansion_teaches_the_linearisation(batch: Batch) -> None:
    module = TrainedPart(woken(built("LCR", "learned")), "LCR", source="learned").train()

    prediction = module(batch)
    assert prediction.light is not None
    prediction.light.mean().backward()

    assert module.generator.L is not None
    assert isinstance(module.generator.L, ResponseNet)
    gradients = [each.head.weight.grad for each in module.generator.L.each_reader()]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)


def test_what_a_part_stands_on_is_frozen_and_in_eval_mode(batch: Batch) -> None:
    module = TrainedPart(built("R"), "R").train()
    assert module.generator.C is not None
    before = {name: value.clone() for name, value in module.generator.C.state_dict().items()}

    module(batch)

    assert not module.generator.C.training
    assert module.generator.R is not None
    assert module.generator.R.training
    assert all(torch.equal(before[n], v) for n, v in module.generator.C.state_dict().items())


def test_an_untrained_refinement_is_the_correction(batch: Batch) -> None:
    generator = woken(built("CR"))
    assert generator.R is not None
    torch.nn.init.zeros_(generator.R.head.weight)
    alone = TrainedPart(generator, "CR").eval()(batch)

    correction, refinement = generator.predict(batch.source, batch.shoulder)

    assert refinement is not None
    assert not refinement.any()
    torch.testing.assert_close(alone.stops, correction)


def test_an_untrained_linearisation_is_srgb_decoding(batch: Batch) -> None:
    linear = TrainedPart(built("L"), "L").eval()(batch).linear

    code = batch.code
    plain = torch.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    torch.testing.assert_close(linear, plain, atol=1e-5, rtol=1e-4)


def test_the_light_of_a_part_is_what_the_generator_expands(batch: Batch) -> None:
    generator = woken(built("CR")).eval()

    light = TrainedPart(generator, "CR").eval()(batch).light

    correction = generator.predict(batch.source, batch.shoulder)[0]
    same = (correction > 0).all(1, keepdim=True).expand_as(light)  # training does not limit o to 0 and more
    torch.testing.assert_close(
        light[same], generator.expand(batch.source, shoulder=batch.shoulder)[same], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("part", ["C", "L"])
def test_train_and_eval_mode_agree_once_statistics_have_settled(part: Part, bank: Bank) -> None:
    samples = [draw_sample(bank, seed=3, number=n, size=64, style=SampleStyle()) for n in range(4)]
    batch, module = collate(samples), TrainedPart(woken(built(part)), part).train()
    for norm in module.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = 0.2  # settles in a tenth of the steps

    with torch.no_grad():
        for _ in range(50):
            trained = module(batch)
        evaluated = module.eval()(batch)

    a, b = (p.stops if part == "C" else p.linear.log2() for p in (trained, evaluated))
    assert float((a - b).abs().mean()) < 0.15 * float(a.abs().mean())  # n against n - 1 is left


def test_a_run_starts_from_the_tensors_that_it_is_given(tmp_path: Path) -> None:
    trained = woken(built("C"))
    save_generator(trained, tmp_path / "c.safetensors", licence="CC0-1.0", training="a test")
    generator = built("R")

    start_from(generator, [tmp_path / "c.safetensors"], frozen=["C"])

    assert generator.C is not None
    assert trained.C is not None
    torch.testing.assert_close(generator.C.head.weight, trained.C.head.weight, atol=1e-4, rtol=1e-3)


def test_a_part_without_what_it_stands_on_is_refused() -> None:
    with pytest.raises(CheckpointError, match="holds a trained C"):
        start_from(built("R"), [], frozen=["C"])


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    save_generator(built("C", width=3), tmp_path / "c.safetensors", licence="CC0-1.0", training="a test")

    with pytest.raises(CheckpointError, match="another shape"):
        start_from(built("R"), [tmp_path / "c.safetensors"], frozen=["C"])


def test_what_is_no_weights_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_text("no weights")

    with pytest.raises(CheckpointError, match=r"x\.safetensors"):
        start_from(built("R"), [tmp_path / "x.safetensors"])


def test_a_judge_gets_no_gradients_while_it_only_judges() -> None:
    judge = torch.nn.Conv2d(1, 1, 1)
    x = torch.ones(1, 1, 1, 1, requires_grad=True)

    with judged_only(judge):
        judge(x).sum().backward()

    assert judge.weight.grad is None
    assert x.grad is not None
    assert judge.weight.requires_grad


@pytest.mark.parametrize("changes", [{"kind": "l2"}, {"outside": -1.0}])
def test_losses_that_are_not_there_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(OptionError, match="losses"):
        LossConfig(**changes)  # type: ignore[arg-type]


def test_weights_scale_their_terms(batch: Batch) -> None:
    prediction = TrainedPart(woken(built("R")), "R").eval()(batch)

    def terms(**weights: float) -> dict[str, float]:
        found = loss_terms(prediction, batch, LossConfig(**weights), trained=("R",), max_stops=8.0)  # type: ignore[arg-type]
        return {name: value.item() for name, value in found.items()}

    assert terms(outside=2.0)["outside"] == pytest.approx(2 * terms()["outside"])
    assert terms(reconstruction=0.0)["reconstruction"] == 0.0
    assert set(terms()) == {"reconstruction", "outside"}
