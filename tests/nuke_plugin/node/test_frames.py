"""Frames come back to the tree: the internal Read, its range, its space, its layers."""

from __future__ import annotations

import shutil
from pathlib import Path

from hdrvid_nuke.session import session_of

from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.nuke_plugin.studio import Studio, loaded, pretend


def test_expand_shows_the_frames_in_one_undo_and_says_what_it_did(studio: Studio) -> None:
    studio.press("expand")

    read = studio.expanded
    assert studio.nuke.Undo.entries == ["Expand HDRvidExpand1"]
    assert studio.status == "4 frames written in 0.5 s"
    assert read["file"].getEvaluatedValue().endswith("/shöt 010/hdrvid/HDRvidExpand1/plate.%04d.exr")
    assert (read["first"].value(), read["last"].value()) == (1, 4)
    assert (read["origfirst"].value(), read["origlast"].value()) == (1, 4)
    assert read["on_error"].value() == "error"
    assert read["colorspace"].value() == "linear"
    assert read["raw"].value() is False
    assert studio.node.node("Frames").input(0) is read
    assert studio.node["has_frames"].value()
    assert studio.node["has_layers"].value()


def test_the_read_appears_with_the_first_frame_while_the_run_goes_on(studio: Studio) -> None:
    studio.behave(pause="0.4")

    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    assert session_of(studio.node) is not None
    assert studio.expanded["on_error"].value() == "checkerboard"
    assert (studio.expanded["first"].value(), studio.expanded["last"].value()) == (1, 4)
    studio.press("cancel")


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


def test_frames_follow_a_script_that_moves_with_its_folder(studio: Studio, tmp_path: Path) -> None:
    studio.press("expand")

    moved = tmp_path / "elsewhere"
    shutil.copytree(studio.folder, moved)
    studio.nuke.root()._name = str(moved / "comp.nk")

    assert studio.expanded["file"].getEvaluatedValue() == f"{moved}/hdrvid/HDRvidExpand1/plate.%04d.exr"


def test_reload_takes_up_frames_that_a_farm_wrote(studio: Studio) -> None:
    studio.press("expand")
    folder = studio.folder / "hdrvid" / "HDRvidExpand1"
    shutil.copy(folder / "plate.0004.exr", folder / "plate.0009.exr")
    studio.nuke.Undo.entries.clear()

    studio.press("reload", wait=False)

    assert studio.expanded["last"].value() == 9
    assert studio.expanded["reload"]._runs > 1
    assert studio.nuke.Undo.entries == ["Reload HDRvidExpand"]


def test_reload_says_what_is_missing_and_shows_it_as_an_error_once_all_is_there(studio: Studio) -> None:
    studio.behave(status="139")
    studio.press("expand")
    folder = studio.folder / "hdrvid" / "HDRvidExpand1"
    (folder / "plate.0002.exr").rename(folder / "away")

    studio.press("reload", wait=False)
    with_a_gap = studio.status, studio.expanded["on_error"].value()
    (folder / "away").rename(folder / "plate.0002.exr")
    studio.press("reload", wait=False)

    assert with_a_gap == ("3 frames on disk, 1-4: 1 between them is missing.", "checkerboard")
    assert (studio.status, studio.expanded["on_error"].value()) == ("4 frames on disk, 1-4.", "error")


def test_reload_finds_the_frames_of_a_farm_for_a_node_that_never_ran_here(studio: Studio) -> None:
    studio.node["job_start_frame_on"].setValue(True)
    studio.node["job_start_frame"].setValue(1001)
    studio.press("farm", wait=False)
    folder = studio.folder / "hdrvid" / "HDRvidExpand1"
    for number in (1001, 1002, 1003):
        shutil.copy(studio.folder.parent / "bin" / "all.exr", folder / f"plate.{number}.exr")
    studio.nuke.Undo.entries.clear()

    studio.press("reload", wait=False)

    read = studio.expanded
    assert read["file"].getEvaluatedValue() == f"{folder}/plate.%04d.exr"
    assert (read["first"].value(), read["last"].value(), read["frame"].value()) == (1001, 1003, "1")
    assert studio.node["has_layers"].value()
    assert studio.status == "3 frames on disk, 1001-1003."
    assert studio.nuke.Undo.entries == ["Reload HDRvidExpand"]


def test_reload_while_the_node_expands_leaves_its_status_alone(studio: Studio) -> None:
    studio.behave(pause="5")
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    studio.press("reload", wait=False)

    assert studio.status == "Expanding ..."
    assert studio.expanded["on_error"].value() == "checkerboard"
    studio.press("cancel")


def test_a_read_that_an_undo_takes_away_while_the_node_expands_is_not_missed(studio: Studio) -> None:
    studio.behave(pause="0.3")
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    studio.nuke.delete(studio.expanded)
    studio.module.frames.refresh(studio.node)
    studio.wait()

    assert studio.status == "4 frames written in 0.5 s"
    assert studio.expanded is None
    assert studio.nuke.messages == []


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
