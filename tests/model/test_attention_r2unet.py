from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from hdrvid.model.attention_r2unet import AttentionR2UNet, RecurrentConv, fold_norms, folded_conv
from hdrvid.model.spec import SPECS, GeneratorSpec, Norm

TINY = replace(SPECS["compact"], width=4, nets=("C",))
PAPER_TINY = replace(SPECS["paper"], width=4)


def excite(net: nn.Module, *, seed: int = 0) -> None:
    """Give norms statistics and every weight a value, as training would."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.3
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = torch.randn(module.num_features, generator=generator)
            module.running_var = torch.rand(module.num_features, generator=generator) + 0.5


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(TINY, id="one norm a step"),
        pytest.param(PAPER_TINY, id="shared norm, two recurrences"),
        pytest.param(replace(TINY, norm="none"), id="no norm"),
        pytest.param(replace(TINY, recurrent=False), id="plain convolutions"),
        pytest.param(replace(TINY, attention=False), id="no attention"),
        pytest.param(replace(TINY, recurrent=False, attention=False), id="the U-Net"),
    ],
)
def test_every_variant_keeps_the_size_and_starts_silent(spec: GeneratorSpec) -> None:
    net = AttentionR2UNet(7, 3, spec).eval()

    out = net(torch.rand(2, 7, 32, 48))

    assert out.shape == (2, 3, 32, 48)
    assert not out.any()


@pytest.mark.parametrize(("width", "millions"), [(16, 2.470), (8, 0.619)])
def test_the_size_is_that_of_the_paper_scaled_down(width: int, millions: float) -> None:
    net = AttentionR2UNet(6, 3, replace(TINY, width=width, norm="shared"))

    count = sum(p.numel() for p in net.parameters())

    assert count / 1e6 == pytest.approx(millions, abs=0.001)


def test_the_paper_width_has_the_published_number_of_weights() -> None:
    with torch.device("meta"):
        net = AttentionR2UNet(3, 3, replace(PAPER_TINY, width=64))

    assert sum(p.numel() for p in net.parameters()) / 1e6 == pytest.approx(39.44, abs=0.02)


def test_gradients_reach_every_weight() -> None:
    net = AttentionR2UNet(3, 3, TINY)
    excite(net)

    net(torch.rand(2, 3, 32, 32)).square().sum().backward()

    unreached = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert [name for name in unreached if not name.endswith("conv.bias")] == []  # a norm takes its bias away


def test_a_recurrent_convolution_adds_its_input_at_each_step() -> None:
    unit = RecurrentConv(1, 2, "none").eval()
    unit.conv.weight.data.zero_()
    unit.conv.weight.data[0, 0, 1, 1] = 0.5
    unit.conv.bias.data.zero_()  # type: ignore[union-attr]

    out = unit(torch.full((1, 1, 1, 1), 8.0))

    assert out.item() == 0.5 * (8 + 0.5 * (8 + 0.5 * 8))


def test_a_recurrent_convolution_shares_its_kernel_and_not_its_norms() -> None:
    unit = RecurrentConv(4, 2, "step")

    shapes = {name: tuple(p.shape) for name, p in unit.named_parameters()}

    assert shapes["conv.weight"] == (4, 4, 3, 3)
    assert sum(name.endswith(".weight") for name in shapes) == 1 + 3


@pytest.mark.parametrize("norm", ["step", "shared", "none"])
def test_folding_the_norms_changes_nothing_but_rounding(norm: Norm) -> None:
    net = AttentionR2UNet(3, 3, replace(TINY, norm=norm, steps=2)).eval()
    excite(net)
    x = torch.rand(1, 3, 32, 32)
    before = net(x).detach()

    fold_norms(net)

    assert not any(isinstance(module, nn.BatchNorm2d) for module in net.modules())
    torch.testing.assert_close(net(x), before, rtol=1e-4, atol=1e-4 * float(before.abs().max()))


def test_a_folded_convolution_equals_convolution_then_norm() -> None:
    conv, norm = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3)
    excite(nn.ModuleList([conv, norm]))
    x = torch.rand(1, 2, 5, 5)

    folded = folded_conv(conv, norm)

    torch.testing.assert_close(folded(x), norm.eval()(conv(x)), rtol=1e-5, atol=1e-5)
    assert not folded.weight.requires_grad
