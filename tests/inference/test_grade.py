"""Recovered light is graded by one formula; the plate itself never moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.inference import grade_recovered

PLATE = np.array([0.2, 1.0, 1.0, 1.5], np.float32)
LIGHT = np.array([0.2, 1.0, 5.0, 40.0], np.float32)


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        pytest.param({}, [0.2, 1.0, 5.0, 40.0], id="nothing"),
        pytest.param({"gain_stops": 1.0}, [0.2, 1.0, 9.0, 78.5], id="a stop more"),
        pytest.param({"mix": 0.5}, [0.2, 1.0, 3.0, 20.75], id="half of it"),
        pytest.param({"peak": 4.0}, [0.2, 1.0, 4.0, 4.0], id="a peak"),
        pytest.param({"peak": 0.5}, [0.2, 1.0, 1.0, 1.5], id="a peak below the plate, which stays"),
        pytest.param(
            {"gain_stops": 1.0, "peak": 4.0, "mix": 0.5}, [0.2, 1.0, 2.5, 2.75], id="gain, peak, mix"
        ),
    ],
)
def test_values_worked_out_by_hand(grade: dict[str, float], expected: list[float]) -> None:
    assert np.allclose(grade_recovered(PLATE, LIGHT, **grade), expected)


@given(gain=st.floats(-10, 10), mix=st.floats(0, 1), peak=st.none() | st.floats(0, 100))
def test_where_nothing_was_recovered_the_plate_comes_back_bit_for_bit(
    gain: float, mix: float, peak: float | None
) -> None:
    graded = grade_recovered(PLATE, PLATE.copy(), gain_stops=gain, mix=mix, peak=peak)

    assert np.array_equal(graded, PLATE)


def test_a_mix_of_zero_is_the_plate() -> None:
    assert np.array_equal(grade_recovered(PLATE, LIGHT, mix=0.0), PLATE)
