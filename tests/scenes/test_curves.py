from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.scenes.curves import CLEAN_CUT, ENCODINGS, Encoding, ToneCurve, decode, encode

curves = st.builds(
    ToneCurve,
    contrast=st.floats(0.8, 1.3),
    knee=st.floats(0.25, 0.8),
    slope=st.floats(0.5, 1.0),
    shape=st.floats(0.5, 32),
    white=st.just(math.inf) | st.floats(1.3, 32),
)


@pytest.mark.parametrize(
    ("encoding", "light", "code"),
    [
        pytest.param("srgb", 0.21404, 0.5, id="sRGB, IEC 61966-2-1"),
        pytest.param("bt709", 0.018, 0.081, id="BT.709 at the bend"),
        pytest.param("bt709", 0.5, 1.099 * 0.5**0.45 - 0.099, id="BT.709"),
        pytest.param("gamma2.2", 0.25, 0.25 ** (1 / 2.2), id="gamma 2.2"),
        pytest.param("gamma2.4", 0.25, 0.25 ** (1 / 2.4), id="gamma 2.4"),
    ],
)
def test_encodings_are_the_standards(encoding: Encoding, light: float, code: float) -> None:
    assert float(encode(light, encoding)) == pytest.approx(code, abs=1e-5)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_decoding_inverts_encoding(encoding: Encoding) -> None:
    light = np.linspace(0, 1, 257, dtype=np.float32)

    np.testing.assert_allclose(decode(encode(light, encoding), encoding), light, atol=2e-6)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_light_outside_the_display_is_clipped_before_encoding(encoding: Encoding) -> None:
    assert encode([-1.0, 5.0], encoding).tolist() == pytest.approx([0.0, 1.0])


def test_a_clean_cut_changes_nothing_below_the_clip_point() -> None:
    light = np.array([0.0, 0.3, 1.0, 40.0], np.float32)

    assert CLEAN_CUT(light).tolist() == pytest.approx([0.0, 0.3, 1.0, 1.0])
    assert (CLEAN_CUT.clip_light, CLEAN_CUT.shoulder) == pytest.approx((1.0, 0.0))


def test_a_roll_off_begins_at_its_knee_and_tends_to_one() -> None:
    curve = ToneCurve(knee=0.5, shape=1000)

    light = curve(np.array([0.5, 1.0, 200.0], np.float32))

    assert light.tolist() == pytest.approx([0.5, 0.5 + 0.5 * (1 - np.exp(-1)), 1.0], abs=2e-3)


def test_a_roll_off_with_a_white_is_cut_there() -> None:
    curve = ToneCurve(knee=0.5, shape=4.0, white=4.0)

    light = curve(np.array([3.9, 4.0, 60.0], np.float32))

    assert light[0] < 1
    assert light[1:].tolist() == pytest.approx([1.0, 1.0])


def test_contrast_turns_about_mid_grey() -> None:
    steep = ToneCurve(contrast=1.3)

    assert steep(np.array([0.18], np.float32))[0] == pytest.approx(0.18)
    assert steep(np.array([0.09], np.float32))[0] < 0.09


@given(curves)
def test_every_curve_rises_and_stays_within_the_display(curve: ToneCurve) -> None:
    light = np.exp2(np.linspace(-10, 8, 200)).astype(np.float32)

    display = curve(light)

    assert (np.diff(display) >= -1e-6).all()
    assert display.min() >= 0
    assert display.max() <= 1


@given(curves, st.floats(0.05, 0.95))
def test_a_curve_is_inverted_to_within_a_hundredth_of_a_stop(curve: ToneCurve, display: float) -> None:
    light = curve.light_at(display)

    assert float(curve(np.array([light], np.float32))[0]) == pytest.approx(display, rel=0.01)


def test_the_shoulder_is_what_plain_decoding_misses_at_code_250() -> None:
    curve = ToneCurve(knee=0.5, shape=1000)  # straight below the knee: nothing to align
    display = ((250 / 255 + 0.055) / 1.055) ** 2.4
    light = 0.5 - 0.5 * np.log(1 - (display - 0.5) / 0.5)

    assert curve.alignment == pytest.approx(1.0)
    assert curve.shoulder == pytest.approx(np.log2(light / display), abs=0.01)


def test_slower_roll_offs_have_higher_shoulders() -> None:
    shoulders = [ToneCurve(knee=0.5, shape=shape).shoulder for shape in (32.0, 4.0, 1.0)]

    assert shoulders == sorted(shoulders)
    assert shoulders[0] > 0.5
