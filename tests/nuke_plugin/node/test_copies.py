"""Several nodes, copies, renamed and deleted ones: each keeps to its own frames and its own run."""

from __future__ import annotations

from pathlib import Path

from tests.nuke_plugin.studio import Studio


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
    assert second.node("Expanded")["file"].getEvaluatedValue().endswith("hdrvid/HDRvidExpand2/plate.%04d.exr")
    assert studio.expanded["file"].getEvaluatedValue().endswith("hdrvid/HDRvidExpand1/plate.%04d.exr")


def test_a_copy_shows_the_same_frames_and_expands_into_a_folder_of_its_own(studio: Studio) -> None:
    studio.press("expand")
    shown = studio.expanded["file"].getEvaluatedValue()

    copy = studio.copy_of_node()
    before = copy.node("Expanded")["file"].getEvaluatedValue()
    copy["expand"].execute()
    studio.wait()

    assert before == shown
    assert copy.node("Expanded")["file"].getEvaluatedValue().endswith("hdrvid/HDRvidExpand2/plate.%04d.exr")
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
    assert studio.expanded["file"].getEvaluatedValue().endswith("hdrvid/Lamp/plate.%04d.exr")


def test_a_node_that_is_deleted_while_it_runs_ends_quietly(studio: Studio) -> None:
    studio.behave(pause="0.2")
    studio.press("expand", wait=False)

    studio.nuke.delete(studio.node)
    studio.wait()

    assert studio.nuke.messages == []


def test_a_copy_that_is_made_while_the_node_expands_is_at_rest_and_can_expand_itself(studio: Studio) -> None:
    studio.behave(pause="0.3")
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    copy = studio.copy_of_node()
    copy["cancel"].execute()
    copy["expand"].execute()
    studio.wait()

    assert studio.nuke.messages == ["HDRvid: HDRvidExpand2: does not expand, so there is nothing to cancel."]
    assert studio.status == copy["status"].value() == "4 frames written in 0.5 s"
    assert "HDRvidExpand2" in copy.node("Expanded")["file"].getEvaluatedValue()


def test_a_copy_below_its_original_takes_the_expanded_frames_as_a_tree_to_be_rendered(studio: Studio) -> None:
    studio.press("expand")
    studio.nuke.selection = [studio.node]
    studio.nuke.nodeCopy("%clipboard%")
    below = studio.nuke.nodePaste("%clipboard%")  # as Nuke does: what was copied is still selected

    studio.nuke.render = lambda *_: None
    below["expand"].execute()
    studio.wait()

    assert below.input(0) is studio.node
    assert "HDRvidExpand1 (Group) changes the picture" in studio.nuke.bars[-1].title


def test_a_copy_in_a_script_of_another_folder_has_no_frames_until_it_expands(
    studio: Studio, tmp_path: Path
) -> None:
    studio.press("expand")
    studio.nuke.root()._name = str(tmp_path / "other" / "comp.nk")

    copy = studio.copy_of_node()
    copy["reload"].execute()

    assert (
        f"{tmp_path}/other/hdrvid/HDRvidExpand1/plate.####.exr: no frames on disk" in studio.nuke.messages[0]
    )
    assert "Press Expand" in studio.nuke.messages[0]


def test_nodes_that_share_a_folder_keep_to_their_own_files_there(studio: Studio, tmp_path: Path) -> None:
    studio.node["job_out"].setValue(str(tmp_path / "all of them"))
    copy = studio.copy_of_node()
    grade = studio.nuke.nodes.Grade()
    grade.setInput(0, studio.read)
    for node in (studio.node, copy):
        node.setInput(0, grade)
    rendered: list[str] = []
    studio.nuke.render = lambda file, _: rendered.append(file)
    studio.behave(pause="0.2")

    studio.press("expand", wait=False)
    copy["expand"].execute()
    studio.wait()

    assert studio.nuke.messages == []
    assert len(set(rendered)) == 2
    assert studio.node["run_folder"].value() != copy["run_folder"].value()
    assert studio.status == copy["status"].value() == "4 frames written in 0.5 s"


def test_a_node_of_a_time_before_an_option_still_works_and_leaves_it_to_hdrvid(studio: Studio) -> None:
    for name in ("job_partly_clipped", "job_peak", "job_peak_on"):
        del studio.node._knobs[name]

    studio.node["live_limit"].setValue(True)
    studio.press("expand")

    assert studio.node["live_peak"].enabled()
    assert studio.status == "4 frames written in 0.5 s"
    assert not {"partly_clipped", "peak"} & set(studio.job)


def test_a_copy_keeps_its_live_controls_and_options(studio: Studio) -> None:
    studio.node["live_gain"].setValue(2.5)
    studio.node["job_quality"].setValue("draft")
    studio.press("expand")

    copy = studio.copy_of_node()
    copy["live_gain"].setValue(0.5)
    copy["expand"].execute()
    studio.wait()

    assert (studio.node["live_gain"].value(), copy["live_gain"].value()) == (2.5, 0.5)
    assert copy["job_quality"].value() == "draft"
