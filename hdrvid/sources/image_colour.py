"""Decide what the code values of a picture file mean, from what OpenImageIO reads in its header."""

from __future__ import annotations

import numpy as np
import OpenImageIO

from hdrvid.plate import Decision
from hdrvid.sources.tags import (
    VideoTags,
    decide_encoding,
    decide_primaries,
    refuse_hdr,
)

_CURVES = {"lin": "linear", "srgb": "srgb", "g22": "gamma22", "g24": "gamma24", "g26": "gamma26"}
_HDR_CURVES = {"pq": 16, "hlg": 18}
_GAMUTS = {"rec709": "bt709", "rec2020": "bt2020", "p3d65": "p3-d65", "ap0": "ap0", "ap1": "ap1"}
_OLD_NAMES = {
    "srgb": ("srgb", "rec709"),
    "linear": ("lin", "rec709"),
    "scene_linear": ("lin", "rec709"),
    "lin_rec709": ("lin", "rec709"),
    "acescg": ("lin", "ap1"),
    "lin_ap1": ("lin", "ap1"),
    "aces2065-1": ("lin", "ap0"),
    "lin_ap0": ("lin", "ap0"),
}
_CHROMATICITIES = {
    "bt709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "bt2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "p3-d65": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    "p3-dci": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3140, 0.3510),
    "bt601-525": (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    "bt601-625": (0.640, 0.330, 0.290, 0.600, 0.150, 0.060, 0.3127, 0.3290),
    "ap0": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "ap1": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
}
_PROFILES = {"display p3": ("srgb", "p3-d65"), "srgb": ("srgb", "bt709"), "rec. 709": ("bt709", "bt709")}


def decide_image_colour(
    spec: OpenImageIO.ImageSpec,
    *,
    file_format: str,
    is_float: bool,
    where: str,
) -> tuple[Decision, Decision]:
    """Decide transfer and primaries of a picture; PQ and HLG raise `NotSdr`.

    Asked in turn: the code points of a PNG's cICP, an ICC profile's name, the colour space that OpenImageIO
    finds, an EXR's chromaticities, the habit of the format.

    >>> spec = OpenImageIO.ImageSpec(4, 2, 3, "half")
    >>> decided = decide_image_colour(spec, file_format="openexr", is_float=True, where="plate.1001.exr")
    >>> [(decision.name, decision.value, decision.origin) for decision in decided]
    [('transfer', 'linear', 'tag'), ('primaries', 'bt709', 'assumed')]
    """
    code_points = spec.getattribute("CICP")
    if code_points is not None:
        tags = VideoTags(primaries=int(code_points[0]), transfer=int(code_points[1]))
        refuse_hdr(where, tags)
        primaries = decide_primaries(tags.primaries, matrix="bt709", height=spec.full_height)
        return decide_encoding(tags.transfer, where=where), primaries
    profile = _text(spec, "ICCProfile:profile_description")
    if profile and not is_float:
        return _by_profile(profile)
    space = _text(spec, "oiio:ColorSpace") or _text(spec, "colorInteropID")
    curve, gamut = _parse_space(space)
    refuse_hdr(where, VideoTags(transfer=_HDR_CURVES.get(curve, 2)))
    if is_float:
        return _float_transfer(curve, space, file_format), _float_primaries(gamut, spec, file_format)
    return _integer_transfer(curve, space, file_format), _integer_primaries(gamut, file_format)


def _text(spec: OpenImageIO.ImageSpec, name: str) -> str:
    try:
        return str(spec.getattribute(name) or "")
    except UnicodeDecodeError:  # written in another encoding, so no name that is known here
        return ""


def _parse_space(name: str) -> tuple[str, str]:
    """Split a Color Interop ID, `srgb_rec709_scene`, into curve and gamut; empty where it is none.

    >>> _parse_space("lin_ap1_scene"), _parse_space("KodakLog")
    (('lin', 'ap1'), ('', ''))
    """
    known = _OLD_NAMES.get(name.lower())
    if known is not None:
        return known
    parts = name.split("_")
    if len(parts) == 3 and parts[2] in {"scene", "display"}:
        return parts[0], parts[1]
    return "", ""


def _by_profile(profile: str) -> tuple[Decision, Decision]:
    for start, (transfer, primaries) in _PROFILES.items():
        if profile.lower().startswith(start):
            reason = f"ICC profile {profile}"
            return (
                Decision(name="transfer", value=transfer, origin="tag", reason=reason),
                Decision(name="primaries", value=primaries, origin="tag", reason=reason),
            )
    reason = f"the ICC profile {profile} is not known here; name its space with --input-space"
    return (
        Decision(name="transfer", value="srgb", origin="assumed", reason=reason),
        Decision(name="primaries", value="bt709", origin="assumed", reason=reason),
    )


def _float_transfer(curve: str, space: str, file_format: str) -> Decision:
    if curve in _CURVES:
        return Decision(name="transfer", value=_CURVES[curve], origin="tag", reason=space)
    if file_format in {"openexr", "hdr"}:
        reason = f"{file_format} pictures are linear by definition"
        return Decision(name="transfer", value="linear", origin="tag", reason=reason)
    reason = "float pictures are scene-linear as a rule"
    return Decision(name="transfer", value="linear", origin="assumed", reason=reason)


def _float_primaries(gamut: str, spec: OpenImageIO.ImageSpec, file_format: str) -> Decision:
    if gamut in _GAMUTS:
        return Decision(
            name="primaries", value=_GAMUTS[gamut], origin="tag", reason="colour space in the header"
        )
    stated = spec.getattribute("chromaticities")
    if stated is not None:
        for name, values in _CHROMATICITIES.items():
            if np.allclose(stated, values, atol=2e-4):
                return Decision(name="primaries", value=name, origin="tag", reason="chromaticities")
        reason = f"the chromaticities {', '.join(f'{v:g}' for v in stated)} are of no space known here"
        return Decision(name="primaries", value="bt709", origin="assumed", reason=reason)
    reason = f"those of {file_format} pictures that state none"
    return Decision(name="primaries", value="bt709", origin="assumed", reason=reason)


def _integer_transfer(curve: str, space: str, file_format: str) -> Decision:
    if curve in _CURVES:
        return Decision(name="transfer", value=_CURVES[curve], origin="tag", reason=space)
    cause = f"its colour space {space} is not known here; " if space else ""
    reason = f"{cause}the usual transfer of {file_format} pictures"
    return Decision(name="transfer", value="srgb", origin="assumed", reason=reason)


def _integer_primaries(gamut: str, file_format: str) -> Decision:
    if gamut in _GAMUTS:
        return Decision(
            name="primaries", value=_GAMUTS[gamut], origin="tag", reason="colour space in the header"
        )
    reason = f"the usual primaries of {file_format} pictures"
    return Decision(name="primaries", value="bt709", origin="assumed", reason=reason)
