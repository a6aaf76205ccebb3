"""Half float is rounded as numpy rounds it, value by value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hdrvid.inference import to_half
from hdrvid.sinks import exr


@given(arrays.arrays(np.float32, (3, 7), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_it_is_bit_for_bit_what_the_sink_would_do(plane: np.ndarray) -> None:
    half, limited = to_half(plane)
    expected, count = exr.to_half(plane)

    assert half.dtype == np.float16
    assert np.array_equal(half.view(np.uint16), expected.view(np.uint16))
    assert limited == count


def test_every_half_survives_the_way_up_and_down() -> None:
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]

    half, limited = to_half(finite.astype(np.float32))

    assert np.array_equal(half.view(np.uint16), finite.view(np.uint16))
    assert limited == 0


@pytest.mark.parametrize("plane", [np.zeros((4, 6), np.float32)[:, ::2], np.zeros((0, 5), np.float32)])
def test_views_and_empty_planes_are_taken(plane: np.ndarray) -> None:
    assert to_half(plane)[0].shape == plane.shape
