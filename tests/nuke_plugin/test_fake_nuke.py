"""The fake Nuke has nothing that the published stubs lack, so that a call which Nuke lacks fails."""

from __future__ import annotations

import ast
import importlib.metadata
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.nuke_plugin import fake_knobs, fake_nuke
from tests.nuke_plugin.fake_nuke import FakeNuke, Node, Undo

_PACKAGE = importlib.metadata.distribution("types-nuke")
STUBS = Path(str(_PACKAGE.locate_file("nuke-stubs")))
OF_THE_TESTS = {
    "pump", "project_range", "shown", "messages", "printed", "bars", "layers", "executed", "current_frame",
    "selection", "render", "entries", "depth", "off", "made", "title", "texts", "percents", "pressed",
    "thread",
}  # fmt: skip
"""Names on the fakes by which tests look in and steer."""


def stubs() -> tuple[set[str], dict[str, tuple[list[str], set[str]]]]:
    """Return the names of the module, and of each class its bases and members."""
    module: set[str] = set()
    classes: dict[str, tuple[list[str], set[str]]] = {}
    for path in STUBS.glob("*.pyi"):
        for item in ast.parse(path.read_text()).body:
            if isinstance(item, ast.ClassDef):
                bases = [base.id for base in item.bases if isinstance(base, ast.Name)]
                classes[item.name] = (bases, {n for part in item.body for n in _names(part)})
            module.update(_names(item))
    return module, classes


def _names(item: ast.stmt) -> list[str]:
    if isinstance(item, ast.FunctionDef | ast.ClassDef):
        return [item.name]
    return [item.target.id] if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) else []


MODULE, CLASSES = stubs()


def members(name: str) -> set[str]:
    """Return a class's members with those of its bases."""
    bases, own = CLASSES[name]
    return own.union(*(members(base) for base in bases if base in CLASSES))


def public(thing: Any) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")} - OF_THE_TESTS


def test_every_name_of_the_fake_module_is_in_the_stubs() -> None:
    assert public(FakeNuke()) <= MODULE


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(fake_knobs).values()
        if isinstance(kind, type) and issubclass(kind, fake_knobs.Knob)
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_method_of_a_fake_knob_is_in_the_stubs(kind: type) -> None:
    assert public(kind) <= members(kind.__name__)


@pytest.mark.parametrize("name", ["Node", "Group", "Root", "Undo", "ProgressTask"])
def test_every_method_of_a_fake_class_is_in_the_stubs(name: str) -> None:
    assert public(getattr(fake_nuke, name)) <= members(name)


def test_parameters_keep_the_stubs_names_where_the_stubs_have_any() -> None:
    for item in ast.parse((STUBS / "_nuke.pyi").read_text()).body:
        fake = getattr(FakeNuke, item.name, None) if isinstance(item, ast.FunctionDef) else None
        if (
            fake is None
            or not isinstance(item, ast.FunctionDef)
            or item.args.vararg
            or item.name == "execute"
        ):
            continue
        ours = list(fake.__code__.co_varnames[1 : fake.__code__.co_argcount])
        theirs = [argument.arg for argument in item.args.args]
        assert ours == theirs[: len(ours)], item.name


def test_a_knob_that_a_node_lacks_raises_as_in_nuke() -> None:
    node = FakeNuke().nodes.Blur()

    with pytest.raises(NameError, match="knob radius does not exist"):
        node["radius"]


def test_a_file_knob_hands_a_sequence_out_in_technical_notation_as_in_nuke() -> None:
    read = FakeNuke("/a [b] $c/comp.nk").nodes.Read()

    read["file"].setValue("[file dirname [value root.name]]/\\[1]/p.####.exr")

    assert read["file"].getEvaluatedValue() == "/a [b] $c/[1]/p.%04d.exr"


def test_a_deleted_node_raises_as_in_nuke() -> None:
    nuke = FakeNuke()
    node: Node = nuke.nodes.Blur()
    nuke.delete(node)

    with pytest.raises(ValueError, match="not attached to a node"):
        node.name()


def test_a_name_that_is_taken_is_counted_up() -> None:
    nuke = FakeNuke()
    first, second = nuke.nodes.Blur(), nuke.nodes.Blur()

    assert (first.name(), second.name()) == ("Blur1", "Blur2")


def test_changes_in_a_group_are_one_undo_and_others_one_each() -> None:
    nuke = FakeNuke()
    blur = nuke.nodes.Blur()
    nuke.Undo.entries.clear()

    nuke.Undo.begin("two")
    blur["size"].setValue(1)
    blur["size"].setValue(2)
    nuke.Undo.end()
    blur["size"].setValue(3)

    assert nuke.Undo.entries == ["two", "Blur1.size"]


def test_a_knob_that_a_thread_sets_is_refused() -> None:
    blur, refused = FakeNuke().nodes.Blur(), []

    def touch() -> None:
        try:
            blur["size"].setValue(1)
        except AssertionError as error:
            refused.append(str(error))

    thread = threading.Thread(target=touch)
    thread.start()
    thread.join()

    assert refused == ["the tree was touched from a thread"]


def test_undo_that_is_off_records_nothing() -> None:
    undo = Undo()
    undo.disable()

    undo._record("a change")

    assert undo.entries == []
