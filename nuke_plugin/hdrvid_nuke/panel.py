"""Lay out the node's panel: hdrvid's options as they are in knobs.json, and the node's own controls.

An option that hdrvid gains appears here by itself, in the tab Options under its group.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

KNOBS_FILE = Path(__file__).with_name("knobs.json")
PREFIX = "job_"
"""Before the names of options, so that none of them can meet a knob that every node has."""
SET = "_on"
"""After the name of an option that may be left to hdrvid: its check box."""

OUT_PATTERN = "[file dirname [value root.name]]/hdrvid/[value name]"
"""Beside the script, one folder a node: a copy of the node never writes over its original's frames."""

RANGES = ("input", "global", "custom")
VIEWS = ("result", "mask", "provenance", "source")
SOURCES = ("input", "file")

_GUARD = "try: import hdrvid_nuke.node as hdrvid\nexcept Exception: hdrvid = None\n"
_ABSENT = "nuke.message('The Nuke plug-in of hdrvid is not installed here: see docs/nuke.md.')"


@dataclass(frozen=True)
class Knob:
    """One control. `kind` is tab, divider, label, button, file, text, int, float, bool or choice."""

    name: str
    kind: str
    label: str = ""
    tooltip: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    script: str = ""
    hidden: bool = False
    new_line: bool = True
    optional: bool = False

    @property
    def option(self) -> str:
        """Return the name of the option behind the knob, nothing for the node's own."""
        return self.name[len(PREFIX) :] if self.name.startswith(PREFIX) else ""


def knobs_file() -> dict[str, Any]:
    """Return what knobs.json holds."""
    content: dict[str, Any] = json.loads(KNOBS_FILE.read_text(encoding="utf-8"))
    return content


def option_knobs() -> dict[str, Knob]:
    """Return hdrvid's options as knobs, by the name of the option.

    >>> option_knobs()["mix"].name, option_knobs()["mix"].maximum
    ('job_mix', 1.0)
    """
    return {item["name"]: _option_knob(item) for item in knobs_file()["knobs"]}


def _option_knob(item: dict[str, Any]) -> Knob:
    knob = Knob(
        name=PREFIX + item["name"],
        kind=item["kind"],
        label=item["label"],
        tooltip=item["tooltip"],
        default=_empty(item) if item["default"] is None else item["default"],
        choices=tuple(item["choices"]),
        minimum=item["minimum"],
        maximum=item["maximum"],
        optional=item["optional"],
    )
    changes = _IN_NUKE.get(item["name"], {})
    return replace(knob, **{**changes, "tooltip": knob.tooltip + changes.get("tooltip", "")})


def _empty(item: dict[str, Any]) -> Any:
    return {"int": 0, "float": 0.0, "bool": False}.get(item["kind"], "")


_IN_NUKE: dict[str, dict[str, Any]] = {
    "out": {"default": OUT_PATTERN, "tooltip": " TCL is evaluated; save the script first."},
    "frames": {"label": "custom", "tooltip": " Here: numbers of the timeline."},
    "start_frame": {"optional": True, "tooltip": " Left alone, frames are numbered as on the timeline."},
    "output_space": {
        "default": "",
        "optional": True,
        "tooltip": " Left empty, it is the working space of the script.",
    },
    "ocio_config": {"tooltip": " Left empty, it is the config of the script."},
    "input_space": {"tooltip": " Left empty, it is the one chosen in the Read, if any."},
    "layers": {"default": "all", "tooltip": " The live controls need all."},
}


def panel() -> tuple[Knob, ...]:
    """Return all knobs of the node, in order."""
    options = option_knobs()
    shown = ("source", "out", "frames")
    return (
        *_main_tab(options),
        *_live_tab(),
        *_options_tab([item for item in knobs_file()["knobs"] if item["name"] not in shown], options),
        *_setup_tab(),
    )


def _main_tab(options: dict[str, Knob]) -> tuple[Knob, ...]:
    return (
        Knob("hdrvid", "tab", "HDRvid"),
        Knob("status", "label", "", "What the last run came to.", default="Not expanded yet."),
        Knob("live_view", "choice", "view", "What the node shows; needs layers=all.", choices=VIEWS),
        Knob("divider_source", "divider"),
        Knob("source_from", "choice", "source", "The Read that is connected, or a file.", choices=SOURCES),
        replace(options["source"], label="file"),
        Knob(
            "frame_range", "choice", "frames", "Of the input, of the project, or a range of your own.",
            choices=RANGES,
        ),
        replace(options["frames"], new_line=False),
        replace(options["out"], label="folder"),
        Knob("divider_buttons", "divider"),
        *_buttons(),
    )  # fmt: skip


