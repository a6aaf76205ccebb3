from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hdrvid.scenes.camera import Variety
from hdrvid.scenes.curves import CLEAN_CUT, ToneCurve, encode
from hdrvid.scenes.panorama import Pixels
from hdrvid.training.bank import Bank
from hdrvid.training.samples import PHOTO_GAIN, Sample, SampleStyle, collate, draw_sample, told_shoulder

STYLE = SampleStyle()
ROLLED = SampleStyle(variety=Variety(roll_off=1.0), photos=0.0)
CLEAN = SampleStyle(variety=Variety(roll_off=0.0, noise=0.0, jpeg=0.0, h264=0.0, ten_bit=1.0), photos=0.0)


def draw(bank: Bank, number: int, style: SampleStyle = STYLE, size: int = 32) -> Sample:
    return draw_sample(bank, seed=0, number=number, size=size, style=style)


def test_a_sample_depends_on_its_seed_and_number_alone(bank: Bank) -> None:
    first, again, other = draw(bank, 3), draw(bank, 3), draw(bank, 4)

    assert first.record == again.record
    np.testing.assert_array_equal(first.source, again.source)
    assert first.record != other.record


@pytest.mark.parametrize("size", [16, 48, 128])
def test_a_sample_has_the_size_that_was_asked_for(bank: Bank, size: int) -> None:
    sample = draw(bank, 0, size=size)

    assert sample.source.shape == sample.truth.shape == sample.exposed.shape == (size, size, 3)
    assert sample.known.shape == (size, size, 1)


def test_sources_are_sdr_and_truths_are_finite_light(bank: Bank) -> None:
    samples = [draw(bank, n) for n in range(30)]

    assert all(s.source.min() >= 0 and s.source.max() <= 1 + 1e-5 for s in samples)
    assert all(np.isfinite(s.truth).all() and s.truth.min() >= 0 for s in samples)
    assert max(float(s.truth.max()) for s in samples) > 4


def test_most_samples_have_highlights_and_are_not_all_highlight(bank: Bank) -> None:
    shares = [(draw(bank, n).source.max(-1) > 0.95).mean() for n in range(60)]

    assert np.mean([0.001 < share < 0.9 for share in shares]) > 0.7


def test_held_out_scenes_are_never_drawn(bank: Bank) -> None:
    groups = {draw(bank, n).record[0] for n in range(80)}

    assert groups == {"scene/lamp", "scene/window", "scene/dusk_puresky", "photo/leaves"}


def test_photographs_are_exposed_up_and_their_own_highlights_are_unknown(bank: Bank) -> None:
    only_photos = replace(STYLE, photos=1.0)

    samples = [draw(bank, n, only_photos, size=64) for n in range(30)]

    assert {s.record[0] for s in samples} == {"photo/leaves"}
    assert any((s.known == 0).any() for s in samples)
    assert (
        max(float((s.truth * s.known).max()) for s in samples) < PHOTO_GAIN[1] * 2.5
    )  # white balance is on top
    unknown = [s.source[s.known[..., 0] == 0].max() for s in samples if (s.known == 0).any()]
    assert min(unknown) > 0.5


def test_clean_samples_agree_with_their_light_below_the_clip_point(bank: Bank) -> None:
    sample = draw(bank, 1, CLEAN)

    below = sample.exposed < 0.95
    np.testing.assert_allclose(sample.source[below], sample.exposed[below], atol=0.01)
    assert sample.shoulder == 0.0


def test_over_exposure_is_measured_at_the_top_of_the_curve(bank: Bank) -> None:
    for number in range(10):
        sample = draw(
            bank, number, replace(ROLLED, variety=Variety(roll_off=1.0, noise=0.0, jpeg=0.0, h264=0.0))
        )

        bright = sample.exposed >= 1.05
        assert sample.source[bright].min(initial=1.0) >= 0.94


def test_the_network_is_told_the_shoulder_with_an_error() -> None:
    curve = ToneCurve(knee=0.4, shape=2.0)

    told = [told_shoulder(curve, np.random.default_rng(seed)) for seed in range(200)]

    assert np.mean(told) == pytest.approx(curve.shoulder, abs=0.05)
    assert np.std(told) == pytest.approx(0.15, abs=0.03)


