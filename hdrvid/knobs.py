"""Describe the options of an expansion as knobs, for the Nuke node to read.

The node never imports hdrvid: it reads `nuke_plugin/hdrvid_nuke/knobs.json`, which `python -m hdrvid.knobs
PATH` writes and a test keeps current.
"""

from __future__ import annotations

import json
import sys
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from hdrvid.events import PROTOCOL
from hdrvid.job import OPTIONS, OptionInfo
from hdrvid.version import __version__

_KINDS = {str: "text", int: "int", float: "float", bool: "bool"}
_FILES = ("source", "out", "ocio_config")


def knob_of(info: OptionInfo) -> dict[str, Any]:
    """Return what a panel needs to know of one option, as plain JSON values.

    >>> knob = knob_of(OPTIONS["mix"])
    >>> knob["kind"], knob["default"], knob["minimum"], knob["maximum"]
    ('float', 1.0, 0.0, 1.0)
    """
    return {
        "name": info.name,
        "kind": _kind(info),
        "label": info.name.replace("_", " "),
        "tooltip": f"{info.help} [{info.unit}]" if info.unit else info.help,
        "default": None if info.default is MISSING else info.default,
        "choices": list(info.choices),
        "minimum": info.minimum,
        "maximum": info.maximum,
        "optional": info.optional,
        "group": info.group,
    }


def knob_list() -> dict[str, Any]:
    """Return every option as a knob, with the version and the protocol that they belong to."""
    return {
        "made_by": "python -m hdrvid.knobs",
        "version": __version__,
        "protocol": PROTOCOL,
        "knobs": [knob_of(info) for info in OPTIONS.values()],
    }


def to_text() -> str:
    r"""Return the content of knobs.json.

    >>> to_text().endswith("}\n")
    True
    """
    return json.dumps(knob_list(), indent=1, ensure_ascii=False) + "\n"


def _kind(info: OptionInfo) -> str:
    if info.choices:
        return "choice"
    return "file" if info.name in _FILES else _KINDS[info.type]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(to_text(), encoding="utf-8", newline="\n")
