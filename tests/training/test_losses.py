from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hdrvid.training.losses import Emphasis, log_luminance, mask_loss, stops_loss


def grey(value: float, size: int = 64) -> Tensor:
    return torch.full((1, 3, size, size), value)


KNOWN = torch.ones(1, 1, 64, 64)


def loss(stops: Tensor, source: Tensor, truth: Tensor, known: Tensor = KNOWN) -> float:
    return float(stops_loss(stops, source, truth, known, max_stops=8.0))


def test_log_luminance_of_grey_is_its_stops() -> None:
    assert log_luminance(grey(4.0))[0, 0, 0].item() == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize(
    ("stops", "expected"),
    [
        pytest.param(0.0, 2 / 2.25, id="nothing won of two stops"),
        pytest.param(1.0, 1 / 2.25, id="half of it"),
        pytest.param(2.0, 0.0, id="all of it"),
        pytest.param(3.0, 1 / 2.25, id="a stop too much"),
    ],
)
def test_the_loss_is_the_error_over_what_there_is_to_win(stops: float, expected: float) -> None:
    area = 64 * 64
    shrink = area / (area + 8)  # the mean is over the mask plus eight pixels

    value = loss(grey(stops), grey(1.0), grey(4.0))

    assert value == pytest.approx(expected * shrink * 2.25 / (2 * shrink + 0.25), abs=1e-4)


def test_the_truth_is_limited_to_max_stops() -> None:
    assert loss(grey(8.0), grey(1.0), grey(1e6)) == pytest.approx(0.0, abs=1e-5)


def test_well_exposed_light_has_no_part_in_the_loss() -> None:
    source, stops = grey(0.5), grey(5.0).requires_grad_()

    value = stops_loss(stops, source, grey(0.5), KNOWN, max_stops=8.0)
    value.backward()  # type: ignore[no-untyped-call]

    assert value.item() == 0.0
    assert stops.grad is not None
    assert not stops.grad.any()


def test_unknown_light_has_no_part_in_the_loss() -> None:
    known = KNOWN.clone()
    known[..., :32] = 0
    wrong = grey(2.0)
    wrong[..., :32] = 7.0

    assert loss(wrong, grey(1.0), grey(4.0), known) == pytest.approx(0.0, abs=1e-5)


def test_each_picture_counts_by_what_it_can_win() -> None:
    sources, stops = grey(1.0).repeat(2, 1, 1, 1), torch.zeros(2, 3, 64, 64)
    truth = torch.cat([grey(4.0), grey(1.0)])

    value = loss(stops, sources, truth, KNOWN.repeat(2, 1, 1, 1))

    assert value == pytest.approx(0.5 * loss(grey(0.0), grey(1.0), grey(4.0)), abs=1e-6)


def test_negative_predictions_have_gradients() -> None:
    stops = grey(-1.0).requires_grad_()

    stops_loss(stops, grey(1.0), grey(4.0), KNOWN, max_stops=8.0).backward()  # type: ignore[no-untyped-call]

    assert stops.grad is not None
    assert (stops.grad < 0).all()


def test_a_picture_without_highlights_is_finite() -> None:
    assert loss(grey(0.0), grey(0.0), grey(0.0)) == 0.0


def test_the_mask_is_judged_by_cross_entropy_against_the_exact_label() -> None:
    exposed = grey(0.9)
    exposed[..., :32] = 1.0

    value = float(mask_loss(torch.zeros_like(exposed), exposed, KNOWN))

    assert value == pytest.approx(0.6931, abs=1e-4)
    perfect = torch.where(exposed >= 1, 50.0, -50.0)
    assert float(mask_loss(perfect, exposed, KNOWN)) == pytest.approx(0.0, abs=1e-6)


def test_unknown_light_does_not_teach_the_mask() -> None:
    assert float(mask_loss(grey(-9.0), grey(5.0), torch.zeros(1, 1, 64, 64))) == 0.0


def test_colour_counts_where_level_does_not_tell() -> None:
    truth = torch.tensor([8.0, 4.0, 2.0]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    neutral = torch.full((1, 3, 64, 64), float(torch.log2(torch.tensor(4.7063))))  # the same luminance

    plain, coloured = (
        float(stops_loss(neutral, grey(1.0), truth, KNOWN, max_stops=8.0, emphasis=Emphasis(colour=weight)))
        for weight in (0.0, 1.0)
    )

    assert coloured > plain + 0.3
    assert float(
        stops_loss(torch.log2(truth), grey(1.0), truth, KNOWN, max_stops=8.0, emphasis=Emphasis(colour=1.0))
    ) == pytest.approx(0.0, abs=1e-5)


def test_jitter_costs_more_than_a_shift_of_the_same_size() -> None:
    board = 0.2 * (1 - 2 * (torch.arange(64)[:, None] + torch.arange(64)).remainder(2)).float()
    shift, jitter = grey(2.2), grey(2.0) + board

    costs = [
        float(stops_loss(stops, grey(1.0), grey(4.0), KNOWN, max_stops=8.0, emphasis=Emphasis(detail=0.5)))
        for stops in (shift, jitter)
    ]

    assert loss(shift, grey(1.0), grey(4.0)) == pytest.approx(loss(jitter, grey(1.0), grey(4.0)), abs=1e-2)
    assert costs[1] > 1.3 * costs[0]
