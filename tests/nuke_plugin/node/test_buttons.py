"""The buttons that do not expand, and what buttons say where the plug-in is missing."""

from __future__ import annotations

import shutil
from typing import Any

from hdrvid_nuke import panel

from tests.nuke_plugin.studio import Studio


def test_open_log_before_any_run_says_so(studio: Studio) -> None:
    studio.press("open_log", wait=False)

    assert studio.nuke.messages == ["HDRvidExpand1: has not run yet."]


def test_a_log_that_was_moved_away_is_told(studio: Studio) -> None:
    studio.press("expand")
    shutil.rmtree(studio.folder / "hdrvid")

    studio.press("open_log", wait=False)

    assert "log.txt: is not there any more" in studio.nuke.messages[0]


def test_reload_and_cancel_without_a_run_say_what_to_do(studio: Studio) -> None:
    studio.press("reload", wait=False)
    studio.press("cancel", wait=False)

    assert "Press Expand" in studio.nuke.messages[0]
    assert "nothing to cancel" in studio.nuke.messages[1]


def test_the_farm_command_names_a_job_file_that_holds_the_job(studio: Studio) -> None:
    studio.press("farm", wait=False)

    job = studio.folder / "hdrvid" / "HDRvidExpand1" / ".hdrvid" / "comp.HDRvidExpand1" / "farm.json"
    assert f'hdrvid expand --job "{job}" --frames 1-4' in studio.nuke.messages[0]
    assert job.is_file()


def test_without_a_gui_the_farm_command_is_printed(terminal: Studio) -> None:
    terminal.press("farm", wait=False)

    assert terminal.nuke.printed[0].startswith("hdrvid expand --job")


def test_the_script_of_a_site_without_the_plug_in_opens_silently_and_its_buttons_say_why() -> None:
    said: list[str] = []

    class Bare:
        thisNode = thisKnob = staticmethod(lambda: None)  # noqa: N815
        message = staticmethod(said.append)

    hidden = {"__builtins__": {**__builtins_without_import()}, "nuke": Bare}
    exec(panel.changed_script(), dict(hidden))  # noqa: S102
    assert said == []
    exec(panel.button_script("expand"), dict(hidden))  # noqa: S102
    assert "not installed here" in said[0]


def __builtins_without_import() -> dict[str, Any]:
    import builtins

    def missing(name: str, *_: Any) -> Any:
        raise ImportError(f"No module named {name}")

    return {**vars(builtins), "__import__": missing}
