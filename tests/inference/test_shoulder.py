"""A cut is told from a roll-off, and nothing is said where highlights do not tell."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hdrvid.inference.shoulder import LARGE, SMALL, Highlights, find_shoulder
from hdrvid.scenes.compression import jpeg_loss
from hdrvid.scenes.curves import CLEAN_CUT, ToneCurve, decode, encode
from tests.lamps import PHONE, lamps


def seen(light: NDArray[np.float32], curve: ToneCurve, *, quality: int = 92) -> NDArray[np.float32]:
    """Return what a camera's JPEG of the light decodes to, `(3, H, W)`."""
    code = jpeg_loss(encode(curve(light), "srgb"), quality)
    return np.ascontiguousarray(decode(code, "srgb").transpose(2, 0, 1))


@pytest.mark.parametrize("quality", [60, 92])
@pytest.mark.parametrize("seed", range(4))
def test_lamps_that_are_cut_have_no_shoulder(seed: int, quality: int) -> None:
    found = find_shoulder([seen(lamps(seed=seed), CLEAN_CUT, quality=quality)])

    assert (found.stops, found.reason) == (0.0, "highlights are cut")


@pytest.mark.parametrize("seed", range(4))
def test_lamps_that_bend_into_the_clip_have_one(seed: int) -> None:
    found = find_shoulder([seen(lamps(seed=seed), PHONE)])

    assert LARGE[1] <= found.stops <= SMALL[1]
    assert found.reason == "highlights bend into the clip"


def test_it_is_found_at_the_size_of_the_picture_that_matters() -> None:
    large = seen(lamps(size=(360, 640)), PHONE).repeat(4, 1).repeat(4, 2)

    assert find_shoulder([large]).stops > 0


def test_frames_count_together() -> None:
    dark = np.full((3, 360, 640), 0.1, np.float32)

    frames = [dark, seen(lamps(), PHONE), dark]

    assert find_shoulder(frames).stops > 0
    assert Highlights.of(frames).codes.sum() == 3 * 360 * 640


def test_light_is_measured_from_the_clip_point() -> None:
    light = seen(lamps(), PHONE) * np.float32(0.8)

    assert find_shoulder([light], clip_point=0.8).stops > 0


@pytest.mark.parametrize(
    "light",
    [
        pytest.param(np.full((3, 64, 64), 0.18, np.float32), id="grey"),
        pytest.param(np.zeros((3, 64, 64), np.float32), id="black"),
        pytest.param(2 * lamps(count=5).transpose(2, 0, 1), id="light that was never cut"),
        pytest.param(np.full((3, 16, 16), np.nan, np.float32), id="not a number"),
    ],
)
def test_where_highlights_do_not_tell_there_is_none(light: NDArray[np.float32]) -> None:
    found = find_shoulder([light])

    assert (found.stops, found.reason) == (0.0, "too little at the clip point to tell")


def test_no_frames_have_none() -> None:
    assert find_shoulder([]).stops == 0.0


def test_a_white_picture_is_cut() -> None:
    assert find_shoulder([np.ones((3, 32, 32), np.float32)]).reason == "highlights are cut"


def test_a_flat_sky_just_below_the_cut_is_no_roll_off() -> None:
    sky = np.linspace(0.7, 1.01, 360, dtype=np.float32)[:, None, None].repeat(640, 1).repeat(3, 2)

    assert find_shoulder([seen(sky, CLEAN_CUT)]).stops == 0.0
