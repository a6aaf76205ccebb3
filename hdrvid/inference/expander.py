"""Fill the over-exposed pixels of frames with the light that a network predicts.

The plate stays in the output space all the way. Only pixels whose mask is above 0 are taken to the network's
linear Rec.709, raised, and carried back as a difference; every other pixel is never written to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrvid.errors import NotFinite, WeightsError
from hdrvid.inference.devices import Machine
from hdrvid.inference.grade import grade_recovered
from hdrvid.inference.layers import Recovered, assemble
from hdrvid.inference.working_size import gain_at, reduction, shrink
from hdrvid.model import Fill, apply_stops, ramp, srgb_decode, srgb_encode
from hdrvid.model.mask import RAMP
from hdrvid.model.spec import NetName
from hdrvid.plate import Expanded, Frame, Planes

Matrix = NDArray[np.float64]
_RAMP_START = float(srgb_decode(torch.tensor(RAMP[0], dtype=torch.float64)))  # linear: below it no mask


class Expander(Protocol):
    """Turn frames into expanded frames: scene-linear, output space, in and out."""

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand a batch of frames of one size, in order."""


class Predictor(Protocol):
    """Predict the light that clipping took away: `hdrvid.model.Generator`, or a stand-in."""

    def has(self, name: NetName) -> bool:
        """Tell whether a part is trained."""

    def fill(self, source: Tensor) -> Fill:
        """Predict stops and mask for `(N, 3, h, w)` linear Rec.709, clip point at 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillSettings:
    """State how recovered light is found and graded; the fields are those of `ExpandJob`."""

    quality: str = "standard"
    blend: str = "mask"
    linearise: str = "ocio"
    clip_point: float = 1.0
    highlight_gain: float = 0.0
    peak: float | None = None
    mix: float = 1.0
    layers: str = "rgb"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpace:
    """Hold the `(3, 3)` matrices between the scene-linear output space and the network's linear Rec.709."""

    from_output: Matrix
    to_output: Matrix

    def light(self, pixels: Planes) -> Tensor:
        """Return `(3, H, W) float32` pixels of the output space in linear Rec.709."""
        matrix = torch.from_numpy(self.from_output.astype(np.float32))
        return (matrix @ torch.from_numpy(pixels).reshape(3, -1)).reshape(pixels.shape)

    def difference(self, light: Tensor) -> Planes:
        """Return a difference of `(3, K) float32` linear Rec.709 in the output space."""
        difference: Planes = (torch.from_numpy(self.to_output.astype(np.float32)) @ light).numpy()
        return difference


