"""What is kept of simulated pictures is enough to tell their cameras apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch

from hdrvid.errors import DatasetError
from hdrvid.model import load_generator
from hdrvid.model.response import KNOTS, ResponseNet, read_curve, weighted_median
from hdrvid.scenes.camera import Settings, unknown_camera
from hdrvid.scenes.curves import ToneCurve
from hdrvid.scenes.panorama import Pixels
from hdrvid.training.response_fit import (
    FitSettings,
    fitted,
    held_out,
    lessons,
    main,
    mixed,
    well_exposed_error,
)
from hdrvid.training.responses import (
    Kept,
    another_scene,
    photo_light,
    response_of,
    simulate,
    simulated,
    simulated_phone,
)


def scene(seed: int = 0) -> Pixels:
    """Make smooth light of several stops, `(96, 128, 3)`."""
    rng = np.random.default_rng(seed)
    coarse = np.exp2(rng.normal(-1.0, 1.5, (8, 10, 1))).astype(np.float32).repeat(3, -1)
    return np.asarray(
        coarse.repeat(12, 0).repeat(13, 1)[:96, :128] * rng.uniform(0.9, 1.1, (96, 128, 1)), np.float32
    )


def many(contrasts: list[float], count: int, *, seed: int) -> Kept:
    rng = np.random.default_rng(seed)
    cameras = [
        Settings(noise=1e-4, curve=ToneCurve(contrast=contrasts[n % len(contrasts)])) for n in range(count)
    ]
    return Kept.joined([simulated(scene(seed + n), camera, rng) for n, camera in enumerate(cameras)])


def test_the_response_of_a_camera_is_what_its_pictures_are_off_by() -> None:
    settings = Settings(noise=1e-5, curve=ToneCurve(contrast=1.3), encoding="bt709")

    kept = simulated(scene(), settings, np.random.default_rng(0))

    well = kept.share[0] > 0.01
    codes = torch.linspace(0, 1, kept.share.shape[1])[None]
    wanted = read_curve(torch.from_numpy(kept.curve), codes)[0].numpy()[well]
    difference = kept.off[0][well] - wanted
    assert kept.curve.shape == (1, KNOTS)
    assert np.abs(difference - np.median(difference)).max() < 0.06


def test_a_clean_camera_has_no_response() -> None:
    assert np.abs(response_of(Settings())).max() < 0.02


def test_another_scene_is_still_light_and_another() -> None:
    light = scene()
    others = [another_scene(light, np.random.default_rng(seed)) for seed in range(8)]

    assert all(np.isfinite(other).all() and (other >= 0).all() for other in others)
    assert len({float(other.mean()) for other in others}) > 3


def test_what_is_kept_comes_back_from_the_disk(tmp_path: Path) -> None:
    kept = many([1.0], 2, seed=0)
    kept.save(tmp_path / "train.0.npz")

    both = Kept.load([tmp_path / "train.0.npz"] * 2)

    assert len(both) == 4
    assert np.array_equal(both.sums[2:], kept.sums)


def test_the_same_call_simulates_the_same_pictures(panorama: Path) -> None:
    runs = [list(simulate([panorama], [], pictures=4, seed=4, phones=0.5)) for _ in range(2)]

    assert all(np.array_equal(a.sums, b.sums) for a, b in zip(*runs, strict=True))
    assert not np.array_equal(runs[0][0].sums, runs[0][2].sums)


@pytest.mark.parametrize("size", [(60, 90), (512, 384), (900, 1400)])
def test_a_photograph_is_mixed_anew(size: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).uniform(0, 1, (*size, 3)).astype(np.float32)

    light = photo_light(photo, np.random.default_rng(1))

    assert light.shape[0] % 2 == light.shape[1] % 2 == 0
    assert light.shape[0] <= 360
    assert light.shape[1] <= 640
    assert np.abs(np.diff(light, axis=1)).mean() < np.abs(np.diff(photo, axis=1)).mean()


def test_unknown_cameras_differ() -> None:
    rng = np.random.default_rng(0)

    assert len({replace(unknown_camera(rng), noise=0.0) for _ in range(8)}) == 8


def test_a_fit_tells_cameras_of_new_scenes_apart() -> None:
    torch.set_num_threads(1)
    net = fitted(many([0.8, 1.25], 64, seed=0), None, FitSettings(epochs=6, batch=16))

    assert held_out(net, many([0.8, 1.25], 12, seed=1000)) < 0.5


def test_weights_of_the_linearisation_are_written(tmp_path: Path) -> None:
    many([0.8, 1.25], 8, seed=0).save(tmp_path / "train.0.npz")

    main(["--kept", str(tmp_path), "--out", str(tmp_path / "l.safetensors"), "--epochs", "1"])

    generator = load_generator(tmp_path / "l.safetensors")
    assert generator.spec.nets == ("L",)
    assert bool(generator.linearise(torch.rand(1, 3, 16, 16)).isfinite().all())


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected train\.\*\.npz"):
        main(["--kept", str(tmp_path), "--out", str(tmp_path / "l.safetensors")])


def test_the_weighted_median_is_that_of_repeated_values() -> None:
    values = torch.tensor([[5.0, 1.0, 2.0, 8.0]])

    assert weighted_median(values, torch.tensor([[1.0, 2.0, 2.0, 1.0]])).item() == 2.0


@pytest.fixture
def panorama(tmp_path: Path) -> Path:
    light = np.concatenate([scene(1)[:64], scene(2)[:64]], axis=1)[:64, :128]
    path = tmp_path / "pier.exr"
    OpenEXR.File({"type": OpenEXR.scanlineimage}, {"RGB": np.ascontiguousarray(light)}).write(str(path))
    return path


def test_a_phone_takes_other_pictures_of_the_same_light() -> None:
    first, again, other = (simulated_phone(scene(), np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert np.array_equal(first.sums, again.sums)
    assert not np.array_equal(first.sums, other.sums)
    assert np.isfinite(np.concatenate([first.curve, other.curve])).all()


def test_the_curve_of_a_phone_holds_what_its_local_tone_mapping_took() -> None:
    kept = Kept.joined([simulated_phone(scene(seed), np.random.default_rng(seed)) for seed in range(12)])

    codes = torch.linspace(0, 1, kept.share.shape[1]).expand(len(kept), -1)
    left = kept.off - read_curve(torch.from_numpy(kept.curve), codes).numpy()
    left -= weighted_median(torch.from_numpy(left), torch.from_numpy(kept.share)).numpy()
    before, after = (float((kept.share * np.abs(off)).sum()) for off in (kept.off, left))

    assert after < 0.5 * before


def test_a_mixed_picture_is_as_wrong_about_a_mixed_curve() -> None:
    lesson = lessons(ResponseNet(), many([0.7, 1.0, 1.4], 6, seed=3))

    found = mixed(lesson, 0.8, np.random.default_rng(0))

    before, after = (well_exposed_error(each.curve, each) for each in (lesson, found))
    assert torch.allclose(before, after, atol=1e-5)
    assert not torch.allclose(found.curve, lesson.curve)
    assert not torch.allclose(found.levels, lesson.levels)


def test_without_a_parameter_nothing_is_mixed() -> None:
    lesson = lessons(ResponseNet(), many([1.0], 2, seed=3))

    assert mixed(lesson, 0.0, np.random.default_rng(0)) is lesson
