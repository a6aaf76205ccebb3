"""Fill the over-exposed pixels of frames with the light that a network predicts.

The plate stays in the output space all the way. Only pixels whose mask is above 0 are taken to the network's
linear Rec.709, raised, and carried back as a difference; every other pixel is never written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

import torch
from torch import Tensor

from hdrvid.errors import NotFinite, WeightsError
from hdrvid.inference.devices import Machine
from hdrvid.inference.grade import grade_recovered
from hdrvid.inference.hue import colour_of_surroundings, share_among_bent
from hdrvid.inference.layers import Recovered, assemble
from hdrvid.inference.noise import Denoiser, without_noise
from hdrvid.inference.predict import BatchPredictor, FillBatch
from hdrvid.inference.response import Response
from hdrvid.inference.slope import continue_slopes
from hdrvid.inference.space import NetworkSpace
from hdrvid.inference.tiles import Cut, cut
from hdrvid.inference.upsample import Coarse, guided_gain
from hdrvid.inference.working_size import reduction, shrink
from hdrvid.model import Fill, apply_stops, ramp, srgb_decode, srgb_encode
from hdrvid.model.mask import RAMP
from hdrvid.model.spec import NetName
from hdrvid.plate import Expanded, Frame, Planes

_RAMP_START = float(srgb_decode(torch.tensor(RAMP[0], dtype=torch.float64)))  # linear: below it no mask
_BAND = 32  # rows looked at once: 1080p fits the second cache
_PART = 2**19  # over-exposed pixels filled at once: 200 bytes each for a moment, and a frame may be white


class Expander(Protocol):
    """Turn frames into expanded frames: scene-linear, output space, in and out."""

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand a batch of frames of one size, in order."""


