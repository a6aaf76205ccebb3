from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.model.mask import (
    FLOOR,
    LOGIT_CENTRE,
    MaskNet,
    apply_stops,
    mask_from_logits,
    ramp,
    srgb_decode,
    srgb_encode,
)
from hdrvid.model.spec import SPECS

light = st.floats(0, 16, width=32)


@pytest.mark.parametrize(
    ("linear", "code"),
    [
        pytest.param(0.0, 0.0, id="black"),
        pytest.param(0.0031308, 0.0031308 * 12.92, id="the bend"),
        pytest.param(0.21404, 0.5, id="half code"),
        pytest.param(1.0, 1.0, id="white"),
        pytest.param(7.5, 1.0, id="super-white is clipped"),
        pytest.param(-0.5, 0.0, id="negative is clipped"),
    ],
)
def test_the_canonical_code_is_srgb(linear: float, code: float) -> None:
    assert srgb_encode(torch.tensor(linear)).item() == pytest.approx(code, abs=1e-5)


@given(st.floats(0, 1, width=32))
def test_decoding_inverts_encoding(linear: float) -> None:
    back = srgb_decode(srgb_encode(torch.tensor(linear)))

    assert back.item() == pytest.approx(linear, abs=1e-5)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        pytest.param(239 / 255, 0.0, id="well exposed"),
        pytest.param(0.9625, 0.5, id="the middle of the ramp"),
        pytest.param(252 / 255, 1.0, id="over-exposed"),
        pytest.param(1.0, 1.0, id="white"),
    ],
)
def test_the_ramp_goes_from_code_240_to_251(code: float, value: float) -> None:
    assert ramp(torch.tensor(code)).item() == pytest.approx(value, abs=1e-5)


def test_the_ramp_never_falls() -> None:
    values = ramp(torch.linspace(0.9, 1, 1001))

    assert (values.diff() >= 0).all()


@given(
    st.lists(st.tuples(light, st.floats(0, 1, width=32), st.floats(0, 8, width=32)), min_size=1, max_size=20)
)
def test_stops_never_lower_the_source_and_leave_it_where_the_mask_is_zero(
    pixels: list[tuple[float, float, float]],
) -> None:
    source, mask, stops = torch.tensor(pixels).T

    raised = apply_stops(source, mask, stops)

    assert (raised >= source).all()
    untouched = (mask == 0) | (stops == 0)
    assert torch.equal(raised[untouched], source[untouched])


def test_negative_and_tiny_sources_come_back_bit_for_bit_outside_the_mask() -> None:
    source = torch.tensor([-0.01, 0.0, 1e-30, 3.7])

    raised = apply_stops(source, torch.zeros(4), torch.full((4,), 8.0))

    assert torch.equal(raised, source)


def test_stops_are_stops() -> None:
    raised = apply_stops(
        torch.tensor([1.0, 1.0, 0.0]), torch.tensor([1.0, 0.5, 1.0]), torch.tensor([3.0, 2.0, 1.0])
    )

    assert raised.tolist() == [8.0, 2.0, 2 * FLOOR]


def test_an_untrained_mask_network_is_the_threshold() -> None:
    net = MaskNet(SPECS["compact"]).eval()
    code = torch.full((1, 3, 8, 8), LOGIT_CENTRE)
    code[:, 0] = 1.0

    logits = net(code)

    assert logits[0, 0, 0, 0].item() == pytest.approx(1.8, abs=1e-3)
    assert logits[0, 1, 0, 0].item() == pytest.approx(0.0, abs=1e-3)


def test_the_mask_network_is_small() -> None:
    count = sum(p.numel() for p in MaskNet(SPECS["compact"]).parameters())

    assert count < 45_000


def test_certainty_becomes_exactly_zero_or_one() -> None:
    mask = mask_from_logits(torch.tensor([-9.0, 0.0, 9.0]))

    assert mask.tolist() == [0.0, pytest.approx(0.5), 1.0]
