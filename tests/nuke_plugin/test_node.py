"""The node on the fake Nuke: built, run, cancelled, copied, moved, with a quick stand-in for the command."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from hdrvid_nuke import live, panel
from hdrvid_nuke.errors import BadKnob, CommandMissing, RunFailed

from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.nuke_plugin.studio import Studio, loaded, pretend


def test_the_node_is_built_with_every_knob_and_the_whole_tree(studio: Studio) -> None:
    for knob in panel.panel():
        assert studio.node.knob(knob.name) is not None, knob.name
        assert studio.node[knob.name].tooltip() == knob.tooltip
    assert {node.name() for node in studio.node.nodes()} == {item.name for item in live.tree()}


def test_no_knob_has_the_name_of_one_that_every_group_has() -> None:
    words = """name label help onCreate onDestroy knobChanged updateUI autolabel panel tile_color gl_color
        note_font note_font_size note_font_color selected hide_input cached disable dope_sheet bookmark
        postage_stamp postage_stamp_frame xpos ypos icon indicators lifetimeStart lifetimeEnd useLifetime
        lock_connections mapsize window view"""
    own = set(words.split())

    assert not own & {knob.name for knob in panel.panel()}


def test_every_button_and_every_control_has_a_tooltip(studio: Studio) -> None:
    for knob in panel.panel():
        if knob.kind not in ("tab", "divider", "label") and not knob.hidden:
            assert studio.node[knob.name].tooltip(), knob.name


def test_knobs_start_at_their_defaults(studio: Studio) -> None:
    assert studio.node["job_layers"].value() == "all"
    assert studio.node["job_mix"].value() == 1.0
    assert studio.node["live_view"].value() == "result"
    assert studio.node["job_model"].value() == "compact"


def test_a_new_node_is_one_undo_connected_to_what_was_selected(studio: Studio) -> None:
    node = studio.module.create()

    assert studio.nuke.Undo.entries == ["Create HDRvidExpand"]
    assert node.input(0) is studio.read
    assert studio.nuke.shown[-1] is node


def test_expand_shows_the_frames_in_one_undo_and_says_what_it_did(studio: Studio) -> None:
    studio.press("expand")

    read = studio.expanded
    assert studio.nuke.Undo.entries == ["Expand HDRvidExpand1"]
    assert studio.status == "4 frames written in 0.5 s"
    assert read["file"].getEvaluatedValue().endswith("/shöt 010/hdrvid/HDRvidExpand1/plate.####.exr")
    assert (read["first"].value(), read["last"].value()) == (1, 4)
    assert (read["origfirst"].value(), read["origlast"].value()) == (1, 4)
    assert read["on_error"].value() == "error"
    assert read["raw"].value() is False
    assert studio.node.node("Frames").input(0) is read
    assert studio.node["has_frames"].value()
    assert studio.node["has_layers"].value()


def test_the_read_appears_with_the_first_frame_while_the_run_goes_on(studio: Studio) -> None:
    studio.behave(pause="0.4")

    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    assert studio.module.session.session_of(studio.node) is not None
    assert studio.expanded["on_error"].value() == "checkerboard"
    assert (studio.expanded["first"].value(), studio.expanded["last"].value()) == (1, 4)
    studio.press("cancel")


def test_the_bar_is_made_in_the_thread_shows_frames_and_goes_away(studio: Studio) -> None:
    studio.press("expand")

    (bar,) = studio.nuke.bars
    assert bar.thread.name == "hdrvid"
    assert bar.title == "HDRvidExpand1"
    assert any(text.startswith("frame 2, 2 of 4") for text in bar.texts)
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


def test_a_second_run_updates_the_same_read(studio: Studio) -> None:
    studio.press("expand")
    read = studio.expanded

    studio.read["last"].setValue(6)
    studio.press("expand")

    assert studio.expanded is read
    assert (read["first"].value(), read["last"].value()) == (1, 6)
    assert [node.Class() for node in studio.node.nodes()].count("Read") == 1


def test_one_frame_after_all_leaves_the_range_as_it_was(studio: Studio) -> None:
    studio.press("expand")
    studio.nuke.current_frame = 2

    studio.press("expand_frame")

    assert studio.job["frames"] == "2"
    assert (studio.expanded["first"].value(), studio.expanded["last"].value()) == (1, 4)


def test_a_run_in_the_background_has_no_bar(studio: Studio) -> None:
    studio.press("expand_background")

    assert studio.nuke.bars == []
    assert studio.status == "4 frames written in 0.5 s"


def test_two_runs_of_one_node_at_once_are_refused_and_two_nodes_run_side_by_side(studio: Studio) -> None:
    studio.behave(pause="0.3")
    studio.press("expand", wait=False)
    studio.press("expand", wait=False)
    second = studio.module.create()
    second["command"].setValue(studio.node["command"].value())

    second["expand"].execute()
    studio.wait()

    assert "expands already" in studio.nuke.messages[0]
    assert second.name() == "HDRvidExpand2"
    assert second.node("Expanded")["file"].getEvaluatedValue().endswith("hdrvid/HDRvidExpand2/plate.####.exr")
    assert studio.expanded["file"].getEvaluatedValue().endswith("hdrvid/HDRvidExpand1/plate.####.exr")


def test_a_copy_shows_the_same_frames_and_expands_into_a_folder_of_its_own(studio: Studio) -> None:
    studio.press("expand")
    shown = studio.expanded["file"].getEvaluatedValue()

    copy = studio.copy_of_node()
    before = copy.node("Expanded")["file"].getEvaluatedValue()
    copy["expand"].execute()
    studio.wait()

    assert before == shown
    assert copy.node("Expanded")["file"].getEvaluatedValue().endswith("hdrvid/HDRvidExpand2/plate.####.exr")
    assert studio.expanded["file"].getEvaluatedValue() == shown


def test_a_node_that_is_renamed_while_it_runs_is_still_found_by_cancel(studio: Studio) -> None:
    studio.behave(pause="5")
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    studio.node.setName("Window_highlights")
    studio.press("cancel")

    assert studio.status.startswith("Cancelled")


def test_a_renamed_node_writes_to_a_folder_of_its_new_name_and_keeps_its_frames_until_then(
    studio: Studio,
) -> None:
    studio.press("expand")

    studio.node.setName("Lamp")

    assert "HDRvidExpand1" in studio.expanded["file"].getEvaluatedValue()
    studio.press("expand")
    assert studio.expanded["file"].getEvaluatedValue().endswith("hdrvid/Lamp/plate.####.exr")


def test_a_node_that_is_deleted_while_it_runs_ends_quietly(studio: Studio) -> None:
    studio.behave(pause="0.2")
    studio.press("expand", wait=False)

    studio.nuke.delete(studio.node)
    studio.wait()

    assert studio.nuke.messages == []


def test_frames_follow_a_script_that_moves_with_its_folder(studio: Studio, tmp_path: Path) -> None:
    studio.press("expand")

    moved = tmp_path / "elsewhere"
    shutil.copytree(studio.folder, moved)
    studio.nuke.root()._name = str(moved / "comp.nk")

    assert studio.expanded["file"].getEvaluatedValue() == f"{moved}/hdrvid/HDRvidExpand1/plate.####.exr"


def test_a_script_that_was_never_saved_asks_for_a_folder(studio: Studio) -> None:
    studio.nuke.root()._name = ""

    studio.press("expand")

    assert "is not a whole path, expected one. Save the script first" in studio.nuke.messages[0]


def test_a_folder_with_brackets_is_taken_as_it_is(studio: Studio, tmp_path: Path) -> None:
    studio.node["job_out"].setValue(f"{tmp_path}/take\\[2]")

    studio.press("expand")

    assert studio.job["out"] == f"{tmp_path}/take[2]"
    assert studio.expanded["file"].getEvaluatedValue() == f"{tmp_path}/take[2]/plate.####.exr"


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


def test_open_log_before_any_run_says_so(studio: Studio) -> None:
    studio.press("open_log", wait=False)

    assert studio.nuke.messages == ["HDRvidExpand1: has not run yet."]


def test_reload_takes_up_frames_that_a_farm_wrote(studio: Studio) -> None:
    studio.press("expand")
    folder = studio.folder / "hdrvid" / "HDRvidExpand1"
    shutil.copy(folder / "plate.0004.exr", folder / "plate.0009.exr")
    studio.nuke.Undo.entries.clear()

    studio.press("reload", wait=False)

    assert studio.expanded["last"].value() == 9
    assert studio.expanded["reload"]._runs > 1
    assert studio.nuke.Undo.entries == ["Reload HDRvidExpand"]


def test_reload_and_cancel_without_a_run_say_what_to_do(studio: Studio) -> None:
    studio.press("reload", wait=False)
    studio.press("cancel", wait=False)

    assert "Press Expand" in studio.nuke.messages[0]
    assert "nothing to cancel" in studio.nuke.messages[1]


def test_the_farm_command_names_a_job_file_that_holds_the_job(studio: Studio) -> None:
    studio.press("farm", wait=False)

    job = studio.folder / "hdrvid" / "HDRvidExpand1" / ".hdrvid" / "farm.json"
    assert f'hdrvid expand --job "{job}" --frames 1-4' in studio.nuke.messages[0]
    assert job.is_file()


def test_layers_are_expected_where_the_current_frame_is_not_there_to_tell(studio: Studio) -> None:
    studio.press("expand")
    studio.expanded._channels = ["rgba.red"]

    studio.press("reload", wait=False)

    assert studio.node["has_layers"].value()
    assert studio.node.node("Layers")["expr0"].value() == "mask.alpha"


def test_a_space_that_the_read_does_not_offer_is_told(studio: Studio) -> None:
    studio.node["job_output_space"].setValue("Linear P3")

    studio.press("expand")

    assert studio.status.endswith(
        "Warning: the Read inside has no entry for 'Linear P3': set its colorspace."
    )


def test_frames_without_layers_are_shown_as_they_are(studio: Studio) -> None:
    studio.node["job_layers"].setValue("rgb")

    studio.press("expand")

    assert studio.node["has_frames"].value()
    assert not studio.node["has_layers"].value()
    assert studio.node.node("Graded")["which"].value() == 0


def test_layers_that_a_reader_names_otherwise_are_found(shot: Path) -> None:
    nuke = FakeNuke(str(shot / "comp.nk"), layer_names="plain")
    with loaded(nuke) as module:
        studio = Studio(shot, nuke, module, pretend(shot.parent / "bin"))

        studio.press("expand")

        assert studio.node["has_layers"].value()
        assert studio.node.node("Layers")["expr0"].value() == "mask.A"
        assert "source.G" in studio.node.node("Recovered")["expr1"].value()


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


def test_knobs_without_effect_are_greyed_out(studio: Studio) -> None:
    node = studio.node
    assert not node["job_source"].enabled()
    assert not node["live_peak"].enabled()

    node["source_from"].setValue("file")
    node["live_limit"].setValue(True)
    node["knobChanged"]._node = node
    studio.nuke._run(node["knobChanged"].value(), node, node["source_from"])

    assert node["job_source"].enabled()
    assert node["live_peak"].enabled()