def _buttons() -> tuple[Knob, ...]:
    rows = (
        ("expand", "Expand", "Expand the frames in a process of its own; the tree stays usable.", True),
        ("expand_frame", "Expand this frame", "Expand the current frame only.", False),
        (
            "expand_background",
            "Expand in background",
            "Without a progress bar; goes on when Nuke quits.",
            False,
        ),
        ("cancel", "Cancel", "Stop within two seconds. Frames that are written stay.", True),
        ("reload", "Reload", "Take up what is on disk by now.", False),
        ("open_log", "Open log", "Show the end of the last run's log.", False),
        ("farm", "Farm command", "Show the command that expands a frame range on another machine.", False),
    )
    return tuple(
        Knob(name, "button", label, tooltip, script=button_script(name), new_line=line)
        for name, label, tooltip, line in rows
    )


def button_script(name: str) -> str:
    """Return the code of a button: one guarded import, so that it is safe where the plug-in is missing."""
    return f"{_GUARD}hdrvid.press(nuke.thisNode(), '{name}') if hdrvid else {_ABSENT}"


def changed_script() -> str:
    """Return the code of the hidden knob `knobChanged`; silent where the plug-in is missing."""
    return f"{_GUARD}if hdrvid: hdrvid.changed(nuke.thisNode(), nuke.thisKnob())"


def _live_tab() -> tuple[Knob, ...]:
    return (
        Knob("live", "tab", "Live"),
        Knob("live_note", "label", default="On the expanded frames, without another expansion."),
        _slider("live_mix", "mix", "Share of the recovered light that is kept.", (1.0, 0.0, 1.0)),
        _slider("live_gain", "highlight gain", "Stops over the recovered light.", (0.0, -6.0, 6.0)),
        Knob("live_limit", "bool", "limit to peak", "Hold recovered light at the peak.", default=False),
        _slider("live_peak", "peak", "Highest scene-linear value of recovered light.", (16.0, 0.0, 64.0)),
        _slider("live_saturation", "saturation", "Colour of the recovered light.", (1.0, 0.0, 2.0)),
        _slider("live_grow", "mask grow", "Pixels; below 0 the light's edge goes.", (0.0, -20.0, 20.0)),
        _slider("live_soften", "mask soften", "Blur of the mask's edge, in pixels.", (0.0, 0.0, 50.0)),
        *(Knob(name, "float", name, hidden=True, default=value) for name, value in LUMA_KNOBS.items()),
        Knob("has_frames", "bool", "has frames", hidden=True, default=False),
        Knob("has_layers", "bool", "has layers", hidden=True, default=False),
    )  # fmt: skip


LUMA_KNOBS = {"luma_r": 0.2126, "luma_g": 0.7152, "luma_b": 0.0722}
"""Hidden knobs: what red, green and blue of the working space add to luminance."""


def _slider(name: str, label: str, tooltip: str, numbers: tuple[float, float, float]) -> Knob:
    default, minimum, maximum = numbers
    return Knob(name, "float", label, tooltip, default=default, minimum=minimum, maximum=maximum)


def _options_tab(items: list[dict[str, Any]], options: dict[str, Knob]) -> tuple[Knob, ...]:
    knobs = [Knob("options", "tab", "Options")]
    group = None
    for item in items:
        if item["group"] != group:
            group = item["group"]
            knobs.append(Knob(f"divider_{group.lower()}", "divider", group))
        knob = options[item["name"]]
        if has_check_box(knob):
            knobs.append(
                Knob(knob.name + SET, "bool", f"set {knob.label}", knob.tooltip, default=False, new_line=True)
            )
            knob = replace(knob, new_line=False)
        knobs.append(knob)
    return tuple(knobs)


def has_check_box(knob: Knob) -> bool:
    """Tell whether an option is a number that may be left to hdrvid."""
    return bool(knob.option) and knob.optional and knob.kind in ("int", "float")


def _setup_tab() -> tuple[Knob, ...]:
    return (
        Knob("setup", "tab", "Set-up"),
        Knob("about", "label", default=f"HDRvidExpand {knobs_file()['version']}, Apache-2.0"),
        Knob("command", "file", "command", "The hdrvid command; empty: $HDRVID, then PATH.", default=""),
        _slider(
            "silence", "silence", "Seconds without a frame after which a run is stopped.", (900, 60, 7200)
        ),
        Knob("written_from", "int", "written from timeline", hidden=True, default=0),
        Knob("run_folder", "text", "run folder", hidden=True, default=""),
        Knob("node_version", "text", "version", hidden=True, default=knobs_file()["version"]),
    )
