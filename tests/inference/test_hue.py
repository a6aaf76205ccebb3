"""What a rolled-off highlight wins keeps its colour and its luminance."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from hdrvid.inference.hue import share_among_bent
from hdrvid.model.mask import apply_stops, ramp, srgb_encode

LUMINANCE = torch.tensor([0.2126, 0.7152, 0.0722])


def pixel(*channels: float) -> Tensor:
    return torch.tensor(channels, dtype=torch.float32).view(3, 1)


def shared(source: Tensor, stops: Tensor, shoulder: float) -> tuple[Tensor, Tensor]:
    code = srgb_encode(source)
    raised = apply_stops(source, ramp(code), stops)
    return raised, share_among_bent(source, raised, code=code, shoulder=shoulder)


lights = st.tuples(*[st.floats(0.0, 1.0, width=32)] * 3).filter(lambda rgb: max(rgb) > 0.9)
gains = st.tuples(*[st.floats(0.0, 8.0, width=32)] * 3)


@given(lights, gains, st.floats(0.0, 4.0))
def test_luminance_is_what_the_network_said_and_nothing_is_lowered(
    light: tuple[float, ...], stops: tuple[float, ...], shoulder: float
) -> None:
    source = pixel(*light)

    raised, result = shared(source, pixel(*stops), shoulder)

    torch.testing.assert_close(LUMINANCE @ result, LUMINANCE @ raised, rtol=1e-4, atol=1e-5)
    assert (result >= source * (1 - 1e-6)).all()


@given(lights, gains)
def test_a_clean_cut_keeps_every_known_channel(light: tuple[float, ...], stops: tuple[float, ...]) -> None:
    raised, result = shared(pixel(*light), pixel(*stops), 0.0)

    assert torch.equal(result, raised)


def test_a_white_cloud_that_only_blue_clipped_stays_white() -> None:
    cloud = pixel(0.80, 0.85, 0.96)

    _, result = shared(cloud, pixel(0, 0, 3), 2.5)

    torch.testing.assert_close(result / result.sum(), cloud / cloud.sum(), atol=0.01, rtol=0)


def test_channels_that_the_camera_did_not_bend_stay_as_measured() -> None:
    lamp = pixel(1.0, 0.15, 0.02)  # codes 255, 108, 39

    raised, result = shared(lamp, pixel(3, 0, 0), 2.5)

    assert torch.equal(result[1:], lamp[1:])
    torch.testing.assert_close(result, raised)


def test_where_all_channels_are_clipped_the_network_chooses_the_colour() -> None:
    raised, result = shared(pixel(1, 1, 1), pixel(4, 3, 2), 2.5)

    torch.testing.assert_close(result, raised)


@pytest.mark.parametrize("channel", range(3))
def test_nothing_jumps_along_a_ramp_into_the_clip(channel: int) -> None:
    others = torch.linspace(0.3, 0.93, 400)
    source = others.repeat(3, 1)
    source[channel] = torch.linspace(0.5, 1.0, 400)
    stops = torch.full((3, 400), 2.0)

    _, result = shared(source, stops, 2.5)

    steps = torch.diff(torch.log2(LUMINANCE @ result))
    assert (steps > 0).all()
    assert steps.max() < 0.12  # stops, of 400 steps; the mask's own ramp takes two stops in 40
