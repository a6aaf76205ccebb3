"""What the node asks of the command: options, frames, numbers, colour, and the input rendered first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.nuke_plugin.studio import Studio
from tests.sample import SAMPLE


def test_the_job_holds_the_panels_options_and_leaves_the_rest_to_hdrvid(studio: Studio) -> None:
    studio.node["job_highlight_gain"].setValue(1.5)
    studio.node["job_quality"].setValue("draft")
    studio.node["job_overwrite"].setValue(True)

    studio.press("expand")

    job = studio.job
    assert (job["highlight_gain"], job["quality"], job["overwrite"]) == (1.5, "draft", True)
    assert "peak" not in job
    assert "input_space" not in job


def test_a_number_behind_a_check_box_counts_when_it_is_set(studio: Studio) -> None:
    studio.node["job_peak_on"].setValue(True)
    studio.node["job_peak"].setValue(8)

    studio.press("expand")

    assert studio.job["peak"] == 8.0


def test_a_video_is_numbered_as_on_the_timeline(studio: Studio) -> None:
    studio.read["frame_mode"].setValue("start at")
    studio.read["frame"].setValue("1001")

    studio.press("expand")

    assert studio.job["start_frame"] == 1001
    assert studio.job["frames"] == "1001-1004"
    assert studio.expanded["frame_mode"].value() == "expression"
    assert studio.expanded["frame"].value() == ""


def test_another_start_frame_moves_the_written_frames_back_to_their_place(studio: Studio) -> None:
    studio.node["job_start_frame_on"].setValue(True)
    studio.node["job_start_frame"].setValue(1001)

    studio.press("expand")

    assert (studio.job["start_frame"], studio.job["frames"]) == (1001, "1001-1004")
    read = studio.expanded
    assert (read["first"].value(), read["frame_mode"].value(), read["frame"].value()) == (
        1001,
        "start at",
        "1",
    )


@pytest.mark.parametrize(
    ("mode", "custom", "frames"),
    [
        pytest.param("input", "", "1-4", id="the input's"),
        pytest.param("global", "", "2-3", id="the project's"),
        pytest.param("custom", "3-4", "3-4", id="a range of one's own"),
    ],
)
def test_the_frame_range_is_the_one_asked_for(studio: Studio, mode: str, custom: str, frames: str) -> None:
    studio.nuke.project_range = (2, 3)
    studio.node["frame_range"].setValue(mode)
    studio.node["job_frames"].setValue(custom)

    studio.press("expand")

    assert studio.job["frames"] == frames


def test_a_file_needs_no_read(studio: Studio) -> None:
    studio.node["source_from"].setValue("file")
    studio.node["job_source"].setValue(str(SAMPLE))
    studio.node.setInput(0, None)

    studio.press("expand")

    assert studio.job["source"] == str(SAMPLE)
    assert "frames" not in studio.job
    assert (studio.expanded["first"].value(), studio.expanded["last"].value()) == (1001, 1004)


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        pytest.param({"frame_range": "custom", "job_frames": "a-b"}, "cannot read 'a-b'", id="no range"),
        pytest.param({"frame_range": "custom"}, "knob 'custom': empty", id="an empty range"),
        pytest.param({"source_from": "file"}, "knob 'file': empty", id="an empty file"),
        pytest.param({"job_out": ""}, "knob 'folder': empty", id="no folder"),
        pytest.param({"job_out": "renders"}, "is not a whole path", id="a folder from nowhere"),
        pytest.param({"command": "/no/hdrvid"}, "/no/hdrvid (knob 'command')", id="no command"),
    ],
)
def test_a_knob_that_no_job_can_be_made_of_is_told_in_a_message_box(
    studio: Studio, knobs: dict[str, Any], said: str
) -> None:
    for name, value in knobs.items():
        studio.node[name].setValue(value)

    studio.press("expand")

    assert len(studio.nuke.messages) == 1
    assert said in studio.nuke.messages[0]
    assert studio.expanded is None


def test_nothing_connected_is_told(studio: Studio) -> None:
    studio.node.setInput(0, None)

    studio.press("expand")

    assert "nothing is connected, expected a Read" in studio.nuke.messages[0]


def test_a_retimed_input_is_rendered_first_and_the_node_says_so(studio: Studio) -> None:
    grade = studio.nuke.nodes.Grade()
    grade.setInput(0, studio.read)
    studio.node.setInput(0, grade)
    made: list[tuple[str, range]] = []
    studio.nuke.render = lambda file, numbers: made.append((file, numbers))
    studio.nuke.Undo.entries.clear()

    studio.press("expand")

    folder = f"{studio.folder}/hdrvid/HDRvidExpand1/.hdrvid/comp.HDRvidExpand1/input"
    assert made == [(f"{folder}/comp.HDRvidExpand1.%04d.exr", range(1, 5))]
    assert studio.job["source"] == made[0][0].replace("%04d", "####")
    assert studio.job["input_space"] == studio.job["output_space"]
    assert studio.job["overwrite"] is True
    assert "Grade1 (Grade) changes the picture: its input was rendered first" in studio.nuke.bars[0].title
    assert [node.Class() for node in studio.nuke.root().nodes()].count("Write") == 0
    assert studio.nuke.Undo.entries == ["Expand HDRvidExpand1"]


def test_where_proxies_are_on_the_full_size_is_expanded_and_rendered(studio: Studio) -> None:
    studio.nuke.root()["proxy"].setValue(True)
    studio.read["proxy"].setValue("/proxies/half.mov")
    studio.press("expand")
    plain = studio.job["source"]

    grade = studio.nuke.nodes.Grade()
    grade.setInput(0, studio.read)
    studio.node.setInput(0, grade)
    at_proxy: list[bool] = []
    studio.nuke.render = lambda *_: at_proxy.append(studio.nuke.root()["proxy"].value())
    studio.press("expand")

    assert plain == str(SAMPLE)
    assert at_proxy == [False]
    assert studio.nuke.root()["proxy"].value() is True


def test_a_sequence_is_named_as_artists_write_it(studio: Studio) -> None:
    studio.read["file"].setValue("/show/plate.#####.exr")

    studio.press("expand")

    assert studio.job["source"] == "/show/plate.#####.exr"


def test_a_cancelled_run_of_a_rendered_input_says_that_the_next_one_starts_over(studio: Studio) -> None:
    grade = studio.nuke.nodes.Grade()
    grade.setInput(0, studio.read)
    studio.node.setInput(0, grade)
    studio.behave(pause="5")
    studio.press("expand", wait=False)
    studio.nuke.pump(lambda: studio.expanded is not None)

    studio.press("cancel")

    assert studio.status.endswith("Warning: the input is rendered anew for the next run, which starts over.")


def expand_behind_a_render_that_ends_with(studio: Studio, reason: str) -> None:
    """Press Expand on a graded input that Nuke does not render."""
    grade = studio.nuke.nodes.Grade()
    grade.setInput(0, studio.read)
    studio.node.setInput(0, grade)

    def render(_file: str, _numbers: range) -> None:
        raise RuntimeError(reason)

    studio.nuke.render = render
    studio.press("expand")


def test_an_input_that_does_not_render_is_told_and_leaves_no_write_behind(studio: Studio) -> None:
    expand_behind_a_render_that_ends_with(studio, "Read1: missing frame")

    assert "its input did not render (Read1: missing frame)" in studio.nuke.messages[0]
    assert studio.status == "The input was not rendered."
    assert [node.Class() for node in studio.nuke.root().nodes()].count("Write") == 0


def test_a_rendering_of_the_input_that_the_artist_cancels_is_no_fault_of_the_tree(studio: Studio) -> None:
    expand_behind_a_render_that_ends_with(studio, "Cancelled")

    assert "cancelled while its input was rendered" in studio.nuke.messages[0]
    assert studio.expanded is None


def test_a_space_chosen_in_the_read_is_handed_on(studio: Studio) -> None:
    studio.read["colorspace"].setValue("sRGB")

    studio.press("expand")

    assert studio.job["input_space"] == "srgb_tx"


def test_an_ocio_script_decides_space_config_and_the_reads_entry(studio: Studio) -> None:
    root = studio.nuke.root()
    root["colorManagement"].setValue("OCIO")
    root["OCIO_config"].setValue("custom")
    root["customOCIOConfigPath"].setValue("/show/config.ocio")
    root["workingSpaceLUT"].setValue("ACEScg")

    studio.press("expand")

    assert (studio.job["output_space"], studio.job["ocio_config"]) == ("ACEScg", "/show/config.ocio")
    assert studio.expanded["colorspace"].value() == "ACEScg"
    assert studio.node["luma_g"].value() == pytest.approx(0.6740818)


def test_a_script_that_was_never_saved_asks_for_a_folder(studio: Studio) -> None:
    studio.nuke.root()._name = ""

    studio.press("expand")

    assert "is not a whole path, expected one. Save the script first" in studio.nuke.messages[0]


def test_a_folder_with_brackets_is_taken_as_it_is(studio: Studio, tmp_path: Path) -> None:
    studio.node["job_out"].setValue(f"{tmp_path}/take\\[2]")

    studio.press("expand")

    assert studio.job["out"] == f"{tmp_path}/take[2]"
    assert studio.expanded["file"].getEvaluatedValue() == f"{tmp_path}/take[2]/plate.%04d.exr"
