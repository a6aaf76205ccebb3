"""A stand-in for the network whose prediction is known."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrvid.inference import NetworkSpace
from hdrvid.model import Fill, ramp, srgb_encode
from hdrvid.model.spec import NetName
from hdrvid.plate import Frame

IDENTITY = NetworkSpace(from_output=np.eye(3), to_output=np.eye(3))


class ConstantGenerator:
    """Predict the same stops everywhere, and note what it was asked."""

    def __init__(self, stops: float, *, parts: tuple[NetName, ...] = ("C",)) -> None:
        self.stops = stops
        self.parts = parts
        self.seen: list[tuple[int, ...]] = []
        self.shoulders: list[float] = []

    def has(self, name: NetName) -> bool:
        return name in self.parts

    def fill(self, source: Tensor, *, shoulder: Tensor | None = None) -> Fill:
        self.seen.append(tuple(source.shape))
        self.shoulders.append(0.0 if shoulder is None else float(shoulder[0]))
        return Fill(stops=torch.full_like(source, self.stops), mask=ramp(srgb_encode(source)))


def frame_of(pixels: NDArray[np.float32], number: int = 1001) -> Frame:
    return Frame(number=number, pixels=np.ascontiguousarray(pixels, np.float32), space="lin_rec709")


def window(height: int = 40, width: int = 60, *, level: float = 1.0) -> NDArray[np.float32]:
    """Return `(3, H, W)` of a mid-grey ramp with a bright rectangle in it."""
    pixels = np.broadcast_to(np.linspace(0.05, 0.5, width, dtype=np.float32), (3, height, width)).copy()
    pixels[:, height // 4 : height // 2, width // 4 : width // 2] = level
    return pixels
