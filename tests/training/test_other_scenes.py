"""Scenes that there are not: other views, other light, other colours."""

from __future__ import annotations

import numpy as np
import pytest

from hdrvid.scenes.panorama import Pixels
from hdrvid.training.other_scenes import another_scene, photo_light, relit, view_of


def scene() -> Pixels:
    """Make light of several stops, `(96, 128, 3)`."""
    stops = np.random.default_rng(0).normal(-1.0, 1.5, (8, 10, 1))
    return np.exp2(stops).astype(np.float32).repeat(3, -1).repeat(12, 0).repeat(13, 1)[:, :128]


def test_another_scene_is_still_light_and_another() -> None:
    light = scene()
    others = [another_scene(light, np.random.default_rng(seed)) for seed in range(8)]

    assert all(np.isfinite(other).all() and (other >= 0).all() for other in others)
    assert len({float(other.mean()) for other in others}) > 3


@pytest.mark.parametrize("size", [(60, 90), (512, 384), (900, 1400)])
def test_a_photograph_is_mixed_anew(size: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).uniform(0, 1, (*size, 3)).astype(np.float32)

    light = photo_light(photo, np.random.default_rng(1))

    assert light.shape[0] % 2 == light.shape[1] % 2 == 0
    assert light.shape[0] <= 360
    assert light.shape[1] <= 640
    assert np.abs(np.diff(light, axis=1)).mean() < np.abs(np.diff(photo, axis=1)).mean()


def test_a_panorama_is_lit_otherwise_without_an_edge_where_it_closes() -> None:
    for seed in range(6):
        field = relit(np.ones((64, 128, 3), np.float32), np.random.default_rng(seed))
        stops = np.log2(field)

        assert np.abs(stops[:, 0] - stops[:, -1]).max() < 2 * np.abs(np.diff(stops, axis=1)).max()
        assert stops.std() > 0.05


def test_the_lower_half_of_a_sky_is_no_picture() -> None:
    sky = np.ones((64, 128, 3), np.float32)
    sky[48:] = 0.0  # what lies below the horizon of such a file, far down

    views = [view_of(sky, np.random.default_rng(seed), sky=True) for seed in range(24)]

    assert min(float(view.mean()) for view in views) > 0.3
