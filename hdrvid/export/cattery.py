"""Write what turns a TorchScript file into a node of Nuke: CatFileCreator script, gizmo, icon, cat.json."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

from hdrvid import __version__
from hdrvid.export.pack import long_sides, quality_at_rest

CHANNELS_IN = "rgba.red,rgba.green,rgba.blue"
CHANNELS_OUT = "rgba.red,rgba.green,rgba.blue,mask.a"
"""Of the nineteen that the Inference node knows."""


def knobs() -> tuple[tuple[int, str, str, str, str, str], ...]:
    """Return the model's attributes as user knobs: number of the kind, name, label, range, value, tooltip."""
    sides = [f"{number} is {side or 'all'}" for number, side in enumerate(long_sides().values())]
    tooltip = f"Longer side that the network sees, in pixels: {', '.join(sides)}."
    return (*_KNOBS, (3, "quality", "quality", "", str(quality_at_rest()), tooltip))


_KNOBS = (
    (7, "clip_point", "clip point", "R 0.05 4", "1", "Linear value at which the plate is clipped."),
    (7, "gain", "highlight gain", "R -6 6", "", "Stops over the recovered light."),
    (7, "max", "peak", "R 0 64", "", "Highest value of recovered light; 0 is no limit."),
    (7, "mix", "mix", "R 0 1", "1", "Share of the recovered light that is kept."),
    (
        7,
        "shoulder",
        "shoulder",
        "R 0 4",
        "",
        "Stops that the camera rolled highlights off; 0 is a clean cut.",
    ),
    (
        6,
        "keep_known",
        "keep known channels",
        "",
        "",
        "Keeps channels below the clip as measured even where a roll-off bent them; clouds may turn blue.",
    ),
    (6, "working_acescg", "ACEScg", "", "", "The working space has the primaries of ACEScg, not Rec.709."),
)

_README = """# HDRvid for Nuke's Cattery

Fills over-exposed pixels with light that a network predicts; all others stay as they are. Made by hdrvid
{version}.

- **Licence of the weights:** {licence}
- **Input:** scene-linear, linear Rec.709 or, with the knob, ACEScg.
- **Output:** the same, and the mask in `mask.a`.
- **Memory:** grows with the size that the network sees: the knob quality.
- **Roll-off:** the node cannot find it in the plate, as `hdrvid expand` does: set the knob shoulder.
- **Over time:** each frame is expanded by itself. `hdrvid expand` steadies what it adds; this node cannot.
- **To make the .cat file** (NukeX or Nuke Studio): open the CatFileCreator script beside this folder, press
  Create. A .pt file must not be newer than the torch inside Nuke (1.12 in Nuke 14): for older ones run
  `python standalone.py *.weights.pt model.pt` where that torch is installed, and use that file.
- **To install:** copy this folder into a folder `Cattery` on NUKE_PATH, then Cattery > Update.
"""


def write_creator(path: Path, *, model: Path, cattery: Path) -> None:
    """Write a Nuke script with one CatFileCreator, set up for the model."""
    here = "\\[python \\{nuke.script_directory()\\}]"
    catalogue = f"{cattery.parent.name}/{cattery.name}/HDRvid.cat"
    lines = [
        "CatFileCreator {",
        " inputs 0",
        f' torchScriptFile "{here}/{_escaped(model.name)}"',
        f' catFile "{here}/{_escaped(catalogue)}"',
        f" channelsIn {CHANNELS_IN}",
        f" channelsOut {CHANNELS_OUT}",
        " modelId HDRvid",
        " name CatFileCreator_HDRvid",
        " addUserKnob {20 User l Knobs}",
        *_knob_lines(),
        "}",
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")


def write_cattery(folder: Path, *, licence: str) -> None:
    """Write the folder for Nuke's Cattery: gizmo, cat.json, icons, a README with the weights' licence."""
    folder.mkdir(parents=True, exist_ok=True)
    entry = {"filepath": "HDRvid.gizmo", "name": "HDRvid", "icon": "HDRvid.png"}
    about = {
        "minimum_nuke_version_required": 14.0,
        "version": 1,
        "category": "Other",
        "description": f"HDRvid {__version__}: expand over-exposed pixels to scene-linear HDR",
        "cats": [entry],
    }
    texts = {
        "cat.json": json.dumps(about, indent=4) + "\n",
        "HDRvid.gizmo": gizmo(),
        "README.md": _README.format(version=__version__, licence=licence),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / "HDRvid.png").write_bytes(icon(24))
    (folder / "HDRvid@2x.png").write_bytes(icon(48))


def gizmo() -> str:
    """Return the gizmo: an Inference node whose knobs are the model's attributes."""
    links = [f"  {name} {{{{parent.{name}}}}}" for _, name, *_ in knobs()]
    lines = [
        "Gizmo {",
        " name HDRvid",
        " addUserKnob {20 HDRvid}",
        " addUserKnob {6 useGPU l \"use GPU if available\" +STARTLINE}",
        " useGPU true",
        *_knob_lines(),
        " addUserKnob {20 info l Info}",
        f' addUserKnob {{26 about l "" +STARTLINE T "HDRvid {__version__}"}}',
        "}",
        " Input {",
        "  inputs 0",
        "  name Input1",
        " }",
        " Inference {",
        "  useGPUIfAvailable {{parent.useGPU}}",
        '  modelFile "\\[lsearch -inline \\[plugins -all HDRvid.cat] *.cat]"',
        *links,
        "  name Inference1",
        " }",
        " Output {",
        "  name Output1",
        " }",
        "end_group",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _knob_lines() -> list[str]:
    lines = []
    for kind, name, label, limits, value, tooltip in knobs():
        parts = f'{kind} {name} l "{label}" t "{tooltip}" +STARTLINE {limits}'.strip()
        lines.append(f" addUserKnob {{{parts}}}")
        if value:
            lines.append(f" {name} {value}")
    return lines


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in '\\"[]{}$' else letter for letter in text)


def icon(size: int) -> bytes:
    """Return a PNG, `size` pixels wide: a lamp that is brighter than white.

    >>> icon(24)[1:4]
    b'PNG'
    """
    rows = b"".join(b"\0" + b"".join(_pixel(x, y, size) for x in range(size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _pixel(x: int, y: int, size: int) -> bytes:
    """Return red, green, blue and alpha: white in the middle, then orange, then nothing."""
    middle = (size - 1) / 2
    distance = ((x - middle) ** 2 + (y - middle) ** 2) ** 0.5 / (size / 2)
    glow = max(0.0, 1.0 - distance)
    return bytes(
        (
            255,
            round(140 + 115 * min(1.0, 2 * glow)),
            round(255 * min(1.0, 1.6 * glow)),
            round(255 * min(1, 3 * glow)),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
