"""Write the project's own OCIO config, `hdrvid/colour/data/hdrvid.ocio`.

    python ocio/make_config.py            # writes the file
    python ocio/make_config.py --check    # exit status 1 when the file is not what this script writes

The matrices are worked out in fractions from the published primaries, so that the text is the same on every
machine, digit by digit.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

CONFIG = Path(__file__).resolve().parents[1] / "hdrvid" / "colour" / "data" / "hdrvid.ocio"

Matrix: TypeAlias = list[list[Fraction]]


@dataclass(frozen=True, slots=True)
class Primaries:
    """Name a set of primaries, with the `(x, y)` of red, green, blue and white in one line."""

    label: str
    alias: str
    xy: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Name how light became code values, with the OCIO transform that does it (none for linear)."""

    label: str
    prefixes: tuple[str, ...]
    transform: str
    note: str


D65 = "0.3127 0.3290"
AP0 = Primaries("ACES2065-1", "ap0", "0.7347 0.2653 0 1 0.0001 -0.077 0.32168 0.33767")

PRIMARIES = (
    Primaries("Rec.709", "rec709", f"0.64 0.33 0.30 0.60 0.15 0.06 {D65}"),
    Primaries("Rec.601-525", "rec601_525", f"0.630 0.340 0.310 0.595 0.155 0.070 {D65}"),
    Primaries("Rec.601-625", "rec601_625", f"0.64 0.33 0.29 0.60 0.15 0.06 {D65}"),
    Primaries("Rec.2020", "rec2020", f"0.708 0.292 0.170 0.797 0.131 0.046 {D65}"),
    Primaries("P3-D65", "p3d65", f"0.680 0.320 0.265 0.690 0.150 0.060 {D65}"),
    Primaries("P3-DCI", "p3dci", "0.680 0.320 0.265 0.690 0.150 0.060 0.314 0.351"),
    Primaries("AdobeRGB", "adobergb", f"0.64 0.33 0.21 0.71 0.15 0.06 {D65}"),
)

# The numbers are those of the ACES studio configs: the toe of both two-part curves is derived from the
# offset, and values below 0 go through the gamma curves unchanged, so that nothing is clipped.
_TWO_PARTS = "!<ExponentWithLinearTransform> {{gamma: {}, offset: {}, direction: inverse}}"
_GAMMA = "!<ExponentTransform> {{value: {}, style: pass_thru, direction: inverse}}"
CURVES = (
    Curve("Linear", ("lin",), "", "light-proportional values"),
    Curve(
        "Camera", ("camera",), _TWO_PARTS.format("2.22222222222222", "0.099"), "the camera curve of BT.709"
    ),
    Curve("sRGB Encoded", ("srgb_encoded", "srgb"), _TWO_PARTS.format("2.4", "0.055"), "the curve of sRGB"),
    Curve("Gamma 2.2 Encoded", ("g22_encoded", "g22"), _GAMMA.format("2.2"), "a gamma of 2.2"),
    Curve("Gamma 2.4 Encoded", ("g24_encoded", "g24"), _GAMMA.format("2.4"), "a gamma of 2.4"),
    Curve("Gamma 2.6 Encoded", ("g26_encoded", "g26"), _GAMMA.format("2.6"), "a gamma of 2.6"),
)

# Names and aliases that the ACES studio config (v2.2.0) gives to the same spaces.
STUDIO_NAMES = {
    "Linear Rec.709": "Linear Rec.709 (sRGB)",
    "sRGB Encoded Rec.709": "sRGB Encoded Rec.709 (sRGB)",
}
STUDIO_ALIASES = {
    "Linear Rec.709": (
        "lin_rec709_srgb, Utility - Linear - Rec.709, lin_rec709_scene, lin_srgb, Utility - Linear - sRGB"
    ),
    "Linear Rec.2020": "Utility - Linear - Rec.2020, lin_rec2020_scene",
    "Linear P3-D65": "Utility - Linear - P3-D65, lin_displayp3, lin_p3d65_scene, Linear Display P3",
    "Linear AdobeRGB": "Utility - Linear - Adobe RGB, lin_adobergb_scene",
    "Gamma 2.2 Encoded AdobeRGB": "adobergb, g22_adobergb_scene",
    "Camera Rec.709": "Utility - Rec.709 - Camera, rec709_camera",
    "sRGB Encoded Rec.709": (
        "srgb_encoded_rec709_srgb, Utility - sRGB - Texture, srgb_texture, srgb_rec709_scene, "
        "Input - Generic - sRGB - Texture, sRGB - Texture, srgb_tx"
    ),
    "sRGB Encoded P3-D65": (
        "srgb_displayp3, srgb_p3d65_scene, sRGB Encoded P3-D65 - Texture, srgb_encoded_p3d65_tx"
    ),
    "Gamma 2.2 Encoded Rec.709": (
        "Utility - Gamma 2.2 - Rec.709 - Texture, Gamma 2.2 Rec.709 - Texture, g22_rec709_tx, "
        "g22_rec709_scene"
    ),
    "Gamma 2.4 Encoded Rec.709": (
        "rec709_display, Utility - Rec.709 - Display, Gamma 2.4 Rec.709 - Texture, g24_rec709_tx"
    ),
}
# AdobeRGB's gamma is 2 and 51/256, though everybody calls it 2.2.
EXACT_CURVES = {"Gamma 2.2 Encoded AdobeRGB": _GAMMA.format("2.19921875")}

