"""Take the working space of the script: what hdrvid writes, and what the internal Read is set to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BUILT_IN = "ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4"
"""Stated, so that $OCIO does not decide where the script does not use OCIO."""
LINEAR_REC709 = "lin_rec709"

_STOCK_LINEAR = ("nuke-default",)
_ROLE = re.compile(r"(?P<role>[\w-]+) \((?P<space>.+)\)\Z")
_LUMA = {"acescg": (0.2722287, 0.6740818, 0.0536895), "lin_ap1": (0.2722287, 0.6740818, 0.0536895)}
_LUMA_REC709 = (0.2126, 0.7152, 0.0722)
_READ_SPACES = {"srgb": "srgb_tx", "rec709": "camera_rec709"}


@dataclass(frozen=True)
class ScriptColour:
    """What the script's Root says of colour."""

    management: str
    """`Nuke` or `OCIO`."""
    config: str = ""
    """The name in the pull-down: nuke-default, aces_1.2, custom ..."""
    custom_path: str = ""
    working_space: str = ""


@dataclass(frozen=True)
class Working:
    """The space of the frames: `space` and `config` for the job, `read_space` for Nuke's Read."""

    space: str
    config: str | None
    read_space: str


def working(script: ScriptColour, environ: Mapping[str, str], config_folders: Sequence[Path]) -> Working:
    """Return the working space of a script.

    Without OCIO, and with the stock config nuke-default, Nuke's linear has the primaries of Rec.709. $OCIO
    goes before the script's own choice, as it does in Nuke. `config_folders` hold the configs that come with
    Nuke.

    >>> working(ScriptColour(management="Nuke", working_space="linear"), {}, [])
    Working(space='lin_rec709', config='ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4', read_space='linear')
    """
    space = space_name(script.working_space) or "scene_linear"
    if script.management != "OCIO":
        return Working(space=LINEAR_REC709, config=BUILT_IN, read_space="linear")
    if environ.get("OCIO"):
        return Working(space=space, config=None, read_space=space)
    if script.config in _STOCK_LINEAR:
        return Working(space=LINEAR_REC709, config=BUILT_IN, read_space=space)
    if script.config == "custom" and script.custom_path:
        return Working(space=space, config=script.custom_path.replace("\\", "/"), read_space=space)
    return Working(space=space, config=_stock_config(script.config, config_folders), read_space=space)


def _stock_config(name: str, folders: Sequence[Path]) -> str | None:
    for folder in folders:
        for candidate in (folder / name / "config.ocio", folder / f"{name}.ocio", folder / f"{name}.ocioz"):
            if candidate.is_file():
                return candidate.as_posix()
    return f"ocio://{name}" if re.match(r"(cg|studio)-config-", name) else None


def space_name(value: str) -> str:
    """Return the space that a pull-down's entry names.

    >>> [space_name(v) for v in ("ACEScg", "scene_linear (ACES - ACEScg)", "default (sRGB)", "Utility/Raw")]
    ['ACEScg', 'scene_linear', 'sRGB', 'Raw']
    """
    match = _ROLE.match(value.strip())
    if match:
        return match["space"] if match["role"] == "default" else match["role"]
    return value.strip().rpartition("/")[2]


def input_space(chosen: str, script: ScriptColour) -> str:
    """Return the plate's space as the artist chose it in the Read; empty where hdrvid should look itself.

    Without OCIO Nuke's names are its own; those that have no match here are left to the plate's tags.
    """
    name = space_name(chosen)
    if not name or script.management == "OCIO":
        return name
    return _READ_SPACES.get(name.lower(), "")


def luma_weights(space: str) -> tuple[float, float, float]:
    """Return what red, green and blue add to luminance: of ACEScg, and of Rec.709 for all others.

    >>> luma_weights("ACES - ACEScg")[0], luma_weights("lin_rec709")[0]
    (0.2722287, 0.2126)
    """
    name = space.lower().rpartition(" ")[2]
    return _LUMA.get(name, _LUMA_REC709)


def pick(entries: Sequence[str], wanted: str) -> str | None:
    """Return the entry of a Read's pull-down that names a space, None where none does.

    >>> pick(["default (sRGB)", "scene_linear (ACEScg)", "ACES/ACEScg"], "ACEScg")
    'ACES/ACEScg'
    >>> pick(["scene_linear (ACES - ACEScg)"], "ACES - ACEScg")
    'scene_linear (ACES - ACEScg)'
    """
    if wanted in entries:
        return wanted
    named = [entry for entry in entries if not entry.startswith("default")]
    for entry in named:
        if space_name(entry).lower() == wanted.lower():
            return entry
    return next((entry for entry in named if f"({wanted})".lower() in entry.lower()), None)
