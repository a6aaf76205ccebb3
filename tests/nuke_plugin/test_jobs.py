"""Jobs are made of knobs: ranges, folders, names, files."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hdrvid_nuke import jobs, panel
from hdrvid_nuke.errors import BadKnob
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.frames import FrameRange
from hdrvid.job import make_job, read_job_file


def at_rest() -> dict[str, Any]:
    return {knob.name: knob.default for knob in panel.panel() if knob.kind not in ("tab", "divider")}


def test_the_panel_at_rest_makes_a_job_that_hdrvid_takes() -> None:
    values = jobs.option_values(panel.panel(), at_rest().__getitem__)

    job, _ = make_job(("job file", {**values, "source": "a.mov", "out": "exr"}))

    assert job.layers == "all"
    assert job.peak is None
    assert job.frames is None


def test_every_option_can_be_set_from_the_panel() -> None:
    from hdrvid.job import OPTIONS

    read = {**at_rest(), **{name: True for name in at_rest() if name.endswith(panel.SET)}}
    read.update(job_input_space="sRGB", job_output_space="ACEScg", job_ocio_config="/a.ocio")

    values = jobs.option_values(panel.panel(), read.__getitem__)

    assert set(OPTIONS) - set(values) == {
        "source",
        "out",
        "frames",
        "memory",
    }  # no memory limit unless one is typed
    make_job(("job file", {**values, "source": "a.mov", "out": "exr"}))


def test_a_job_file_is_utf_8_and_hdrvid_reads_the_same_values(tmp_path: Path) -> None:
    values = {"source": "C:/plättchen/a b.####.png", "out": "//server/日本/exr", "mix": 0.5}

    path = jobs.write_job(tmp_path / "job.json", values)

    assert read_job_file(path) == values
    assert "日本" in path.read_text(encoding="utf-8")


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 20), st.integers(1, 4)), min_size=1, max_size=3),
    st.integers(-2000, 2000),
)
def test_a_shifted_range_holds_the_shifted_frames(parts: list[tuple[int, int, int]], by: int) -> None:
    text = ",".join(f"{first}-{first + length}x{step}" for first, length, step in parts)

    shifted = FrameRange.parse(jobs.shift_range(text, by))

    assert list(shifted) == [number + by for number in FrameRange.parse(text)]


@pytest.mark.parametrize("text", ["", "a", "1-", "1-5x0", "1-5y2", "1 5", "1,,2"])
def test_a_range_that_hdrvid_would_not_read_is_refused(text: str) -> None:
    with pytest.raises(BadKnob, match=r"cannot read .*Write 1001, 1001-1100"):
        jobs.shift_range(text, 0)


def test_a_relative_folder_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadKnob, match="Save the script first"):
        jobs.output_folder("./hdrvid/Node", "Root")
    with pytest.raises(BadKnob, match="Name one from the root"):
        jobs.output_folder("renders", "/show/comp.nk")


@pytest.mark.parametrize("text", ["/show/exr", "C:\\show\\exr", "\\\\server\\show\\exr"])
def test_a_whole_path_of_any_system_is_taken(text: str) -> None:
    assert jobs.output_folder(text, "Root").as_posix() == text.replace("\\", "/")


def test_the_run_folder_lies_below_the_frames_and_is_hidden(tmp_path: Path) -> None:
    assert jobs.run_folder(tmp_path / "exr", "comp.Node1") == tmp_path / "exr" / ".hdrvid" / "comp.Node1"


def test_without_a_folder_that_can_be_written_the_run_folder_is_a_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "exr").write_text("a file in the way")

    folder = jobs.run_folder(tmp_path / "exr", "comp.Nöde1")

    assert folder.is_dir()
    assert tmp_path not in folder.parents


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_below_a_folder_that_is_read_only_the_run_folder_is_a_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "exr").mkdir(mode=0o555)

    assert tmp_path not in jobs.run_folder(tmp_path / "exr", "comp.Node1").parents


@pytest.mark.parametrize(("free", "is_beside"), [(10_000, False), (10**9, True)])
def test_on_a_full_disk_the_run_folder_is_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, *, is_beside: bool
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))

    folder = jobs.run_folder(tmp_path / "exr", "comp.Node1")

    assert folder.is_dir()
    assert (tmp_path in folder.parents) is is_beside


@pytest.mark.parametrize(
    ("frame", "pattern"),
    [
        ("/a/b.1001.exr", "/a/b.####.exr"),
        ("/a/b.v002.1001.exr", "/a/b.v002.####.exr"),
        ("/a/b.10001.exr", "/a/b.####.exr"),
        ("/a/b.-005.exr", "/a/b.####.exr"),
        ("/a.1001/b.exr", "/a.1001/b.exr"),
    ],
)
def test_a_frame_names_its_sequence(frame: str, pattern: str) -> None:
    assert jobs.pattern_of(frame) == pattern


def test_frames_on_disk_are_those_of_the_sequence_alone(tmp_path: Path) -> None:
    for name in (
        "a.1001.exr",
        "a.0999.exr",
        "a.-005.exr",
        "b.1002.exr",
        ".a.1003.exr.tmp",
        "a.1004.exr.tmp",
        "a.x.exr",
    ):
        (tmp_path / name).touch()

    assert jobs.frames_on_disk(f"{tmp_path.as_posix()}/a.####.exr") == [-5, 999, 1001]
    assert jobs.frames_on_disk("/no/such/folder/a.####.exr") == []


def test_a_folder_name_that_is_a_regular_expression_is_taken_as_a_name(tmp_path: Path) -> None:
    (tmp_path / "a(1+2).1001.exr").touch()

    assert jobs.frames_on_disk(f"{tmp_path.as_posix()}/a(1+2).####.exr") == [1001]


def test_a_path_beside_a_script_that_was_never_saved_stays_whole() -> None:
    assert jobs.beside_script("/show/a.####.exr", "Root") == "/show/a.####.exr"


def test_paths_of_windows_are_kept_beside_their_script_and_written_forward() -> None:
    script = "C:\\show\\sh 010\\comp.nk"
    frame = "C:\\show\\sh 010\\hdrvid\\N1\\a.1001.exr"

    pattern = jobs.pattern_of(frame)

    assert jobs.beside_script(pattern, script) == "[file dirname [value root.name]]/hdrvid/N1/a.####.exr"
    assert jobs.beside_script("//server/a/b.####.exr", script) == "//server/a/b.####.exr"
    assert jobs.run_label(script, "N1") == "comp.N1"
    assert jobs.tcl_text("C:\\a [1]\\$b") == "C:/a \\[1]/\\$b"


def test_the_job_file_of_a_run_is_what_the_command_is_called_with(tmp_path: Path) -> None:
    arguments = jobs.expand_arguments(["hdrvid"], tmp_path / "job.json")

    assert arguments == ("hdrvid", "expand", "--job", str(tmp_path / "job.json"), "--progress", "jsonl")


@pytest.mark.parametrize("name", ["my shot", "$HOME", "a`b", 'say "hi"', "quo'te", "semi;x&y", "été"])
def test_a_shell_reads_the_farms_line_as_one_path(name: str) -> None:
    line = jobs.farm_command(Path(f"/out/{name}/farm.json"), "1001")

    done = subprocess.run(["sh", "-c", f"printf '%s|' {line}"], capture_output=True, text=True, check=True)

    assert done.stdout.split("|")[3] == f"/out/{name}/farm.json"


def test_an_option_that_a_node_is_too_old_for_is_left_to_hdrvid() -> None:
    old = {name: value for name, value in at_rest().items() if "partly_clipped" not in name}

    assert "partly_clipped" not in jobs.option_values(panel.panel(), old.get)


def test_a_job_is_an_object_of_json(tmp_path: Path) -> None:
    path = jobs.write_job(tmp_path / "job.json", {"mix": 1.0})

    assert json.loads(path.read_text(encoding="utf-8")) == {"mix": 1.0}
