"""Fill the over-exposed pixels of frames with the light that a network predicts.

The plate stays in the output space all the way. Only pixels whose mask is above 0 are taken to the network's linear
Rec.709, raised, and carried back as a difference; every other pixel is never written to.
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
from hdrvid.inference.working_size import gain_at, reduction, shrink
from hdrvid.model import RAMP, Fill, Generator, apply_stops, ramp, srgb_decode, srgb_encode
from hdrvid.plate import Expanded, Frame, Planes, Provenance

Matrix = NDArray[np.float64]
_RAMP_START = float(srgb_decode(torch.tensor(RAMP[0], dtype=torch.float64)))  # linear: below it no mask


class Expander(Protocol):
    """Turn frames into expanded frames: scene-linear, output space, in and out."""

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand a batch of frames of one size, in order."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exposed:
    """Carry a frame that holds over-exposed pixels."""

    frame: Frame
    light: Tensor  # (3, H, W) linear Rec.709, clip point at 1
    points: Tensor  # (2, K) rows of y then of x of the pixels whose mask is above 0


class PlainExpander:
    """Hand frames on as they are: `--model none`, the same job without a network."""

    def __init__(self, *, layers: str = "rgb") -> None:
        """Take which layers are written."""
        self._layers = layers

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Return each frame as its own expansion, with an empty mask."""
        return [_untouched(frame, self._layers) for frame in frames]


class NetworkExpander:
    """Fill the over-exposed pixels of frames with a generator's prediction."""

    def __init__(
        self, generator: Generator, *, machine: Machine, space: NetworkSpace, settings: FillSettings
    ) -> None:
        """Refuse settings that ask for a part which these weights do not have."""
        _check_parts(generator, settings)
        self._generator = generator
        self._machine = machine
        self._settings = settings
        self._from_output = torch.from_numpy(space.from_output.astype(np.float32))
        self._to_output = torch.from_numpy(space.to_output.astype(np.float32))

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand frames of one size; those without an over-exposed pixel never reach the network."""
        exposed = [seen for frame in frames if (seen := self._look(frame)) is not None]
        filled = {seen.frame.number: self._compose(seen, fill) for seen, fill in self._predict(exposed)}
        return [filled.get(frame.number) or _untouched(frame, self._settings.layers) for frame in frames]

    def _look(self, frame: Frame) -> _Exposed | None:
        light = self._light(frame.pixels)
        over = (light > _RAMP_START).any(dim=0)  # (H, W)
        points = over.nonzero().T  # (2, K)
        return _Exposed(frame=frame, light=light, points=points) if points.shape[1] else None

    def _light(self, pixels: Planes) -> Tensor:
        """Return the plate as the network sees it: linear Rec.709, clip point at 1, `(3, H, W)`."""
        flat = torch.from_numpy(pixels).reshape(3, -1)
        light = self._from_output @ flat
        return light.div_(self._settings.clip_point).reshape(pixels.shape)

    def _predict(self, exposed: Sequence[_Exposed]) -> Iterator[tuple[_Exposed, Fill]]:
        """Yield each frame with its fill, `(3, h, w)` at the working size, on the CPU."""
        if not exposed:
            return
        batch = torch.cat([shrink(seen.light[None], self._factor(seen.frame)) for seen in exposed])  # (N, 3, h, w)
        with torch.inference_mode():
            fill = self._generator.fill(batch.to(self._machine.device))
        stops, mask = fill.stops.float().cpu(), fill.mask.float().cpu()
        for seen, one_stops, one_mask in zip(exposed, stops, mask, strict=True):
            if not bool(torch.isfinite(one_stops).all()):
                message = (
                    f"frame {seen.frame.number}: the network returned NaN or infinity, expected finite stops. "
                    "Run again with --precision fp32, and report the frame if it stays."
                )
                raise NotFinite(message)
            yield seen, Fill(stops=one_stops, mask=one_mask)

    def _compose(self, seen: _Exposed, fill: Fill) -> Expanded:
        """Raise the over-exposed pixels and leave every other value as it lies."""
        settings, frame = self._settings, seen.frame
        height, width = frame.size
        index = seen.points[0] * width + seen.points[1]  # (K,)
        light = seen.light.reshape(3, -1)[:, index]  # (3, K)
        mask = ramp(srgb_encode(light))
        stops = gain_at(seen.points, stops=fill.stops, mask=fill.mask, factor=self._factor(frame))
        raised = apply_stops(light, mask, stops)
        difference = self._to_output @ ((raised - light) * settings.clip_point)
        where = index.numpy()
        source = frame.pixels.reshape(3, -1)[:, where]
        graded = grade_recovered(
            source,
            source + difference.numpy(),
            gain_stops=settings.highlight_gain,
            peak=settings.peak,
            mix=settings.mix,
        )
        pixels = frame.pixels.copy()
        pixels.reshape(3, -1)[:, where] = graded
        layers = _layers(frame, seen.light * settings.clip_point, mask.numpy(), where) if settings.layers == "all" else {}
        return Expanded(
            number=frame.number,
            pixels=pixels,
            alpha=frame.alpha,
            clipped=len(where) / (height * width),
            source_key=frame.source_key,
            **layers,
        )

    def _factor(self, frame: Frame) -> int:
        return reduction(*frame.size, self._settings.quality)


def _check_parts(generator: Generator, settings: FillSettings) -> None:
    if settings.linearise == "learned" and not generator.has("L"):
        message = (
            "option --linearise: these weights have no trained linearisation (L), expected weights that have one. "
            "Use --linearise ocio, which trusts the plate's colour space."
        )
        raise WeightsError(message)
    if settings.blend == "full" and not generator.has("R"):
        message = (
            "option --blend: these weights have no trained refinement (R), which full needs everywhere. "
            "Use --blend mask, which fills the over-exposed pixels."
        )
        raise WeightsError(message)


def _untouched(frame: Frame, layers: str) -> Expanded:
    extra: dict[str, Planes] = {}
    if layers == "all":
        nothing = torch.zeros((3, 0)).numpy()
        extra = _layers(frame, torch.from_numpy(frame.pixels), nothing, np.zeros(0, np.int64))
    return Expanded(
        number=frame.number, pixels=frame.pixels, alpha=frame.alpha, source_key=frame.source_key, **extra
    )


def _layers(frame: Frame, light: Tensor, mask: Planes, where: NDArray[np.int64]) -> dict[str, Planes]:
    """Return the extra layers: the mask, the plain source and the provenance of each pixel.

    `light` is `(3, H, W)`, linear Rec.709; `mask` is `(3, K)` at the K flat indices `where`.
    """
    full = np.zeros(frame.size, np.float32)
    full.reshape(-1)[where] = mask.max(axis=0)
    super_white = (light > 1.0).any(dim=0).numpy()
    provenance = np.where(super_white, np.float32(Provenance.SUPER_WHITE), np.float32(Provenance.SOURCE))
    invented = (mask > 0).all(axis=0)
    provenance.reshape(-1)[where] = np.where(invented, Provenance.INVENTED, Provenance.PARTLY_CLIPPED)
    return {"mask": full, "source": frame.pixels, "provenance": provenance}