class Predictor(Protocol):
    """Predict the light that clipping took away: `hdrvid.model.Generator`, or a stand-in."""

    def has(self, name: NetName) -> bool:
        """Tell whether a part is trained."""

    def fill(self, source: Tensor, *, shoulder: Tensor | None = None) -> Fill:
        """Predict stops and mask for `(N, 3, h, w)` linear Rec.709, clip point at 1, of `(N,)` shoulders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillSettings:
    """State how recovered light is found and graded; the fields are those of `ExpandJob`."""

    quality: str = "standard"
    blend: str = "mask"
    linearise: str = "ocio"
    grain: str = "auto"
    clip_point: float = 1.0
    shoulder: float = 0.0
    partly_clipped: str = "auto"
    highlight_gain: float = 0.0
    peak: float | None = None
    mix: float = 1.0
    layers: str = "rgb"
    response: Response | None = None
    """Of a camera that nobody knows, as L has it: it is undone in the whole picture."""
    from_rim: bool = True
    """Let the rim of what clipped tell its colour and its slope; formulas stay what they are."""

    @property
    def takes_noise_out(self) -> bool:
        """Tell whether noise is to be taken out of the plate: where L is, or where it is asked for.

        >>> [FillSettings(linearise=each).takes_noise_out for each in ("ocio", "learned")]
        [False, True]
        """
        return self.grain == "remove" or (self.grain == "auto" and self.linearise == "learned")

    @property
    def still_bent(self) -> float:
        """Return the stops of roll-off that bend the light which the network's gain comes on top of.

        L has taken its curve out of the plate; what is told beyond it is a roll-off that L cannot see.

        >>> curve = Response((0.5,) * 33)
        >>> [FillSettings(shoulder=2.0, response=each).still_bent for each in (None, curve)]
        [2.0, 1.5]
        """
        seen = 0.0 if self.response is None else self.response.shoulder
        return max(self.shoulder - seen, 0.0)


class PlainExpander:
    """Hand frames on as they are: `--model none`, the same job without a network."""

    def __init__(self, *, space: NetworkSpace, layers: str = "rgb") -> None:
        """Take the space to judge super-whites in, and which layers are written."""
        self._space = space
        self._layers = layers

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Return each frame as its own expansion, with an empty mask.

        >>> import numpy as np
        >>> frame = Frame(number=1001, pixels=np.full((3, 2, 4), 0.5, np.float32))
        >>> space = NetworkSpace(from_output=np.eye(3), to_output=np.eye(3))
        >>> [expanded] = PlainExpander(space=space, layers="all").expand([frame])
        >>> expanded.number, expanded.pixels is frame.pixels, float(expanded.mask.max())
        (1001, True, 0.0)
        """
        return [self._untouched(frame) for frame in frames]

    def _untouched(self, frame: Frame) -> Expanded:
        light = self._space.light(frame.pixels).numpy() if self._layers == "all" else None
        return assemble(frame, frame.pixels, Recovered.nothing(), light=light)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clipped:
    """Hold what is over-exposed in a frame: the K pixels whose mask is above 0, and what the network sees."""

    index: Tensor  # (K,) int64, flat and row by row
    coarse_light: Tensor  # (3, h, w) at the working size, clip point at 1
    coarse_code: Tensor  # the same as canonical code
    cut: Cut  # of the picture at the working size


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
        exact: Callable[[], Predictor] | None = None,
    ) -> None:
        """Take a generator that is on the machine; refuse settings that need a part which it lacks.

        `exact` returns the same generator in float32, for what its precision cannot hold. The network always
        sees `batch` windows: see `BatchPredictor`.
        """
        check_parts(generator, settings)
        self._predict = BatchPredictor(
            _filling(lambda: generator, settings.shoulder),
            machine=machine,
            batch=batch,
            exact=None if exact is None else _filling(exact, settings.shoulder),
        )
        self._space = space
        self._settings = settings
        self._clean = cleaning(generator, machine=machine, space=space, settings=settings)

    def expand(self, frames: Sequence[Frame]) -> list[Expanded]:
        """Expand frames of one size; those without an over-exposed pixel never reach the network.

        >>> import numpy as np
        >>> from hdrvid.inference.methods import METHODS
        >>> frame = Frame(number=1001, pixels=np.full((3, 16, 16), 0.5, np.float32))
        >>> frame.pixels[:, 4:8, 4:8] = 1.0
        >>> machine = Machine(device=torch.device("cpu"), dtype=torch.float32)
        >>> space = NetworkSpace(from_output=np.eye(3), to_output=np.eye(3))
        >>> settings = FillSettings()
        >>> darkest = NetworkExpander(METHODS["darkest"], machine=machine, space=space, settings=settings)
        >>> [expanded] = darkest.expand([frame])
        >>> expanded.clipped, float(expanded.pixels[0, 0, 0]), round(float(expanded.pixels[0, 5, 5]), 2)
        (0.0625, 0.5, 1.74)
        """
        frames = [self._clean(frame) for frame in frames]
        views = [self._look(frame) for frame in frames]
        fills = self._predict(piece for view in views if view is not None for piece in view.cut.pieces())
        return [self._expanded(frame, view, fills) for frame, view in zip(frames, views, strict=True)]

    def _expanded(self, frame: Frame, clipped: _Clipped | None, fills: Iterator[Fill]) -> Expanded:
        base = linearised(frame, self._space, self._settings)
        pixels, recovered = base.pixels, Recovered.nothing()
        if clipped is not None:
            coarse = self._coarse(frame, clipped, fills)
            pixels = base.pixels.copy()
            parts = [self._fill(frame, pixels, index, coarse) for index in torch.split(clipped.index, _PART)]
            recovered = Recovered(index=clipped.index.numpy(), mask=torch.cat(parts, dim=1).numpy())
        light = self._space.light(frame.pixels).numpy() if self._settings.layers == "all" else None
        return assemble(base, pixels, recovered, light=light)

    def _fill(self, frame: Frame, pixels: Planes, index: Tensor, coarse: Coarse) -> Tensor:
        """Write the light of the K pixels at flat indices into `pixels`, and return their mask, `(3, K)`."""
        settings, width = self._settings, frame.size[1]
        plate = torch.from_numpy(frame.pixels).reshape(3, -1).index_select(1, index).numpy()  # (3, K)
        source = plate
        light = self._space.light(plate).div_(settings.clip_point)
        code = srgb_encode(light)
        mask = ramp(code)
        points = torch.stack([index // width, index % width])
        factor = reduction(*frame.size, settings.quality)
        stops = guided_gain(points, code, coarse=coarse, factor=factor)
        if settings.response is not None:  # C's stops are over the plate, and L has given some of them
            source = torch.from_numpy(pixels).reshape(3, -1).index_select(1, index).numpy()
            lifted = settings.response.at(code)
            light, stops = light * torch.exp2(lifted), (stops - lifted).clamp_min(0.0)
        raised = apply_stops(light, mask, stops)
        if settings.partly_clipped == "auto":
            raised = share_among_bent(light, raised, code=code, shoulder=settings.still_bent)
        gained = self._space.difference((raised - light) * settings.clip_point)
        graded = grade_recovered(
            source,
            source + gained,
            gain_stops=settings.highlight_gain,
            peak=settings.peak,
            mix=settings.mix,
        )
        torch.from_numpy(pixels).reshape(3, -1).index_copy_(1, index, torch.from_numpy(graded))
        return mask

    def _look(self, frame: Frame) -> _Clipped | None:
        """Find what is over-exposed, band by band so that it passes through the cache once."""
        height, width = frame.size
        start = _RAMP_START * self._settings.clip_point
        over = torch.empty(height, width, dtype=torch.bool)
        for top in range(0, height, _BAND):
            light = self._space.light(frame.pixels[:, top : top + _BAND])
            torch.gt(light.amax(dim=0), start, out=over[top : top + _BAND])
        index = over.reshape(-1).nonzero()[:, 0]
        if not len(index):
            return None
        small = shrink(torch.from_numpy(frame.pixels)[None], reduction(*frame.size, self._settings.quality))
        seen = self._space.light(small[0].numpy()).div_(self._settings.clip_point)  # (3, h, w)
        code = srgb_encode(seen)
        return _Clipped(
            index=index, coarse_light=seen, coarse_code=code, cut=cut(seen, (code > RAMP[0]).any(dim=0))
        )

    def _coarse(self, frame: Frame, clipped: _Clipped, fills: Iterator[Fill]) -> Coarse:
        """Return what the network says of a frame, at the working size."""
        try:
            fill = clipped.cut.sewn(fills)
        except NotFinite as error:
            message = f"frame {frame.number}: {error}"
            raise NotFinite(message) from error
        stops = fill.stops
        if self._settings.from_rim:
            shoulder = 0.0 if self._settings.partly_clipped == "keep" else self._settings.shoulder
            stops = colour_of_surroundings(clipped.coarse_light, fill.mask, stops, shoulder=shoulder)
            if self._settings.shoulder == 0.0 and self._settings.response is None:
                # behind a roll-off the plate's slope is not the light's
                stops = continue_slopes(clipped.coarse_light, fill.mask, stops)
        return Coarse(stops=stops, mask=fill.mask, code=clipped.coarse_code)


def cleaning(
    generator: Predictor, *, machine: Machine, space: NetworkSpace, settings: FillSettings
) -> Callable[[Frame], Frame]:
    """Return what takes noise out of frames, or hands them on where none is asked for, or none is known."""
    if not settings.takes_noise_out or not generator.has("noise"):
        return lambda frame: frame
    network = cast("Denoiser", generator)  # it has the part
    return without_noise(network, machine=machine, space=space, clip_point=settings.clip_point)


def linearised(frame: Frame, space: NetworkSpace, settings: FillSettings) -> Frame:
    """Return a frame with its response undone in every pixel, or as it is where none was looked for.

    >>> import numpy as np
    >>> frame = Frame(number=1001, pixels=np.full((3, 1, 2), 0.25, np.float32))
    >>> space = NetworkSpace(from_output=np.eye(3), to_output=np.eye(3))
    >>> linearised(frame, space, FillSettings(response=Response((1.0,) * 33))).pixels.tolist()
    [[[0.5, 0.5]], [[0.5, 0.5]], [[0.5, 0.5]]]
    """
    if settings.response is None:
        return frame
    light = space.light(frame.pixels)
    stops = settings.response.at(srgb_encode(light / settings.clip_point))
    lifted = space.difference((light * torch.exp2(stops)).reshape(3, -1)).reshape(frame.pixels.shape)
    return replace(frame, pixels=lifted)


def _filling(generator: Callable[[], Predictor], shoulder: float) -> FillBatch:
    """Return a generator's filling for pictures of one shot; it is asked for when it is needed."""

    def fill(pictures: Tensor) -> Fill:
        return generator().fill(pictures, shoulder=torch.full((len(pictures),), shoulder))

    return fill


def check_parts(generator: Predictor, settings: FillSettings) -> None:
    """Raise `WeightsError` where settings need a part of the generator that is not trained.

    >>> from hdrvid.inference.methods import METHODS
    >>> check_parts(METHODS["dome"], FillSettings(blend="full"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.WeightsError: option --blend: these weights have no trained refinement (R), ...
    """
    if settings.linearise == "learned" and not generator.has("L"):
        message = (
            "option --linearise: these weights have no trained linearisation (L), expected weights with one. "
            "Use --linearise ocio, which trusts the plate's colour space."
        )
        raise WeightsError(message)
    if settings.grain == "remove" and not generator.has("noise"):
        message = (
            "option --grain: these weights have no network that knows noise, which remove needs. "
            "Use --grain keep, or weights that have one."
        )
        raise WeightsError(message)
    if settings.blend == "full" and not generator.has("R"):
        message = (
            "option --blend: these weights have no trained refinement (R), which full needs everywhere. "
            "Use --blend mask, which fills the over-exposed pixels."
        )
        raise WeightsError(message)
