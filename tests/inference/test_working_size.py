"""Light is averaged on the way down, and gains are carried up by their mask."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.inference import gain_at, reduction, shrink


@pytest.mark.parametrize(
    ("height", "width", "quality", "factor"),
    [
        (16, 16, "draft", 1),
        (1080, 1920, "draft", 4),
        (1080, 1920, "standard", 2),
        (1920, 1080, "standard", 2),
        (2160, 3840, "standard", 4),
        (4320, 8192, "standard", 8),
        (4320, 8192, "full", 1),
    ],
)
def test_the_network_sees_no_more_than_its_longest_side(
    height: int, width: int, quality: str, factor: int
) -> None:
    assert reduction(height, width, quality) == factor


def test_light_is_averaged_over_squares_and_over_what_is_left_at_the_border() -> None:
    light = torch.tensor([[[[1.0, 3.0, 8.0], [5.0, 7.0, 2.0], [2.0, 4.0, 9.0]]]])

    small = shrink(light, 2)

    assert small.tolist() == [[[[4.0, 5.0], [3.0, 9.0]]]]


@given(st.integers(1, 5), st.integers(3, 30), st.integers(3, 30))
def test_a_constant_gain_stays_constant_at_every_pixel(factor: int, height: int, width: int) -> None:
    points = torch.ones(height, width).nonzero().T
    small = shrink(torch.ones(1, 3, height, width), factor)[0]

    gain = gain_at(points, stops=small * 2.5, mask=small, factor=factor)

    assert torch.allclose(gain, torch.full_like(gain, 2.5), atol=1e-5)


def test_a_gain_without_mask_has_no_say_beside_one_with_mask() -> None:
    stops = torch.tensor([[[2.0, 50.0]]]).expand(3, 1, 2)
    mask = torch.tensor([[[1.0, 0.0]]]).expand(3, 1, 2)
    points = torch.tensor([[0, 0, 0], [0, 1, 2]])

    gain = gain_at(points, stops=stops, mask=mask, factor=2)

    assert torch.allclose(gain, torch.full((3, 3), 2.0))


def test_at_full_size_gains_are_taken_as_they_are() -> None:
    stops = torch.arange(12.0).reshape(3, 2, 2)

    gain = gain_at(torch.tensor([[1], [0]]), stops=stops, mask=torch.zeros(3, 2, 2), factor=1)

    assert gain[:, 0].tolist() == [2.0, 6.0, 10.0]
