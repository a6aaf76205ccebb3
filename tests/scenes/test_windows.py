from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.scenes.windows import UNKNOWN, known_light, resampling, window


@given(
    st.integers(2, 60), st.floats(0, 30), st.floats(0.3, 4), st.integers(1, 40), st.floats(1, 2)
)  # fmt: skip
def test_every_row_of_weights_sums_to_one(
    length: int, start: float, step: float, count: int, blur: float
) -> None:
    weights = resampling(length, start=start, step=step, count=count, blur=blur)

    assert weights.shape == (count, length)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)


def test_a_step_of_one_cuts_without_touching() -> None:
    picture = np.random.default_rng(0).random((10, 12, 3), np.float32)

    cut = window(picture, top=2, left=3, step=1, shape=(4, 5))

    np.testing.assert_allclose(cut, picture[2:6, 3:8], rtol=1e-6)


def test_reducing_keeps_a_ramp_and_the_mean() -> None:
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[None, :, None] * np.ones((64, 1, 3), np.float32)

    reduced = window(ramp, top=0, left=0, step=2, shape=(32, 32))

    assert reduced.mean() == pytest.approx(ramp.mean(), abs=1e-3)
    assert (np.diff(reduced[0, :, 0]) > 0).all()


def test_enlarging_is_bilinear() -> None:
    picture = np.zeros((1, 2, 3), np.float32)
    picture[0, 1] = 1

    enlarged = window(picture, top=0, left=0, step=0.5, shape=(1, 4))

    assert enlarged[0, :, 0].tolist() == pytest.approx([0, 0.25, 0.75, 1])


def test_blur_widens_the_filter() -> None:
    point = np.zeros((9, 9, 3), np.float32)
    point[4, 4] = 1

    sharp, soft = (window(point, top=0, left=0, step=1, shape=(9, 9), blur=blur) for blur in (1.0, 2.0))

    assert sharp[4, 4, 0] == 1.0
    assert soft[4, 4, 0] == pytest.approx(0.25)


def test_unknown_light_spreads_as_unknown_and_is_taken_as_the_clip_point() -> None:
    photo = np.full((8, 8, 3), 0.5, np.float32)
    photo[3, 3] = UNKNOWN

    reduced = window(photo, top=0, left=0, step=2, shape=(4, 4))

    assert (reduced[1, 1] == UNKNOWN).all()
    assert (reduced[3, 3] == 0.5).all()
    assert known_light(photo)[3, 3].tolist() == [1.0, 1.0, 1.0]
