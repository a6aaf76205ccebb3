from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from hdrvid.errors import DatasetError
from hdrvid.scenes.panorama import Camera, Pixels, area_average, bilinear, look, luminance, read_scene


def marked_panorama() -> Pixels:
    """Return 360 x 180 pixels, one a degree: a bright upper half, a lamp at longitude 90 on the horizon."""
    panorama = np.zeros((180, 360, 3), np.float32)
    panorama[:90] = 1
    panorama[60:120, 265:276] = 9
    return panorama


def centre(view: Pixels) -> float:
    return float(view[view.shape[0] // 2, view.shape[1] // 2, 0])


@pytest.mark.parametrize(
    ("camera", "light"),
    [
        pytest.param(Camera(yaw=90, pitch=0), 9.0, id="to the right is longitude 90"),
        pytest.param(Camera(yaw=450, pitch=0), 9.0, id="a full turn changes nothing"),
        pytest.param(Camera(yaw=0, pitch=60, fov=40), 1.0, id="up is the sky"),
        pytest.param(Camera(yaw=0, pitch=-60, fov=40), 0.0, id="down is the ground"),
        pytest.param(Camera(yaw=180, pitch=40, fov=40), 1.0, id="the seam of the panorama does not show"),
    ],
)
def test_a_camera_sees_what_lies_in_its_direction(camera: Camera, light: float) -> None:
    view = look(marked_panorama(), camera, width=99, height=55)

    assert view.shape == (55, 99, 3)
    assert centre(view) == pytest.approx(light)


def test_rolling_the_camera_upside_down_turns_the_horizon() -> None:
    view = look(marked_panorama(), Camera(yaw=0, pitch=0, roll=180), width=32, height=32)

    assert view[2, 16, 0] == 0.0
    assert view[-3, 16, 0] == 1.0


def test_a_wider_field_of_view_shows_more() -> None:
    shares = [
        (look(marked_panorama(), Camera(yaw=90, pitch=0, fov=fov), width=64, height=32) > 5).mean()
        for fov in (40, 80)
    ]

    assert shares[0] > 1.5 * shares[1]


def test_light_is_kept_by_rendering() -> None:
    view = look(np.full((64, 128, 3), 2.5, np.float32), Camera(yaw=10, pitch=80, roll=5), width=16, height=16)

    np.testing.assert_allclose(view, 2.5, rtol=1e-6)


def noisy_panorama() -> Pixels:
    return np.random.default_rng(2).random((64, 128, 3), np.float32)


@pytest.mark.parametrize("columns", [16, 64, 100])
def test_turning_the_camera_is_turning_the_panorama(columns: int) -> None:
    panorama = noisy_panorama()
    degrees = columns * 360 / 128

    turned = look(panorama, Camera(yaw=degrees, pitch=10), width=40, height=30)

    still = look(np.roll(panorama, -columns, axis=1), Camera(yaw=0, pitch=10), width=40, height=30)
    np.testing.assert_allclose(turned, still, atol=1e-4)


def test_the_sky_mirrors_the_ground() -> None:
    panorama = noisy_panorama()

    up = look(panorama, Camera(yaw=0, pitch=30), width=40, height=30)

    down = look(panorama[::-1].copy(), Camera(yaw=0, pitch=-30), width=40, height=30)
    np.testing.assert_allclose(up, down[::-1], atol=1e-4)


def test_a_half_turn_of_roll_turns_the_picture() -> None:
    panorama = noisy_panorama()

    upright = look(panorama, Camera(yaw=20, pitch=0), width=40, height=30)

    rolled = look(panorama, Camera(yaw=20, pitch=0, roll=180), width=40, height=30)
    np.testing.assert_allclose(rolled, upright[::-1, ::-1], atol=1e-3)


def test_oversampling_averages_what_a_pixel_covers() -> None:
    checks = (np.indices((256, 512)).sum(0) % 2).astype(np.float32)[..., None].repeat(3, 2)
    camera = Camera(yaw=0, pitch=0, fov=120)

    spread = [look(checks, camera, width=32, height=24, oversample=n).std() for n in (1, 4)]

    assert spread[1] < 0.5 * spread[0]


@pytest.mark.parametrize("fov", [0.0, 180.0, float("nan")])
def test_a_camera_that_is_no_pinhole_is_refused(fov: float) -> None:
    with pytest.raises(ValueError, match="field of view"):
        Camera(yaw=0, pitch=0, fov=fov)


def test_sampling_between_pixels_is_linear_and_repeats_the_edge() -> None:
    row = np.arange(4, dtype=np.float32)[None, :, None].repeat(3, 2)

    sampled = bilinear(row, np.array([0.25, 2.5, -3.0, 9.0]), np.zeros(4))

    assert sampled[:, 0].tolist() == [0.25, 2.5, 0.0, 3.0]


def test_area_average_takes_the_mean_of_each_square() -> None:
    picture = np.zeros((4, 4, 3), np.float32)
    picture[0, 0] = 8

    assert area_average(picture, 2)[..., 0].tolist() == [[2, 0], [0, 0]]


def test_luminance_weighs_green_most() -> None:
    red, green, blue = luminance(np.eye(3, dtype=np.float32)).tolist()

    assert (red, green, blue) == pytest.approx((0.2126, 0.7152, 0.0722))


def write(path: Path, pixels: Pixels) -> Path:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": pixels}).write(str(path))
    return path


def test_a_scene_is_read_as_the_file_has_it(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).random((4, 8, 3), np.float32) * 100

    scene = read_scene(write(tmp_path / "a.exr", pixels))

    np.testing.assert_array_equal(scene, pixels)


@pytest.mark.parametrize(
    "value",
    [pytest.param(-1.0, id="negative"), pytest.param(np.nan, id="NaN"), pytest.param(np.inf, id="infinite")],
)
def test_light_that_cannot_be_is_refused(tmp_path: Path, value: float) -> None:
    pixels = np.ones((4, 8, 3), np.float32)
    pixels[1, 2, 0] = value

    with pytest.raises(DatasetError, match=r"a\.exr: NaN, infinite or negative"):
        read_scene(write(tmp_path / "a.exr", pixels))


def test_a_scene_of_one_channel_is_refused(tmp_path: Path) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"Y": np.ones((4, 8), np.float32)}).write(str(tmp_path / "y.exr"))

    with pytest.raises(DatasetError, match="no three channels"):
        read_scene(tmp_path / "y.exr")


def test_what_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.exr").write_text("not a picture")

    with pytest.raises(DatasetError, match=r"b\.exr: cannot be read"):
        read_scene(tmp_path / "b.exr")