class PlainExpander:
    """Hand frames on as they are: `--model none`, the same job without a network."""

    def __init__(self, *, space: NetworkSpace, layers: str = "rgb") -> None:
        """Take the space to judge super-whites in, and which layers are written."""
        self._space = space
        self._layers = layers

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Return each frame as its own expansion, with an empty mask."""
        return [self._untouched(frame) for frame in frames]

    def _untouched(self, frame: Frame) -> Expanded:
        light = self._space.light(frame.pixels).numpy() if self._layers == "all" else None
        return assemble(frame, frame.pixels, Recovered.nothing(), light=light)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plate:
    """Carry a frame as the network sees it."""

    frame: Frame
    light: Tensor  # (3, H, W) linear Rec.709, clip point at 1
    points: Tensor  # (2, K) rows of y then of x of the pixels whose mask is above 0


class NetworkExpander:
    """Fill the over-exposed pixels of frames with a generator's prediction."""

    def __init__(
        self,
        generator: Predictor,
        *,
        machine: Machine,
        space: NetworkSpace,
        settings: FillSettings,
        batch: int = 1,
    ) -> None:
        """Take a generator that is on the machine; refuse settings that need a part which it lacks.

        The network always sees `batch` pictures, the last one repeated where there are fewer: its kernels
        differ in the last bits with the number of pictures, and a frame must not depend on its company.
        """
        check_parts(generator, settings)
        self._batch = batch
        self._generator = generator
        self._machine = machine
        self._space = space
        self._settings = settings

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand frames of one size; those without an over-exposed pixel never reach the network."""
        plates = [self._look(frame) for frame in frames]
        fills = self._predict([plate for plate in plates if plate.points.shape[1]])
        return [self._compose(plate, next(fills) if plate.points.shape[1] else None) for plate in plates]

    def _look(self, frame: Frame) -> _Plate:
        light = self._space.light(frame.pixels).div_(self._settings.clip_point)
        over = (light > _RAMP_START).any(dim=0)  # (H, W)
        return _Plate(frame=frame, light=light, points=over.nonzero().T)

    def _predict(self, plates: Sequence[_Plate]) -> Iterator[Fill]:
        """Yield the fill of each plate, `(3, h, w)` at the working size, on the CPU."""
        for start in range(0, len(plates), self._batch):
            group = plates[start : start + self._batch]
            small = [shrink(plate.light[None], self._factor(plate.frame)) for plate in group]
            small += small[-1:] * (self._batch - len(group))
            with torch.inference_mode():
                fill = self._generator.fill(torch.cat(small).to(self._machine.device))  # (N, 3, h, w)
            stops, mask = fill.stops.float().cpu(), fill.mask.float().cpu()
            for n, plate in enumerate(group):
                _check_finite(stops[n], plate.frame.number)
                yield Fill(stops=stops[n], mask=mask[n])

    def _compose(self, plate: _Plate, fill: Fill | None) -> Expanded:
        """Raise the over-exposed pixels, and leave every other value as it lies."""
        frame, settings = plate.frame, self._settings
        pixels, recovered = frame.pixels, Recovered.nothing()
        if fill is not None:
            index = plate.points[0] * frame.size[1] + plate.points[1]  # (K,)
            light = plate.light.reshape(3, -1)[:, index]  # (3, K)
            mask = ramp(srgb_encode(light))
            stops = gain_at(plate.points, stops=fill.stops, mask=fill.mask, factor=self._factor(frame))
            gained = (apply_stops(light, mask, stops) - light) * settings.clip_point
            recovered = Recovered(index=index.numpy(), mask=mask.numpy())
            pixels = self._raised(frame.pixels, recovered.index, self._space.difference(gained))
        whole = plate.light.mul(settings.clip_point).numpy() if settings.layers == "all" else None
        return assemble(frame, pixels, recovered, light=whole)

    def _raised(self, pixels: Planes, index: NDArray[np.int64], difference: Planes) -> Planes:
        """Return the pixels with the graded difference added at the K flat indices."""
        settings = self._settings
        source = pixels.reshape(3, -1)[:, index]
        graded = grade_recovered(
            source,
            source + difference,
            gain_stops=settings.highlight_gain,
            peak=settings.peak,
            mix=settings.mix,
        )
        raised = pixels.copy()
        raised.reshape(3, -1)[:, index] = graded
        return raised

    def _factor(self, frame: Frame) -> int:
        return reduction(*frame.size, self._settings.quality)


def _check_finite(stops: Tensor, number: int) -> None:
    if not bool(torch.isfinite(stops).all()):
        message = (
            f"frame {number}: the network returned NaN or infinity, expected finite stops. Run again with "
            "--precision fp32, and report the frame if it stays."
        )
        raise NotFinite(message)


def check_parts(generator: Predictor, settings: FillSettings) -> None:
    """Raise `WeightsError` where settings need a part of the generator that is not trained."""
    if settings.linearise == "learned" and not generator.has("L"):
        message = (
            "option --linearise: these weights have no trained linearisation (L), expected weights with one. "
            "Use --linearise ocio, which trusts the plate's colour space."
        )
        raise WeightsError(message)
    if settings.blend == "full" and not generator.has("R"):
        message = (
            "option --blend: these weights have no trained refinement (R), which full needs everywhere. "
            "Use --blend mask, which fills the over-exposed pixels."
        )
        raise WeightsError(message)
