from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from hdrvid.training.discriminator import PatchDiscriminator, bounded, real_or_not, taken_for_real


def test_the_published_size_has_the_published_number_of_parameters() -> None:
    count = sum(parameter.numel() for parameter in PatchDiscriminator(64).parameters())

    assert count == pytest.approx(2.77e6, rel=0.005)


def test_each_judgement_sees_a_patch_of_70_pixels() -> None:
    layers = [layer for layer in PatchDiscriminator(1).layers if isinstance(layer, nn.Conv2d)]
    field = 1
    for layer in reversed(layers):
        field = (field - 1) * layer.stride[0] + layer.kernel_size[0]

    assert field == 70


def test_a_patch_is_judged_by_its_own_pixels_but_for_the_norms() -> None:
    judge = PatchDiscriminator(2)
    for index, layer in enumerate(judge.layers):
        if isinstance(layer, nn.InstanceNorm2d):
            judge.layers[index] = nn.Identity()
    source = torch.rand(1, 3, 256, 256)
    picture = source.clone().requires_grad_()

    judge(source, picture)[0, 0, 15, 15].backward()

    assert picture.grad is not None
    rows = picture.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 <= 70


@pytest.mark.parametrize(("size", "patches"), [(256, 30), (128, 14), (70, 6)])
def test_there_is_a_logit_for_each_patch(size: int, patches: int) -> None:
    light = torch.rand(2, 3, size, size)

    assert PatchDiscriminator(2)(light, light).shape == (2, 1, patches, patches)


def test_a_picture_is_judged_alike_alone_and_in_a_batch() -> None:
    judge = PatchDiscriminator(2).train()
    light = torch.rand(3, 3, 70, 70)

    torch.testing.assert_close(judge(light, light)[:1], judge(light[:1], light[:1]))


@pytest.mark.parametrize(
    ("light", "signal"),
    [
        pytest.param(0.0, -1.5, id="darkness"),
        pytest.param(1.0, 0.0, id="the clip point"),
        pytest.param(2.0**8, 1.0, id="the limit"),
        pytest.param(1e30, 1.0, id="a sun"),
    ],
)
def test_the_signals_are_bounded(light: float, signal: float) -> None:
    assert bounded(torch.tensor(light)).item() == pytest.approx(signal)


def test_an_undecided_judge_costs_log_two() -> None:
    zeros = torch.zeros(2, 1, 3, 3)

    assert real_or_not(zeros, zeros).item() == pytest.approx(math.log(2))
    assert taken_for_real(zeros).item() == pytest.approx(math.log(2))


def test_a_judge_that_is_right_costs_nothing_and_its_forger_much() -> None:
    sure = torch.full((1, 1, 2, 2), 20.0)

    assert real_or_not(sure, -sure).item() == pytest.approx(0.0, abs=1e-6)
    assert taken_for_real(-sure).item() == pytest.approx(20.0, abs=1e-4)


def test_the_judge_learns_to_tell_two_kinds_apart() -> None:
    torch.manual_seed(0)
    judge = PatchDiscriminator(4)
    optimiser = torch.optim.Adam(judge.parameters(), lr=2e-3, betas=(0.5, 0.999))
    source = torch.rand(2, 3, 70, 70)
    real, fake = source * (1 + 4 * torch.rand(2, 3, 70, 70)), source

    losses = []
    for _ in range(15):
        loss = real_or_not(judge(source, real), judge(source, fake))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.5 * losses[0]
