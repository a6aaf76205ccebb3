"""What a process is started and ended with, on systems that the tests do not run on too."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hdrvid_nuke.process import group_options, has_room, kill_tree, tail

CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW = 0x00000200, 0x08000000
"""Of Windows' own headers; `subprocess` has them there only."""


def test_on_windows_a_run_has_a_group_of_its_own_and_no_console() -> None:
    assert group_options(windows=True) == {"creationflags": CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW}


def test_elsewhere_a_run_has_a_session_of_its_own() -> None:
    subprocess.run(["true"], check=True, **group_options(windows=False))

    assert group_options(windows=False) == {"start_new_session": True}


def test_on_windows_a_run_is_ended_with_its_children() -> None:
    assert kill_tree(42) == ["taskkill", "/PID", "42", "/T", "/F"]


def test_a_disk_that_does_not_say_what_is_left_is_taken_to_have_room(tmp_path: Path) -> None:
    assert has_room(tmp_path / "not there", 10**30)
    assert has_room(tmp_path, 1)
    assert not has_room(tmp_path, 10**30)


def test_the_end_of_a_log_is_whole_lines_of_any_bytes(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes("erste Zeile\nw\u00e4hrend\n".encode() + b"\xff!\n")

    assert tail(tmp_path / "log", lines=2) == "w\u00e4hrend\n\ufffd!"
    assert tail(tmp_path / "none") == ""
