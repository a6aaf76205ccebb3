"""Write the node as Nuke's own text: `python -m hdrvid_nuke.nktext hdrvid_nuke/HDRvidExpand.nk`.

The file makes the node where no menu is: drag it into the node graph, or read it with `nuke.nodePaste`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from hdrvid_nuke.live import LAYERS, TreeNode, tree
from hdrvid_nuke.panel import Knob, changed_script, panel

NAME = "HDRvidExpand"

_NUMBERS = {"text": 1, "file": 2, "int": 3, "choice": 4, "bool": 6, "float": 7, "tab": 20, "button": 22,
            "divider": 26, "label": 26}  # fmt: skip
_SAFE = re.compile(r"[\w.+:/-]+\Z")
_ESCAPED = re.compile(r'([\\"\[\]{}$])')


def quoted(text: str) -> str:
    r"""Return a text as one word of TCL that stands for itself.

    >>> quoted("two words"), quoted("plain"), quoted("[value name]")
    ('"two words"', 'plain', '"\\[value name\\]"')
    """
    if _SAFE.match(text):
        return text
    return '"' + _ESCAPED.sub(r"\\\1", text).replace("\n", "\\n") + '"'


def knob_lines(node: TreeNode) -> list[str]:
    """Return a node's knobs as its text has them; `Node.readKnobs` takes the same lines."""
    values = [f"{name} {quoted(value)}" for name, value in node.knobs.items()]
    links = [f"{name} {{{{{_braced(text)}}}}}" for name, text in node.links.items()]
    return [*values, *links]


def _braced(text: str) -> str:
    return text if re.fullmatch(r"[\w.]+", text) else quoted(text)


def group_text(name: str = NAME + "1") -> str:
    """Return the whole node as text, with the layers that it needs."""
    layers = [
        f"add_layer {{{layer} {' '.join(f'{layer}.{channel}' for channel in channels)}}}"
        for layer, channels in LAYERS.items()
    ]
    head = [" inputs 0", f" name {name}", f" knobChanged {quoted(changed_script())}"]
    body = [line for knob in panel() for line in user_knob_lines(knob)]
    return "\n".join(
        [*layers, "Group {", *head, *(" " + line for line in body), "}", *_nodes(tree()), "end_group", ""]
    )


def user_knob_lines(knob: Knob) -> list[str]:
    """Return the lines that make a knob and set it."""
    parts = [str(_NUMBERS[knob.kind]), knob.name]
    if knob.label or knob.kind in ("label", "divider"):
        parts.append(f"l {quoted(knob.label)}")
    if knob.tooltip:
        parts.append(f"t {quoted(knob.tooltip)}")
    parts.extend(_flags(knob))
    parts.extend(_content(knob))
    lines = [f"addUserKnob {{{' '.join(parts)}}}"]
    if knob.kind in ("text", "file", "int", "float", "bool", "choice") and _needs_value(knob):
        lines.append(f"{knob.name} {_value(knob)}")
    return lines


def _flags(knob: Knob) -> list[str]:
    if knob.kind in ("tab", "divider"):
        return []
    flags = ["+STARTLINE" if knob.new_line else "-STARTLINE"]
    return [*flags, "+HIDDEN"] if knob.hidden else flags


def _content(knob: Knob) -> list[str]:
    if knob.kind == "choice":
        return ["M {" + " ".join(quoted(choice) for choice in knob.choices) + "}"]
    if knob.kind == "float" and knob.minimum is not None and knob.maximum is not None:
        return [f"R {knob.minimum:g} {knob.maximum:g}"]
    if knob.kind == "button":
        return [f"T {quoted(knob.script)}"]
    if knob.kind in ("label", "divider"):
        return [f"T {quoted(str(knob.default or ''))}"]
    return []


def _needs_value(knob: Knob) -> bool:
    return knob.default not in (None, "", 0, 0.0, False) and knob.default != (knob.choices or ("",))[0]


def _value(knob: Knob) -> str:
    if knob.kind == "bool":
        return "true" if knob.default else "false"
    if knob.kind in ("int", "float"):
        return f"{knob.default:g}"
    return quoted(str(knob.default))


def _nodes(nodes: Iterable[TreeNode]) -> list[str]:
    """Write the inside: every node pushes its inputs by name, the first one last, as the stack wants it."""
    nodes = tuple(nodes)
    used = {name for node in nodes for name in node.inputs}
    lines: list[str] = []
    for node in nodes:
        lines.extend(f" push ${name}" for name in reversed(node.inputs))
        lines.append(f" {node.cls} {{")
        lines.append(f"  inputs {len(node.inputs)}")
        lines.extend("  " + line for line in knob_lines(node))
        lines.extend([f"  name {node.name}", " }"])
        if node.name in used:
            lines.append(f" set {node.name} [stack 0]")
    return lines


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(group_text().encode("utf-8"))  # write_text knows line ends from 3.10 on
