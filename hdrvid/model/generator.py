"""The generator of HDR-cGAN (Raipurkar et al. 2021, Eq. 4): linearise, correct the over-exposed, refine.

Notation of the docstrings: S source, scene-linear Rec.709, clip point 1.0; e its canonical (sRGB) code; a_c
the mask of channel c; o the stops of C, r those of R; H the expanded picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from hdrvid.errors import WeightsError
from hdrvid.model.attention_r2unet import AttentionR2UNet
from hdrvid.model.evidence import Evidence
from hdrvid.model.mask import FLOOR, MaskNet, apply_stops, mask_from_logits, ramp, srgb_decode, srgb_encode
from hdrvid.model.noise import NOISE_MULTIPLE, NoiseNet, noise_level, ripple
from hdrvid.model.response import TOP, ResponseNet, Tally, read_curve, tally_channels
from hdrvid.model.spec import SIZE_MULTIPLE, GeneratorSpec, NetName

SHOULDER_SCALE = 0.25
RADIANCE_SCALE = 1.0 / 6.0
MU = 5000.0
LONGEST = 176
"""Pixels, about, of the copy in which an L of single pixels looks for the response of a shot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What the generator would add, before it is applied: `H = apply_stops(S, mask, stops)`."""

    stops: Tensor
    """`(N, 3, h, w) float32` in [0, max_stops]: gain of each channel, C and R together."""
    mask: Tensor
    """`(N, 3, h, w) float32` in [0, 1]: the over-exposure of each channel."""


class Generator(nn.Module):
    """L, C, R, the mask network and that of noise, as far as the spec has them."""

    def __init__(self, spec: GeneratorSpec) -> None:
        """Build the parts that the spec names."""
        super().__init__()
        self.spec = spec
        features = 7 if spec.shoulder else 6
        self.L: nn.Module | None = None
        if "L" in spec.nets:
            self.L = AttentionR2UNet(3, 3, spec) if spec.response == "pixel" else ResponseNet()
        self.C = AttentionR2UNet(features, 3, spec) if "C" in spec.nets else None
        self.R = AttentionR2UNet(features + 3, 3, spec) if "R" in spec.nets else None
        self.mask_net = MaskNet(spec) if "mask" in spec.nets else None
        self.noise_net = NoiseNet() if "noise" in spec.nets else None

    def has(self, name: NetName) -> bool:
        """Tell whether a part is present, that is, trained.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none", nets=("C",)))
        >>> generator.has("C"), generator.has("L")
        (True, False)
        """
        return name in self.spec.nets

    def features(self, source: Tensor, shoulder: Tensor | None = None) -> Tensor:
        """Return what C sees: x = (2e - 1, 2a - 1, shoulder / 4), `(N, 7, h, w)`; 6 without a shoulder.

        The source is `(N, 3, h, w)`, scene-linear; the shoulder `(N,)` or `(1,)`, in stops: how much more
        light than plain decoding says sits at code 250 of 255, 0 for a clean cut.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none", nets=()))
        >>> white = torch.ones(1, 3, 1, 1)
        >>> generator.features(white, torch.tensor([2.0])).flatten().round(decimals=4).tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]
        """
        code = srgb_encode(source)
        parts = [2 * code - 1, 2 * ramp(code) - 1]
        if self.spec.shoulder:
            value = source.new_zeros(1) if shoulder is None else shoulder.to(source)
            parts.append((value * SHOULDER_SCALE).view(-1, 1, 1, 1).expand(len(source), 1, *source.shape[2:]))
        return torch.cat(parts, dim=1)

    def forward(self, source: Tensor, shoulder: Tensor | None = None) -> Tensor:
        """Return the stops of gain o + r before any limit, `(N, 3, h, w) float32`: the call that is trained.

        h and w are multiples of 16. Negative stops are possible here: limits would kill gradients.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none"))
        >>> generator(torch.ones(2, 3, 32, 16), torch.tensor([0.0, 1.5])).shape
        torch.Size([2, 3, 32, 16])
        """
        correction, refinement = self.predict(source, shoulder)
        return correction if refinement is None else correction + refinement

    def predict(
        self, source: Tensor, shoulder: Tensor | None, lifted: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Return o of C, and r of R where there is one: R sees what L and C made, as in Eq. 4.

        In stops, `(N, 3, h, w)` each; h and w are multiples of 16. `lifted` is what L says, in stops over the
        source, where L stands before C.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none", nets=("C", "R")))
        >>> o, r = generator.predict(torch.ones(1, 3, 16, 16), None)
        >>> o.shape, r.shape
        (torch.Size([1, 3, 16, 16]), torch.Size([1, 3, 16, 16]))
        """
        x = self.features(source, shoulder)
        correction, light = self._correct(source, x)
        if self.R is None:
            return correction, None
        corrected = light + corrected_stops(correction, ramp(srgb_encode(source)), lifted)
        return correction, _call(self.R, torch.cat([x, corrected * RADIANCE_SCALE], dim=1), "R")

    def fill(self, source: Tensor, *, shoulder: Tensor | None = None) -> Fill:
        """Predict the light that clipping took away: a C(S) of Eq. 4, where the mask is above 0.

        R is left out: it is there for the whole picture, and costs as much again for next to nothing inside
        the mask (docs/model-card.md, The full blend).

        The source is `(N, 3, h, w) float32`, scene-linear Rec.709, clip point 1.0, of any size; it is padded
        by reflection below and to the right, and cropped back.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none"))
        >>> fill = generator.fill(torch.ones(1, 3, 5, 7))  # any size; untrained it adds nothing
        >>> fill.mask.shape, float(fill.mask.min()), fill.stops.max().item()
        (torch.Size([1, 3, 5, 7]), 1.0, 0.0)
        """
        height, width = source.shape[2:]
        padded = pad_by_reflection(source)
        stops, _ = self._correct(padded, self.features(padded, shoulder))
        stops = stops[..., :height, :width]
        return Fill(stops=stops.clamp(0.0, self.spec.max_stops), mask=self.mask(source))

    def expand(
        self, source: Tensor, *, response: Tensor | None = None, shoulder: Tensor | None = None
    ) -> Tensor:
        """Return the paper's H everywhere (Eq. 4): R(a C(S) + (1 - a) L(S)), `(N, 3, h, w)`, scene-linear.

        The source is as for `fill`. L's part is a response curve, `(N, KNOTS)` stops over sRGB decoding (see
        `look`), or nothing where the source is linear already. Without R, R is the identity.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none"))
        >>> twice = torch.ones(1, 33)
        >>> generator.expand(torch.full((1, 3, 5, 7), 0.5), response=twice).mean().item()
        1.0
        """
        height, width = source.shape[2:]
        lifted = None if response is None else read_curve(response, srgb_encode(source))
        if lifted is not None and self.spec.response == "pixel":  # the paper's order: C sees what L made
            source, lifted = source * torch.exp2(lifted), None
        padded = None if lifted is None else pad_by_reflection(lifted)
        correction, refinement = self.predict(pad_by_reflection(source), shoulder, padded)
        limit = self.spec.max_stops
        stops = corrected_stops(correction[..., :height, :width].clamp(0.0, limit), self.mask(source), lifted)
        if refinement is not None:
            stops = stops + refinement[..., :height, :width]
        elif lifted is None:
            return apply_stops(source, torch.ones_like(stops), stops)
        return source.clamp_min(FLOOR) * torch.exp2(stops.clamp(-limit, limit))

    def linearise(self, code: Tensor) -> Tensor:
        """Undo a camera of unknown response, the paper's L: codes `(N, 3, h, w)` to scene-linear light.

        Codes are in [0, 1], as the file has them. L predicts stops over the sRGB decoding: one curve a
        picture, or, if the spec says so, those of each pixel.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none", nets=("L",)))
        >>> code = torch.full((1, 3, 5, 7), 0.5)
        >>> torch.equal(generator.linearise(code), srgb_decode(code))  # untrained, it is plain sRGB
        True
        """
        if self.spec.response == "pixel":
            stops = self._linear_stops(code)
        else:
            stops = read_curve(self.curve(self.look(code)), code)
        limit = self.spec.max_stops
        return srgb_decode(code) * torch.exp2(stops.clamp(-limit, limit))

    def look(self, code: Tensor) -> Evidence | Tally:
        """Return what L sees in pictures, codes `(N, 3, h, w)` in [0, 1]: add up those of a shot's frames.

        Pictures are wanted at their own size; an L of single pixels sees a smaller copy.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none", nets=("L",)))
        >>> generator.look(torch.full((1, 3, 16, 16), 0.5)).sums.shape
        torch.Size([1, 4870])
        """
        if self.L is None:
            raise missing("L")
        code = code.to(next(self.parameters()).device)
        if isinstance(self.L, ResponseNet):
            return self.L.look(code)
        code = nn.functional.avg_pool2d(code, max(1, round(max(code.shape[2:]) / LONGEST)), ceil_mode=True)
        return tally_channels(self._linear_stops(code), code, (code <= TOP).float())

    def curve(self, seen: Evidence | Tally) -> Tensor:
        """Return the response, `(N, KNOTS)` stops over sRGB decoding, that L reads from what it saw."""
        if isinstance(self.L, ResponseNet) and isinstance(seen, Evidence):
            return self.L.curve(seen)
        return cast("Tally", seen).means[..., 0]

    def _linear_stops(self, code: Tensor) -> Tensor:
        height, width = code.shape[2:]
        return _call(self.L, pad_by_reflection(2 * code - 1), "L")[..., :height, :width]

    def mask(self, source: Tensor, *, learned: bool = False) -> Tensor:
        """Return the over-exposure of each channel, `(N, 3, h, w)` in [0, 1], 0 in all that is well exposed.

        By default the ramp on the code value; `learned` corrects it for compressed sources, where codes of
        clipped pixels scatter about the clip point.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none", nets=()))
        >>> generator.mask(torch.tensor([0.18, 0.5, 1.0]).view(1, 3, 1, 1)).flatten().tolist()
        [0.0, 0.0, 1.0]
        """
        code = srgb_encode(source)
        if not learned:
            return ramp(code)
        if self.mask_net is None:
            raise missing("mask")
        height, width = code.shape[2:]
        return mask_from_logits(self.mask_net(pad_by_reflection(code))[..., :height, :width])

    def noise(self, code: Tensor, level: Tensor | None = None) -> Tensor:
        """Return what to add to codes, `(N, 3, h, w)` in [0, 1], to have them without noise and blocks.

        Any size; it is padded by reflection below and to the right, and cropped back. `level`, `(N,)`, is
        that of the noise in the whole pictures (`hdrvid.model.noise`), where these are windows of them.

        >>> generator = Generator(GeneratorSpec(width=1, steps=0, norm="none", nets=("noise",)))
        >>> generator.noise(torch.full((1, 3, 5, 7), 0.5)).abs().max().item()  # untrained it changes nothing
        0.0
        """
        height, width = code.shape[2:]
        if level is None:
            level = torch.stack([noise_level(ripple(each)) for each in code])
        padded = pad_by_reflection(code, NOISE_MULTIPLE)
        return _call(self.noise_net, padded, "noise", level)[..., :height, :width]

    def _correct(self, source: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return o of C and the source, both in stops, for what C sees."""
        light = torch.log2(source.clamp_min(FLOOR))
        return self._stops(_call(self.C, x, "C"), light), light

    def _stops(self, prediction: Tensor, light: Tensor) -> Tensor:
        if self.spec.formulation == "stops":
            return prediction
        radiance = torch.expm1(torch.sigmoid(prediction) * torch.log1p(prediction.new_tensor(MU))) / MU
        return torch.log2(radiance.clamp_min(FLOOR * 2.0**-self.spec.max_stops)) + self.spec.max_stops - light


def corrected_stops(correction: Tensor, mask: Tensor, lifted: Tensor | None = None) -> Tensor:
    """Return a C(S) + (1 - a) L(S) of Eq. 4 in stops over the source: any shape.

    C knows the shot's shoulder, so its stops hold what a roll-off took as well; L's are what is left below.

    >>> o, a, l = torch.tensor([3.0, 3.0, 0.5]), torch.tensor([0.0, 0.5, 1.0]), torch.ones(3)
    >>> corrected_stops(o, a).tolist(), corrected_stops(o, a, l).tolist()
    ([0.0, 1.5, 0.5], [1.0, 2.0, 1.0])
    """
    if lifted is None:
        return mask * correction
    return lifted + mask * (correction - lifted).clamp_min(0.0)


def _call(net: nn.Module | None, x: Tensor, name: NetName, *constants: Tensor) -> Tensor:
    """Run a part in its own precision, with constants of the pictures, and hand back float32."""
    if net is None:
        raise missing(name)
    dtype = next(net.parameters()).dtype
    return cast("Tensor", net(x.to(dtype, memory_format=torch.channels_last), *constants)).float()


def missing(name: NetName) -> WeightsError:
    """Make the error for a part that these weights do not have.

    >>> print(missing("R"))  # doctest: +ELLIPSIS
    generator: part R is not in these weights; expected a trained R. ...
    """
    return WeightsError(
        f"generator: part {name} is not in these weights; expected a trained {name}. "
        "Choose another mode, or weights that have it (see Generator.has)."
    )


def pad_by_reflection(picture: Tensor, multiple: int = SIZE_MULTIPLE) -> Tensor:
    """Extend `(N, c, h, w)` below and to the right, by reflection, until both sides are multiples.

    The offset is fixed, so that a pixel's place does not move between frames; a side may be shorter than
    what is added.

    >>> pad_by_reflection(torch.tensor([[[[1.0, 2.0, 3.0]]]]), 4).tolist()[0][0][0]
    [1.0, 2.0, 3.0, 2.0]
    >>> pad_by_reflection(torch.zeros(1, 1, 1080, 1920)).shape
    torch.Size([1, 1, 1088, 1920])
    """
    for axis in (2, 3):
        length = picture.shape[axis]
        padded = -(-length // multiple) * multiple
        if padded != length:
            picture = picture.index_select(axis, _reflected(length, padded).to(picture.device))
    return picture


def _reflected(length: int, padded: int) -> Tensor:
    """Return indices 0 .. length-1 and back again, without repeating the ends: `(padded,)`."""
    period = max(2 * (length - 1), 1)
    index = torch.arange(padded) % period
    return torch.where(index < length, index, period - index)


def channels_last(generator: Generator) -> Generator:
    """Lay the kernels out for CPUs and tensor cores, in place: a third faster on the former."""
    generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return generator


def build_generator(spec: GeneratorSpec) -> Generator:
    """Make an untrained generator; with zero-initialised heads it starts as plain linearisation.

    >>> generator = build_generator(GeneratorSpec(width=2, steps=1, norm="step", nets=("C", "mask")))
    >>> generator.has("mask"), generator.training
    (True, True)
    """
    return Generator(spec)
