"""Put a frame together for the sink: its pixels, and the layers that tell where their light comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdrvid.plate import Expanded, Frame, Planes, Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """Name the pixels that a frame's mask covers.

    `index` is `(K,) int64`, flat and row by row; `mask` is `(3, K) float32` in (0, 1], one row a channel.
    """

    index: NDArray[np.int64]
    mask: Planes

    @classmethod
    def nothing(cls) -> Recovered:
        """Return the set of no pixels.

        >>> Recovered.nothing().index.shape, Recovered.nothing().mask.shape
        ((0,), (3, 0))
        """
        return cls(index=np.zeros(0, np.int64), mask=np.zeros((3, 0), np.float32))


def assemble(frame: Frame, pixels: Planes, recovered: Recovered, *, light: Planes | None) -> Expanded:
    """Return the finished frame.

    `pixels` is `(3, H, W)`, output space. With `light`, the plate in linear Rec.709, `(3, H, W)`, the layers
    come along: the mask, the plain source and the provenance; with None they are left out.

    >>> frame = Frame(number=1001, pixels=np.ones((3, 1, 2), np.float32))
    >>> second = Recovered(index=np.array([1]), mask=np.full((3, 1), 0.75, np.float32))
    >>> expanded = assemble(frame, 2 * frame.pixels, second, light=frame.pixels)
    >>> expanded.mask.tolist(), expanded.provenance.tolist(), expanded.clipped
    ([[0.0, 0.75]], [[0.0, 1.0]], 0.5)
    """
    height, width = frame.size
    mask = provenance = None
    if light is not None:
        mask = np.zeros((height, width), np.float32)
        mask.reshape(-1)[recovered.index] = recovered.mask.max(axis=0)
        provenance = _provenance(light, recovered)
    return Expanded(
        number=frame.number,
        pixels=pixels,
        alpha=frame.alpha,
        mask=mask,
        source=None if light is None else frame.pixels,
        provenance=provenance,
        clipped=len(recovered.index) / (height * width),
        source_key=frame.source_key,
    )


def _provenance(light: Planes, recovered: Recovered) -> NDArray[np.float32]:
    """Mark each pixel: invented where the mask covers all channels, partly clipped where it covers some."""
    super_white = (light > 1.0).any(axis=0)
    marks = np.where(super_white, np.float32(Provenance.SUPER_WHITE), np.float32(Provenance.SOURCE))
    all_channels = (recovered.mask > 0).all(axis=0)
    marks.reshape(-1)[recovered.index] = np.where(
        all_channels, np.float32(Provenance.INVENTED), np.float32(Provenance.PARTLY_CLIPPED)
    )
    return marks
