"""One scalar of alignment, fitted where the picture is well exposed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.evaluation.align import aligned, scale_between
from tests.evaluation.material import light_of

EVERYWHERE = np.ones((48, 64), np.bool_)


@given(st.floats(1e-3, 1e3))
def test_the_unit_of_a_prediction_does_not_matter(scale: float) -> None:
    light = light_of()

    assert np.allclose(aligned(light * np.float32(scale), light, EVERYWHERE), light, rtol=1e-4)


def test_highlights_do_not_pull_the_scalar() -> None:
    light = light_of()
    blown = np.where(light > 1, light * 100, light)

    assert scale_between(blown, light, light.max(-1) < 1) == pytest.approx(1.0)


def test_a_prediction_that_is_black_is_left_finite() -> None:
    light = light_of()

    assert np.isfinite(aligned(np.zeros_like(light), light, EVERYWHERE)).all()
