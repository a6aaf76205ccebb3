import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.preview.shrink import area_average

sides = st.integers(min_value=1, max_value=40)


@given(height=sides, width=sides, new_height=sides, new_width=sides)
def test_the_mean_light_of_a_picture_does_not_change_with_its_size(
    height: int, width: int, new_height: int, new_width: int
) -> None:
    picture = np.random.default_rng(height * 41 + width).random((3, height, width), np.float32)

    small = area_average(picture, height=new_height, width=new_width)

    assert small.shape == (3, new_height, new_width)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), picture.mean(axis=(1, 2)), rtol=1e-4)


def test_a_picture_of_the_same_size_comes_back_as_it_was() -> None:
    picture = np.arange(24, dtype=np.float32).reshape(1, 4, 6)

    same = area_average(picture, height=4, width=6)

    np.testing.assert_array_equal(same, picture)


def test_a_single_bright_pixel_is_spread_over_the_area_that_covers_it() -> None:
    picture = np.zeros((1, 4, 4), np.float32)
    picture[0, 0, 0] = 1000.0

    small = area_average(picture, height=2, width=2)

    np.testing.assert_allclose(small[0], [[250, 0], [0, 0]])
