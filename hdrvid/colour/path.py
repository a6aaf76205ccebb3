"""Resolve, once per job, the way from a plate's code values to the output space."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import PyOpenColorIO as ocio  # noqa: N813 - the name that the library goes by

from hdrvid.colour.config import ColourConfig, own_config
from hdrvid.colour.processors import Matrix, check_planes, inverse_of, matrix_of, processor_between, run
from hdrvid.colour.spaces import SourceSpace, source_space, synonym
from hdrvid.errors import ColourSpaceError
from hdrvid.plate import Decision, Planes

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""`x, y` of red, green, blue and white: the EXR attribute of that name."""

_NETWORK_SPACE = "lin_rec709"
"""The network works in linear light with Rec.709 primaries and a white of D65."""

_INTEROP: dict[str, tuple[str, Chromaticities]] = {
    "lin_ap1": ("lin_ap1_scene", (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)),
    "lin_ap0": ("lin_ap0_scene", (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)),
    "lin_rec709": ("lin_rec709_scene", (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)),
    "lin_rec2020": ("lin_rec2020_scene", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)),
    "lin_p3d65": ("lin_p3d65_scene", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)),
    "lin_adobergb": ("lin_adobergb_scene", (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290)),
}
"""Interop ids of the ASWF Color Interop Forum for the scene-linear spaces that have one, with
chromaticities."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourPath:
    """Convert frames from a plate's code values to a scene-linear output space.

    `input_space` and `output_space` are full names; `decision` tells why the first was taken, and
    `display_warnings` are lines for the user. The matrices are `(3, 3) float64` between the output space
    and the network's, linear Rec.709 with a white of D65, each the inverse of the other. `interop_id` and
    `chromaticities` describe the output space in an EXR header; both are None for a space without an id.

    >>> from hdrvid.colour import open_config
    >>> path = resolve_path(open_config(), encoding="bt709", primaries="bt709", output_space="ACEScg")
    >>> path.input_space, path.output_space, path.interop_id
    ('Camera Rec.709', 'ACEScg', 'lin_ap1_scene')
    >>> path.apply(np.full((3, 2, 2), 1.0, np.float32))[:, 0, 0].round(4).tolist()
    [1.0, 1.0, 1.0]
    """

    config: ColourConfig
    input_space: str
    output_space: str
    decision: Decision
    network_from_output: Matrix
    output_from_network: Matrix
    display_warnings: tuple[str, ...] = ()
    interop_id: str | None = None
    chromaticities: Chromaticities | None = None
    _transform: Any = field(default=None, repr=False)

    @property
    def is_identity(self) -> bool:
        """Tell whether `apply` leaves every value as it is, bit for bit.

        >>> config = own_config()
        >>> [linear_rec709_path(config, name).is_identity for name in ("lin_rec709", "ACEScg")]
        [True, False]
        """
        return self._transform is None

    def apply(self, planes: Planes) -> Planes:
        """Convert `(3, H, W) float32` code values to the output space, in place, and return them.

        Nothing is clipped: super-whites end above 1, footroom below 0. Planes that are not contiguous
        raise `ShapeError`. Threads may call this at once, each with planes of its own.

        >>> path = linear_rec709_path(own_config(), "ACEScg")
        >>> planes = np.full((3, 1, 2), 4.0, np.float32)  # white stays white, and keeps its light
        >>> path.apply(planes).round(3).tolist(), path.apply(planes) is planes
        ([[[4.0, 4.0]], [[4.0, 4.0]], [[4.0, 4.0]]], True)
        """
        check_planes(planes)
        return planes if self._transform is None else run(self._transform, planes)


def resolve_path(
    config: ColourConfig, *, encoding: str, primaries: str, input_space: str | None = None, output_space: str
) -> ColourPath:
    """Resolve the conversion of a plate: see `source_space` for the input and `ColourPath` for the result.

    The output space has to be scene-linear. A space that is not there, does not fit or lacks one of its LUT
    files raises `ColourSpaceError`.

    >>> path = resolve_path(own_config(), encoding="srgb", primaries="bt709", output_space="lin_rec709")
    >>> path.output_space, path.decision.value
    ('Linear Rec.709 (sRGB)', 'sRGB Encoded Rec.709 (sRGB)')
    >>> path.apply(np.full((3, 1, 1), 0.5, np.float32)).round(3).flatten()
    array([0.214, 0.214, 0.214], dtype=float32)
    """
    source = source_space(config, encoding=encoding, primaries=primaries, input_space=input_space)
    output = _output_space(config, output_space)
    return _join(source, config, output, _network_matrix(config, output))


def linear_rec709_path(config: ColourConfig, input_space: str) -> ColourPath:
    """Resolve the conversion from any space of a config to linear Rec.709, the network's own space.

    The output is the config's own linear Rec.709, or hdrvid's where the config has none.

    >>> from hdrvid.colour import open_config
    >>> linear_rec709_path(open_config(), "sRGB - Texture").output_space
    'Linear Rec.709 (sRGB)'
    """
    source = source_space(config, encoding="", primaries="", input_space=input_space)
    home, output = _network_space(config)
    return _join(source, home, output, np.eye(3))


def _join(source: SourceSpace, home: ColourConfig, output: str, to_network: Matrix) -> ColourPath:
    processor = processor_between(source.config, source.name, home, output)
    transform = processor.getDefaultCPUProcessor()
    interop_id, chromaticities = _interop(to_network)
    return ColourPath(
        config=home,
        input_space=source.name,
        output_space=output,
        decision=source.decision,
        network_from_output=to_network,
        output_from_network=inverse_of(to_network),
        display_warnings=source.warnings,
        interop_id=interop_id,
        chromaticities=chromaticities,
        _transform=None if transform.isNoOp() else transform,
    )


def _output_space(config: ColourConfig, output_space: str) -> str:
    """Return the full name of the output space, also where the config knows it under an older name."""
    name = synonym(config, output_space) or config.space(output_space, option="--output-space")
    space = config.handle.getColorSpace(name)
    if space.isData() or space.getReferenceSpaceType() == ocio.REFERENCE_SPACE_DISPLAY:
        raise ColourSpaceError(_not_linear(config, name))
    return name


def _network_matrix(config: ColourConfig, output: str) -> Matrix:
    home, network = _network_space(config)
    matrix = matrix_of(processor_between(config, output, home, network))
    if matrix is None:
        raise ColourSpaceError(_not_linear(config, output))
    return matrix


def _network_space(config: ColourConfig) -> tuple[ColourConfig, str]:
    found = synonym(config, _NETWORK_SPACE)
    if found is not None:
        return config, found
    return own_config(), own_config().space(_NETWORK_SPACE, option="the network's space")


def _interop(to_network: Matrix) -> tuple[str | None, Chromaticities | None]:
    """Recognise a space by its matrix, since a config may give any name to any space."""
    for alias, (interop_id, chromaticities) in _INTEROP.items():
        if np.allclose(to_network, _known_matrix(alias), rtol=0, atol=1e-5):
            return interop_id, chromaticities
    return None, None


@functools.cache
def _known_matrix(alias: str) -> Matrix:
    return _network_matrix(own_config(), alias)


def _not_linear(config: ColourConfig, name: str) -> str:
    return (
        f"colour space '{name}' (--output-space): is not scene-linear in the OCIO config {config.name}, "
        "expected a space whose values are proportional to the light of the scene. Take ACEScg, lin_rec709 "
        "or the role scene_linear."
    )
