"""Take the network's picture everywhere, the paper's H (Eq. 4): `--blend full`.

It changes the whole picture, so it is asked for by name, and does not keep the promise of the masked mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hdrvid.errors import NotFinite
from hdrvid.inference.devices import Machine
from hdrvid.inference.expander import (
    FillSettings,
    Predictor,
    check_parts,
    cleaning,
    linearised,
)
from hdrvid.inference.grade import grade_recovered
from hdrvid.inference.hue import share_among_bent
from hdrvid.inference.layers import Recovered, assemble
from hdrvid.inference.space import NetworkSpace
from hdrvid.inference.working_size import reduction, shrink
from hdrvid.model import ramp, srgb_encode
from hdrvid.model.mask import FLOOR
from hdrvid.plate import Expanded, Frame, Planes


class WholePredictor(Predictor, Protocol):
    """Predict whole pictures: `hdrvid.model.Generator` with R, or a stand-in."""

    def expand(
        self, source: Tensor, *, response: Tensor | None = None, shoulder: Tensor | None = None
    ) -> Tensor:
        """Return the paper's H everywhere for `(N, 3, h, w)` linear Rec.709, clip point at 1."""


class WholeExpander:
    """Expand frames with the network's picture everywhere, its gains carried up from the working size."""

    def __init__(
        self, generator: WholePredictor, *, machine: Machine, space: NetworkSpace, settings: FillSettings
    ) -> None:
        """Take a generator that is on the machine; refuse settings that need a part which it lacks."""
        check_parts(generator, settings)
        self._generator = generator
        self._machine = machine
        self._space = space
        self._settings = settings
        self._clean = cleaning(generator, machine=machine, space=space, settings=settings)

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand frames of one size, in order."""
        return [self._expand(self._clean(frame)) for frame in frames]

    def _expand(self, frame: Frame) -> Expanded:
        settings = self._settings
        light = self._space.light(frame.pixels).div_(settings.clip_point)  # (3, H, W)
        mask = ramp(srgb_encode(light))
        with torch.inference_mode():
            stops = self._predict(light[None].to(self._machine.device)).cpu()
        base = linearised(frame, self._space, settings)
        covered = (mask > 0).any(dim=0).reshape(-1).nonzero()[:, 0]
        raised = light * torch.exp2(stops)  # negative light, out of gamut, keeps its sign
        if settings.partly_clipped == "auto":
            self._share(light, raised, covered)
        result = self._output(frame, raised)
        graded = grade_recovered(
            base.pixels, result, gain_stops=settings.highlight_gain, peak=settings.peak, mix=settings.mix
        )
        recovered = Recovered(index=covered.numpy(), mask=mask.reshape(3, -1)[:, covered].numpy())
        whole = light.mul(settings.clip_point).numpy() if settings.layers == "all" else None
        return assemble(base, graded, recovered, light=whole)

    def _share(self, light: Tensor, raised: Tensor, covered: Tensor) -> None:
        """Share what over-exposed pixels won among channels that were bent: writes `raised`, `(3, H, W)`."""
        settings = self._settings
        source, won = (each.reshape(3, -1).index_select(1, covered) for each in (light, raised))
        code = srgb_encode(source)
        if settings.response is not None:
            source = source * torch.exp2(settings.response.at(code))
        shared = share_among_bent(source, won, code=code, shoulder=settings.still_bent)
        raised.reshape(3, -1).index_copy_(1, covered, shared)

    def _predict(self, light: Tensor) -> Tensor:
        """Return H over the plate, in stops: `(3, H, W)`."""
        settings = self._settings
        height, width = light.shape[2:]
        small = shrink(light, reduction(height, width, settings.quality))
        response = None
        if settings.response is not None:
            response = torch.tensor([settings.response.stops], device=light.device)
        shoulder = light.new_full((1,), settings.shoulder)
        filled = self._generator.expand(small, response=response, shoulder=shoulder)
        stops = torch.log2(filled.clamp_min(FLOOR) / small.clamp_min(FLOOR))
        if settings.response is None:
            return _enlarge(stops, light)
        # the curve is known at every pixel: only what the networks added is carried up
        added = stops - settings.response.at(srgb_encode(small))
        return _enlarge(added, light) + settings.response.at(srgb_encode(light[0]))

    def _output(self, frame: Frame, light: Tensor) -> Planes:
        """Return linear Rec.709, clip point at 1, in the output space: `(3, H, W)`."""
        if not bool(torch.isfinite(light).all()):
            message = (
                f"frame {frame.number}: the network returned NaN or infinity, expected finite light. Run "
                "again with --precision fp32, and report the frame if it stays."
            )
            raise NotFinite(message)
        flat = self._space.difference(light.reshape(3, -1) * self._settings.clip_point)
        return np.ascontiguousarray(flat).reshape(3, *frame.size)


def _enlarge(stops: Tensor, light: Tensor) -> Tensor:
    """Carry `(1, 3, h, w)` stops to the size of the light, bilinearly: `(3, H, W)`."""
    if stops.shape == light.shape:
        return stops[0].float()
    return F.interpolate(stops.float(), size=light.shape[2:], mode="bilinear", align_corners=False)[0]
