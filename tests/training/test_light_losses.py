from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hdrvid.training.light_losses import linear_loss, mu_law, mu_law_loss

KNOWN = torch.ones(1, 1, 4, 4)


def grey(value: float) -> Tensor:
    return torch.full((1, 3, 4, 4), value)


@pytest.mark.parametrize(
    ("light", "value"),
    [
        pytest.param(0.0, 0.0, id="black"),
        pytest.param(256.0, 1.0, id="the maximum"),
        pytest.param(1e6, 1.0, id="above it"),
        pytest.param(1.0, math.log(1 + 5000 / 256) / math.log(5001), id="the clip point"),
    ],
)
def test_the_mu_law_has_a_fixed_maximum(light: float, value: float) -> None:
    assert mu_law(torch.tensor(light), max_stops=8.0).item() == pytest.approx(value, abs=1e-6)


def test_a_stop_at_the_clip_point_is_as_the_design_notes_say() -> None:
    ends = mu_law(torch.tensor([1.0, 2.0]), max_stops=8.0)

    assert (ends[1] - ends[0]).item() == pytest.approx(0.077, abs=0.002)


def test_the_mu_law_loss_is_the_mean_difference() -> None:
    value = mu_law_loss(grey(1.0), grey(256.0), KNOWN, max_stops=8.0).item()

    assert value == pytest.approx(1 - math.log(1 + 5000 / 256) / math.log(5001), abs=1e-6)


def test_unknown_light_costs_nothing() -> None:
    known = KNOWN.clone()
    known[..., :2] = 0
    wrong = grey(1.0)
    wrong[..., :2] = 200.0

    assert mu_law_loss(wrong, grey(1.0), known, max_stops=8.0).item() == 0.0
    assert mu_law_loss(wrong, grey(1.0), torch.zeros_like(known), max_stops=8.0).item() == 0.0


def test_linearisation_counts_stops_and_codes() -> None:
    value = linear_loss(grey(0.25), grey(0.5), grey(0.5), KNOWN).item()

    codes = [1.055 * light ** (1 / 2.4) - 0.055 for light in (0.25, 0.5)]
    assert value == pytest.approx(1.0 + 10 * (codes[1] - codes[0]), abs=1e-4)


def test_linearisation_does_not_count_what_clipped() -> None:
    exposed = grey(0.5)
    exposed[..., :2] = 1.0
    wrong = grey(0.5)
    wrong[..., :2] = 0.01

    assert linear_loss(wrong, grey(0.5), exposed, KNOWN).item() == 0.0


def test_deep_shadows_are_one_darkness() -> None:
    assert linear_loss(grey(2.0**-10), grey(2.0**-9), grey(0.1), KNOWN).item() < 0.2


def test_gradients_are_finite_in_black() -> None:
    predicted = grey(0.0).requires_grad_()

    loss = linear_loss(predicted, grey(0.0), grey(0.0), KNOWN) + mu_law_loss(
        predicted, grey(0.0), KNOWN, max_stops=8.0
    )
    loss.backward()  # type: ignore[no-untyped-call]

    assert predicted.grad is not None
    assert predicted.grad.isfinite().all()
