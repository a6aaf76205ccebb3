"""The node's text, parsed back: balanced, and nothing in it refers to what is not there."""

from __future__ import annotations

import re
from pathlib import Path

import nkparser
import pytest
from hdrvid_nuke import live, nktext, panel

from tests.nuke_plugin.expressions import names
from tests.nuke_plugin.fake_nuke import KNOBS, unquoted

COMMITTED = Path(nktext.__file__).with_name("HDRvidExpand.nk")


@pytest.fixture(scope="module")
def script() -> nkparser.Script:
    """Return the text as another parser understands it, flat.

    nkparser 0.3 looks for a group's nodes inside its braces; Nuke writes them after, up to `end_group`.
    """
    text = COMMITTED.read_text(encoding="utf-8")
    assert text.count("\nGroup {") == text.count("\nend_group\n") == 1
    return nkparser.Script.from_string(text.replace("\nGroup {", "\nNoOp {").replace("\nend_group\n", "\n"))


@pytest.fixture(scope="module")
def group(script: nkparser.Script) -> nkparser.Node:
    """Return the node itself."""
    found = script.find("HDRvidExpand1")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def children(script: nkparser.Script) -> list[nkparser.Node]:
    """Return the nodes inside it."""
    return [node for node in script.all_nodes() if node.name != "HDRvidExpand1"]


def test_the_committed_text_is_current() -> None:
    message = "run in nuke_plugin: python -m hdrvid_nuke.nktext hdrvid_nuke/HDRvidExpand.nk"

    assert COMMITTED.read_text(encoding="utf-8") == nktext.group_text(), message


def test_another_parser_finds_no_fault_but_the_root_that_a_snippet_lacks(script: nkparser.Script) -> None:
    assert [found.code for found in script.diagnostics if found.code != "missing-root"] == []


def test_braces_are_balanced_and_the_group_is_closed() -> None:
    text = re.sub(r"\\.", "", COMMITTED.read_text(encoding="utf-8"))
    bare = re.sub(r'"[^"]*"', "", text)

    assert bare.count("{") == bare.count("}")
    assert bare.count('"') == 0
    assert bare.rstrip().endswith("end_group")


def test_the_tree_in_the_text_is_the_tree(children: list[nkparser.Node]) -> None:
    found = {node.name: node.class_name for node in children}

    assert found == {item.name: item.cls for item in live.tree()}


def test_every_node_takes_its_inputs_from_nodes_that_were_named_before() -> None:
    known: set[str] = set()
    for line in COMMITTED.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\s*push \$(\w+)", line):
            assert match[1] in known
        if match := re.match(r"\s*set (\w+) \[stack 0\]", line):
            known.add(match[1])


def test_inputs_are_pushed_so_that_the_first_lies_on_top() -> None:
    stack: list[str] = []
    for line in COMMITTED.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[:1] == ["push"]:
            stack.append(words[1][1:])
        if words[:1] == ["name"] and line.startswith("  "):
            item = next(node for node in live.tree() if node.name == words[1])
            taken = [stack.pop() for _ in item.inputs]
            assert tuple(taken) == item.inputs


def test_every_knob_that_is_set_is_one_of_its_class(children: list[nkparser.Node]) -> None:
    for node in children:
        own = {knob.name for knob in node.knobs} - {"inputs", "name"}
        assert own <= set(KNOBS[node.class_name]), node.name


def test_every_knob_that_expressions_and_buttons_name_exists(group: nkparser.Node) -> None:
    made = set(re.findall(r"^ addUserKnob \{\d+ (\w+)", COMMITTED.read_text(encoding="utf-8"), re.MULTILINE))

    for item in live.tree():
        texts = [*item.links.values(), *(t for k, t in item.knobs.items() if "expr" in k)]
        named = {name[7:] for text in texts for name in names(text) if name.startswith("parent.")}
        assert named <= made, item.name
    assert {knob.name for knob in panel.panel()} == made
    assert group.name == "HDRvidExpand1"


def test_every_action_that_a_button_names_is_one_of_press() -> None:
    source = (Path(nktext.__file__).parent / "node" / "buttons.py").read_text(encoding="utf-8")
    actions = set(re.findall(r'^        "(\w+)": lambda: ', source, re.MULTILINE))

    assert {knob.name for knob in panel.panel() if knob.kind == "button"} == actions


def test_layers_are_added_before_the_node_and_are_those_that_the_writer_makes() -> None:
    lines = COMMITTED.read_text(encoding="utf-8").splitlines()
    added = [line for line in lines if line.startswith("add_layer")]

    assert lines[: len(added)] == added
    assert "add_layer {source source.red source.green source.blue}" in added
    assert {"add_layer {mask mask.alpha}", "add_layer {provenance provenance.alpha}"} <= set(added)


def test_code_in_the_text_is_one_guarded_import_and_one_call() -> None:
    for line in COMMITTED.read_text(encoding="utf-8").splitlines():
        match = re.search(r'(?:T|knobChanged) ("try: .*")', line)
        if match:
            first, second, _ = unquoted(match[1]).split("\n")
            assert first == "try: import hdrvid_nuke.node as hdrvid"
            assert second == "except Exception: hdrvid = None"


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "two words",
        "[value name]",
        'a "quoted" word',
        "{braces}",
        "$HDRVID",
        "back\\slash",
        "two\nlines",
        "ä",
    ],
)
def test_a_quoted_text_comes_back_as_it_was(text: str) -> None:
    assert unquoted(nktext.quoted(text)) == text


def test_labels_and_tooltips_come_back_as_they_were() -> None:
    text = COMMITTED.read_text(encoding="utf-8")

    for knob in panel.panel():
        if knob.tooltip:
            assert nktext.quoted(knob.tooltip) in text


def test_a_new_option_is_a_knob_without_another_line_of_code() -> None:
    words = {"name": "sparkle", "kind": "float", "label": "sparkle", "tooltip": "New.", "group": "Novelties"}
    item = {**words, "default": 2.0, "choices": [], "minimum": 0.0, "maximum": 4.0, "optional": False}

    knob = panel._option_knob(item)
    tab = panel._options_tab([item], {"sparkle": knob})

    assert [made.label for made in tab] == ["Options", "Novelties", "sparkle"]
    assert nktext.user_knob_lines(knob)[0] == "addUserKnob {7 job_sparkle l sparkle t New. +STARTLINE R 0 4}"


@pytest.mark.parametrize(
    "knob",
    [k for k in panel.panel() if k.kind == "button" or (k.name.startswith("live_") and k.kind == "float")],
)
def test_the_document_explains_every_button_and_live_control(knob: panel.Knob) -> None:
    text = (Path(__file__).parents[2] / "docs" / "nuke.md").read_text(encoding="utf-8")

    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    assert any(knob.label in row for row in rows), knob.label
