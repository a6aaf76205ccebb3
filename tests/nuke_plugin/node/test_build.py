"""The node is built: every knob with its tooltip, the whole tree, one undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hdrvid_nuke import live, nktext, panel

from tests.nuke_plugin.studio import Studio

COMMITTED = Path(nktext.__file__).with_name("HDRvidExpand.nk")


def inside(node: Any) -> dict[str, Any]:
    """Return all that a node is: knobs with their looks, and for a group the nodes in it."""
    knobs = {
        name: (type(knob), knob.label(), knob.tooltip(), knob._flags, knob._state(), knob._expression,
               getattr(knob, "_range", None), getattr(knob, "_values", None))
        for name, knob in node.knobs().items()
    }  # fmt: skip
    above = [other.name() if other is not None else None for other in node._inputs]
    below = {child.name(): inside(child) for child in node.nodes()} if node.Class() == "Group" else {}
    return {"class": node.Class(), "knobs": knobs, "inputs": above if not below else [], "nodes": below}


def test_the_text_makes_the_node_that_the_menu_makes(studio: Studio) -> None:
    made = studio.module.create()
    studio.nuke.layers.clear()

    pasted = studio.nuke.nodePaste(str(COMMITTED))

    assert pasted.name() == "HDRvidExpand3"
    assert inside(pasted) == inside(made)
    assert {"source", "mask", "provenance"} <= set(studio.nuke.layers)


def test_a_node_that_is_copied_as_text_is_the_same_node(studio: Studio) -> None:
    studio.node["live_gain"].setValue(1.25)
    studio.node["job_source"].setValue('/a [b] {c} $d/"e".mov')

    copy = studio.copy_of_node()

    assert copy.name() == "HDRvidExpand2"
    assert copy.input(0) is studio.read
    assert inside(copy) == inside(studio.node)


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


def test_knobs_without_effect_are_greyed_out(studio: Studio) -> None:
    node = studio.node
    assert not node["job_source"].enabled()
    assert not node["live_peak"].enabled()

    node["source_from"].setValue("file")
    node["live_limit"].setValue(True)

    assert node["job_source"].enabled()
    assert node["live_peak"].enabled()
