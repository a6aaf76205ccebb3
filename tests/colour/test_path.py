from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdrvid.colour import ColourPath, linear_rec709_path, open_config, resolve_path
from hdrvid.errors import ColourSpaceError, ShapeError
from hdrvid.plate import Planes
from tests.colour.configs import HOUSE, OLD, UNKNOWABLE, write_config

CONFIG = open_config("ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4")
ACESCG = resolve_path(CONFIG, encoding="bt709", primaries="bt709", output_space="ACEScg")


def _path(output_space: str, input_space: str | None = None) -> ColourPath:
    return resolve_path(
        CONFIG, encoding="bt709", primaries="bt709", input_space=input_space, output_space=output_space
    )


def _planes(*values: float) -> Planes:
    return np.tile(np.array(values, np.float32), (3, 1, 1))


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ("camera_rec709", [0.2596, 0.8090, 1.1911, -0.0111]),
        ("srgb_tx", [0.2140, 0.7874, 1.2171, -0.0039]),
        ("g24_rec709_tx", [0.1895, 0.7766, 1.2298, -0.05]),
        ("g22_rec709_tx", [0.2176, 0.7931, 1.2087, -0.05]),
    ],
)
def test_grey_codes_become_the_published_light_with_super_white_and_footroom_kept(
    space: str, expected: list[float]
) -> None:
    light = _path("lin_rec709", space).apply(_planes(0.5, 0.9, 1.09, -0.05))

    np.testing.assert_allclose(light[:, 0], np.tile(expected, (3, 1)), atol=1e-4)


def test_the_camera_curve_is_that_of_bt709() -> None:
    light = np.linspace(0.02, 1, 50)
    codes = 1.099 * light**0.45 - 0.099

    found = _path("lin_rec709").apply(_planes(*codes))

    np.testing.assert_allclose(found[1, 0], light, atol=2e-4)


def test_the_result_is_written_over_the_planes_that_were_given() -> None:
    planes = _planes(0.5)

    result = ACESCG.apply(planes)

    assert result is planes
    assert planes[0, 0, 0] != 0.5


def test_equal_spaces_leave_every_bit_alone() -> None:
    path = _path("ACEScg", "lin_ap1_scene")
    values = np.array([0, -0.0, 1e-40, 1e-7, 0.18, 1, 1000, 65504, 3e38, -7.5, 2], np.float32)
    planes = np.tile(values, (3, 1, 1))
    before = planes.tobytes()

    path.apply(planes)

    assert path.is_identity
    assert planes.tobytes() == before


def test_a_data_space_as_input_leaves_every_bit_alone() -> None:
    path = _path("ACEScg", "Raw")
    planes = _planes(-3, 0.1, 1e4)

    assert path.apply(planes.copy()).tobytes() == planes.tobytes()
    assert "data space" in path.display_warnings[0]


def test_light_from_0_to_1000_goes_through_the_matrix_unclipped() -> None:
    ramp = np.tile(np.linspace(0, 1000, 1001, dtype=np.float32), (3, 1, 1))

    there = _path("ACES2065-1", "ACEScg").apply(ramp.copy())
    back = _path("ACEScg", "ACES2065-1").apply(there)

    np.testing.assert_allclose(back, ramp, rtol=1e-5)


def test_saturated_colours_keep_their_negative_values_in_a_smaller_gamut() -> None:
    green = np.array([0, 1, 0], np.float32).reshape(3, 1, 1)

    light = _path("lin_rec709", "lin_rec2020").apply(green)

    assert light[0, 0, 0] < -0.5
    assert light[2, 0, 0] < 0


