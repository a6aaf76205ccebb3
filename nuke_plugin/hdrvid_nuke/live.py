"""Describe the node's inside: the tree that grades recovered light live, from the layers of the frames.

The maths is that of `hdrvid expand` (docs/decisions/2026-11-highlight-maths.md) with two additions, a
saturation of the recovered light and a mask that can grow and soften:

    keep     = min(1, matte / mask)           matte: the mask after Dilate and Blur
    d        = (hdr - source) 2^gain keep
    d        = luma (1 - saturation) + d saturation
    graded   = source + mix min(d, max(peak - source, 0))

With the additions at rest, keep and saturation are 1 and it is the command's formula, operation by operation.
With all controls at rest the frames are handed on as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

LAYERS = {
    "source": ("red", "green", "blue"),
    "mask": ("alpha",),
    "provenance": ("alpha",),
    "hdrvid_mask": ("a",),
    "hdrvid_matte": ("a",),
}
"""Layers that a script has to know: Nuke reads EXR's `source.R` as source.red, `mask.A` as mask.alpha."""

WANTED = {
    "source_r": ("source.red", "source.R", "source.r"),
    "source_g": ("source.green", "source.G", "source.g"),
    "source_b": ("source.blue", "source.B", "source.b"),
    "mask": ("mask.alpha", "mask.A", "mask.a"),
    "provenance": ("provenance.alpha", "provenance.A", "provenance.a"),
}
"""Channels of the frames, by the names that a reader may give them, the likeliest first."""

HEAD = "Frames"
"""The node that the internal Read is connected to."""
READ = "Expanded"
"""The name of the internal Read."""


@dataclass(frozen=True)
class TreeNode:
    """A node of the tree: knobs are values, `links` are expressions."""

    cls: str
    name: str
    inputs: tuple[str, ...] = ()
    knobs: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def channel_names(channels: Iterable[str]) -> dict[str, str] | None:
    """Return what the layers are called among a Read's channels; None when the frames have none."""
    there = set(channels)
    found = {key: next((n for n in names if n in there), "") for key, names in WANTED.items()}
    return found if all(found.values()) else None


def usual_names() -> dict[str, str]:
    """Return what Nuke's EXR reader calls the layers."""
    return {key: names[0] for key, names in WANTED.items()}


def tree(names: dict[str, str] | None = None) -> tuple[TreeNode, ...]:
    """Return the inside of the Group, inputs before those that use them."""
    names = names or usual_names()
    return (
        TreeNode("Input", "Input1"),
        TreeNode("Dot", HEAD),
        _layers(names),
        TreeNode("Dilate", "Grow", ("Layers",), {"channels": "hdrvid_matte"}, {"size": "parent.live_grow"}),
        TreeNode("Blur", "Soften", ("Grow",), {"channels": "hdrvid_matte"}, {"size": "parent.live_soften"}),
        _recovered(names),
        TreeNode("Switch", "Graded", (HEAD, "Recovered"), {}, {"which": _NOT_AT_REST}),
        _picture("ShowMask", "Soften", ("hdrvid_matte.a",) * 3),
        _picture("ShowProvenance", HEAD, _provenance(names["provenance"])),
        _picture("ShowSource", HEAD, tuple(names[f"source_{c}"] for c in "rgb")),
        TreeNode(
            "Switch",
            "View",
            ("Graded", "ShowMask", "ShowProvenance", "ShowSource"),
            {},
            {"which": "parent.has_layers ? parent.live_view : 0"},
        ),
        TreeNode("Switch", "Result", ("Input1", "View"), {}, {"which": "parent.has_frames"}),
        TreeNode("Output", "Output1", ("Result",)),
    )


_NOT_AT_REST = (
    "parent.has_layers && (parent.live_mix != 1 || parent.live_gain != 0 || parent.live_limit || "
    "parent.live_saturation != 1 || parent.live_grow != 0 || parent.live_soften != 0)"
)


def _layers(names: dict[str, str]) -> TreeNode:
    """Copy the mask twice: as it is, and to be grown and softened."""
    knobs = {
        "channel0": "hdrvid_mask",
        "expr0": names["mask"],
        "channel1": "hdrvid_matte",
        "expr1": names["mask"],
        "channel2": "none",
        "channel3": "none",
    }
    return TreeNode("Expression", "Layers", (HEAD,), knobs)


def _recovered(names: dict[str, str]) -> TreeNode:
    weighed = " + ".join(f"({c} - {names['source_' + c]}) * parent.luma_{c}" for c in "rgb")
    knobs = {
        "temp_name0": "keep",
        "temp_expr0": "hdrvid_mask.a > 0 ? min(1, hdrvid_matte.a / hdrvid_mask.a) : 1",
        "temp_name1": "lift",
        "temp_expr1": "pow(2, parent.live_gain) * keep",
        "temp_name2": "grey",
        "temp_expr2": f"({weighed}) * lift",
    }
    for number, channel in enumerate("rgb"):
        knobs[f"expr{number}"] = _graded(channel, names[f"source_{channel}"])
    return TreeNode("Expression", "Recovered", ("Soften",), knobs)


def _graded(channel: str, source: str) -> str:
    light = f"(grey * (1 - parent.live_saturation) + ({channel} - {source}) * lift * parent.live_saturation)"
    held = f"min({light}, max(parent.live_peak - {source}, 0))"
    return f"{source} + parent.live_mix * (parent.live_limit ? {held} : {light})"


def _provenance(name: str) -> tuple[str, str, str]:
    """Show invented light red, partly clipped yellow, super-white blue, and the rest black."""
    red = f"{name} > 0.375 ? 1 : 0"
    green = f"{name} > 0.375 && {name} < 0.75 ? 0.8 : 0"
    blue = f"{name} > 0.125 && {name} < 0.375 ? 1 : 0"
    return red, green, blue


def _picture(name: str, source: str, colours: tuple[str, ...]) -> TreeNode:
    knobs = {f"expr{number}": text for number, text in enumerate(colours)}
    return TreeNode("Expression", name, (source,), knobs)
