"""Take frames to the light that the rooms above work in."""

from __future__ import annotations

import dataclasses

import numpy as np

from hdrvid.colour import ColourPath
from hdrvid.inference import NetworkSpace
from hdrvid.plate import Frame, Planes


def network_space(colour: ColourPath) -> NetworkSpace:
    """Return the matrices between a path's output space and the network's."""
    return NetworkSpace(from_output=colour.network_from_output, to_output=colour.output_from_network)


def colour_in(frame: Frame, colour: ColourPath) -> Frame:
    """Take a frame fresh from its source to the scene-linear output space, in place."""
    return dataclasses.replace(frame, pixels=colour.apply(frame.pixels), space=colour.output_space)


def network_light(pixels: Planes, colour: ColourPath) -> Planes:
    """Return code values, `(3, H, W) float32`, as the light that the network sees: linear Rec.709.

    The pixels are taken to the output space in place.
    """
    matrix = np.asarray(colour.network_from_output, np.float32)
    return np.tensordot(matrix, colour.apply(pixels), 1)
