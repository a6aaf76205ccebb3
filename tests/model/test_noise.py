"""The network of noise: it says nothing untrained, reaches no farther than stated, and learns."""

from __future__ import annotations

import pytest
import torch

from hdrvid.model import GeneratorSpec, build_generator
from hdrvid.model.noise import NOISE_REACH, NoiseNet, noise_level, ripple
from hdrvid.training.losses import noise_loss

ALONE = GeneratorSpec(width=1, steps=0, norm="none", nets=("noise",))
LEVEL = torch.full((1,), 0.01)


def restless(seed: int = 0) -> NoiseNet:
    """Return a network whose every weight says something."""
    torch.manual_seed(seed)
    net = NoiseNet().eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    return net


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 18)])
def test_any_size_comes_back_as_it_was(size: tuple[int, int]) -> None:
    generator = build_generator(ALONE)
    generator.noise_net = restless()

    with torch.inference_mode():
        assert generator.noise(torch.rand(1, 3, *size)).shape == (1, 3, *size)


def test_what_is_farther_away_than_the_reach_changes_nothing() -> None:
    net, code = restless(), torch.rand(1, 3, 160, 8)
    other = code.clone()
    other[:, :, 96 + NOISE_REACH :] = torch.rand(1, 3, 160 - 96 - NOISE_REACH, 8)

    with torch.inference_mode():
        said, too = net(code, LEVEL), net(other, LEVEL)

    assert torch.equal(said[:, :, :96], too[:, :, :96])
    assert not torch.equal(said, too)


def test_gradients_reach_every_weight() -> None:
    net = restless()
    torch.autograd.backward(net(torch.rand(2, 3, 16, 16), LEVEL.repeat(2)).square().mean())

    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in net.parameters())


def test_it_learns_to_take_noise_out_of_a_single_picture() -> None:
    torch.manual_seed(0)
    clean = torch.linspace(0.2, 0.7, 48).expand(1, 3, 48, 48).contiguous()
    noisy = clean + 0.04 * torch.randn_like(clean)
    net, known = NoiseNet(), torch.ones(1, 1, 48, 48)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)

    losses = []
    for _ in range(60):
        loss = noise_loss(noisy + net(noisy, LEVEL), clean, known)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.5 * losses[0]


def test_black_borders_and_white_windows_do_not_make_a_noisy_picture_calm() -> None:
    torch.manual_seed(0)
    noisy = (0.5 + 0.02 * torch.randn(1, 200, 200)).expand(3, -1, -1).clone()
    alone = noise_level(ripple(noisy))
    noisy[:, :60], noisy[:, 140:] = 0.0, 1.0

    assert float(noise_level(ripple(noisy))) == pytest.approx(float(alone), rel=0.15)


def test_a_picture_too_small_to_tell_has_no_noise() -> None:
    assert float(noise_level(ripple(torch.rand(3, 9, 40)))) == 0.0
