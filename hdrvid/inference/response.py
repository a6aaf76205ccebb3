"""Undo the response of a camera that nobody knows: one curve of the shot, which L finds in its frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from hdrvid.model import srgb_encode
from hdrvid.model.response import KNOTS, monotone, read_curve
from hdrvid.plate import Planes

TOP_CODE = 250 / 255
"""The code where the shoulder of a shot is measured."""
LARGEST_SHOULDER = 4.0
_DIGITS = 2  # of a curve: 0.01 stop, so that what machines differ by does not make another key


class Linearisation(Protocol):
    """Tell the response of a camera: `hdrvid.model.Generator` with L, or a stand-in."""

    def look(self, code: Tensor) -> Any:  # noqa: ANN401 - its own kind of evidence, which can be added up
        """Return what is seen in pictures, codes `(N, 3, h, w)` in [0, 1]."""

    def curve(self, seen: Any) -> Tensor:  # noqa: ANN401
        """Return the response, `(N, KNOTS)` in stops, that belongs to what was seen."""


@dataclass(frozen=True, slots=True)
class Response:
    """Hold a shot's response: the stops between plain decoding and the light, at codes 0, 1/32, ... 1."""

    stops: tuple[float, ...]

    @property
    def shoulder(self) -> float:
        """Return the stops at code 250 of 255, within what the network knows.

        >>> Response((1.0,) * KNOTS).shoulder
        1.0
        """
        found = float(self.at(torch.tensor([TOP_CODE])))
        return round(min(max(found, 0.0), LARGEST_SHOULDER), _DIGITS)

    def at(self, code: Tensor) -> Tensor:
        """Return the stops at canonical codes of any shape.

        >>> Response((0.0,) * (KNOTS - 1) + (3.2,)).at(torch.tensor([[0.5, 1.0]])).tolist()
        [[0.0, 3.200000047683716]]
        """
        curve = torch.tensor(self.stops, dtype=torch.float32, device=code.device)
        return read_curve(curve[None], code[None])[0]


def find_response(network: Linearisation, lights: Iterable[Planes], *, clip_point: float = 1.0) -> Response:
    """Return the response of a shot from some of its frames: the same for the same frames.

    Each light is `(3, H, W) float32`, linear Rec.709 in the units of the clip point. Brighter codes are never
    less light; without a frame it is plain decoding.

    >>> find_response(None, []).shoulder
    0.0
    """
    with torch.inference_mode():
        seen = [network.look(_code(light, clip_point)) for light in lights]
        if not seen:
            return Response((0.0,) * KNOTS)
        curve = monotone(network.curve(sum(seen[1:], start=seen[0])))[0].cpu()
    return Response(tuple(round(float(stops), _DIGITS) for stops in curve))


def _code(light: Planes, clip_point: float) -> Tensor:
    return srgb_encode((torch.from_numpy(light)[None] / clip_point).clamp_min(0.0))
