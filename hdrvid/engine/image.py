"""Expand one picture that is in memory."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdrvid.colour import open_config, resolve_path
from hdrvid.engine.light import network_space
from hdrvid.engine.plan import open_generator
from hdrvid.engine.shot import look_at_shot
from hdrvid.engine.start import make_expander
from hdrvid.engine.tuning import tuned
from hdrvid.errors import OptionError, ShapeError
from hdrvid.inference import choose_machine
from hdrvid.job import OPTIONS, ExpandJob, make_job
from hdrvid.plate import Frame, Planes

log = logging.getLogger(__name__)

Picture = NDArray[np.float32]
_LEAST_SIDE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """Hold an expanded picture, scene-linear in the output space.

    `hdr` and `linear`, the plainly linearised source, are `(H, W, 3) float32`; `mask` is `(H, W) float32` in
    [0, 1]: where it is 0, `hdr` equals `linear` bit for bit.
    """

    hdr: Picture
    mask: Picture
    linear: Picture


def expand_image(
    sdr: NDArray[Any],
    *,
    input_space: str = "sRGB - Texture",
    output_space: str = "lin_rec709",
    model: str | None = None,
    device: str = "auto",
    **options: Any,  # noqa: ANN401 - the options of ExpandJob that concern pixels
) -> Expansion:
    """Expand one picture.

    `sdr` is `(H, W, 3)` code values of the input space, 16 x 16 or larger: uint8 or uint16 over their whole
    range, or float32 with nominal white at 1. `options` are those of `ExpandJob` that concern pixels:
    `clip_point`, `shoulder`, `partly_clipped`, `quality`, `blend`, `linearise`, `highlight_gain`, `peak`,
    `mix`, `precision`, `ocio_config`. `quality` is `full` unless said otherwise: one picture can
    wait. Raises `ShapeError` for another array and `OptionError` for another option. What `hdrvid bench` kept
    stands in for a precision that is left out; the process keeps its threads.
    """
    job = _job({**options, "input_space": input_space, "output_space": output_space, "device": device}, model)
    job, (machine,), _, cautions = tuned(job, (choose_machine(job.device, job.precision),))
    for caution in cautions:
        log.warning("%s", caution)
    planes = _planes_of(sdr)
    path = resolve_path(
        open_config(job.ocio_config),
        encoding="srgb",
        primaries="bt709",
        input_space=job.input_space,
        output_space=job.output_space,
    )
    space = network_space(path)
    generator = open_generator(job, machine)
    frame = Frame(number=1, pixels=path.apply(planes), space=path.output_space)
    shot = look_at_shot(job, generator, (space.light(each.pixels).numpy() for each in [frame]))
    expander = make_expander(
        shot.job,
        generator,
        machine=machine,
        space=space,
        batch=job.batch or 1,
        response=shot.response,
    )
    (expanded,) = expander.expand([frame])
    assert expanded.mask is not None  # the job asks for all layers
    assert expanded.source is not None
    return Expansion(
        hdr=_picture_of(expanded.pixels), mask=expanded.mask, linear=_picture_of(expanded.source)
    )


def _job(options: dict[str, Any], model: str | None) -> ExpandJob:
    for name in options:
        if name in OPTIONS and OPTIONS[name].group in ("Plate", "Output"):
            message = f"option '{name}': does not concern one picture, expected an option about its pixels."
            raise OptionError(message)
    chosen = {} if model is None else {"model": model}
    job, _ = make_job(
        ("call", {"quality": "full", **options, **chosen, "source": "picture", "out": ".", "layers": "all"})
    )
    return job


def _planes_of(sdr: NDArray[Any]) -> Planes:
    array = np.asarray(sdr)
    if array.ndim != 3 or array.shape[2] != 3 or min(array.shape[:2]) < _LEAST_SIDE:
        message = (
            f"picture: an array of shape {array.shape}, expected (height, width, 3) with sides of "
            f"{_LEAST_SIDE} or more. Take off alpha, and give grey three channels."
        )
        raise ShapeError(message)
    scales = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
    if array.dtype.name not in scales:
        message = f"picture: values of type {array.dtype}, expected uint8, uint16 or float32. Convert them."
        raise ShapeError(message)
    planes = np.ascontiguousarray(np.moveaxis(array, 2, 0), np.float32)
    planes = planes.copy() if np.shares_memory(planes, array) else planes
    planes /= np.float32(scales[array.dtype.name])
    return planes


def _picture_of(planes: Planes) -> Picture:
    return np.ascontiguousarray(np.moveaxis(planes, 0, 2))
