"""Runs of the node with a quick stand-in for the command: bar, cancel, crash, silence, no GUI."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hdrvid_nuke.errors import BadKnob, CommandMissing, RunFailed

from tests.nuke_plugin.studio import Studio


def test_the_bar_is_made_in_the_thread_shows_frames_and_goes_away(studio: Studio) -> None:
    studio.press("expand")

    (bar,) = studio.nuke.bars
    assert bar.thread.name == "hdrvid"
    assert bar.title == "HDRvidExpand1"
    assert any(re.match(r"frame 2, 2 of 4, 10\.0 frames/s, 0:0\d left", text) for text in bar.texts)
    assert bar.percents[-1] == 100


def test_the_bar_cancels_within_two_seconds(studio: Studio) -> None:
    studio.behave(pause="5")
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)
    start = time.monotonic()

    studio.nuke.bars[0].pressed = True
    studio.wait()

    assert time.monotonic() - start < 2.0
    assert studio.status.startswith("Cancelled: 1 frames written")
    assert studio.expanded["on_error"].value() == "checkerboard"
    assert studio.nuke.messages == []


def test_a_cancel_while_hdrvid_is_looked_for_ends_within_two_seconds(studio: Studio, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    studio.node["command"].setValue(str(slow))
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: bool(studio.nuke.bars and studio.nuke.bars[0].texts))
    start = time.monotonic()

    studio.press("cancel")

    assert time.monotonic() - start < 2.0
    assert studio.status == "Cancelled before the start"


def test_a_run_in_the_background_has_no_bar(studio: Studio) -> None:
    studio.press("expand_background")

    assert studio.nuke.bars == []
    assert studio.status == "4 frames written in 0.5 s"


def test_a_crash_is_told_in_a_message_box_and_in_the_node(studio: Studio) -> None:
    studio.behave(status="139", last_words="Segmentation fault")

    studio.press("expand")

    assert "ended with status 139 after frame 4" in studio.nuke.messages[0]
    assert "Segmentation fault" in studio.status
    assert studio.expanded["on_error"].value() == "checkerboard"


def test_a_full_disk_is_told_in_the_commands_own_line(studio: Studio) -> None:
    studio.behave(
        status="1", last_words="hdrvid: /x/a.1002.exr: no space left for the frame. Free some space."
    )

    studio.press("expand")

    message = "/x/a.1002.exr: no space left for the frame. Free some space."
    assert studio.nuke.messages == [f"HDRvidExpand1: {message}"]


def test_a_failure_that_begins_with_the_name_of_a_file_keeps_it_as_it_is(studio: Studio) -> None:
    studio.behave(status="1", last_words="hdrvid: plate.mov: no frames. Check the file.")

    studio.press("expand")

    assert studio.status == "plate.mov: no frames. Check the file."


def test_a_warning_is_shown_with_the_result(studio: Studio) -> None:
    studio.behave(warning="the clip is untagged, taken as Rec.709")

    studio.press("expand")

    assert studio.status.endswith("Warning: the clip is untagged, taken as Rec.709")


def test_a_process_that_goes_silent_is_stopped_and_told(studio: Studio) -> None:
    studio.behave(pause="30")
    studio.node["silence"].setValue(0.3)

    studio.press("expand")

    assert "no frame for 0.3 s" in studio.nuke.messages[0]


def test_a_folder_that_is_read_only_still_has_a_log(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    studio.node["job_out"].setValue(str(tmp_path / "file" / "exr"))

    studio.press("expand")
    studio.press("open_log", wait=False)

    assert studio.nuke.messages[-1].startswith(studio.node["run_folder"].value())
    assert "NotADirectoryError" in studio.nuke.messages[-1]


def test_without_a_gui_expand_blocks_and_returns_the_outcome(terminal: Studio) -> None:
    outcome = terminal.module.expand(terminal.node)

    assert outcome.written == 4
    assert terminal.expanded["last"].value() == 4
    assert terminal.nuke.bars == []
    assert terminal.nuke.messages == []


def test_without_a_gui_a_failure_raises_so_that_the_script_ends_with_it(terminal: Studio) -> None:
    terminal.behave(status="1", last_words="hdrvid: out of memory")

    with pytest.raises(RunFailed, match="HDRvidExpand1: out of memory"):
        terminal.node["expand"].execute()


def test_without_a_gui_a_missing_command_raises(terminal: Studio) -> None:
    terminal.node["command"].setValue("/no/hdrvid")

    with pytest.raises(CommandMissing):
        terminal.node["expand"].execute()


def test_execute_expands_frames_of_a_named_node_as_a_write_renders_them(terminal: Studio) -> None:
    terminal.module.execute("HDRvidExpand1", 2, 3)

    assert terminal.job["frames"] == "2-3"
    assert (terminal.expanded["first"].value(), terminal.expanded["last"].value()) == (2, 3)


def test_execute_of_a_node_that_is_not_there_says_so(terminal: Studio) -> None:
    with pytest.raises(BadKnob, match="Nothing1: no such node"):
        terminal.module.execute("Nothing1", 1, 2)


def test_execute_of_a_node_that_expands_already_is_refused(studio: Studio) -> None:
    studio.behave(pause="5")
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    with pytest.raises(BadKnob, match="expands already"):
        studio.module.execute(studio.node, 1, 2)

    studio.press("cancel")


def test_a_disk_without_room_for_the_job_file_is_told(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hdrvid_nuke.jobs.run_folder", lambda *_: full_folder(tmp_path))

    studio.press("expand")

    assert "job.json: cannot be written ([Errno 28] No space left on device" in studio.nuke.messages[0]


def full_folder(folder: Path) -> Path:
    """Return a folder in which a job file finds no room."""
    (folder / "job.json").symlink_to("/dev/full")
    return folder


def test_an_input_that_cannot_be_rendered_into_its_folder_is_told(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    studio.node["job_out"].setValue(str(tmp_path / "file" / "exr"))
    grade = studio.nuke.nodes.Grade()
    grade.setInput(0, studio.read)
    studio.node.setInput(0, grade)

    studio.press("expand")

    assert "cannot be made" in studio.nuke.messages[0]
    assert studio.expanded is None
