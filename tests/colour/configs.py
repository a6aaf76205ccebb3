"""OCIO configs of the kinds that a studio may hand us, as text."""

from __future__ import annotations

from pathlib import Path

_HEAD = """\
ocio_profile_version: {version}
search_path: {search_path}
strictparsing: true
roles:
{roles}
file_rules:
  - !<Rule> {{name: Default, colorspace: default}}
displays:
  monitor:
    - !<View> {{name: plain, colorspace: {view_space}}}
colorspaces:
"""

REC709_FROM_AP0 = (
    "[2.52168618674388, -1.13413098823972, -0.387555198504164, 0, -0.276479914229922, 1.37271908766826, "
    "-0.096239173438334, 0, -0.0153780649660342, -0.152975335867399, 1.16835340083343, 0, 0, 0, 0, 1]"
)

# A facility's config: names of its own, no camera Rec.709, roles of OCIO 2.
HOUSE = _HEAD.format(
    version="2.1",
    search_path="luts",
    roles="  aces_interchange: house_ap0\n  default: house_data\n  scene_linear: house_working\n",
    view_space="house_data",
) + (
    "  - !<ColorSpace> {name: house_ap0, encoding: scene-linear}\n"
    "  - !<ColorSpace> {name: house_data, isdata: true}\n"
    "  - !<ColorSpace>\n    name: house_working\n    encoding: scene-linear\n"
    "    to_scene_reference: !<BuiltinTransform> {style: ACEScg_to_ACES2065-1}\n"
    "  - !<ColorSpace>\n    name: house_odd_gamut\n    encoding: scene-linear\n"
    "    to_scene_reference: !<MatrixTransform> "
    "{matrix: [0.9, 0.05, 0.05, 0, 0.1, 0.8, 0.1, 0, 0, 0.2, 0.8, 0, 0, 0, 0, 1]}\n"
    "  - !<ColorSpace>\n    name: house_lut\n    encoding: scene-linear\n"
    "    to_scene_reference: !<FileTransform> {src: twice.spimtx}\n"
    "  - !<ColorSpace>\n    name: house_clamped\n    encoding: scene-linear\n"
    "    to_scene_reference: !<RangeTransform> {min_in_value: 0, min_out_value: 0}\n"
    "  - !<ColorSpace>\n    name: house_offset\n    encoding: scene-linear\n"
    "    to_scene_reference: !<MatrixTransform> {offset: [0.1, 0.1, 0.1, 0]}\n"
)

# A config of OCIO 1: no interchange role at all, spaces under their names of ACES 1.0.
OLD = _HEAD.format(
    version="2",
    search_path="luts",
    roles="  default: raw\n  scene_linear: ACES - ACEScg\n",
    view_space="raw",
) + (
    "  - !<ColorSpace> {name: ACES - ACES2065-1}\n"
    "  - !<ColorSpace> {name: raw, isdata: true}\n"
    "  - !<ColorSpace>\n    name: ACES - ACEScg\n"
    "    to_scene_reference: !<BuiltinTransform> {style: ACEScg_to_ACES2065-1}\n"
    "  - !<ColorSpace>\n    name: Utility - Linear - sRGB\n"
    f"    from_scene_reference: !<MatrixTransform> {{matrix: {REC709_FROM_AP0}}}\n"
)

# Nothing by which its reference space could be told from another.
UNKNOWABLE = _HEAD.format(
    version="2.1", search_path="luts", roles="  default: ours\n  scene_linear: ours\n", view_space="ours"
) + ("  - !<ColorSpace> {name: ours, encoding: scene-linear}\n")

TWICE = "2 0 0 0\n0 2 0 0\n0 0 2 0\n"
"""A LUT file (`spimtx`) that doubles light."""


def write_config(folder: Path, text: str, *, lut: str | None = TWICE) -> str:
    """Write a config, and the LUT file beside it; return the config's path."""
    (folder / "luts").mkdir(parents=True, exist_ok=True)
    if lut is not None:
        (folder / "luts" / "twice.spimtx").write_text(lut, encoding="utf-8")
    path = folder / "config.ocio"
    path.write_text(text, encoding="utf-8")
    return str(path)
