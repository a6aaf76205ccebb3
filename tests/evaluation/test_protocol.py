"""Which views are drawn, and what the cameras of the settings make of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hdrvid.evaluation.protocol import (
    GRAIN_SETTING,
    WILD_SETTING,
    Setting,
    View,
    ViewPlan,
    camera_of,
    clean,
    draw_views,
    fitted,
    look_at,
    scene_shots,
)
from hdrvid.evaluation.shots import Shot, Skipped
from tests.evaluation.material import SMALL, light_of, panorama_of, write_picture


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_picture(tmp_path_factory.mktemp("scenes") / "hall.exr", panorama_of())


def shots_of(path: Path, setting: object, plan: ViewPlan = SMALL) -> list[Shot | Skipped]:
    return list(scene_shots(iter([path]), setting, plan, sources={}))  # type: ignore[arg-type]


def test_views_are_the_same_every_time_and_far_enough_apart(scene: Path) -> None:
    plan = replace(SMALL, views=3)

    first, second = (list(draw_views(scene, clean(0.08), plan, source="")) for _ in range(2))

    assert first == second
    assert [view.name for view in first] == ["hall_0", "hall_1", "hall_2"]
    yaws = [view.yaw for view in first]
    assert all(abs((a - b + 180) % 360 - 180) >= 45 for a in yaws for b in yaws if a != b)


def test_the_draw_is_that_of_the_published_protocol(scene: Path) -> None:
    rng = np.random.default_rng([0, *b"hall"])
    drawn = [(rng.uniform(0, 360), rng.uniform(-10, 20)) for _ in range(40)]

    (view,) = draw_views(scene, clean(0.08), SMALL, source="")

    assert (view.yaw, view.pitch) in drawn


def test_a_scene_s_place_in_the_list_does_not_change_its_views(scene: Path, tmp_path: Path) -> None:
    other = write_picture(tmp_path / "other.exr", panorama_of()[:, ::-1])

    alone = [item.name for item in shots_of(scene, clean(0.08))]
    listed = [item.name for item in scene_shots(iter([other, scene]), clean(0.08), SMALL, sources={})]

    assert alone == [name for name in listed if name.startswith("hall")]


def test_views_in_which_clipping_loses_nothing_are_left_out(scene: Path) -> None:
    assert shots_of(scene, clean(0.08), replace(SMALL, least_loss=9.0)) == []


@pytest.mark.parametrize("clip", [0.02, 0.08])
def test_the_stated_share_is_clipped(scene: Path, clip: float) -> None:
    (shot,) = shots_of(scene, clean(clip))
    assert isinstance(shot, Shot)

    picture = shot.take()

    assert shot.setting == clean(clip).name
    assert picture.over is not None
    assert picture.over.any(-1).mean() == pytest.approx(clip, abs=0.01)
    assert np.array_equal(picture.code, np.round(picture.code * 255) / 255)


def test_a_clean_camera_is_decoded_to_the_light_that_was_there(scene: Path) -> None:
    (shot,) = shots_of(scene, clean(0.08))
    assert isinstance(shot, Shot)

    picture = shot.take()

    assert np.allclose(picture.plain[picture.well], picture.truth[picture.well], rtol=0.05)


def test_a_picture_is_the_same_every_time_it_is_taken(scene: Path) -> None:
    (shot,) = shots_of(scene, WILD_SETTING)
    assert isinstance(shot, Shot)

    assert np.array_equal(shot.take().code, shot.take().code)


def test_wild_cameras_are_noisy_compressed_and_all_different() -> None:
    cameras = [camera_of(WILD_SETTING, np.random.default_rng(seed)) for seed in range(40)]

    assert all(camera.noise > 0 for camera in cameras)
    assert {camera.compression for camera in cameras} == {"jpeg", "h264"}
    assert 20 < sum(camera.curve.knee < 1 for camera in cameras) < 40
    assert len({camera.encoding for camera in cameras}) == 4


def test_the_wild_setting_is_read_as_srgb_whatever_the_camera_did(scene: Path) -> None:
    (shot,) = shots_of(scene, WILD_SETTING)
    assert isinstance(shot, Shot)

    picture = shot.take()

    assert np.abs(np.log2(picture.plain[picture.well] / picture.truth[picture.well])).mean() > 0.03


def test_a_clip_stands_still_under_fresh_grain(scene: Path) -> None:
    first, second = (item.take() for item in shots_of(scene, GRAIN_SETTING) if isinstance(item, Shot))

    assert not np.array_equal(first.code, second.code)
    assert np.allclose(first.truth, second.truth, rtol=0.05)
    assert [first.name, second.name] == ["hall_0_00", "hall_0_01"]


def test_a_scene_that_is_no_panorama_is_shown_whole_and_once(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "room.exr", light_of(90, 120))

    (shot,) = shots_of(path, clean(0.08), replace(SMALL, views=3))

    assert isinstance(shot, Shot)
    assert shot.take().code.shape == (72, 96, 3)


def test_a_small_picture_keeps_its_size() -> None:
    light = light_of(48, 64)

    assert fitted(light, SMALL) is light


def test_a_broken_scene_is_named_and_the_others_go_on(scene: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.exr"
    broken.write_text("no picture")

    found = list(scene_shots(iter([broken, scene]), clean(0.08), SMALL, sources={}))

    assert isinstance(found[0], Skipped)
    assert "broken.exr" in found[0].reason
    assert isinstance(found[1], Shot)


def test_a_view_looks_where_it_says(tmp_path: Path) -> None:
    panorama = (
        np.zeros((180, 360, 3), np.float32) + np.linspace(0.1, 0.2, 360, dtype=np.float32)[None, :, None]
    )
    panorama *= np.array([1.0, 0.9, 0.8], np.float32)
    panorama[60:120, 265:276] = 9  # 90 degrees to the right of the middle
    path = write_picture(tmp_path / "marked.exr", panorama)

    ahead, right = (
        look_at(View(path=path, name="", yaw=yaw, pitch=0.0), ViewPlan(width=99, height=55, fov=60))
        for yaw in (0.0, 90.0)
    )

    assert right[27, 49, 0] == pytest.approx(9.0)
    assert ahead.max() < 1


def test_looking_up_sees_the_upper_half(tmp_path: Path) -> None:
    panorama = panorama_of(360) * 0 + np.linspace(0.1, 0.2, 360, dtype=np.float32)[None, :, None]
    panorama *= np.array([1.0, 0.9, 0.8], np.float32)
    panorama[90:] = 0
    path = write_picture(tmp_path / "sky.exr", panorama)

    view = look_at(View(path=path, name="", yaw=0.0, pitch=60.0), ViewPlan(width=99, height=55, fov=40))

    assert view.min() > 0.05


@pytest.mark.parametrize(
    ("setting", "code"), [(clean(0.02), 254), (clean(0.08), 254), (WILD_SETTING, 250), (GRAIN_SETTING, 250)]
)
def test_compressed_and_noisy_pictures_are_clipped_from_a_lower_code_on(setting: Setting, code: int) -> None:
    assert setting.clip_code == code


@pytest.mark.parametrize(("clip", "name"), [(0.08, "8%"), (0.02, "2%"), (0.005, "0.5%"), (0.125, "12.5%")])
def test_a_setting_is_named_after_its_share(clip: float, name: str) -> None:
    assert clean(clip).name == name


def test_the_clean_camera_is_one_and_the_wild_one_is_drawn() -> None:
    drawn = [camera_of(clean(0.02), np.random.default_rng(seed)) for seed in (1, 2)]

    assert drawn[0] == drawn[1]
    assert (drawn[0].noise, drawn[0].compression, drawn[0].clipped_share) == (0.0, "none", 0.02)
    assert camera_of(WILD_SETTING, np.random.default_rng(1)) != camera_of(
        WILD_SETTING, np.random.default_rng(2)
    )


def test_another_seed_draws_other_views(scene: Path) -> None:
    first, second = (
        list(draw_views(scene, clean(0.08), replace(SMALL, seed=seed), source="")) for seed in (0, 1)
    )

    assert first[0].yaw != second[0].yaw
