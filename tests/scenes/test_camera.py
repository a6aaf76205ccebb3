from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hdrvid.scenes.camera import (
    SHOULDER_RANGE,
    Settings,
    Variety,
    balanced,
    compressed,
    draw_curve,
    draw_settings,
    exposure,
    graded,
    noisy,
    photograph,
    quantised,
    saturated,
)
from hdrvid.scenes.curves import CLEAN_CUT, ToneCurve
from hdrvid.scenes.panorama import Pixels, luminance

EVERYTHING = Variety(roll_off=1, contrast=1, saturation=1, noise=1, ten_bit=0, jpeg=1, h264=0)
NOTHING = Variety(roll_off=0, contrast=0, saturation=0, noise=0, ten_bit=0, jpeg=0, h264=0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def light(height: int = 32, width: int = 48) -> Pixels:
    """Return light over eight stops, in colour."""
    return np.exp2(rng().uniform(-5, 3, (height, width, 3))).astype(np.float32)


def test_white_balance_scales_channels() -> None:
    assert balanced(np.ones((1, 1, 3), np.float32), (2.0, 1.0, 0.5))[0, 0].tolist() == [2.0, 1.0, 0.5]


def test_saturation_keeps_luminance() -> None:
    picture = light()

    np.testing.assert_allclose(luminance(saturated(picture, 0.6)), luminance(picture), rtol=1e-4)


def test_no_saturation_is_grey_and_full_saturation_is_the_picture() -> None:
    picture = light()

    assert np.ptp(saturated(picture, 0.0), axis=-1).max() < 1e-5
    assert saturated(picture, 1.0) is picture


def test_more_saturation_never_makes_negative_light() -> None:
    assert saturated(np.array([[[9.0, 0.0, 0.0]]], np.float32), 1.2).min() == 0


@pytest.mark.parametrize("share", [0.01, 0.08, 0.25])
def test_the_exposure_clips_the_share_that_was_asked_for(share: float) -> None:
    picture = light(100, 100)
    settings = Settings(clipped_share=share)

    exposed = picture * exposure(picture, settings)

    assert (exposed.max(-1) >= 1).mean() == pytest.approx(share, abs=0.002)


def test_a_rolled_off_exposure_puts_the_share_at_code_250() -> None:
    picture, settings = light(100, 100), Settings(clipped_share=0.1, curve=ToneCurve(knee=0.4), bits=10)

    photo = photograph(picture, settings, scale=exposure(picture, settings), rng=rng())

    assert (photo.source.max(-1) >= 0.955).mean() == pytest.approx(0.1, abs=0.01)


def test_black_has_an_exposure() -> None:
    assert np.isfinite(exposure(np.zeros((4, 4, 3), np.float32), Settings()))


def test_noise_has_the_variance_of_shots_and_reading() -> None:
    flat = np.full((200, 200, 3), 0.5, np.float32)

    grain = noisy(flat, 1e-3, rng()) - flat

    assert grain.var() == pytest.approx(1e-3 * 0.5 + 0.1 * 1e-6, rel=0.02)
    assert abs(grain.mean()) < 1e-3


def test_coarse_noise_has_the_same_variance_and_is_shared_by_neighbours() -> None:
    flat = np.full((200, 200, 3), 0.5, np.float32)

    fine, coarse = (noisy(flat, 1e-3, rng(), grain=grain) - flat for grain in (0.0, 1.0))

    assert coarse.var() == pytest.approx(fine.var(), rel=0.05)
    shared = [np.corrcoef(each[1:].ravel(), each[:-1].ravel())[0, 1] for each in (fine, coarse)]
    assert abs(shared[0]) < 0.02
    assert shared[1] > 0.5


def test_no_noise_is_the_light_itself() -> None:
    picture = light()

    assert noisy(picture, 0.0, rng()) is picture


def test_noise_never_makes_negative_light() -> None:
    assert noisy(np.zeros((50, 50, 3), np.float32), 5e-3, rng()).min() == 0


@pytest.mark.parametrize("bits", [8, 10])
def test_codes_are_rounded_to_their_bits(bits: int) -> None:
    codes = quantised(np.linspace(0, 1, 9999, dtype=np.float32), bits)

    assert len(np.unique(codes)) == 2**bits


@pytest.mark.parametrize(
    ("settings", "loses"),
    [
        pytest.param(Settings(), False, id="none"),
        pytest.param(Settings(compression="jpeg", quality=70), True, id="jpeg"),
        pytest.param(Settings(compression="h264", quality=28), True, id="h264"),
    ],
)
def test_compression_is_what_the_settings_say(settings: Settings, loses: bool) -> None:
    codes = quantised(rng().random((32, 32, 3), np.float32), 8)

    assert bool(np.abs(compressed(codes, settings) - codes).max() > 0.01) is loses


def test_a_clean_photograph_is_the_light_cut_at_one() -> None:
    picture = light()

    photo = photograph(picture, Settings(), scale=1.0, rng=rng())

    assert photo.source.max() <= 1
    np.testing.assert_allclose(photo.source, np.minimum(picture, 1), atol=0.006)
    np.testing.assert_array_equal(photo.truth, picture)
    np.testing.assert_array_equal(photo.exposed, picture)


@pytest.mark.parametrize("encoding", ["srgb", "bt709", "gamma2.2", "gamma2.4"])
def test_the_reader_decodes_with_the_curve_of_the_encoding(encoding: str) -> None:
    picture = light()

    photo = photograph(picture, Settings(encoding=encoding), scale=1.0, rng=rng())  # type: ignore[arg-type]

    np.testing.assert_allclose(photo.source, np.minimum(picture, 1), atol=0.006)


def test_the_truth_of_a_bent_curve_agrees_with_the_source_in_the_mid_tones() -> None:
    picture = light(100, 100) * 0.3
    settings = Settings(curve=ToneCurve(contrast=1.2, knee=0.7))

    photo = photograph(picture, settings, scale=1.0, rng=rng())

    well = (photo.source > 0.05) & (photo.source < 0.6)
    assert np.median(np.log2(photo.truth[well] / photo.source[well])) == pytest.approx(0, abs=0.25)


def test_what_is_told_of_a_shoulder_is_in_the_picture() -> None:
    ramp = np.exp2(np.linspace(-3, 5, 4000, dtype=np.float32))[None, :, None].repeat(3, 2)
    curve = ToneCurve(knee=0.5, shape=4.0)

    photo = photograph(ramp, Settings(curve=curve, bits=10), scale=1.0, rng=rng())

    at_250 = np.abs(photo.source[0, :, 0] - 0.9559).argmin()
    assert np.log2(photo.truth / photo.source)[0, at_250, 0] == pytest.approx(curve.shoulder, abs=0.1)


def test_the_same_draw_is_the_same_camera() -> None:
    assert draw_settings(rng(5), Variety()) == draw_settings(rng(5), Variety())
    assert draw_settings(rng(5), Variety()) != draw_settings(rng(6), Variety())


def test_without_variety_only_grade_exposure_and_encoding_are_drawn() -> None:
    drawn = [draw_settings(rng(seed), NOTHING) for seed in range(20)]

    plain = {(s.saturation, s.noise, s.curve, s.bits, s.compression) for s in drawn}
    assert plain == {(1.0, 0.0, CLEAN_CUT, 8, "none")}


def test_with_every_effect_each_is_drawn() -> None:
    drawn = [draw_settings(rng(seed), EVERYTHING) for seed in range(10)]

    assert all(s.noise > 0 and s.curve.knee < 1 and s.compression == "jpeg" for s in drawn)
    assert all(60 <= s.quality <= 96 and 0.005 <= s.clipped_share <= 0.25 for s in drawn)


def test_video_compression_is_drawn_within_its_range() -> None:
    drawn = [draw_settings(rng(seed), replace(NOTHING, h264=1.0)) for seed in range(20)]

    assert {s.compression for s in drawn} == {"h264"}
    assert all(18 <= s.quality <= 30 for s in drawn)


def test_drawn_shoulders_are_within_the_range_that_the_network_is_told() -> None:
    shoulders = [draw_curve(rng(seed), EVERYTHING).shoulder for seed in range(50)]

    assert min(shoulders) >= SHOULDER_RANGE[0]
    assert max(shoulders) <= SHOULDER_RANGE[1]
    assert max(shoulders) - min(shoulders) > 1.5


def test_grading_balances_first_and_saturates_second() -> None:
    picture, settings = light(), Settings(balance=(1.2, 1.0, 0.9), saturation=0.8)

    np.testing.assert_array_equal(
        graded(picture, settings), saturated(balanced(picture, (1.2, 1.0, 0.9)), 0.8)
    )


def test_the_same_generator_takes_the_same_picture() -> None:
    picture, settings = light(), Settings(noise=1e-3)

    first, again, other = (photograph(picture, settings, scale=1.0, rng=rng(seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first.source, again.source)
    assert not np.array_equal(first.source, other.source)


def test_the_truth_has_no_noise() -> None:
    picture = light()

    photo = photograph(picture, Settings(noise=5e-3), scale=2.0, rng=rng())

    np.testing.assert_array_equal(photo.truth, picture * 2)


def test_ten_bits_are_nearer_to_the_light_than_eight() -> None:
    picture = light() * 0.1

    errors = [
        np.abs(
            photograph(picture, Settings(bits=bits), scale=1.0, rng=rng()).source - np.minimum(picture, 1)
        ).mean()
        for bits in (8, 10)
    ]

    assert errors[1] < 0.4 * errors[0]


def test_compression_blurs_the_edge_of_the_clip() -> None:
    picture = np.full((32, 32, 3), 0.2, np.float32)
    picture[5:27, 5:27] = 5.0

    clean, lossy = (
        photograph(picture, settings, scale=1.0, rng=rng()).source
        for settings in (Settings(), Settings(compression="jpeg", quality=60))
    )

    assert (clean[5:27, 5:27] > 0.9999).all()
    assert (lossy[5:27, 5:27] < 0.99).any()


def test_shares_of_effects_are_those_of_the_variety() -> None:
    variety = Variety(roll_off=0.5, noise=0.25, jpeg=0.4, h264=0.2, ten_bit=1.0)

    drawn = [draw_settings(rng(seed), variety) for seed in range(400)]

    def share(found: list[bool]) -> float:
        return float(np.mean(found))

    assert share([s.curve.knee < 1 for s in drawn]) == pytest.approx(0.5, abs=0.1)
    assert share([s.noise > 0 for s in drawn]) == pytest.approx(0.25, abs=0.1)
    assert share([s.compression == "jpeg" for s in drawn]) == pytest.approx(0.4, abs=0.1)
    assert share([s.compression == "h264" for s in drawn]) == pytest.approx(0.2, abs=0.1)
    assert share([s.bits == 10 for s in drawn]) == pytest.approx(0.4, abs=0.1)
    assert len({s.encoding for s in drawn}) == 4


def test_exposures_are_spread_evenly_in_logarithm() -> None:
    shares = [draw_settings(rng(seed), NOTHING).clipped_share for seed in range(400)]

    assert np.median(shares) == pytest.approx(np.sqrt(0.005 * 0.25), rel=0.25)
