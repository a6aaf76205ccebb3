"""Take frames to the light that the rooms above work in."""

from __future__ import annotations

import dataclasses

from hdrvid.colour import ColourPath
from hdrvid.inference import NetworkSpace
from hdrvid.plate import Frame, Planes


def network_space(colour: ColourPath) -> NetworkSpace:
    """Return the matrices between a path's output space and the network's.

    >>> from hdrvid.colour import linear_rec709_path, open_config
    >>> network_space(linear_rec709_path(open_config("hdrvid"), "ACEScg")).to_output.tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return NetworkSpace(from_output=colour.network_from_output, to_output=colour.output_from_network)


def colour_in(frame: Frame, colour: ColourPath) -> Frame:
    """Take a frame fresh from its source to the scene-linear output space, in place.

    >>> import numpy as np
    >>> from hdrvid.colour import linear_rec709_path, open_config
    >>> frame = Frame(number=1001, pixels=np.full((3, 2, 4), 1.0, np.float32))
    >>> colour_in(frame, linear_rec709_path(open_config("hdrvid"), "ACEScg")).space
    'Linear Rec.709 (sRGB)'
    """
    return dataclasses.replace(frame, pixels=colour.apply(frame.pixels), space=colour.output_space)


def network_light(pixels: Planes, colour: ColourPath) -> Planes:
    """Return code values, `(3, H, W) float32`, as the light that the network sees: linear Rec.709.

    The pixels are taken to the output space in place.

    >>> import numpy as np
    >>> from hdrvid.colour import open_config, resolve_path
    >>> config = open_config("hdrvid")
    >>> colour = resolve_path(config, encoding="srgb", primaries="bt709", output_space="ACEScg")
    >>> network_light(np.full((3, 1, 1), 0.5, np.float32), colour).round(3).flatten()
    array([0.214, 0.214, 0.214], dtype=float32)
    """
    light: Planes = network_space(colour).light(colour.apply(pixels)).numpy()
    return light
