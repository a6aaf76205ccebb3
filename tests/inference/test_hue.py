"""Highlights keep their luminance and take the colour of what is bent with them or around them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from hdrvid.inference.hue import colour_of_surroundings, share_among_bent, spread
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


def fire(*, known: float = 0.3) -> tuple[Tensor, Tensor]:
    """Return light and mask, `(3, 40, 60)`, of a white core in an orange rim on black."""
    light = torch.full((3, 40, 60), 0.002)
    light[:, 8:32, 12:48] = torch.tensor([1.0, 0.6, known]).view(3, 1, 1)
    light[:, 14:26, 20:40] = 1.0
    return light, ramp(srgb_encode(light))


def luminance_of(light: Tensor) -> Tensor:
    return (LUMINANCE.view(3, 1, 1) * light).sum(dim=0)


@pytest.mark.parametrize("shoulder", [0.0, 2.0])
def test_a_white_core_takes_the_colour_of_its_rim_and_keeps_its_luminance(shoulder: float) -> None:
    light, mask = fire()
    stops = torch.full_like(light, 4.0)

    filled = apply_stops(light, mask, colour_of_surroundings(light, mask, stops, shoulder=shoulder))

    core = filled[:, 14:26, 20:40]
    assert bool((core[0] > 1.3 * core[1]).all())
    assert bool((core[1] > 1.3 * core[2]).all())
    assert torch.allclose(luminance_of(core), torch.tensor(16.0), rtol=0.02)


def test_only_what_clipped_in_all_channels_is_coloured() -> None:
    light, mask = fire()
    stops = torch.full_like(light, 4.0)

    coloured = colour_of_surroundings(light, mask, stops, shoulder=0.0)

    outside = mask.amin(dim=0) == 0
    assert torch.equal(coloured[:, outside], stops[:, outside])


def test_no_channel_falls_below_the_clip_point() -> None:
    light, mask = fire(known=0.01)

    filled = colour_of_surroundings(light, mask, torch.full_like(light, 0.2), shoulder=0.0)

    assert float(filled.min()) >= 0.0


def test_a_white_picture_stays_white() -> None:
    white = torch.ones(3, 20, 30)

    filled = colour_of_surroundings(white, torch.ones_like(white), 3 * white, shoulder=0.0)

    assert torch.allclose(filled, 3 * white, atol=1e-4)


def test_a_grey_rim_colours_nothing() -> None:
    light = torch.full((3, 20, 30), 0.5)
    light[:, 5:15, 5:15] = 1.0
    mask = ramp(srgb_encode(light))

    filled = colour_of_surroundings(light, mask, 3 * torch.ones_like(light), shoulder=0.0)

    assert torch.allclose(filled, torch.tensor(3.0), atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (31, 33), (64, 96)])
def test_what_is_carried_is_an_average_of_what_is_known(size: tuple[int, int]) -> None:
    values = torch.rand(2, *size, generator=torch.Generator().manual_seed(4))
    weight = torch.rand(*size, generator=torch.Generator().manual_seed(5))

    carried = spread(values, weight)

    assert float(carried.min()) >= float(values.min()) - 1e-5
    assert float(carried.max()) <= float(values.max()) + 1e-5
    assert torch.equal(spread(values, 0 * weight), 0 * values)


def test_a_channel_at_the_foot_of_the_ramp_is_not_told_more_than_the_others() -> None:
    """Its small mask would ask for many stops, and a plate whose own mask is larger there would get them."""
    light = torch.ones(3, 16, 16)
    light[0] = 0.885  # red is just on the ramp, with the others over it
    mask = ramp(srgb_encode(light))

    filled = colour_of_surroundings(light, mask, torch.full_like(light, 3.0), shoulder=2.0)

    assert 0 < float(mask[0].max()) < 0.1
    assert float(filled.max()) < 4.0
