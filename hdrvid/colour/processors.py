"""Make OCIO processors, run them on planes, and read the matrix out of those that are one."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import PyOpenColorIO as ocio  # noqa: N813 - the name that the library goes by
from numpy.typing import NDArray

from hdrvid.colour.config import BUILT_IN, OCIO_ERRORS, ColourConfig, open_config
from hdrvid.errors import ColourSpaceError, ShapeError
from hdrvid.plate import Planes

Matrix: TypeAlias = NDArray[np.float64]
"""`(3, 3) float64`, for columns: `out = matrix @ rgb`."""

_SCENE_INTERCHANGE = "ACES2065-1"


def processor_between(source: ColourConfig, space: str, target: ColourConfig, goal: str) -> Any:  # noqa: ANN401
    """Return OCIO's processor from a space of one config to a space of the same or another config.

    A LUT file that cannot be found, or two configs that cannot be joined, raise `ColourSpaceError`.

    >>> config = open_config("hdrvid")
    >>> transform = processor_between(config, "ACEScg", config, "lin_rec709").getDefaultCPUProcessor()
    >>> run(transform, np.ones((3, 1, 1), np.float32)).round(4).tolist()
    [[[1.0]], [[1.0]], [[1.0]]]
    """
    try:
        if source.handle is target.handle:
            return source.handle.getProcessor(space, goal)
        return _across(source, space, target, goal)
    except OCIO_ERRORS as error:
        reason = " ".join(str(error).split())
        message = (
            f"colour conversion from '{space}' to '{goal}': OCIO cannot make it ({reason}), expected both "
            f"spaces to be usable in {_named(source, target)}. Mend the config, or name other spaces with "
            "--input-space and --output-space."
        )
        raise ColourSpaceError(message) from error


def processor_to_view(source: ColourConfig, space: str, target: ColourConfig, view: tuple[str, str]) -> Any:  # noqa: ANN401
    """Return OCIO's processor from a space to a `(display, view)` of the same or another config.

    >>> config = open_config("hdrvid")
    >>> processor = processor_to_view(config, "lin_rec709", config, ("sRGB - Display", "Un-tone-mapped"))
    >>> run(processor.getDefaultCPUProcessor(), np.full((3, 1, 1), 0.18, np.float32)).round(3).flatten()
    array([0.461, 0.461, 0.461], dtype=float32)
    """
    display, name = view
    forward = ocio.TRANSFORM_DIR_FORWARD
    try:
        if source.handle is target.handle:
            return source.handle.getProcessor(space, display, name, forward)
        return ocio.Config.GetProcessorFromConfigs(
            source.handle, space, target.handle, display, name, forward
        )
    except OCIO_ERRORS as error:
        reason = " ".join(str(error).split())
        message = (
            f"view '{name}' of display '{display}': OCIO cannot show '{space}' through it ({reason}), "
            f"expected a display and a view of {target.name}. Choose another view."
        )
        raise ColourSpaceError(message) from error


def run(transform: Any, planes: Planes) -> Planes:  # noqa: ANN401 - a PyOpenColorIO.CPUProcessor
    """Run a CPU processor over `(3, H, W) float32` planes, in place, and return them.

    Safe to call from several threads at once, on different planes. Planes of another type or shape, and
    views that are not contiguous (OCIO would convert the wrong pixels without a word), raise `ShapeError`.

    >>> config = open_config("hdrvid")
    >>> transform = processor_between(config, "lin_rec709", config, "ACEScg").getDefaultCPUProcessor()
    >>> planes = np.ones((3, 2, 2), np.float32)
    >>> run(transform, planes) is planes
    True
    """
    check_planes(planes)
    height, width = planes.shape[1:]
    if height and width:
        transform.apply(ocio.PlanarImageDesc(planes[0], planes[1], planes[2], width, height))
    return planes


def check_planes(planes: Planes) -> None:
    """Raise `ShapeError` unless the array is contiguous `(3, H, W) float32`.

    >>> check_planes(np.zeros((3, 2, 4), np.float32))
    >>> check_planes(np.zeros((2, 4, 3), np.float32))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.ShapeError: colour conversion: planes of shape (2, 4, 3), type float32 ...
    """
    right_shape = planes.ndim == 3 and planes.shape[0] == 3 and planes.dtype == np.float32
    if not right_shape or not planes.flags.c_contiguous or not planes.flags.writeable:
        message = (
            f"colour conversion: planes of shape {planes.shape}, type {planes.dtype} and strides "
            f"{planes.strides}, expected contiguous, writable (3, height, width) float32. Use "
            "numpy.ascontiguousarray(planes, 'float32')."
        )
        raise ShapeError(message)


def matrix_of(processor: Any) -> Matrix | None:  # noqa: ANN401
    """Return the 3 x 3 matrix that a processor amounts to, or None where it is anything else.

    OCIO merges what it can first; a curve, a clamp, an offset or a LUT that is left makes it None.

    >>> config = open_config("hdrvid")
    >>> matrix = matrix_of(processor_between(config, "ACEScg", config, "lin_rec709"))
    >>> matrix.sum(axis=1).round(3).tolist()  # white stays white
    [1.0, 1.0, 1.0]
    """
    merged = processor.getOptimizedProcessor(ocio.OPTIMIZATION_VERY_GOOD).createGroupTransform()
    total: Matrix = np.eye(3)
    for transform in merged:
        if not isinstance(transform, ocio.MatrixTransform) or any(transform.getOffset()):
            return None
        step = np.asarray(transform.getMatrix(), dtype=np.float64).reshape(4, 4)[:3, :3]
        inverse = transform.getDirection() == ocio.TRANSFORM_DIR_INVERSE
        total = (inverse_of(step) if inverse else step) @ total
    return total


def inverse_of(matrix: Matrix) -> Matrix:
    """Return the inverse of a matrix between colour spaces, exact for the identity.

    >>> inverse_of(np.diag([2.0, 4.0, 1.0])).tolist()
    [[0.5, 0.0, 0.0], [0.0, 0.25, 0.0], [0.0, 0.0, 1.0]]
    """
    return np.linalg.inv(matrix).astype(np.float64, copy=False)


def _across(source: ColourConfig, space: str, target: ColourConfig, goal: str) -> Any:  # noqa: ANN401
    from_configs = ocio.Config.GetProcessorFromConfigs
    try:
        return from_configs(source.handle, space, target.handle, goal)
    except OCIO_ERRORS:
        # older configs have no aces_interchange role: OCIO can still find their ACES2065-1 by measuring
        names = [_interchange(source, space), _interchange(target, goal)]
        return from_configs(source.handle, space, names[0], target.handle, goal, names[1])


def _interchange(config: ColourConfig, space: str) -> str:
    known = config.find("aces_interchange")
    if known is not None:
        return known
    reference = open_config(BUILT_IN).handle
    found, _ = ocio.Config.IdentifyInterchangeSpace(config.handle, space, reference, _SCENE_INTERCHANGE)
    return str(found)


def _named(source: ColourConfig, target: ColourConfig) -> str:
    return source.name if source.handle is target.handle else f"{source.name} and {target.name}"
