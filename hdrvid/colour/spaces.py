"""Turn what a plate's tags say into a colour space."""

from __future__ import annotations

from dataclasses import dataclass

import PyOpenColorIO as ocio  # noqa: N813 - the name that the library goes by

from hdrvid.colour.config import ColourConfig, own_config
from hdrvid.errors import ColourSpaceError
from hdrvid.plate import Decision

PRIMARIES = {
    "bt709": "rec709",
    "bt601-525": "rec601_525",
    "bt601-625": "rec601_625",
    "bt2020": "rec2020",
    "p3-d65": "p3d65",
    "p3": "p3d65",
    "p3-dci": "p3dci",
    "adobe-rgb": "adobergb",
    "ap0": "ap0",
    "ap1": "ap1",
}
"""Names of primaries that `PlateInfo.primaries` may hold, with their part in the names of colour spaces."""

_CURVES = {
    "bt709": ("camera", "inverse of the BT.709 camera curve, which gives the light of the scene"),
    "srgb": ("srgb", "inverse of the sRGB curve"),
    "gamma22": ("g22", "gamma of 2.2"),
    "gamma24": ("g24", "gamma of 2.4"),
    "gamma26": ("g26", "gamma of 2.6"),
    "linear": ("lin", "values are proportional to light as they are"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpace:
    """Name the colour space of a plate, and the config that defines it.

    `config` is the job's own, or the project's where the job's config has no such space.
    """

    name: str
    config: ColourConfig
    decision: Decision
    warnings: tuple[str, ...] = ()


def source_space(
    config: ColourConfig, *, encoding: str, primaries: str, input_space: str | None = None
) -> SourceSpace:
    """Choose the colour space of a plate.

    `input_space` always wins: any space of the config but a PQ or HLG one, or one of our own. Without it, the
    encoding (one of `hdrvid.plate.ENCODINGS`) and the primaries (one of `PRIMARIES`) decide. BT.709
    video is taken through the inverse of its *camera* curve, not of a display's gamma: what is wanted is the
    light of the scene.
    A space that the config lacks is taken from the project's own config, with a warning. Anything else
    raises `ColourSpaceError`.

    >>> from hdrvid.colour import open_config
    >>> source_space(open_config("hdrvid"), encoding="bt709", primaries="bt709").name
    'Camera Rec.709'
    """
    if input_space:
        return _named_space(config, input_space)
    curve, meaning = _CURVES.get(encoding, ("", ""))
    known = own_config().find(f"{curve}_{PRIMARIES.get(primaries, '')}")
    if known is None:
        message = (
            f"plate of encoding '{encoding}' with primaries '{primaries}': hdrvid has no colour space for "
            f"it, expected one of {', '.join(_CURVES)} with one of {', '.join(PRIMARIES)}. Name the space "
            "with --input-space."
        )
        raise ColourSpaceError(message)
    return _tagged_space(config, known, f"encoding {encoding}, primaries {primaries}: {meaning}")


def synonym(config: ColourConfig, name: str) -> str | None:
    """Return what a config calls the space that the project's own config knows under `name`.

    >>> from hdrvid.colour import open_config
    >>> synonym(open_config("ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1"), "srgb_rec709")
    'sRGB - Texture'
    """
    own = own_config().handle.getColorSpace(name)
    words = [name] if own is None else [name, own.getName(), *own.getAliases()]
    return next((found for word in words if (found := config.find(word)) is not None), None)


def _tagged_space(config: ColourConfig, known: str, reason: str) -> SourceSpace:
    found = synonym(config, known)
    if found is not None:
        decision = Decision(name="input space", value=found, origin="tag", reason=reason)
        return SourceSpace(name=found, config=config, decision=decision)
    decision = Decision(
        name="input space", value=known, origin="tag", reason=f"{reason} (hdrvid's own definition)"
    )
    return _own_space(config, known, decision)


def _own_space(config: ColourConfig, known: str, decision: Decision) -> SourceSpace:
    warning = f"OCIO config {config.name} has no '{known}': hdrvid's own definition of it is used"
    return SourceSpace(name=known, config=own_config(), decision=decision, warnings=(warning,))


def _named_space(config: ColourConfig, input_space: str) -> SourceSpace:
    own = own_config().find(input_space)
    if own is not None and config.find(input_space) is None:  # as the frames of a tagged plate name it
        decision = Decision(
            name="input space", value=own, origin="option", reason="--input-space (hdrvid's own definition)"
        )
        return _own_space(config, own, decision)
    name = config.space(input_space, option="--input-space")
    space = config.handle.getColorSpace(name)
    if space.getEncoding() == "hdr-video":
        message = (
            f"colour space '{name}' (--input-space): is an HDR signal, expected the space of an SDR plate. "
            "HDR needs no expansion: convert it with OCIO alone."
        )
        raise ColourSpaceError(message)
    decision = Decision(name="input space", value=name, origin="option", reason="--input-space")
    return SourceSpace(name=name, config=config, decision=decision, warnings=_cautions(name, space))


def _cautions(name: str, space: ocio.ColorSpace) -> tuple[str, ...]:
    if space.isData():
        return (
            f"input space '{name}' is a data space: OCIO converts nothing, values are written as they are",
        )
    if space.getReferenceSpaceType() == ocio.REFERENCE_SPACE_DISPLAY:
        return (
            f"input space '{name}' is that of a display: the config's default view transform is inverted, "
            "which may expand highlights by itself and clip footroom",
        )
    return ()
