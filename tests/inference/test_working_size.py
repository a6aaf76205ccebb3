"""Light is averaged on the way down to the network's size."""

from __future__ import annotations

import pytest
import torch

from hdrvid.inference import reduction, shrink


@pytest.mark.parametrize(
    ("height", "width", "quality", "factor"),
    [
        (16, 16, "draft", 1),
        (360, 640, "standard", 1),
        (416, 720, "standard", 2),
        (720, 1278, "standard", 3),
        (720, 1280, "standard", 4),
        (720, 1280, "draft", 5),
        (1080, 1920, "draft", 8),
        (1080, 1920, "standard", 4),
        (1920, 1080, "standard", 4),
        (2160, 3840, "standard", 8),
        (4320, 8192, "standard", 17),
        (4320, 8192, "full", 1),
    ],
)
def test_the_network_sees_the_nearest_whole_reduction_and_of_hd_a_sixteenth_at_most(
    height: int, width: int, quality: str, factor: int
) -> None:
    assert reduction(height, width, quality) == factor


def test_light_is_averaged_over_squares_and_over_what_is_left_at_the_border() -> None:
    light = torch.tensor([[[[1.0, 3.0, 8.0], [5.0, 7.0, 2.0], [2.0, 4.0, 9.0]]]])

    small = shrink(light, 2)

    assert small.tolist() == [[[[4.0, 5.0], [3.0, 9.0]]]]
