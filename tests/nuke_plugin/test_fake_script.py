"""The fake reads and writes Nuke's text as Nuke's own files have it."""

from __future__ import annotations

import pytest

from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.nuke_plugin.fake_script import commands, words_of


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("name Blur1", ["name", "Blur1"], id="bare words"),
        pytest.param('file "/a b/c.exr"', ["file", "/a b/c.exr"], id="quotes"),
        pytest.param(r'file "\[value name]/\{a\}"', ["file", "[value name]/{a}"], id="escapes"),
        pytest.param('label "two\\nlines"', ["label", "two\nlines"], id="a line break"),
        pytest.param("size {{parent.size i}}", ["size", "{parent.size i}"], id="an expression"),
        pytest.param("set N1 [stack 0]", ["set", "N1", "[stack 0]"], id="a command in brackets"),
    ],
)
def test_a_line_is_split_as_tcl_does(line: str, words: list[str]) -> None:
    assert words_of(line) == words


def test_a_braced_word_runs_over_lines() -> None:
    assert list(commands("Blur {\n size 3\n}\nend_group\n")) == [["Blur", "\n size 3\n"], ["end_group"]]


def test_text_that_is_not_balanced_is_refused() -> None:
    with pytest.raises(AssertionError, match="not balanced"):
        list(commands("Blur {\n size 3\n"))


def test_a_knob_that_a_class_lacks_is_refused() -> None:
    nuke = FakeNuke()
    nuke._clipboards["x"] = "Blur {\n radius 3\n}\n"

    with pytest.raises(NameError, match="knob radius does not exist"):
        nuke.nodePaste("x")


def test_what_is_pasted_hangs_on_the_selected_node_and_takes_the_next_free_name() -> None:
    nuke = FakeNuke()
    blur = nuke.nodes.Blur()
    blur["size"].setValue(2.5)
    nuke.selection = [blur]

    nuke.nodeCopy("%clipboard%")
    copy = nuke.nodePaste("%clipboard%")

    assert (copy.name(), copy["size"].value(), copy.input(0)) == ("Blur2", 2.5, blur)


def test_a_knob_is_told_to_the_nodes_own_code_also_where_a_program_sets_it_and_an_input_too() -> None:
    nuke = FakeNuke()
    group = nuke.nodes.Group()
    group["knobChanged"].setValue("nuke.tprint(nuke.thisNode().name(), nuke.thisKnob().name())")
    gain = nuke.Double_Knob("gain", "gain")
    group.addKnob(gain)

    gain.setValue(2)
    group.setInput(0, None)

    assert nuke.printed == ["Group1 gain", "Group1 inputChange"]
    assert nuke.thisKnob() is None
