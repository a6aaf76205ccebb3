"""The frames are written in the working space of the script, whatever decides it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hdrvid_nuke.colour import (
    BUILT_IN,
    LINEAR_REC709,
    ScriptColour,
    Working,
    input_space,
    luma_weights,
    pick,
    space_name,
    working,
)

from hdrvid.colour import open_config

OCIO = {"OCIO": "/show/config.ocio"}


NUKE = {"space": LINEAR_REC709, "config": BUILT_IN}
CG = "cg-config-v1.0.0_aces-v1.3_ocio-v2.1"


def asked(config: str, space: str, path: str = "", management: str = "OCIO") -> ScriptColour:
    return ScriptColour(management=management, config=config, custom_path=path, working_space=space)


@pytest.mark.parametrize(
    ("script", "environ", "found"),
    [
        pytest.param(asked("nuke-default", "linear", management="Nuke"), {}, NUKE, id="Nuke's own"),
        pytest.param(asked("aces_1.2", "linear", management="Nuke"), OCIO, NUKE, id="Nuke's own, $OCIO set"),
        pytest.param(asked("nuke-default", "linear"), {}, NUKE, id="the stock config"),
        pytest.param(
            asked("custom", "ACES - ACEScg", "D:\\show\\config.ocio"),
            {},
            {"space": "ACES - ACEScg", "config": "D:/show/config.ocio"},
            id="a custom config",
        ),
        pytest.param(
            asked("custom", "ACEScg", "/x.ocio"),
            OCIO,
            {"space": "ACEScg", "config": None},
            id="$OCIO goes first",
        ),
        pytest.param(
            asked("nuke-default", ""), OCIO, {"space": "scene_linear", "config": None}, id="$OCIO, no space"
        ),
        pytest.param(
            asked(CG, "scene_linear (ACEScg)"),
            {},
            {"space": "scene_linear", "config": f"ocio://{CG}"},
            id="a config that OCIO brings",
        ),
        pytest.param(asked("house_2", "ACEScg"), {}, {"space": "ACEScg", "config": None}, id="one not found"),
    ],
)
def test_space_and_config(
    script: ScriptColour, environ: dict[str, str], found: dict[str, str | None]
) -> None:
    resolved = working(script, environ, [])

    assert {"space": resolved.space, "config": resolved.config} == found


@pytest.mark.parametrize("name", ["aces_1.2/config.ocio", "aces_1.2.ocio"])
def test_a_config_that_comes_with_nuke_is_named_by_its_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.touch()

    found = working(ScriptColour("OCIO", "aces_1.2", "", "ACES - ACEScg"), {}, [tmp_path])

    assert found == Working(space="ACES - ACEScg", config=path.as_posix(), read_space="ACES - ACEScg")


def test_hdrvid_knows_the_spaces_that_are_named_for_nukes_own_colour() -> None:
    config = open_config(BUILT_IN)

    for name in (LINEAR_REC709, "srgb_tx", "camera_rec709"):
        assert config.find(name) is not None


def test_without_ocio_the_read_is_set_to_linear() -> None:
    assert working(ScriptColour("Nuke"), {}, []).read_space == "linear"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("", ""),
        ("linear", "linear"),
        ("scene_linear (ACES - ACEScg)", "scene_linear"),
        ("default (sRGB)", "sRGB"),
        ("ACES/ACES - ACEScg", "ACES - ACEScg"),
        ("Input - ARRI - V3 LogC (EI800) - Wide Gamut", "Input - ARRI - V3 LogC (EI800) - Wide Gamut"),
    ],
)
def test_an_entry_of_a_pull_down_names_a_space(value: str, name: str) -> None:
    assert space_name(value) == name


@pytest.mark.parametrize(
    ("chosen", "management", "space"),
    [
        ("sRGB", "Nuke", "srgb_tx"),
        ("rec709", "Nuke", "camera_rec709"),
        ("Cineon", "Nuke", ""),
        ("", "OCIO", ""),
        ("Utility - sRGB - Texture", "OCIO", "Utility - sRGB - Texture"),
    ],
)
def test_the_plates_space_is_the_one_that_the_artist_chose(chosen: str, management: str, space: str) -> None:
    assert input_space(chosen, ScriptColour(management)) == space


@pytest.mark.parametrize(
    ("entries", "wanted", "entry"),
    [
        (["linear", "sRGB"], "linear", "linear"),
        (["default (ACEScg)", "Utility/Linear", "ACES/ACEScg"], "acescg", "ACES/ACEScg"),
        (["scene_linear (ACEScg)"], "scene_linear", "scene_linear (ACEScg)"),
        (["scene_linear (ACEScg)"], "ACEScg", "scene_linear (ACEScg)"),
        (["sRGB"], "ACEScg", None),
        (["default (ACEScg)"], "ACEScg", None),
    ],
)
def test_the_reads_entry_is_found_by_its_space(entries: list[str], wanted: str, entry: str | None) -> None:
    assert pick(entries, wanted) == entry


@pytest.mark.parametrize("space", ["ACEScg", "ACES - ACEScg", "lin_ap1"])
def test_acescg_has_weights_of_its_own(space: str) -> None:
    assert luma_weights(space)[1] == pytest.approx(0.674, abs=1e-3)


@pytest.mark.parametrize("space", ["ACEScg", "lin_rec709", "anything else"])
def test_weights_add_up_to_one(space: str) -> None:
    assert sum(luma_weights(space)) == pytest.approx(1, abs=1e-6)
