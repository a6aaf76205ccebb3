"""The way between the scene-linear output space and the network's linear Rec.709."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrvid.plate import Planes

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpace:
    """Hold the `(3, 3)` matrices between the scene-linear output space and the network's linear Rec.709."""

    from_output: Matrix
    to_output: Matrix

    def light(self, pixels: Planes) -> Tensor:
        """Return `(3, H, W) float32` pixels of the output space in linear Rec.709.

        >>> space = NetworkSpace(from_output=np.diag([2.0, 1.0, 1.0]), to_output=np.diag([0.5, 1.0, 1.0]))
        >>> space.light(np.ones((3, 1, 1), np.float32)).flatten().tolist()
        [2.0, 1.0, 1.0]
        """
        matrix = torch.from_numpy(self.from_output.astype(np.float32))
        return (matrix @ torch.from_numpy(pixels).reshape(3, -1)).reshape(pixels.shape)

    def difference(self, light: Tensor) -> Planes:
        """Return a difference of `(3, K) float32` linear Rec.709 in the output space.

        >>> space = NetworkSpace(from_output=np.diag([2.0, 1.0, 1.0]), to_output=np.diag([0.5, 1.0, 1.0]))
        >>> space.difference(torch.ones(3, 1)).tolist()
        [[0.5], [1.0], [1.0]]
        """
        difference: Planes = (torch.from_numpy(self.to_output.astype(np.float32)) @ light).numpy()
        return difference
