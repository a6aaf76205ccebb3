"""The kinds of samples that are off by default: whites, HDR-SYNTH, local tone mapping, wrong decoding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hdrvid.scenes.camera import Variety
from hdrvid.scenes.curves import decode, encode
from hdrvid.training.bank import Bank
from hdrvid.training.samples import Sample, SampleStyle, draw_sample

CLEAN = Variety(roll_off=0.0, saturation=0.0, noise=0.0, ten_bit=0.0, jpeg=0.0, h264=0.0)
STYLE = SampleStyle(photos=0.0, variety=CLEAN)


def draw(bank: Bank, number: int, style: SampleStyle, size: int = 32) -> Sample:
    return draw_sample(bank, seed=0, number=number, size=size, style=style)


def test_the_code_is_what_the_file_has_and_the_source_its_decoding(bank: Bank) -> None:
    for number in range(8):
        sample = draw(bank, number, STYLE)
        encoding = sample.record[2].encoding

        np.testing.assert_allclose(decode(sample.code, encoding), sample.source, atol=1e-4)
        np.testing.assert_allclose(sample.code * 255, np.round(sample.code * 255), atol=0.02)


def test_whites_are_bright_and_do_not_clip(bank: Bank) -> None:
    style = replace(STYLE, whites=1.0, white_level=(0.9, 0.95))

    samples = [draw(bank, n, style) for n in range(20)]

    assert max((s.exposed >= 1).mean() for s in samples) < 0.005  # a tenth of a percent of the brightest may
    assert min(s.source.max() for s in samples) > 0.85


@pytest.mark.parametrize("number", range(4))
def test_the_four_exposures_take_turns(bank: Bank, number: int) -> None:
    stops = (-2.0, -1.0, 0.0, 1.0)
    style = replace(STYLE, exposures=stops, anchored=0.0)
    ranked = [draw_sample(bank, seed=1, number=n, size=64, style=style).truth.mean() for n in range(80)]

    means = [np.log2(np.mean(ranked[turn::4])) for turn in range(4)]

    assert np.argsort(means)[number] == number


def test_an_exposure_scales_light_of_mean_a_half(bank: Bank) -> None:
    def ratio(stops: float) -> float:
        style = replace(STYLE, exposures=(stops,), anchored=0.0, tries=1)
        return float(draw(bank, 3, style).truth.mean())

    assert ratio(1.0) / ratio(-2.0) == pytest.approx(8.0, rel=1e-4)


def test_wrong_decoding_changes_the_source_and_neither_code_nor_truth(bank: Bank) -> None:
    right, wrong = draw(bank, 5, STYLE), draw(bank, 5, replace(STYLE, misread=1.0))

    np.testing.assert_array_equal(right.code, wrong.code)
    np.testing.assert_array_equal(right.truth, wrong.truth)
    assert np.abs(right.source - wrong.source).max() > 0.005


def test_local_tone_mapping_is_drawn_and_undone_in_the_truth(bank: Bank) -> None:
    style = replace(STYLE, local=1.0, local_amount=0.6)

    pairs = [(draw(bank, n, STYLE, size=64), draw(bank, n, style, size=64)) for n in range(10)]

    assert any(np.abs(a.source - b.source).max() > 0.05 for a, b in pairs)
    for plain, local in pairs:
        shape = [np.log2(s.truth[s.truth.min(-1) > 0].mean(-1) + 1e-6) for s in (plain, local)]
        assert np.corrcoef(*shape)[0, 1] > 0.999  # one factor apart


def test_what_was_drawn_besides_the_camera_is_told(bank: Bank) -> None:
    drawn = draw(bank, 2, replace(STYLE, local=1.0, misread=1.0))

    assert drawn.effects["misread"] != drawn.record[2].encoding
    assert 0 <= float(drawn.effects["local"]) <= 0.4
    assert float(drawn.effects["scale"]) > 0
    assert set(draw(bank, 2, STYLE).effects) == {"scale"}


def test_effects_that_are_off_draw_nothing(bank: Bank) -> None:
    np.testing.assert_array_equal(
        draw(bank, 9, SampleStyle()).source, draw(bank, 9, SampleStyle(local=0.0, whites=0.0)).source
    )
    assert encode(draw(bank, 9, SampleStyle()).source, "srgb").max() <= 1.0