@pytest.mark.parametrize("local", [0.0, 1.0])
def test_codes_without_noise_are_what_a_clean_camera_would_have_written(bank: Bank, local: float) -> None:
    noisy = replace(CLEAN, variety=replace(CLEAN.variety, noise=1.0), local=local, photos=0.0)
    sample = draw(bank, 1, noisy)

    off = np.abs(sample.clean - sample.code)
    assert 0.0 < off.mean() < 0.05
    if not local:  # the light under a local tone mapping is another
        np.testing.assert_allclose(srgb_like(sample), sample.clean, atol=1e-5)


def test_cloth_is_in_the_light_and_not_in_the_noise(bank: Bank) -> None:
    bare, hung = (draw(bank, 2, replace(CLEAN, cloth=share)) for share in (0.0, 1.0))

    assert np.abs(np.log2(hung.truth.clip(1e-4)) - np.log2(bare.truth.clip(1e-4))).max() > 0.05
    assert np.abs(hung.clean - hung.code).max() < 0.01


def srgb_like(sample: Sample) -> Pixels:
    """Encode the light that a sample's camera saw, as its curve and encoding have it."""
    settings = sample.record[2]
    return encode(settings.curve(sample.exposed * np.float32(settings.curve.clip_light)), settings.encoding)


def test_a_clean_cut_is_told_exactly() -> None:
    assert told_shoulder(CLEAN_CUT, np.random.default_rng(0)) == 0.0


def test_a_batch_is_channels_first(bank: Bank) -> None:
    samples = [draw(bank, n) for n in range(3)]

    batch = collate(samples)

    assert batch.source.shape == batch.truth.shape == batch.exposed.shape == (3, 3, 32, 32)
    assert batch.known.shape == (3, 1, 32, 32)
    assert batch.shoulder.tolist() == pytest.approx([s.shoulder for s in samples])
    assert torch.equal(batch.source[1, 2], torch.from_numpy(samples[1].source[..., 2].copy()))


def test_without_photographs_only_scenes_are_drawn(bank: Bank) -> None:
    scenes_only = replace(bank, groups={n: g for n, g in bank.groups.items() if not n.startswith("photo/")})

    sample = draw_sample(scenes_only, seed=0, number=0, size=32, style=replace(STYLE, photos=1.0))

    assert sample.record[0].startswith("scene/")


def test_every_view_of_a_group_is_drawn(bank: Bank) -> None:
    drawn = {(s.record[0], s.record[1] % 3) for s in (draw(bank, n, size=16) for n in range(120))}

    assert {(f"scene/{name}", view) for name in ("lamp", "window") for view in range(3)} <= drawn


def test_crops_about_a_highlight_have_more_of_it(bank: Bank) -> None:
    def mean_share(anchored: float) -> float:
        style = replace(CLEAN, anchored=anchored, tries=1)
        return float(np.mean([(draw(bank, n, style).exposed.max(-1) >= 1).mean() for n in range(60)]))

    assert mean_share(1.0) > 1.2 * mean_share(0.0)


def test_smooth_crops_have_less_detail(bank: Bank) -> None:
    def detail(step: tuple[float, float]) -> float:
        style = replace(CLEAN, smooth=1.0, smooth_step=step, blur=0.0)
        pictures = [draw(bank, n, style, size=64).truth for n in range(20)]
        return float(np.mean([np.abs(np.diff(np.log2(p + 1e-3), axis=1)).mean() for p in pictures]))

    assert detail((0.3, 0.4)) < 0.7 * detail((1.4, 1.5))


def test_the_record_says_what_was_done(bank: Bank) -> None:
    sample = draw(bank, 5, ROLLED)
    group, _, settings = sample.record

    assert group in bank.groups
    assert settings.curve.knee < 1
    assert sample.shoulder == pytest.approx(settings.curve.shoulder, abs=0.6)


def test_light_without_detail_is_photographed_as_scenes_are(bank: Bank) -> None:
    samples = [draw(bank, n, replace(STYLE, shapes=1.0)) for n in range(20)]

    assert {s.record[0] for s in samples} == {"shape"}
    assert all((s.known == 1).all() for s in samples)
    assert np.mean([(s.exposed >= 1).any() for s in samples]) > 0.9
    assert np.mean([s.source.max() > 0.95 for s in samples]) > 0.8
