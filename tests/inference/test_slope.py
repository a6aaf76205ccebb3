"""An even slope goes on into the clip as it came; what is not even stays with the network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hdrvid.inference.slope import continue_slopes
from hdrvid.model import Generator, apply_stops, load_generator, ramp, srgb_decode, srgb_encode

HEIGHT, WIDTH = 96, 480


@pytest.fixture(scope="module")
def compact() -> Generator:
    """Load C of the weights that come with hdrvid."""
    return load_generator("compact", parts=("C",))


def rising(top: float, *, turned: float = 0.0, width: int = WIDTH) -> Tensor:
    """Return light that rises evenly to `top` at an angle, `(3, h, w)`, clipped at 1."""
    rows, columns = torch.meshgrid(torch.arange(HEIGHT), torch.arange(width), indexing="ij")
    turn = torch.deg2rad(torch.tensor(turned))
    along = columns * torch.cos(turn) + rows * torch.sin(turn)
    along = (along - along.min()) / (along.max() - along.min())
    return (top * along).clamp(max=1.0).expand(3, HEIGHT, width).contiguous()


def filled(compact: Generator, light: Tensor) -> Tensor:
    """Return the picture with what the network and the slopes give."""
    with torch.inference_mode():
        fill = compact.fill(light[None])
    stops = continue_slopes(light, fill.mask[0], fill.stops[0])
    return apply_stops(light, fill.mask[0], stops)


@pytest.mark.parametrize(("top", "width"), [(1.2, 1024), (1.3, 320), (1.5, 480), (2.0, 640), (4.0, 640)])
def test_a_ramp_into_the_clip_is_monotone_and_steps_no_more_than_its_slope(
    compact: Generator, top: float, width: int
) -> None:
    light = rising(top, width=width)

    steps = filled(compact, light)[1, HEIGHT // 2].diff()

    assert steps.min() > 0
    assert steps.max() < 1.5 * top / (width - 1)


@pytest.mark.parametrize("turned", [30.0, 75.0, 120.0, 200.0])
def test_so_is_one_at_an_angle_up_to_the_border(compact: Generator, turned: float) -> None:
    light = rising(1.6, turned=turned)
    turn = torch.deg2rad(torch.tensor(turned))

    expanded = filled(compact, light)[1]

    slope = float(torch.stack([light[1].diff(dim=0).abs().max(), light[1].diff(dim=1).abs().max()]).max())
    for steps, towards in ((expanded.diff(dim=1), torch.cos(turn)), (expanded.diff(dim=0), torch.sin(turn))):
        assert (steps * towards.sign()).min() > -1e-5
        assert steps.abs().max() < 1.5 * slope


def test_in_8_bits_no_step_is_larger_than_the_plates_own(compact: Generator) -> None:
    light = srgb_decode((srgb_encode(rising(1.5)) * 255).round() / 255)

    steps = filled(compact, light)[1, HEIGHT // 2].diff()

    assert steps.min() >= 0
    assert steps.max() <= 1.05 * light[1, HEIGHT // 2].diff().max()


def test_each_channel_goes_on_at_its_own_rate() -> None:
    light = torch.stack([rising(top)[0] for top in (1.8, 1.6, 1.3)])
    mask = ramp(srgb_encode(light))

    raised = apply_stops(light, mask, continue_slopes(light, mask, torch.ones_like(light)))

    just_past = int((light[2, 0] >= 1.0).float().argmax()) + 4
    assert raised[0, 48, just_past] > raised[1, 48, just_past] > raised[2, 48, just_past] > 1.0


def test_at_the_foot_of_the_ramp_no_more_is_said_than_where_all_is_clipped() -> None:
    light = rising(1.4)
    mask = ramp(srgb_encode(light))
    dented = torch.where((mask > 0) & (mask < 0.5), light - 0.02, light)  # JPEG's doing, just below the clip

    stops = continue_slopes(
        dented, ramp(srgb_encode(dented)).clamp_min((mask > 0) * 1e-3), torch.ones_like(light)
    )

    assert stops.max() <= 1.5


def test_what_is_not_even_stays_with_the_network() -> None:
    noise = torch.rand(3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    light = (rising(1.6) + 0.1 * (noise - 0.5)).clamp(0.0, 1.0)
    mask, stops = ramp(srgb_encode(light)), torch.full_like(light, 0.7)

    assert torch.equal(continue_slopes(light, mask, stops), stops)


def test_a_level_rim_and_a_hard_edge_tell_nothing() -> None:
    light = torch.full((3, HEIGHT, WIDTH), 0.8)
    light[:, 20:60, 100:300] = 1.0
    mask, stops = ramp(srgb_encode(light)), torch.full_like(light, 0.7)

    assert torch.equal(continue_slopes(light, mask, stops), stops)


def test_a_hard_edge_before_an_even_wall_stays_with_the_network() -> None:
    light = 0.6 * rising(1.0)
    light[:, 20:60, 100:300] = 1.0
    mask, stops = ramp(srgb_encode(light)), torch.full_like(light, 0.7)

    assert torch.equal(continue_slopes(light, mask, stops), stops)


@pytest.mark.parametrize("size", [(3, 5), (16, 16), (17, 250)])
def test_pictures_of_any_size_can_be_looked_at(size: tuple[int, int]) -> None:
    light = torch.linspace(0.5, 1.5, size[1]).clamp(max=1.0).expand(3, *size).contiguous()
    mask = ramp(srgb_encode(light))

    assert continue_slopes(light, mask, torch.ones_like(light)).shape == light.shape
