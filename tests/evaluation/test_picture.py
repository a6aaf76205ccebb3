"""What counts as clipped and as well exposed, and the truth in the picture's unit."""

from __future__ import annotations

import numpy as np
import pytest

from hdrvid.evaluation.picture import areas, lost_stops, make_picture, rim
from tests.evaluation.material import codes_of, light_of, picture_of


@pytest.mark.parametrize(
    ("code", "clip_code", "is_clipped"),
    [(255, 254, True), (254, 254, True), (253, 254, False), (250, 250, True), (249, 250, False)],
)
def test_a_pixel_is_clipped_from_the_stated_code_on(code: int, clip_code: int, is_clipped: bool) -> None:
    codes = np.zeros((16, 16, 3), np.float32)
    codes[0, 0, 1] = code / 255

    clipped, _ = areas(codes, clip_code)

    assert bool(clipped[0, 0]) is is_clipped


def test_a_well_exposed_pixel_has_all_channels_in_range() -> None:
    codes = np.full((16, 16, 3), 0.5, np.float32)
    codes[0, 0, 0], codes[0, 1, 2] = 0.05, 0.9

    _, well = areas(codes, 254)

    assert not well[0, 0]
    assert not well[0, 1]
    assert well.sum() == 254


def test_where_too_little_is_well_exposed_all_that_is_not_clipped_counts() -> None:
    codes = np.full((16, 16, 3), 0.02, np.float32)
    codes[:4] = 1.0

    clipped, well = areas(codes, 254)

    assert np.array_equal(well, ~clipped)


def test_the_truth_is_brought_to_the_unit_of_the_codes() -> None:
    light = light_of()

    picture = make_picture(codes_of(light), light * 12, name="room")

    assert np.median(picture.truth[picture.well] / light[picture.well]) == pytest.approx(1.0, abs=0.01)
    assert picture.scene == "room"


def test_what_was_lost_is_told_of_the_clipped_pixels_only() -> None:
    picture = picture_of()

    lost = lost_stops(picture)

    assert lost.shape == (picture.clipped.sum(),)
    assert 0.0 < np.median(lost) < 3.0


def test_the_rim_is_bright_and_not_clipped() -> None:
    light = light_of()
    light[:8] = 0.7

    near = rim(picture_of(light))

    assert near[:8].all()
    assert not (near & picture_of(light).clipped).any()


def test_without_a_rim_the_well_exposed_pixels_stand_in() -> None:
    picture = picture_of()

    assert np.array_equal(rim(picture), picture.well)
