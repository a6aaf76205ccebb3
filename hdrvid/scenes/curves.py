"""Tone curves of cameras: scene light to display light before encoding, and the standard encodings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.float32]
Encoding = Literal["srgb", "bt709", "gamma2.2", "gamma2.4"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

MID_GREY = 0.18
TOP_CODE = 250 / 255
"""The code where the shoulder of a shot is measured."""
_GRID = np.exp2(np.linspace(-12, 14, 2601)).astype(np.float32)
"""Scene light on which curves are inverted: 1/100 stop apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneCurve:
    """How a camera bends light on its way to the code: contrast about mid-grey, then a roll-off.

    D(H): C = 0.18 (H / 0.18)^contrast, and above the knee k
    D = k + (1 - k) (1 - (1 + s (C - k) / ((1 - k) shape))^(-shape)), which tends to 1 - exp(-s (C - k) / (1
    - k)) for a large shape. A knee of 1 is a clean cut at 1.0. Where there is a white w, the curve is
    stretched to reach 1 there, D(H) / D(w), and what is brighter is cut: so end the curves of phones.
    """

    contrast: float = 1.0
    """Slope at mid-grey, stops out for stops in."""
    knee: float = 1.0
    """Linear light where the roll-off begins; 1 for a clean cut."""
    slope: float = 1.0
    """Of the roll-off just above the knee: 1 continues the line."""
    shape: float = 64.0
    """Small values let the roll-off approach 1 slowly."""
    white: float = math.inf
    """Scene light where a roll-off reaches 1; infinite for one that only tends to it."""

    def __call__(self, light: Values) -> Values:
        """Return display light in [0, 1] for scene light of 0 or more, any shape."""
        if self.knee >= 1.0 or math.isinf(self.white):
            return self._bent(light)
        top = self._bent(np.array([self.white], np.float32))
        display: Values = np.minimum(self._bent(light) / top, np.float32(1.0))
        return display

    def _bent(self, light: Values) -> Values:
        x = light if self.contrast == 1.0 else MID_GREY * (light / MID_GREY) ** np.float32(self.contrast)
        if self.knee >= 1.0:
            return np.minimum(x, np.float32(1.0))
        room = 1.0 - self.knee
        over = np.maximum(x - self.knee, 0) * (self.slope / (room * self.shape))
        rolled = self.knee + room * (1.0 - (1.0 + over) ** np.float32(-self.shape))
        return np.where(x > self.knee, rolled, x).astype(np.float32)

    @property
    def clip_light(self) -> float:
        """Scene light at code 250 (linear 0.957), or 1.0 scaled by the contrast for a clean cut.

        >>> round(ToneCurve().clip_light, 2), round(ToneCurve(knee=0.5, shape=4.0).clip_light, 2)
        (1.0, 2.17)
        """
        if self.knee >= 1.0:
            return float(MID_GREY * (1.0 / MID_GREY) ** (1.0 / self.contrast))
        return self.light_at(float(decode(np.float32(TOP_CODE), "srgb")))

    def light_at(self, display: float) -> float:
        """Return the scene light that the curve maps to a display light in (0, 1).

        >>> curve = ToneCurve(knee=0.5)
        >>> round(curve.light_at(float(curve(np.float32(2.0)))), 3)
        2.0
        """
        return float(
            2.0 ** np.interp(np.log2(display), np.log2(np.maximum(self(_GRID), 1e-9)), np.log2(_GRID))
        )

    @property
    def alignment(self) -> float:
        """The scale that brings scene light to plain decoding: its median over codes 0.1 to 0.85.

        >>> ToneCurve().alignment, round(ToneCurve(contrast=1.25, knee=0.6, shape=8.0).alignment, 2)
        (1.0, 0.86)
        """
        display = self(_GRID)
        code = encode(display, "srgb")
        well = (code >= 0.10) & (code <= 0.85)
        return float(np.median(display[well] / _GRID[well]))

    @property
    def shoulder(self) -> float:
        """Stops more light than plain decoding says at code 250, mid-tones aligned; 0 for a clean cut.

        >>> ToneCurve().shoulder, round(ToneCurve(knee=0.5, shape=4.0).shoulder, 2)
        (0.0, 1.18)
        """
        display = float(decode(np.float32(TOP_CODE), "srgb"))
        if self.knee >= 1.0 and self.contrast == 1.0:
            return 0.0
        return float(np.log2(self.light_at(display) * self.alignment / display))


CLEAN_CUT = ToneCurve()
"""Light as it is up to 1.0, and nothing above."""


def encode(light: npt.ArrayLike, encoding: Encoding) -> Values:
    """Encode display light in [0, 1] to code values in [0, 1]; any shape.

    >>> round(float(encode(0.21404, "srgb")), 4)
    0.5
    """
    return _CURVES[encoding][0](np.clip(np.asarray(light, np.float32), 0, 1))


def decode(code: npt.ArrayLike, encoding: Encoding) -> Values:
    """Decode code values in [0, 1] to light in [0, 1]: the inverse of `encode`.

    >>> round(float(decode(0.5, "srgb")), 4), round(float(decode(0.5, "gamma2.4")), 4)
    (0.214, 0.1895)
    """
    return _CURVES[encoding][1](np.clip(np.asarray(code, np.float32), 0, 1))


def _two_part(
    cut: float, linear: float, offset: float, power: float
) -> tuple[Callable[[Values], Values], ...]:
    def forward(x: Values) -> Values:
        return np.where(x <= cut, x * linear, (1 + offset) * np.maximum(x, cut) ** np.float32(power) - offset)

    def inverse(y: Values) -> Values:
        bend = cut * linear
        return np.where(
            y <= bend, y / linear, ((np.maximum(y, bend) + offset) / (1 + offset)) ** np.float32(1 / power)
        )

    return forward, inverse


def _gamma(value: float) -> tuple[Callable[[Values], Values], ...]:
    return (lambda x: x ** np.float32(1 / value)), (lambda y: y ** np.float32(value))


_CURVES = {
    "srgb": _two_part(0.0031308, 12.92, 0.055, 1 / 2.4),
    "bt709": _two_part(0.018, 4.5, 0.099, 0.45),
    "gamma2.2": _gamma(2.2),
    "gamma2.4": _gamma(2.4),
}
