"""The generator as it is trained: gradients, starting points, and what each part may change."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from hdrvid.model import SPECS, Generator, build_generator
from hdrvid.model.spec import NetName

TINY = replace(SPECS["compact"], width=4, mask_width=2)


def generator_of(*nets: NetName, **changes: object) -> Generator:
    torch.manual_seed(0)
    return build_generator(replace(TINY, nets=nets, **changes))  # type: ignore[arg-type]


def bright(n: int = 2, size: int = 32) -> Tensor:
    light = torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(4)) * 2
    return light.clamp(max=1.0)


def settle_norms(generator: Generator, source: Tensor) -> None:
    """Let the running statistics of the norms become those of the source."""
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.5
    with torch.no_grad():
        for _ in range(8):
            generator(source)


def unreached(generator: Generator) -> list[str]:
    return [n for n, p in generator.named_parameters() if p.grad is None or not p.grad.any()]


def test_the_first_step_moves_the_head_alone() -> None:
    generator = generator_of("C")

    (generator(bright()) - 1).abs().mean().backward()

    reached = {name for name, p in generator.named_parameters() if p.grad is not None and p.grad.any()}
    assert reached == {"C.head.weight", "C.head.bias"}


def test_after_it_gradients_reach_every_part() -> None:
    generator = generator_of("C", "R")
    optimiser = torch.optim.SGD(generator.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        (generator(bright()) - 1).abs().mean().backward()
        optimiser.step()

    # The bias of a convolution before a norm has no effect, so it has no gradient but noise.
    assert [name for name in unreached(generator) if not name.endswith("conv.bias")] == []


def test_refinement_sees_what_the_correction_made() -> None:
    generator = generator_of("C", "R").eval()
    assert generator.C is not None
    assert generator.R is not None
    torch.nn.init.normal_(generator.R.head.weight)
    source = bright()
    before = generator(source)

    torch.nn.init.constant_(generator.C.head.bias, 3.0)  # type: ignore[arg-type]

    assert (generator(source) - before - 3.0).abs().max() > 1e-3


def test_negative_stops_are_not_cut_while_training() -> None:
    generator = generator_of("C").eval()
    assert generator.C is not None
    torch.nn.init.constant_(generator.C.head.bias, -2.0)  # type: ignore[arg-type]

    assert generator(bright()).max() < 0


def test_the_shoulder_reaches_the_prediction() -> None:
    generator = generator_of("C")
    assert generator.C is not None
    torch.nn.init.normal_(generator.C.head.weight)
    settle_norms(generator, bright())
    same = bright(1).repeat(2, 1, 1, 1)

    low, high = generator.eval()(same, torch.tensor([0.0, 3.0]))

    assert (high - low).abs().mean() > 0.01


def test_what_is_trained_is_what_runs() -> None:
    generator = generator_of("C")
    assert generator.C is not None
    torch.nn.init.normal_(generator.C.head.weight)
    source = bright(4, 96)  # large enough for statistics of the coarsest level
    for _ in range(3):
        settle_norms(generator, source)

    trained, run = generator.train()(source), generator.eval()(source)

    assert (trained - run).abs().mean() < 0.3 * run.abs().mean()


def test_all_four_parts_have_their_own_names_in_the_state() -> None:
    names = {name.partition(".")[0] for name in generator_of("L", "C", "R", "mask").state_dict()}

    assert names == {"L", "C", "R", "mask_net"}


@pytest.mark.parametrize("nets", [("C",), ("C", "R"), ("L", "C", "R", "mask")])
def test_the_state_holds_what_the_spec_names(nets: tuple[NetName, ...]) -> None:
    generator = generator_of(*nets)

    assert all(generator.has(name) for name in nets)
    assert len({name.partition(".")[0] for name in generator.state_dict()}) == len(nets)


def test_autocast_gives_full_precision_stops() -> None:
    generator = generator_of("C").eval()

    with torch.autocast("cpu", torch.bfloat16):
        stops = generator(bright())

    assert stops.dtype == torch.float32


def test_a_mu_law_generator_can_be_trained() -> None:
    generator = generator_of("C", formulation="mu-law", shoulder=False)

    (generator(bright()) - 1).abs().mean().backward()

    assert generator.C is not None
    assert generator.C.head.weight.grad is not None
    assert generator.C.head.weight.grad.isfinite().all()
    assert generator.C.head.weight.grad.any()


@pytest.mark.parametrize("size", [16, 48, 80])
def test_filling_is_the_trained_call_within_limits(size: int) -> None:
    generator = generator_of("C").eval()
    assert generator.C is not None
    torch.nn.init.normal_(generator.C.head.weight)
    source = bright(1, size)

    with torch.inference_mode():
        fill, stops = generator.fill(source), generator(source)

    torch.testing.assert_close(fill.stops, stops.clamp(0, TINY.max_stops))
