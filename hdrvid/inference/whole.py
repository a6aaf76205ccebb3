"""Take the network's picture everywhere: the modes that leave no pixel as the plate has it.

`--linearise learned` replaces the colour-managed source by the paper's L, for footage of unknown response;
`--blend full` takes the paper's H for every pixel (Eq. 4). Both change the whole picture, so both are asked
for by name, and neither keeps the promise of the masked mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hdrvid.errors import NotFinite
from hdrvid.inference.devices import Machine
from hdrvid.inference.expander import FillSettings, NetworkSpace, Predictor, check_parts
from hdrvid.inference.grade import grade_recovered
from hdrvid.inference.layers import Recovered, assemble
from hdrvid.inference.working_size import reduction, shrink
from hdrvid.model import apply_stops, ramp, srgb_encode
from hdrvid.model.mask import FLOOR
from hdrvid.plate import Expanded, Frame, Planes


class WholePredictor(Predictor, Protocol):
    """Predict whole pictures: `hdrvid.model.Generator` with L, or with R, or a stand-in."""

    def linearise(self, code: Tensor) -> Tensor:
        """Undo a camera of unknown response: codes `(N, 3, h, w)` in [0, 1] to linear light."""

    def expand(
        self,
        source: Tensor,
        *,
        linearise: Literal["given", "learned"] = "given",
        shoulder: Tensor | None = None,
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

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand frames of one size, in order."""
        return [self._expand(frame) for frame in frames]

    def _expand(self, frame: Frame) -> Expanded:
        settings = self._settings
        light = self._space.light(frame.pixels).div_(settings.clip_point)  # (3, H, W)
        mask = ramp(srgb_encode(light))
        with torch.inference_mode():
            plain_stops, stops = self._predict(light[None].to(self._machine.device))
        plain = _raise(light, plain_stops.cpu())
        expanded = (
            _raise(light, stops.cpu()) if settings.blend == "full" else self._filled(plain, mask, stops)
        )
        return self._finish(frame, plain, expanded, mask)

    def _predict(self, light: Tensor) -> tuple[Tensor, Tensor]:
        """Return two gains in stops, `(3, H, W)`: of the linearised source, and of what is filled in or of H.

        In the masked blend the second holds over the linearised source, in the full one over the plate.
        """
        settings = self._settings
        height, width = light.shape[2:]
        small = shrink(light, reduction(height, width, settings.quality))
        floor = small.clamp_min(FLOOR)
        learned = settings.linearise == "learned"
        # L has undone the camera's curve, so what follows it sees a clean cut.
        shoulder = light.new_full((1,), 0.0 if learned else settings.shoulder)
        plain = self._generator.linearise(srgb_encode(small)) if learned else small
        if settings.blend == "full":
            filled = self._generator.expand(
                small, linearise="learned" if learned else "given", shoulder=shoulder
            )
            stops = torch.log2(filled.clamp_min(FLOOR) / floor)
        else:
            stops = self._generator.fill(plain, shoulder=shoulder).stops
        return _enlarge(torch.log2(plain.clamp_min(FLOOR) / floor), light), _enlarge(stops, light)

    def _filled(self, plain: Tensor, mask: Tensor, stops: Tensor) -> Tensor:
        return apply_stops(plain, mask, stops.cpu())

    def _finish(self, frame: Frame, plain: Tensor, expanded: Tensor, mask: Tensor) -> Expanded:
        settings = self._settings
        source, result = self._output(frame, plain), self._output(frame, expanded)
        graded = grade_recovered(
            source, result, gain_stops=settings.highlight_gain, peak=settings.peak, mix=settings.mix
        )
        covered = (mask > 0).any(dim=0).reshape(-1).nonzero()[:, 0]
        recovered = Recovered(index=covered.numpy(), mask=mask.reshape(3, -1)[:, covered].numpy())
        whole = plain.mul(settings.clip_point).numpy() if settings.layers == "all" else None
        return assemble(replace(frame, pixels=source), graded, recovered, light=whole)

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


def _raise(light: Tensor, stops: Tensor) -> Tensor:
    """Return light raised by stops, both `(3, H, W)`; negative light, out of gamut, keeps its sign."""
    return light * torch.exp2(stops)


def _enlarge(stops: Tensor, light: Tensor) -> Tensor:
    """Carry `(1, 3, h, w)` stops to the size of the light, bilinearly: `(3, H, W)`."""
    if stops.shape == light.shape:
        return stops[0].float()
    return F.interpolate(stops.float(), size=light.shape[2:], mode="bilinear", align_corners=False)[0]
