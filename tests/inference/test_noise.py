"""Noise is taken out of the plate where a job asks for it, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrvid.errors import WeightsError
from hdrvid.inference import FillSettings, Machine, NetworkExpander, Response, check_parts
from hdrvid.inference.noise import without_noise
from hdrvid.inference.space import NetworkSpace
from hdrvid.model import build_generator, srgb_decode, srgb_encode
from hdrvid.model.noise import NOISE_MULTIPLE
from tests.inference.stand_in import IDENTITY, ConstantGenerator, frame_of, window
from tests.model.test_noise import ALONE, restless

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)


class Brighter(ConstantGenerator):
    """A network that adds the same to every code."""

    step = 0.01

    def __init__(self) -> None:
        super().__init__(1.0, parts=("C", "L", "noise"))
        self.levels: list[float] = []

    def noise(self, code: Tensor, level: Tensor) -> Tensor:
        self.levels.append(float(level))
        return torch.full_like(code, self.step)


def expanded(settings: FillSettings) -> NDArray[np.float32]:
    expander = NetworkExpander(Brighter(), machine=CPU, space=IDENTITY, settings=settings)
    return expander.expand([frame_of(window())])[0].pixels


@pytest.mark.parametrize(
    ("grain", "linearise", "is_left"),
    [
        ("auto", "ocio", True),
        ("keep", "ocio", True),
        ("remove", "ocio", False),
        ("auto", "learned", False),
        ("keep", "learned", True),
        ("remove", "learned", False),
    ],
)
def test_the_plate_changes_only_where_it_is_asked_for(grain: str, linearise: str, *, is_left: bool) -> None:
    dark = window()[:, -1, 5]
    response = Response((0.0,) * 33) if linearise == "learned" else None

    found = expanded(FillSettings(grain=grain, linearise=linearise, response=response))[:, -1, 5]

    if is_left:
        assert found.tobytes() == dark.tobytes()
    else:
        wanted = srgb_decode(srgb_encode(torch.from_numpy(dark)) + Brighter.step)
        assert found == pytest.approx(wanted.numpy(), rel=1e-5)


def test_what_clipped_is_left_to_the_bit() -> None:
    frame = frame_of(window())
    clean = without_noise(Brighter(), machine=CPU, space=IDENTITY, clip_point=1.0)(frame)
    clipped = (frame.pixels >= 1.0).all(axis=0)

    assert clipped.any()
    assert clean.pixels[:, clipped].tobytes() == frame.pixels[:, clipped].tobytes()


def test_bands_of_a_large_picture_meet_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = build_generator(ALONE)
    generator.noise_net = restless()
    pixels = np.random.default_rng(0).uniform(0, 0.8, (3, 203, 61)).astype(np.float32)
    clean = without_noise(generator, machine=CPU, space=IDENTITY, clip_point=1.0)

    whole = clean(frame_of(pixels)).pixels
    monkeypatch.setattr("hdrvid.inference.noise._PIXELS", 61 * 16 * NOISE_MULTIPLE)
    banded = clean(frame_of(pixels)).pixels

    assert np.abs(whole - pixels).max() > 1e-3
    assert np.abs(banded - whole).max() < 1e-6


def test_the_network_is_told_how_strong_the_noise_of_the_whole_frame_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hdrvid.inference.noise._PIXELS", 128 * 64)
    grain = np.random.default_rng(0).standard_normal((1, 256, 128)).repeat(3, 0)
    code = (0.5 + 0.02 * grain).astype(np.float32)
    code[:, :60] = np.random.default_rng(1).uniform(0.1, 0.8, (60, 128))  # cloth, in the first band alone
    network = Brighter()

    light = srgb_decode(torch.from_numpy(code)).numpy()
    without_noise(network, machine=CPU, space=IDENTITY, clip_point=1.0)(frame_of(light))

    assert len(network.levels) == 4
    assert len(set(network.levels)) == 1
    assert network.levels[0] == pytest.approx(0.018, abs=0.003)


@pytest.mark.parametrize("strength", [0.0, 0.02])
def test_no_code_changes_by_more_than_the_calm_parts_of_the_frame_allow(
    strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Brighter, "step", -0.4)  # what cloth taken for noise may come to
    grain = np.random.default_rng(0).standard_normal((1, 128, 128)).repeat(3, 0)
    code = (0.6 + strength * grain).astype(np.float32)
    light = srgb_decode(torch.from_numpy(code)).numpy()

    clean = without_noise(Brighter(), machine=CPU, space=IDENTITY, clip_point=1.0)(frame_of(light)).pixels

    changed = (srgb_encode(torch.from_numpy(clean)) - torch.from_numpy(code)).abs() * 255
    assert changed.min() > 4.0 - 1e-3
    assert changed.max() < 4.0 + 3 * 255 * strength + 1e-3


def test_a_broken_pixel_stays_one_and_the_level_is_that_of_the_others() -> None:
    generator = build_generator(ALONE)
    generator.noise_net = restless()
    clean = without_noise(generator, machine=CPU, space=IDENTITY, clip_point=1.0)
    pixels = np.random.default_rng(0).uniform(0.1, 0.6, (3, 64, 64)).astype(np.float32)
    whole = clean(frame_of(pixels)).pixels
    pixels[1, 33, 30], pixels[0, 5, 5] = np.nan, np.inf

    found = clean(frame_of(pixels)).pixels

    assert np.isnan(found[1, 33, 30])
    assert found[0, 5, 5] == np.inf
    assert np.isfinite(found).sum() == found.size - 2
    assert not np.array_equal(found[:, 60:, 60:], pixels[:, 60:, 60:])
    assert np.abs(found - whole)[:, 60:, 60:].max() < 0.05


def test_light_out_of_gamut_and_above_white_keeps_its_place() -> None:
    pixels = np.array([-0.25, 0.2, 3.0], np.float32)[:, None, None].repeat(8, 1).repeat(8, 2)
    space = NetworkSpace(from_output=2.0 * np.eye(3), to_output=0.5 * np.eye(3))

    clean = without_noise(Brighter(), machine=CPU, space=space, clip_point=2.0)(frame_of(pixels)).pixels

    assert np.array_equal(clean[2], pixels[2])
    assert clean[0].max() < 0
    assert clean[1].min() > pixels[1].max()


def test_weights_without_the_part_keep_noise_unless_its_removal_was_asked_for() -> None:
    poor = ConstantGenerator(1.0, parts=("C", "L"))
    settings = FillSettings(linearise="learned", response=Response((0.0,) * 33))
    frame = frame_of(window())

    [kept] = NetworkExpander(poor, machine=CPU, space=IDENTITY, settings=settings).expand([frame])

    assert np.abs(kept.pixels[:, -1] - frame.pixels[:, -1]).max() < 1e-6
    with pytest.raises(WeightsError, match="option --grain: these weights have no network that knows noise"):
        check_parts(poor, FillSettings(grain="remove"))
