from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hdrvid.colour import BUILT_IN, open_config, resolve_path
from hdrvid.errors import ColourSpaceError, UsageError
from tests.colour.configs import HOUSE, OLD, TWICE, write_config


@pytest.fixture(autouse=True)
def _no_ocio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCIO", raising=False)


def test_without_a_name_and_without_the_variable_the_pinned_built_in_is_used() -> None:
    config = open_config()

    assert (config.name, config.origin) == (BUILT_IN, "built-in")
    assert config.find("camera_rec709") == "Camera Rec.709"


def test_the_variable_is_used_when_no_config_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_config(tmp_path, HOUSE)
    monkeypatch.setenv("OCIO", path)

    config = open_config()

    assert (config.name, config.origin) == (path, "$OCIO")
    assert config.find("scene_linear") == "house_working"


def test_the_variable_may_hold_a_built_in_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1")

    assert open_config().name == "ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1"


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "")

    assert open_config().origin == "built-in"


def test_a_named_config_wins_over_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "/not/there.ocio")
    path = write_config(tmp_path, HOUSE)

    config = open_config(path)

    assert (config.name, config.origin) == (path, "option")


def test_the_projects_own_config_has_a_name_of_its_own() -> None:
    config = open_config("hdrvid")

    assert (config.name, config.origin) == ("hdrvid", "option")
    assert "Camera Rec.709" in config.names()


@pytest.mark.parametrize("moving", ["ocio://default", "ocio://studio-config-latest"])
def test_names_that_move_with_the_library_are_kept_as_what_they_mean_today(moving: str) -> None:
    name = open_config(moving).name

    assert name != moving
    assert open_config(name).cache_id == open_config(moving).cache_id


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("hello\n", id="text"),
        pytest.param("ocio_profile_version: 99\n", id="a version of the future"),
        pytest.param("ocio_profile_version: 2.1\ncolorspaces: [", id="broken YAML"),
    ],
)
@pytest.mark.parametrize("origin", ["--ocio-config", "$OCIO"])
def test_a_config_that_cannot_be_loaded_is_one_line_that_names_it_and_who_asked(
    content: str | None, origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bad.ocio"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    if origin == "$OCIO":
        monkeypatch.setenv("OCIO", str(path))

    with pytest.raises(ColourSpaceError) as caught:
        open_config(None if origin == "$OCIO" else str(path))

    message = str(caught.value)
    assert str(path) in message
    assert origin in message
    assert "expected an OCIO config file" in message
    assert "\n" not in message


def test_a_folder_in_place_of_a_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be loaded"):
        open_config(str(tmp_path))


def test_an_unknown_built_in_gets_the_nearest_name() -> None:
    with pytest.raises(ColourSpaceError, match=r"Did you mean ocio://studio-config-v2\.2\.0"):
        open_config("ocio://studio-config-v2.2.0")


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        pytest.param("ACESgc", "'ACEScg'", id="letters swapped"),
        pytest.param("lin_rec790", "'Linear Rec.709 (sRGB)'", id="an alias with digits swapped"),
        pytest.param("scene_liner", "'ACEScg'", id="a role with a letter missing"),
        pytest.param("srgb - textur", "'sRGB Encoded Rec.709 (sRGB)'", id="another case"),
    ],
)
def test_an_unknown_space_gets_the_nearest_names(asked: str, suggested: str) -> None:
    with pytest.raises(ColourSpaceError) as caught:
        open_config().space(asked, option="--input-space")

    message = str(caught.value)
    assert message.startswith(f"colour space '{asked}' (--input-space): not in the OCIO config {BUILT_IN}")
    assert suggested in message


@pytest.mark.parametrize("asked", ["", "qqqqqqqq"])
def test_a_space_like_no_other_gets_a_few_that_exist(asked: str) -> None:
    with pytest.raises(ColourSpaceError, match=r"Known are, among others: .*ACES2065-1"):
        open_config("hdrvid").space(asked, option="--output-space")


@pytest.mark.parametrize("name", ["ACEScg", "acescg", "lin_ap1", "scene_linear", "ACES - ACEScg"])
def test_a_space_is_found_by_name_alias_or_role_in_any_case(name: str) -> None:
    assert open_config().find(name) == "ACEScg"


def test_the_identity_of_a_config_does_not_depend_on_where_or_when_it_lies(tmp_path: Path) -> None:
    here = write_config(tmp_path / "here", HOUSE)
    there = write_config(tmp_path / "there", HOUSE)
    os.utime(there, (0, 0))
    os.utime(tmp_path / "there" / "luts" / "twice.spimtx", (0, 0))

    assert open_config(here).cache_id == open_config(there).cache_id


@pytest.mark.parametrize(
    ("text", "lut"),
    [
        pytest.param(HOUSE + "\n", TWICE, id="another text"),
        pytest.param(HOUSE, TWICE.replace("2", "3"), id="another LUT"),
        pytest.param(HOUSE, None, id="no LUT"),
        pytest.param(OLD, TWICE, id="another config"),
    ],
)
def test_the_identity_of_a_config_changes_with_its_content(
    text: str, lut: str | None, tmp_path: Path
) -> None:
    plain = open_config(write_config(tmp_path / "plain", HOUSE))
    changed = open_config(write_config(tmp_path / "changed", text, lut=lut))

    assert plain.cache_id != changed.cache_id


def test_the_identity_of_a_config_is_the_same_in_another_process() -> None:
    program = (
        "from hdrvid.colour import open_config; print(open_config().cache_id, open_config('hdrvid').cache_id)"
    )

    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert shown.stdout.split() == [open_config().cache_id, open_config("hdrvid").cache_id]


def test_an_archive_of_a_config_is_used_with_the_files_inside_it(tmp_path: Path) -> None:
    loose = open_config(write_config(tmp_path, HOUSE))
    archive = tmp_path / "house.ocioz"
    loose.handle.archive(str(archive))

    config = open_config(str(archive))

    path = resolve_path(config, encoding="", primaries="", input_space="house_lut", output_space="house_ap0")
    assert path.apply(np.ones((3, 1, 1), np.float32)).ravel().tolist() == [2, 2, 2]
    assert config.cache_id == open_config(str(archive)).cache_id


def test_configs_compare_by_name_and_content() -> None:
    assert open_config("hdrvid") == open_config("hdrvid")
    assert open_config("hdrvid") != open_config()
