"""The methods without a network: what they add, where, and that nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hdrvid.inference import FillSettings, Machine, NetworkExpander
from hdrvid.inference.methods import METHODS, FormulaPredictor, darkest_channel, distance_to_rim, dome
from hdrvid.inference.methods import opposed_inpainting as opposed
from tests.inference.stand_in import IDENTITY, frame_of, window

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)
EACH = pytest.mark.parametrize("name", METHODS)


def expander(name: str) -> NetworkExpander:
    return NetworkExpander(METHODS[name], machine=CPU, space=IDENTITY, settings=FillSettings(layers="all"))


@EACH
def test_where_the_mask_is_zero_the_plate_comes_back_bit_for_bit(name: str) -> None:
    frame = frame_of(window())

    (expanded,) = expander(name).expand([frame])

    assert expanded.mask is not None
    untouched = expanded.mask == 0
    assert 0 < untouched.sum() < untouched.size
    assert np.array_equal(expanded.pixels[:, untouched], frame.pixels[:, untouched])


@EACH
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_light_is_never_lowered_and_always_finite(name: str, seed: int) -> None:
    source = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(seed)) * 1.1

    fill = METHODS[name].fill(source)

    assert bool(torch.isfinite(fill.stops).all())
    assert float(fill.stops.min()) >= 0


@EACH
def test_the_same_frame_gives_the_same_light_whatever_comes_with_it(name: str) -> None:
    frame, other = frame_of(window()), frame_of(window(level=0.99), number=1002)

    (alone,) = expander(name).expand([frame])
    together = expander(name).expand([other, frame])

    assert np.array_equal(alone.pixels, together[1].pixels)


@EACH
def test_a_picture_that_is_clipped_everywhere_is_filled_all_the_same(name: str) -> None:
    fill = METHODS[name].fill(torch.ones(1, 3, 20, 20))

    assert bool(torch.isfinite(fill.stops).all())


def test_formulas_fill_and_do_nothing_else() -> None:
    predictor = FormulaPredictor(formula=darkest_channel)

    assert [predictor.has(part) for part in ("C", "L", "R", "mask")] == [True, False, False, False]


def test_white_gets_the_most_and_a_saturated_colour_nothing() -> None:
    light = torch.ones(1, 3, 1, 2)
    light[0, 2, 0, 1] = 0.0

    assert darkest_channel(light)[0, 0].tolist() == [[pytest.approx(0.8), 0.0]]


def test_a_dome_is_highest_in_the_middle() -> None:
    light = torch.full((1, 3, 21, 21), 0.2)
    light[:, :, 5:16, 5:16] = 1.0

    stops = dome(light)[0, 0]

    assert float(stops[10, 10]) == float(stops.max()) > float(stops[5, 10]) > 0
    assert torch.equal(stops, stops.flip(0))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_distance_to_the_rim_is_that_of_the_nearest_pixel_outside(seed: int) -> None:
    inside = torch.rand(1, 7, 9, generator=torch.Generator().manual_seed(seed)) > 0.1
    outside = (~inside[0]).nonzero()

    distance = distance_to_rim(inside)[0]

    for y in range(7):
        for x in range(9):
            steps = [abs(y - int(oy)) + abs(x - int(ox)) for oy, ox in outside]
            assert float(distance[y, x]) == min(steps, default=float("inf"))


def test_a_clipped_channel_is_rebuilt_from_the_others() -> None:
    light = torch.full((1, 3, 60, 60), 0.5)
    light[:, 0] = 0.8  # a red wall: red is 0.3 above the others
    light[:, 1:, 20:40, 20:40] = 0.9  # a bright place on it, where red would be 1.2
    light[:, 0, 20:40, 20:40] = 1.0

    stops = opposed(light)

    assert 2 ** float(stops[0, 0, 30, 30]) == pytest.approx(1.2, abs=0.05)
    assert float(stops[0, 1:, 30, 30].max()) == pytest.approx(0.0, abs=1e-6)
