from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from hdrvid.colour import PRIMARIES, open_config, resolve_path, source_space
from hdrvid.errors import ColourSpaceError
from hdrvid.plate import ENCODINGS
from tests.colour.configs import HOUSE, UNKNOWABLE, write_config

STUDIO = open_config("ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4")
OLDEST_CG = "ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1"
NEWEST_STUDIO = "ocio://studio-config-v5.0.0_aces-v2.1_ocio-v2.6"


@pytest.mark.parametrize(
    ("encoding", "primaries", "name"),
    [
        ("bt709", "bt709", "Camera Rec.709"),
        ("srgb", "bt709", "sRGB Encoded Rec.709 (sRGB)"),
        ("gamma22", "bt709", "Gamma 2.2 Encoded Rec.709"),
        ("gamma24", "bt709", "Gamma 2.4 Encoded Rec.709"),
        ("linear", "bt709", "Linear Rec.709 (sRGB)"),
        ("linear", "bt2020", "Linear Rec.2020"),
        ("linear", "ap0", "ACES2065-1"),
        ("linear", "ap1", "ACEScg"),
        ("srgb", "p3", "sRGB Encoded P3-D65"),
    ],
)
def test_tags_choose_the_configs_own_space_where_it_has_one(encoding: str, primaries: str, name: str) -> None:
    source = source_space(STUDIO, encoding=encoding, primaries=primaries)

    assert source.name == name
    assert source.config is STUDIO
    assert source.warnings == ()
    assert (source.decision.value, source.decision.origin) == (name, "tag")


@pytest.mark.parametrize(
    ("primaries", "name"),
    [
        ("bt601-525", "Gamma 2.6 Encoded Rec.601-525"),
        ("bt601-625", "Gamma 2.6 Encoded Rec.601-625"),
        ("p3-dci", "Gamma 2.6 Encoded P3-DCI"),
        ("p3-d65", "Gamma 2.6 Encoded P3-D65"),
        ("adobe-rgb", "Gamma 2.6 Encoded AdobeRGB"),
    ],
)
def test_tags_that_no_studio_config_knows_choose_a_space_of_our_own(primaries: str, name: str) -> None:
    source = source_space(STUDIO, encoding="gamma26", primaries=primaries)

    assert (source.name, source.config.name) == (name, "hdrvid")


def test_the_reason_says_that_video_goes_through_the_camera_curve() -> None:
    reason = source_space(STUDIO, encoding="bt709", primaries="bt709").decision.reason

    assert "inverse of the BT.709 camera curve" in reason
    assert "light of the scene" in reason


@pytest.mark.parametrize(
    ("config", "name"),
    [(OLDEST_CG, "sRGB - Texture"), (NEWEST_STUDIO, "sRGB Encoded Rec.709 (sRGB)")],
)
def test_a_space_is_found_under_the_name_that_the_version_of_the_config_gives_it(
    config: str, name: str
) -> None:
    assert source_space(open_config(config), encoding="srgb", primaries="bt709").name == name


def test_a_space_that_the_config_lacks_comes_from_our_own_with_a_warning() -> None:
    config = open_config(OLDEST_CG)

    source = source_space(config, encoding="bt709", primaries="bt709")

    assert source.config.name == "hdrvid"
    assert source.name == "Camera Rec.709"
    assert "has no 'Camera Rec.709'" in source.warnings[0]
    assert "hdrvid's own definition" in source.decision.reason


def test_our_own_camera_curve_gives_what_the_studio_config_gives() -> None:
    codes = np.tile(np.linspace(-0.1, 1.2, 200, dtype=np.float32), (3, 1, 1))
    codes[1] *= 0.5
    own = resolve_path(open_config(OLDEST_CG), encoding="bt709", primaries="bt709", output_space="ACEScg")
    studio = resolve_path(STUDIO, encoding="bt709", primaries="bt709", output_space="ACEScg")

    np.testing.assert_allclose(own.apply(codes.copy()), studio.apply(codes.copy()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("encoding", "primaries"), list(itertools.product(ENCODINGS, PRIMARIES)))
def test_every_encoding_has_a_space_for_every_video_primaries(encoding: str, primaries: str) -> None:
    if primaries in ("ap0", "ap1") and encoding != "linear":
        pytest.skip("no plate is encoded so")

    path = resolve_path(STUDIO, encoding=encoding, primaries=primaries, output_space="ACEScg")

    white = path.apply(np.ones((3, 1, 1), np.float32)).ravel()
    np.testing.assert_allclose(white, 1.0, atol=5e-5)  # nominal white stays 1 in any working space


@pytest.mark.parametrize(
    ("encoding", "primaries"), [("pq", "bt709"), ("bt709", "xyz"), ("srgb", "ap1"), ("", "")]
)
def test_tags_that_mean_no_space_ask_for_one(encoding: str, primaries: str) -> None:
    with pytest.raises(ColourSpaceError, match="Name the space with --input-space"):
        source_space(STUDIO, encoding=encoding, primaries=primaries)


def test_a_named_space_wins_over_the_tags() -> None:
    source = source_space(STUDIO, encoding="bt709", primaries="bt709", input_space="sRGB - Texture")

    assert source.name == "sRGB Encoded Rec.709 (sRGB)"
    assert (source.decision.origin, source.decision.reason) == ("option", "--input-space")


def test_the_space_that_tags_chose_can_be_named_where_the_config_lacks_it() -> None:
    tagged = source_space(STUDIO, encoding="bt709", primaries="bt601-525")

    named = source_space(STUDIO, encoding="srgb", primaries="bt709", input_space=tagged.name)

    assert STUDIO.find(tagged.name) is None
    assert (named.name, named.config, named.warnings) == (tagged.name, tagged.config, tagged.warnings)
    assert named.decision.origin == "option"


def test_an_unknown_named_space_names_the_option() -> None:
    with pytest.raises(ColourSpaceError, match=r"\(--input-space\).*Did you mean 'Camera Rec.709'"):
        source_space(STUDIO, encoding="bt709", primaries="bt709", input_space="camera_rec70")


@pytest.mark.parametrize("hdr", ["Rec.2100-PQ - Display", "rec2100_hlg_display"])
def test_an_hdr_signal_is_refused_as_input(hdr: str) -> None:
    with pytest.raises(ColourSpaceError, match="HDR signal, expected the space of an SDR plate"):
        source_space(STUDIO, encoding="bt709", primaries="bt709", input_space=hdr)


@pytest.mark.parametrize(
    ("name", "warning"),
    [("Raw", "data space"), ("sRGB - Display", "that of a display")],
)
def test_a_space_with_a_catch_is_taken_with_a_warning(name: str, warning: str) -> None:
    source = source_space(STUDIO, encoding="bt709", primaries="bt709", input_space=name)

    assert warning in source.warnings[0]


def test_a_facilitys_config_without_any_video_space_is_bridged(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, HOUSE))
    house = resolve_path(config, encoding="bt709", primaries="bt709", output_space="house_working")
    studio = resolve_path(STUDIO, encoding="bt709", primaries="bt709", output_space="ACEScg")
    codes = np.linspace(-0.1, 1.2, 90, dtype=np.float32).reshape(3, 5, 6)

    np.testing.assert_allclose(house.apply(codes.copy()), studio.apply(codes.copy()), rtol=1e-5, atol=1e-6)


def test_a_config_that_cannot_be_bridged_is_an_error(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, UNKNOWABLE))

    with pytest.raises(ColourSpaceError, match="OCIO cannot make it"):
        resolve_path(config, encoding="bt709", primaries="bt709", output_space="ours")