HEAD = """\
# Made by ocio/make_config.py: change that, not this file.
ocio_profile_version: 2.1

environment: {}
search_path: ""
strictparsing: true
luma: [0.2126, 0.7152, 0.0722]
name: hdrvid
description: |
  The working spaces that hdrvid writes, the SDR sources that it reads, and plain views to look at both.
  Names and aliases are those of the ACES studio config where it has the space.

roles:
  aces_interchange: ACES2065-1
  cie_xyz_d65_interchange: CIE XYZ-D65 - Display-referred
  color_picking: sRGB Encoded Rec.709 (sRGB)
  color_timing: ACEScct
  compositing_log: ACEScct
  data: Raw
  default: sRGB Encoded Rec.709 (sRGB)
  scene_linear: ACEScg
  texture_paint: sRGB Encoded Rec.709 (sRGB)

file_rules:
  - !<Rule> {name: OpenEXR, extension: "exr", pattern: "*", colorspace: ACEScg}
  - !<Rule> {name: Video, regex: ".*\\\\.(avi|mkv|mov|mp4|mpg|mts|mxf|webm)$", colorspace: Camera Rec.709}
  - !<Rule> {name: Default, colorspace: default}

shared_views:
  - !<View> {name: Un-tone-mapped, view_transform: Un-tone-mapped, display_colorspace: <USE_DISPLAY_NAME>}

displays:
  sRGB - Display:
    - !<View> {name: Raw, colorspace: Raw}
    - !<Views> [Un-tone-mapped]
  Rec.1886 Rec.709 - Display:
    - !<View> {name: Raw, colorspace: Raw}
    - !<Views> [Un-tone-mapped]

active_displays: [sRGB - Display, Rec.1886 Rec.709 - Display]
active_views: [Un-tone-mapped, Raw]
inactive_colorspaces: []

view_transforms:
  - !<ViewTransform>
    name: Un-tone-mapped
    from_scene_reference: !<BuiltinTransform> {style: UTILITY - ACES-AP0_to_CIE-XYZ-D65_BFD}

display_colorspaces:
  - !<ColorSpace>
    name: CIE XYZ-D65 - Display-referred
    aliases: [cie_xyz_d65_display, lin_ciexyzd65_display]
    encoding: display-linear
    isdata: false

  - !<ColorSpace>
    name: sRGB - Display
    aliases: [srgb_display]
    encoding: sdr-video
    isdata: false
    from_display_reference: !<BuiltinTransform> {style: DISPLAY - CIE-XYZ-D65_to_sRGB}

  - !<ColorSpace>
    name: Rec.1886 Rec.709 - Display
    aliases: [rec1886_rec709_display]
    encoding: sdr-video
    isdata: false
    from_display_reference: !<BuiltinTransform> {style: DISPLAY - CIE-XYZ-D65_to_REC.1886-REC.709}

colorspaces:
  - !<ColorSpace>
    name: ACES2065-1
    aliases: [aces2065_1, aces, ACES - ACES2065-1, lin_ap0, lin_ap0_scene]
    family: Working
    encoding: scene-linear
    isdata: false

  - !<ColorSpace>
    name: ACEScg
    aliases: [ACES - ACEScg, lin_ap1, lin_ap1_scene]
    family: Working
    encoding: scene-linear
    isdata: false
    to_scene_reference: !<BuiltinTransform> {style: ACEScg_to_ACES2065-1}

  - !<ColorSpace>
    name: ACEScct
    aliases: [ACES - ACEScct, acescct_ap1]
    family: Working
    encoding: log
    isdata: false
    to_scene_reference: !<BuiltinTransform> {style: ACEScct_to_ACES2065-1}

  - !<ColorSpace>
    name: Raw
    aliases: [Utility - Raw, none]
    family: Data
    encoding: data
    isdata: true
"""

