"""The command is found by knob, $HDRVID or PATH, and started free of Nuke's own Python."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from hdrvid_nuke.command import check_version, clean_environment, find_command
from hdrvid_nuke.errors import CommandMissing

from tests.nuke_plugin.stand_in import is_gone


def _program(path: Path, text: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_knob_wins_over_the_variable_and_the_variable_over_path(tmp_path: Path) -> None:
    knob, variable, on_path = (_program(tmp_path / name / "hdrvid") for name in ("knob", "variable", "path"))
    environ = {"HDRVID": str(variable), "PATH": str(on_path.parent)}

    assert find_command(str(knob), environ) == [str(knob)]
    assert find_command("", environ) == [str(variable)]
    assert find_command(" ", {"PATH": str(on_path.parent)}) == [str(on_path)]


@pytest.mark.parametrize("inside", ["", "bin", "Scripts"])
def test_a_folder_may_be_named_instead_of_the_command(tmp_path: Path, inside: str) -> None:
    program = _program(tmp_path / "my venv" / inside / "hdrvid")

    assert find_command(str(tmp_path / "my venv"), {}) == [str(program)]


def test_a_windows_command_may_be_named_without_its_suffix_and_with_quotes(tmp_path: Path) -> None:
    program = _program(tmp_path / "Program Files" / "hdrvid.exe")

    assert find_command(f'"{program.with_suffix("")}"', {}) == [str(program)]


def test_a_bare_name_is_looked_up_on_path(tmp_path: Path) -> None:
    program = _program(tmp_path / "hdrvid-2")

    assert find_command("hdrvid-2", {"PATH": str(tmp_path)}) == [str(program)]


@pytest.mark.parametrize(
    ("knob", "environ", "said"),
    [
        pytest.param("/no/hdrvid", {}, "/no/hdrvid (knob 'command')", id="the knob names nothing"),
        pytest.param("", {"HDRVID": "/no/hdrvid"}, "/no/hdrvid ($HDRVID)", id="the variable names nothing"),
        pytest.param("", {"PATH": "/no"}, "no such command on PATH", id="nothing is named"),
    ],
)
def test_a_missing_command_is_told_with_where_it_was_named_and_how_to_mend_it(
    knob: str, environ: dict[str, str], said: str
) -> None:
    with pytest.raises(CommandMissing) as caught:
        find_command(knob, environ)

    assert said in str(caught.value)
    assert "$HDRVID" in str(caught.value)


def test_a_wrong_knob_is_not_replaced_by_what_lies_on_path(tmp_path: Path) -> None:
    _program(tmp_path / "hdrvid")

    with pytest.raises(CommandMissing):
        find_command("/no/hdrvid", {"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    "name",
    ["PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH",
     "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "NUKE_PATH", "NUKE_TEMP_DIR", "FN_CRASH_DUMP_PATH"],
)  # fmt: skip
def test_what_points_into_nuke_is_left_out(name: str) -> None:
    assert name not in clean_environment({name: "/usr/local/Nuke15.1v1", "HOME": "/home/me"})


@pytest.mark.parametrize(
    "name", ["OCIO", "HOME", "CUDA_VISIBLE_DEVICES", "TMPDIR", "SHOT", "SystemRoot", "QTY"]
)
def test_what_the_job_needs_stays(name: str) -> None:
    assert clean_environment({name: "kept"})[name] == "kept"


def test_the_folders_of_nuke_leave_path_and_all_others_keep_their_order(tmp_path: Path) -> None:
    nuke = str(tmp_path / "Nuke15.1v1")
    before = os.pathsep.join([nuke, "/usr/bin", nuke + os.sep + "lib", nuke + "-tools", "/bin"])

    cleaned = clean_environment({"PATH": before}, nuke)

    assert cleaned["PATH"] == os.pathsep.join(["/usr/bin", nuke + "-tools", "/bin"])


def test_the_real_command_says_its_version_in_a_clean_environment(
    hdrvid: str, environ: dict[str, str]
) -> None:
    from hdrvid import __version__

    assert check_version([hdrvid], environ) == __version__


def test_a_broken_python_home_of_nuke_does_not_reach_the_command(hdrvid: str) -> None:
    environ = clean_environment({**os.environ, "PYTHONHOME": "/nuke", "PYTHONPATH": "/nuke/site-packages"})

    assert check_version([hdrvid], environ)


def test_a_command_that_is_something_else_is_told_by_what_it_said(tmp_path: Path) -> None:
    program = _program(tmp_path / "hdrvid", "echo 'Hello from another tool'")

    with pytest.raises(CommandMissing, match=r"is not hdrvid \(it said: Hello from another tool\)"):
        check_version([str(program)], os.environ)


def test_a_command_that_is_too_old_is_told_by_both_versions(tmp_path: Path) -> None:
    program = _program(tmp_path / "hdrvid", "echo 'hdrvid, version 0.0.9'")

    with pytest.raises(CommandMissing, match=r"is hdrvid 0.0.9, expected 0.1.0 or newer. Update it"):
        check_version([str(program)], os.environ)


def test_a_command_that_does_not_start_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandMissing, match="cannot be started") as caught:
        check_version([str(tmp_path)], {})

    assert "\n" not in str(caught.value)


def test_a_command_that_says_nothing_is_stopped_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hdrvid_nuke.command._VERSION_TIMEOUT_S", 0.3)
    program = _program(tmp_path / "hdrvid", "sleep 60")

    with pytest.raises(CommandMissing, match=r"says nothing for 0.3 s"):
        check_version([str(program)], os.environ)


def test_a_cancel_while_the_command_is_asked_ends_it_at_once(tmp_path: Path) -> None:
    program = _program(tmp_path / "hdrvid", f"echo $$ > '{tmp_path}/pid'; sleep 60")
    start = time.monotonic()

    said = check_version([str(program)], os.environ, (tmp_path / "pid").is_file)

    assert said == ""
    assert time.monotonic() - start < 2.0
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_an_interpreter_may_be_part_of_the_command(environ: dict[str, str]) -> None:
    assert check_version([sys.executable, "-m", "hdrvid"], environ)
