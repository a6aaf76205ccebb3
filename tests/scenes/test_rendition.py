from __future__ import annotations

import numpy as np
import pytest

from hdrvid.scenes.camera import Settings, photograph
from hdrvid.scenes.curves import ENCODINGS, Encoding, encode
from hdrvid.scenes.panorama import luminance
from hdrvid.scenes.rendition import box_blur, local_gain, misread, other_encoding, without_gain


def halves(dark: float = 0.05, bright: float = 0.8) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    picture = np.full((64, 64, 3), dark, np.float32)
    picture[:, 32:] = bright
    return picture


def test_a_blur_keeps_what_is_flat_and_the_mean() -> None:
    plane = np.random.default_rng(0).random((32, 40)).astype(np.float32)

    np.testing.assert_allclose(box_blur(np.full((8, 9), 3.0, np.float32), 2), 3.0, rtol=1e-6)
    assert box_blur(plane, 3).mean() == pytest.approx(plane.mean(), abs=0.02)
    assert box_blur(plane, 3).std() < 0.4 * plane.std()


def test_local_tone_mapping_lifts_shadows_and_lowers_lights() -> None:
    gain = local_gain(halves(), amount=0.5, radius=8)

    assert gain.shape == (64, 64, 1)
    assert gain[:, :8].min() > 1.5
    assert gain[:, -8:].max() < 0.7


def test_local_tone_mapping_narrows_the_range_by_its_amount() -> None:
    light = halves()

    mapped = light * local_gain(light, amount=0.5, radius=4)

    before, after = (np.log2(luminance(p)[0, -1] / luminance(p)[0, 0]) for p in (light, mapped))
    assert after == pytest.approx(0.5 * before, abs=0.02)


def test_detail_passes_through_local_tone_mapping() -> None:
    light = halves(0.2, 0.2)
    light[::2] *= 1.5

    mapped = light * local_gain(light, amount=0.8, radius=8)

    assert mapped[32, 5, 0] / mapped[33, 5, 0] == pytest.approx(1.5, rel=0.02)


def test_no_amount_is_no_change() -> None:
    np.testing.assert_array_equal(local_gain(halves(), amount=0.0, radius=4), 1.0)


def test_the_truth_of_a_locally_mapped_picture_is_the_scene() -> None:
    light = halves()
    gain = local_gain(light, amount=0.4, radius=4)
    photo = photograph(light * gain, Settings(), scale=1.0, rng=np.random.default_rng(0))

    truth = without_gain(photo, gain).truth

    assert truth[0, -1, 0] / truth[0, 0, 0] == pytest.approx(0.8 / 0.05, rel=1e-4)
    well = photo.source > 0.02
    assert np.median(photo.source[well] / truth[well]) == pytest.approx(1.0, abs=0.35)


def test_a_black_picture_has_a_truth() -> None:
    photo = photograph(np.zeros((8, 8, 3), np.float32), Settings(), scale=1.0, rng=np.random.default_rng(0))

    assert np.isfinite(without_gain(photo, np.ones((8, 8, 1), np.float32)).truth).all()


@pytest.mark.parametrize("written", ENCODINGS)
def test_the_right_curve_reads_what_was_written(written: Encoding) -> None:
    source = np.linspace(0, 1, 30, dtype=np.float32).reshape(2, 5, 3)

    np.testing.assert_allclose(misread(source, written=written, read=written), source, atol=1e-4)


def test_the_wrong_curve_bends_the_mid_tones_and_keeps_the_ends() -> None:
    source = np.array([[[0.0, 0.2, 1.0]]], np.float32)

    read = misread(source, written="bt709", read="gamma2.4")

    assert read[0, 0, 0] == 0.0
    assert read[0, 0, 2] == 1.0
    assert read[0, 0, 1] == pytest.approx(float(encode(0.2, "bt709")) ** 2.4, abs=1e-5)
    assert abs(float(read[0, 0, 1]) - 0.2) > 0.02


def test_the_other_curve_is_never_the_one_that_was_written() -> None:
    rng = np.random.default_rng(0)

    drawn = {other_encoding("srgb", rng) for _ in range(60)}

    assert drawn == set(ENCODINGS) - {"srgb"}
