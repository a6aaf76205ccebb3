"""The response of a shot is found in its frames, and undone in every pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from hdrvid.inference import FillSettings, Machine, NetworkExpander, Response, find_response
from hdrvid.inference.response import LARGEST_SHOULDER
from hdrvid.model.response import KNOTS, Tally, tally
from tests.inference.stand_in import IDENTITY, ConstantGenerator, frame_of, window

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)
RISING = Response(tuple(2.0 * knot / (KNOTS - 1) for knot in range(KNOTS)))


class SureNetwork:
    """Say the same stops of each picture, and note how large it was and how much was seen."""

    def __init__(self, stops: float) -> None:
        self.stops = stops
        self.seen: list[tuple[int, ...]] = []
        self.pixels = 0.0

    def look(self, code: Tensor) -> Tally:
        self.seen.append(tuple(code.shape))
        return tally(torch.ones_like(code), code.mean(1, keepdim=True))

    def curve(self, seen: Tally) -> Tensor:
        self.pixels = float(seen.counts.sum())
        return torch.full((1, KNOTS), self.stops)


def test_the_network_sees_the_picture_at_its_own_size() -> None:
    network = SureNetwork(0.5)

    find_response(network, [np.full((3, 270, 481), 0.2, np.float32)])

    assert network.seen == [(1, 3, 270, 481)]


def test_all_frames_have_a_say() -> None:
    network = SureNetwork(1.25)
    frames = [np.full((3, 20, 30), level, np.float32) for level in (0.01, 0.2, 0.7)]

    response = find_response(network, frames)

    assert len(network.seen) == 3
    assert network.pixels == pytest.approx(3 * 20 * 30, rel=1e-3)
    assert set(response.stops) == {1.25}


def test_the_clip_point_is_where_the_codes_end() -> None:
    class Middle(SureNetwork):
        level = 0.0

        def look(self, code: Tensor) -> Tally:
            self.level = float(code.mean())
            return super().look(code)

    network = Middle(1.0)

    find_response(network, [np.full((3, 20, 30), 8.0, np.float32)], clip_point=8.0)

    assert network.level == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(("stops", "shoulder"), [(-1.0, 0.0), (2.0, 2.0), (7.0, LARGEST_SHOULDER)])
def test_the_shoulder_stays_within_what_the_correction_knows(stops: float, shoulder: float) -> None:
    assert Response((stops,) * KNOTS).shoulder == shoulder


def expanded(stops: float, response: Response, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    settings = FillSettings(layers="all", response=response, shoulder=response.shoulder)
    generator = ConstantGenerator(stops)
    expander = NetworkExpander(generator, machine=CPU, space=IDENTITY, settings=settings)
    (result,) = expander.expand([frame_of(pixels)])
    assert result.source is not None
    assert generator.shoulders == [pytest.approx(response.shoulder)] or not generator.shoulders
    return result.pixels, result.source


def test_well_exposed_pixels_follow_the_response_and_clipped_ones_the_correction() -> None:
    pixels = window()

    filled, source = expanded(4.0, RISING, pixels)

    grey = float(pixels[0, 0, 30])
    code = 1.055 * grey ** (1 / 2.4) - 0.055
    assert filled[0, 0, 30] == pytest.approx(grey * 2 ** (2 * code), rel=0.01)
    assert np.array_equal(filled[:, 0], source[:, 0])
    assert filled[0, 15, 20] == pytest.approx(16.0, rel=1e-4)
    assert source[0, 15, 20] == pytest.approx(4.0, rel=1e-4)


def test_a_correction_below_the_response_does_not_darken_it() -> None:
    filled, source = expanded(0.5, RISING, window())

    assert filled[0, 15, 20] == source[0, 15, 20] == pytest.approx(4.0, rel=1e-4)


def test_a_frame_without_highlights_is_linearised_all_the_same() -> None:
    pixels = np.full((3, 20, 30), 0.25, np.float32)

    filled, source = expanded(4.0, Response((1.0,) * KNOTS), pixels)

    assert np.allclose(filled, 0.5)
    assert np.array_equal(filled, source)


@pytest.mark.parametrize(("told", "share"), [(2.6, 0.9), (0.0, 0.0)])
def test_a_roll_off_that_the_response_does_not_hold_bends_all_channels_of_a_sky(
    told: float, share: float
) -> None:
    """Only blue reached the top: what the told roll-off took, it took from the bent channels alike."""
    sky = np.array([0.7, 0.75, 1.0], np.float32)[:, None, None]
    pixels = np.broadcast_to(sky, (3, 40, 60)).copy()
    settings = FillSettings(response=Response((0.0,) * KNOTS), shoulder=told)
    expander = NetworkExpander(ConstantGenerator(2.6), machine=CPU, space=IDENTITY, settings=settings)

    (result,) = expander.expand([frame_of(pixels)])

    gain = np.log2(result.pixels[:, 20, 30] / pixels[:, 20, 30])
    assert gain[2] > 0.5
    assert gain[0] == pytest.approx(share * gain[2], abs=0.15)