def test_planes_are_converted_as_planes_and_not_as_pixels() -> None:
    rng = np.random.default_rng(1)
    planes = rng.random((3, 5, 7), dtype=np.float32)
    path = _path("ACEScg", "lin_rec709")
    expected = path.output_from_network @ planes.reshape(3, -1)

    np.testing.assert_allclose(path.apply(planes).reshape(3, -1), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "planes",
    [
        pytest.param(np.zeros((3, 4, 8), np.float32)[:, :, ::2], id="every second column"),
        pytest.param(np.zeros((4, 8, 3), np.float32).transpose(2, 0, 1), id="pixels seen as planes"),
        pytest.param(np.zeros((3, 4, 8), np.float32)[:, ::-1], id="upside down"),
        pytest.param(np.zeros((3, 4, 8), np.float64), id="double"),
        pytest.param(np.zeros((3, 4, 8), np.float16), id="half"),
        pytest.param(np.zeros((4, 4, 8), np.float32), id="four planes"),
        pytest.param(np.zeros((3, 8), np.float32), id="no height"),
        pytest.param(np.broadcast_to(np.float32(1), (3, 4, 8)), id="one value for all"),
    ],
)
@pytest.mark.parametrize("path", [ACESCG, _path("ACEScg", "ACEScg")], ids=["curve", "identity"])
def test_planes_that_ocio_would_misread_are_refused(path: ColourPath, planes: Planes) -> None:
    with pytest.raises(ShapeError, match="expected contiguous, writable"):
        path.apply(planes)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (9, 1), (3, 8192), (17, 31)])
def test_any_size_is_converted_to_its_last_pixel(height: int, width: int) -> None:
    light = ACESCG.apply(np.ones((3, height, width), np.float32))

    np.testing.assert_allclose(light, 1, atol=5e-5)


def test_frames_of_several_threads_do_not_disturb_each_other() -> None:
    frames = [np.full((3, 64, 64), code / 40, np.float32) for code in range(40)]
    expected = [ACESCG.apply(frame.copy()) for frame in frames]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ACESCG.apply, frames))

    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-0.125, 1.125, width=32), min_size=3, max_size=3))
def test_code_values_survive_the_way_there_and_back(code: list[float]) -> None:
    planes = np.array(code, np.float32).reshape(3, 1, 1)
    back = CONFIG.handle.getProcessor("ACEScg", "Camera Rec.709").getDefaultCPUProcessor()

    light = ACESCG.apply(planes.copy())

    np.testing.assert_allclose(back.applyRGB(light.ravel().tolist()), code, atol=2e-4)


@pytest.mark.parametrize(
    "output", ["ACEScg", "ACES2065-1", "lin_rec709", "lin_rec2020", "lin_arri_wide_gamut_3"]
)
def test_the_matrices_to_and_from_the_network_are_what_ocio_does(output: str) -> None:
    path = _path(output)
    light = np.random.default_rng(2).normal(0, 10, (3, 1, 50)).astype(np.float32)
    expected = _path("lin_rec709", output).apply(light.copy()).reshape(3, -1)

    np.testing.assert_allclose(
        path.network_from_output @ light.reshape(3, -1), expected, rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(path.output_from_network @ path.network_from_output, np.eye(3), atol=1e-12)
    assert path.network_from_output.dtype == np.float64


def test_the_matrices_are_exactly_one_where_the_output_is_the_networks_space() -> None:
    path = _path("lin_rec709")

    assert np.array_equal(path.network_from_output, np.eye(3))
    assert np.array_equal(path.output_from_network, np.eye(3))


def test_the_matrix_to_the_network_is_the_published_one() -> None:
    published = [[1.70505, -0.62179, -0.08326], [-0.13026, 1.14080, -0.01055], [-0.02400, -0.12897, 1.15297]]

    np.testing.assert_allclose(ACESCG.network_from_output, published, atol=1e-5)


@pytest.mark.parametrize(
    ("output", "interop_id"),
    [
        ("ACEScg", "lin_ap1_scene"),
        ("ACES2065-1", "lin_ap0_scene"),
        ("lin_rec709", "lin_rec709_scene"),
        ("lin_rec2020", "lin_rec2020_scene"),
        ("lin_p3d65", "lin_p3d65_scene"),
        ("lin_adobergb", "lin_adobergb_scene"),
    ],
)
def test_a_known_output_has_an_interop_id_and_its_chromaticities(output: str, interop_id: str) -> None:
    path = _path(output)

    assert path.interop_id == interop_id
    assert path.chromaticities is not None
    np.testing.assert_allclose(
        path.chromaticities, np.ravel(OpenEXR.colorInteropIDToChromaticities(interop_id)), atol=1e-6
    )


def test_an_output_without_an_id_says_nothing_of_its_colour() -> None:
    path = _path("lin_arri_wide_gamut_3")

    assert (path.interop_id, path.chromaticities) == (None, None)


def test_a_space_is_recognised_by_its_matrix_whatever_its_name(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, HOUSE))

    known = resolve_path(config, encoding="bt709", primaries="bt709", output_space="house_working")
    odd = resolve_path(config, encoding="bt709", primaries="bt709", output_space="house_odd_gamut")

    assert known.interop_id == "lin_ap1_scene"
    assert odd.interop_id is None


