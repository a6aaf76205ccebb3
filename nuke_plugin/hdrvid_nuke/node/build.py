"""Build the node: its knobs, and the tree inside it."""

from __future__ import annotations

from typing import Any

import nuke

from hdrvid_nuke import live, nktext, panel
from hdrvid_nuke.node.host import one_undo

_MAKERS: dict[str, Any] = {
    "tab": lambda knob: nuke.Tab_Knob(knob.name, knob.label),
    "divider": lambda knob: nuke.Text_Knob(knob.name, knob.label, ""),
    "label": lambda knob: nuke.Text_Knob(knob.name, knob.label, str(knob.default or "")),
    "button": lambda knob: nuke.PyScript_Knob(knob.name, knob.label, knob.script),
    "file": lambda knob: nuke.File_Knob(knob.name, knob.label),
    "text": lambda knob: nuke.String_Knob(knob.name, knob.label),
    "int": lambda knob: nuke.Int_Knob(knob.name, knob.label),
    "float": lambda knob: nuke.Double_Knob(knob.name, knob.label),
    "bool": lambda knob: nuke.Boolean_Knob(knob.name, knob.label),
    "choice": lambda knob: nuke.Enumeration_Knob(knob.name, knob.label, list(knob.choices)),
}


def create() -> Any:
    """Make a node, connect it to what is selected, and open its panel: one undo."""
    selected = nuke.selectedNodes()
    with one_undo("Create HDRvidExpand"):
        group = nuke.nodes.Group()
        group.setName(f"{nktext.NAME}1")
        build(group)
        if selected:
            group.setInput(0, selected[0])
            group.setXYpos(selected[0].xpos(), selected[0].ypos() + 80)
    if nuke.GUI:
        group.showControlPanel()
    return group


def build(group: Any) -> None:
    """Fill a Group with the knobs and the tree of the node."""
    for layer, channels in live.LAYERS.items():
        nuke.Layer(layer, [f"{layer}.{channel}" for channel in channels])
    for knob in panel.panel():
        _add_knob(group, knob)
    group["knobChanged"].setValue(panel.changed_script())
    group.begin()
    try:
        made: dict[str, Any] = {}
        for item in live.tree():
            made[item.name] = _add_node(item, made)
    finally:
        group.end()
    enable(group)


def _add_knob(group: Any, knob: panel.Knob) -> None:
    made = _MAKERS[knob.kind](knob)
    if knob.tooltip:
        made.setTooltip(knob.tooltip)
    if knob.kind == "float" and knob.minimum is not None and knob.maximum is not None:
        made.setRange(knob.minimum, knob.maximum)
    if knob.kind not in ("tab", "divider"):
        (made.setFlag if knob.new_line else made.clearFlag)(nuke.STARTLINE)
    if knob.hidden:
        made.setFlag(nuke.INVISIBLE)
    group.addKnob(made)
    if knob.kind in ("file", "text", "int", "float", "bool", "choice") and knob.default is not None:
        made.setValue(knob.default)


def _add_node(item: live.TreeNode, made: dict[str, Any]) -> Any:
    node = getattr(nuke.nodes, item.cls)()
    node.setName(item.name)
    node.readKnobs("\n".join(nktext.knob_lines(item)))
    for index, name in enumerate(item.inputs):
        node.setInput(index, made[name])
    return node


def enable(node: Any) -> None:
    """Grey out what has no effect as the other knobs stand."""
    node["job_source"].setEnabled(node["source_from"].value() == "file")
    node["job_frames"].setEnabled(node["frame_range"].value() == "custom")
    node["live_peak"].setEnabled(bool(node["live_limit"].value()))
    for knob in panel.panel():
        if knob.name.endswith(panel.SET) and node.knob(knob.name) is not None:
            node[knob.name[: -len(panel.SET)]].setEnabled(bool(node[knob.name].value()))
