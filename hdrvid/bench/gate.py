"""Judge a result against float32: the gate that a way to run the network has to pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdrvid.plate import Planes

MEAN_STOPS = 0.01
"""What the over-exposed pixels may differ from float32 in the mean."""
MOST_STOPS = 0.25
"""What 999 in 1000 of them may differ at the most."""
_FLOOR = 1e-3  # light below it is all one darkness


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Hold how far a result is from that of float32, over the over-exposed pixels, in stops."""

    mean: float
    most: float

    @property
    def passes(self) -> bool:
        """Tell whether it is small enough.

        >>> Difference(mean=0.002, most=0.1).passes, Difference(mean=0.02, most=0.1).passes
        (True, False)
        """
        return self.mean <= MEAN_STOPS and self.most <= MOST_STOPS

    def __str__(self) -> str:
        """Return it in words."""
        return f"mean {self.mean:.4f}, 99.9 % within {self.most:.3f}"


def difference(result: Planes, exact: Planes, mask: NDArray[np.float32]) -> Difference:
    """Compare two results, `(3, H, W) float32` scene-linear, where the mask, `(H, W)`, is above 0.

    What is not finite differs without end.

    >>> exact = np.ones((3, 2, 2), np.float32)
    >>> difference(2 * exact, exact, np.eye(2, dtype=np.float32))
    Difference(mean=1.0, most=1.0)
    """
    here = mask > 0
    apart = np.abs(np.log2(np.maximum(result[:, here], _FLOOR) / np.maximum(exact[:, here], _FLOOR)))
    apart = np.where(np.isfinite(apart), apart, np.inf)
    return Difference(mean=float(apart.mean()), most=float(np.quantile(apart, 0.999, method="higher")))
