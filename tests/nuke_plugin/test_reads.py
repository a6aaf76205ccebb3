"""What the input is: a file as it is, or a tree; and how its frames are numbered."""

from __future__ import annotations

from typing import Any

import pytest
from hdrvid_nuke.reads import Numbering, Plain, Tree, inspect, numbering

from tests.nuke_plugin.fake_nuke import FakeNuke


@pytest.fixture
def nuke() -> FakeNuke:
    return FakeNuke("/show/comp.nk")


def read(nuke: FakeNuke, file: str = "/plates/a.mov", **knobs: Any) -> Any:
    node = nuke.nodes.Read()
    for name, value in {"file": file, "first": 1, "last": 9, "origfirst": 1, "origlast": 9, **knobs}.items():
        node[name].setValue(value)
    return node


def file_of(node: Any) -> str:
    return str(node["file"].getEvaluatedValue())


def below(nuke: FakeNuke, node: Any, cls: str, *, disabled: bool = False) -> Any:
    made = getattr(nuke.nodes, cls)()
    made.setInput(0, node)
    if disabled:
        made["disable"].setValue(True)
    return made


def test_a_read_is_plain(nuke: FakeNuke) -> None:
    found = inspect(read(nuke), file_of)

    assert found == Plain(file="/plates/a.mov", first=1, last=9, file_first=1)


def test_nothing_is_nothing(nuke: FakeNuke) -> None:
    assert inspect(None, file_of) is None
    assert inspect(below(nuke, None, "Dot"), file_of) is None


def test_what_hands_on_and_what_is_disabled_does_not_count(nuke: FakeNuke) -> None:
    node = below(nuke, below(nuke, below(nuke, read(nuke), "Dot"), "Grade", disabled=True), "NoOp")

    assert isinstance(inspect(node, file_of), Plain)


def test_what_changes_the_picture_is_a_tree_that_names_it(nuke: FakeNuke) -> None:
    found = inspect(below(nuke, read(nuke), "Grade"), file_of)

    assert found == Tree("Grade1 (Grade) changes the picture")


@pytest.mark.parametrize(
    ("mode", "frame", "shift"),
    [
        pytest.param("expression", "", 0, id="as it is"),
        pytest.param("expression", "frame", 0, id="the frame itself"),
        pytest.param("expression", "frame+499", 499, id="an expression that shifts on"),
        pytest.param("expression", "frame - 100", -100, id="an expression that shifts back"),
        pytest.param("start at", "1001", -1000, id="a start frame"),
        pytest.param("offset", "100", -100, id="an offset to later frames"),
        pytest.param("offset", "-100", 100, id="an offset to earlier frames"),
        pytest.param("start at", "", 0, id="a start frame that is not given"),
    ],
)
def test_a_shifted_read_is_plain(nuke: FakeNuke, mode: str, frame: str, shift: int) -> None:
    found = inspect(read(nuke, frame_mode=mode, frame=frame), file_of)

    assert isinstance(found, Plain)
    assert found.shift == shift
    assert found.timeline == (1 - shift, 9 - shift)


@pytest.mark.parametrize("frame", ["frame*2", "curve", "[value x]", "sin(frame)", "frame+1.5"])
def test_a_retimed_read_is_a_tree(nuke: FakeNuke, frame: str) -> None:
    assert inspect(read(nuke, frame=frame), file_of) == Tree(f"Read1 is retimed by '{frame}'")


def test_a_read_without_a_file_is_a_tree_and_no_crash(nuke: FakeNuke) -> None:
    assert inspect(read(nuke, file=""), file_of) == Tree("Read1 names no file")


def test_a_windows_path_is_read_in_forward_slashes(nuke: FakeNuke) -> None:
    found = inspect(read(nuke, file="C:\\plates\\a b.mov"), file_of)

    assert isinstance(found, Plain)
    assert found.file == "C:/plates/a b.mov"


@pytest.mark.parametrize(
    ("value", "space"), [("default (linear)", ""), ("sRGB", "sRGB"), ("scene_linear (ACEScg)",) * 2]
)
def test_only_a_space_that_was_chosen_is_handed_on(nuke: FakeNuke, value: str, space: str) -> None:
    found = inspect(read(nuke, colorspace=value), file_of)

    assert isinstance(found, Plain)
    assert found.space == space


@pytest.mark.parametrize(
    ("file", "is_sequence"),
    [("/a/b.%04d.exr", True), ("/a/b.####.exr", True), ("/a/b.mov", False), ("/a#1/b.mov", False)],
)
def test_a_sequence_is_known_by_its_frame_token(file: str, is_sequence: bool) -> None:
    assert Plain(file=file, first=1, last=1, file_first=1).is_sequence is is_sequence


def test_a_sequence_keeps_its_numbers_and_its_place_on_the_timeline() -> None:
    plain = Plain(file="/a/b.####.png", first=500, last=510, file_first=500, shift=499)

    assert numbering(plain, 1001) == Numbering(start_frame=None, shift=499)


@pytest.mark.parametrize(
    ("shift", "file_first", "start"),
    [
        pytest.param(0, 1, 1, id="from 1"),
        pytest.param(-1000, 1, 1001, id="at 1001"),
        pytest.param(0, 0, 0, id="from 0"),
    ],
)
def test_a_video_is_written_by_the_numbers_of_the_timeline(shift: int, file_first: int, start: int) -> None:
    plain = Plain(file="/a/b.mov", first=1, last=9, file_first=file_first, shift=shift)

    assert numbering(plain, None) == Numbering(start_frame=start, shift=0)


def test_a_trimmed_video_still_counts_from_its_first_frame() -> None:
    plain = Plain(file="/a/b.mov", first=5, last=9, file_first=1)

    agreed = numbering(plain, 1001)

    first, last = plain.timeline
    assert (first + agreed.shift, last + agreed.shift) == (1005, 1009)
