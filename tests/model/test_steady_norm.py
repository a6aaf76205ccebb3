"""The norm that trains as it runs: batch renormalisation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hdrvid.model.attention_r2unet import MOST_SCALE, SteadyNorm


def norm_with(mean: float, variance: float, momentum: float = 0.02) -> SteadyNorm:
    """Return a norm of two channels whose running statistics are known."""
    norm = SteadyNorm(2, momentum=momentum)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.fill_(mean)
    norm.running_var.fill_(variance)
    torch.nn.init.constant_(norm.weight, 1.5)
    torch.nn.init.constant_(norm.bias, -0.25)
    return norm


def batch(mean: float = 0.0, scale: float = 1.0, seed: int = 0) -> Tensor:
    noise = torch.randn(4, 2, 16, 16, generator=torch.Generator().manual_seed(seed))
    return noise * scale + mean


@pytest.mark.parametrize(
    ("mean", "scale"),
    [
        pytest.param(0.0, 1.0, id="a batch like the others"),
        pytest.param(0.8, 1.0, id="a bright one"),
        pytest.param(0.0, 2.0, id="one of more contrast"),
        pytest.param(-0.5, 0.6, id="a dim and flat one"),
    ],
)
def test_training_gives_what_inference_gives(mean: float, scale: float) -> None:
    norm, x = norm_with(0.1, 1.2), batch(mean, scale)
    expected = norm.eval()(x)

    trained = norm.train()(x)

    torch.testing.assert_close(trained, expected, atol=2e-3, rtol=1e-3)


def test_what_is_constant_in_a_picture_is_not_washed_out() -> None:
    norm = norm_with(0.0, 1.0)
    low, high = torch.full((1, 2, 8, 8), 0.0), torch.full((1, 2, 8, 8), 0.5)

    difference = norm(high) - norm(low)

    plain = nn.BatchNorm2d(2)
    assert (plain(high) - plain(low)).abs().max() < 1e-3
    assert difference.mean().item() == pytest.approx(1.5 * 0.5, abs=0.05)


def test_the_running_statistics_follow_the_batches() -> None:
    norm = norm_with(0.0, 1.0, momentum=0.1)

    for seed in range(60):
        norm(batch(3.0, 2.0, seed))

    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.running_mean.tolist() == pytest.approx([3.0, 3.0], abs=0.15)
    assert norm.running_var.tolist() == pytest.approx([4.0, 4.0], abs=0.5)


def test_the_gradient_is_that_of_batch_statistics() -> None:
    norm, x = norm_with(0.0, 1.0), batch(0.3).requires_grad_()

    (norm(x) * torch.linspace(0, 1, 16)).sum().backward()

    assert x.grad is not None
    by_channel = x.grad.sum((0, 2, 3))  # a batch's own mean cannot change the output
    assert by_channel.abs().max() < 1e-3 * x.grad.abs().sum()


def test_a_batch_far_from_the_others_counts_by_its_own() -> None:
    norm = norm_with(0.0, 1.0)

    out = norm(batch(0.0, 100.0))

    assert out.std() < 1.5 * (MOST_SCALE + 0.1)


def test_inference_is_that_of_a_batch_norm() -> None:
    norm, x = norm_with(0.4, 2.0).eval(), batch()
    plain = nn.BatchNorm2d(2)
    plain.load_state_dict(norm.state_dict())

    assert torch.equal(norm(x), plain.eval()(x))


def test_half_precision_stays_half_precision() -> None:
    norm, x = norm_with(0.0, 1.0), batch().to(torch.bfloat16)

    out = norm(x)

    assert out.dtype == torch.bfloat16
    assert out.isfinite().all()


def test_a_channel_that_never_changes_is_finite() -> None:
    norm, x = norm_with(0.0, 0.0), torch.zeros(4, 2, 8, 8).requires_grad_()

    norm(x).sum().backward()

    assert x.grad is not None
    assert x.grad.isfinite().all()