@pytest.mark.parametrize(
    "output",
    ["camera_rec709", "ACEScct", "arri_logc4", "Raw", "sRGB - Display", "cie_xyz_d65_display"],
)
def test_an_output_that_is_not_scene_linear_is_refused(output: str) -> None:
    with pytest.raises(ColourSpaceError, match=r"\(--output-space\): is not scene-linear"):
        _path(output)


@pytest.mark.parametrize("output", ["house_clamped", "house_offset"])
def test_an_output_that_only_calls_itself_linear_is_refused(output: str, tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, HOUSE))

    with pytest.raises(ColourSpaceError, match="is not scene-linear"):
        resolve_path(config, encoding="bt709", primaries="bt709", output_space=output)


def test_an_unknown_output_gets_the_nearest_names() -> None:
    with pytest.raises(ColourSpaceError, match=r"'ACEScq' \(--output-space\).*Did you mean 'ACEScg'"):
        _path("ACEScq")


def test_a_space_defined_by_a_matrix_file_is_linear(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, HOUSE))

    path = resolve_path(config, encoding="", primaries="", input_space="house_lut", output_space="house_ap0")

    np.testing.assert_allclose(path.apply(_planes(0.25, 3.0))[:, 0], [[0.5, 6.0]] * 3, rtol=1e-6)


@pytest.mark.parametrize(("source", "output"), [("house_lut", "house_ap0"), ("house_ap0", "house_lut")])
def test_a_missing_lut_file_is_an_error_and_never_a_conversion_that_does_nothing(
    source: str, output: str, tmp_path: Path
) -> None:
    config = open_config(write_config(tmp_path, HOUSE, lut=None))

    with pytest.raises(ColourSpaceError, match=r"OCIO cannot make it.*twice\.spimtx") as caught:
        resolve_path(config, encoding="", primaries="", input_space=source, output_space=output)

    assert "\n" not in str(caught.value)


def test_a_missing_lut_file_of_another_space_does_not_matter(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, HOUSE, lut=None))

    path = resolve_path(config, encoding="bt709", primaries="bt709", output_space="house_working")

    assert path.output_space == "house_working"


def test_the_default_output_is_found_in_an_old_config_under_its_old_name(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, OLD))

    path = resolve_path(config, encoding="bt709", primaries="bt709", output_space="ACEScg")

    assert path.output_space == "ACES - ACEScg"
    codes = np.linspace(-0.1, 1.1, 30, dtype=np.float32).reshape(3, 2, 5)
    np.testing.assert_allclose(path.apply(codes.copy()), ACESCG.apply(codes), rtol=1e-5, atol=1e-6)


def test_warnings_of_the_source_are_handed_on() -> None:
    path = _path("ACEScg", "sRGB - Display")

    assert "that of a display" in path.display_warnings[0]
    assert path.decision.value == "sRGB - Display"


def test_a_still_is_taken_to_linear_rec709_with_exact_matrices() -> None:
    path = linear_rec709_path(CONFIG, "sRGB - Texture")

    light = path.apply(_planes(0.5))

    assert path.output_space == "Linear Rec.709 (sRGB)"
    np.testing.assert_allclose(light.ravel(), 0.2140, atol=1e-4)
    assert np.array_equal(path.network_from_output, np.eye(3))


def test_linear_rec709_is_there_even_where_the_config_has_none(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, HOUSE))

    path = linear_rec709_path(config, "house_working")

    expected = ACESCG.network_from_output @ [1.0, 0.5, 0.25]
    found = path.apply(np.array([1, 0.5, 0.25], np.float32).reshape(3, 1, 1))
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-5)
    assert path.interop_id == "lin_rec709_scene"


def test_linear_rec709_of_a_config_that_cannot_be_bridged_is_an_error(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, UNKNOWABLE))

    with pytest.raises(ColourSpaceError, match="OCIO cannot make it"):
        linear_rec709_path(config, "ours")