SPACE = """
  - !<ColorSpace>
    name: {name}
    aliases: [{aliases}]
    family: {family}
    description: {description}
    encoding: {encoding}
    isdata: false
    from_scene_reference: {transform}
"""


def main() -> int:
    """Write the config, or tell whether it is current; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    if parser.parse_args().check:
        current = CONFIG.is_file() and CONFIG.read_text(encoding="utf-8") == config_text()
        print(f"{CONFIG}: {'current' if current else 'stale, run ocio/make_config.py'}")
        return 0 if current else 1
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text(config_text(), encoding="utf-8")
    print(CONFIG)
    return 0


def config_text() -> str:
    """Return the whole config: the fixed head, then every curve with every set of primaries.

    >>> config_text().count("!<ColorSpace>")
    49
    """
    return HEAD + "".join(_space(curve, primaries) for curve in CURVES for primaries in PRIMARIES)


def matrix_from_ap0(primaries: Primaries) -> Matrix:
    """Return the matrix from ACES2065-1 to linear values of these primaries, Bradford-adapted.

    >>> [round(float(value), 6) for value in matrix_from_ap0(PRIMARIES[0])[0]]
    [2.521686, -1.134131, -0.387555]
    """
    to_xyz = _multiply(_adaptation(_white(AP0), _white(primaries)), _xyz_from_rgb(AP0))
    return _multiply(_inverse(_xyz_from_rgb(primaries)), to_xyz)


def _space(curve: Curve, primaries: Primaries) -> str:
    plain = f"{curve.label} {primaries.label}"
    aliases = [f"{prefix}_{primaries.alias}" for prefix in curve.prefixes]
    aliases += [alias for alias in STUDIO_ALIASES.get(plain, "").split(", ") if alias]
    linear = not curve.transform
    return SPACE.format(
        name=STUDIO_NAMES.get(plain, plain),
        aliases=", ".join(aliases),
        family="Working" if linear else "Source",
        description=f"{primaries.label} primaries, {curve.note}",
        encoding="scene-linear" if linear else "sdr-video",
        transform=_transform(curve, primaries),
    )


def _transform(curve: Curve, primaries: Primaries) -> str:
    rows = matrix_from_ap0(primaries)
    cells = [f"{float(value):.15g}" for row in rows for value in (*row, Fraction(0))] + ["0", "0", "0", "1"]
    matrix = f"!<MatrixTransform> {{matrix: [{', '.join(cells)}]}}"
    if not curve.transform:
        return matrix
    exact = EXACT_CURVES.get(f"{curve.label} {primaries.label}", curve.transform)
    return f"!<GroupTransform>\n      children:\n        - {matrix}\n        - {exact}"


def _xyz_from_rgb(primaries: Primaries) -> Matrix:
    """Return the matrix whose columns are the primaries, scaled to make their white (SMPTE RP 177)."""
    values = [Fraction(value) for value in primaries.xy.split()]
    columns = [[x, y, 1 - x - y] for x, y in zip(values[0:6:2], values[1:6:2], strict=True)]
    unscaled = [list(row) for row in zip(*columns, strict=True)]
    scale = _apply(_inverse(unscaled), _white(primaries))
    return [[cell * factor for cell, factor in zip(row, scale, strict=True)] for row in unscaled]


def _white(primaries: Primaries) -> list[Fraction]:
    x, y = (Fraction(value) for value in primaries.xy.split()[6:])
    return [x / y, Fraction(1), (1 - x - y) / y]


_BRADFORD = [
    [Fraction(value) for value in row.split()]
    for row in ("0.8951 0.2664 -0.1614", "-0.7502 1.7135 0.0367", "0.0389 -0.0685 1.0296")
]


def _adaptation(white: list[Fraction], target: list[Fraction]) -> Matrix:
    cones, aims = _apply(_BRADFORD, white), _apply(_BRADFORD, target)
    scaled = [
        [cell * aim / cone for cell in row] for row, aim, cone in zip(_BRADFORD, aims, cones, strict=True)
    ]
    return _multiply(_inverse(_BRADFORD), scaled)


def _apply(matrix: Matrix, vector: list[Fraction]) -> list[Fraction]:
    return [sum((a * b for a, b in zip(row, vector, strict=True)), Fraction(0)) for row in matrix]


def _multiply(left: Matrix, right: Matrix) -> Matrix:
    columns = [_apply(left, list(column)) for column in zip(*right, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _inverse(matrix: Matrix) -> Matrix:
    """Return the inverse of a 3 x 3 matrix by its cofactors."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    return [[value / determinant for value in row] for row in cofactors]


if __name__ == "__main__":
    sys.exit(main())
