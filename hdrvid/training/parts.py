"""What a run trains, one network or several together, and where those that it stands on are from."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hdrvid.errors import CheckpointError
from hdrvid.model.generator import Generator, corrected_stops
from hdrvid.model.mask import FLOOR, ramp, srgb_decode, srgb_encode
from hdrvid.model.response import read_curve, tally_channels
from hdrvid.model.spec import NET_NAMES, NetName
from hdrvid.training.checkpoint import NAME, load_checkpoint
from hdrvid.training.light_losses import LEAST_COUNT
from hdrvid.training.samples import Batch

Part = Literal["C", "mask", "noise", "L", "R", "LC", "CR", "LCR"]
Source = Literal["given", "learned", "told"]
"""What C and R stand on: the source as it is; behind L; or, in every other picture, behind the light's own
response in the place of L's, so that R knows both."""


def trained_nets(part: Part) -> tuple[NetName, ...]:
    """Return the networks that a part trains, in the order of Eq. 4.

    >>> trained_nets("CR")
    ('C', 'R')
    """
    return (part,) if part in ("mask", "noise") else cast("tuple[NetName, ...]", tuple(part))


def needed_nets(part: Part, source: Source) -> tuple[NetName, ...]:
    """Return the networks that a run holds: those it trains, and those they stand on.

    >>> needed_nets("R", "learned")
    ('L', 'C', 'R')
    """
    trained = set(trained_nets(part))
    needed = trained | ({"C"} if "R" in trained else set())
    needed |= {"L"} if source == "learned" and "C" in needed else set()
    return tuple(name for name in NET_NAMES if name in needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the networks say of a batch; None for what the part does not predict."""

    linear: Tensor | None = None
    """L: `(N, 3, h, w)`, scene-linear."""
    stops: Tensor | None = None
    """C and R: `(N, 3, h, w)`, stops of gain o + r inside the mask."""
    light: Tensor | None = None
    """C and R: H of Eq. 4, `(N, 3, h, w)`, scene-linear, the whole picture."""
    source: Tensor | None = None
    """What C and R saw: the given source, or L's."""
    logits: Tensor | None = None
    """The mask network: `(N, 3, h, w)`."""
    clean: Tensor | None = None
    """The network of noise: codes without it, `(N, 3, h, w)`."""


class TrainedPart(nn.Module):
    """The call that is trained: a batch to a prediction, Eq. 4 as far as the part goes.

    Networks that are not trained are frozen: no gradients, and in eval mode whatever the mode of the rest.
    """

    def __init__(self, generator: Generator, part: Part, *, source: Source = "given") -> None:
        """Take the generator, which holds the needed networks, and freeze what is not trained."""
        super().__init__()
        self.generator = generator
        self.trained = trained_nets(part)
        self.source = source
        for name, net in self._nets():
            net.requires_grad_(name in self.trained)

    def _nets(self) -> Iterator[tuple[NetName, nn.Module]]:
        held = self.generator
        nets = held.L, held.C, held.R, held.mask_net, held.noise_net
        yield from ((name, net) for name, net in zip(NET_NAMES, nets, strict=True) if net is not None)

    def train(self, mode: bool = True) -> TrainedPart:  # noqa: FBT001, FBT002 - torch's signature
        """Set the mode of what is trained; the rest stays in eval mode.

        >>> from hdrvid.model import GeneratorSpec, build_generator
        >>> generator = build_generator(GeneratorSpec(width=1, steps=0, norm="none", nets=("C", "R")))
        >>> part = TrainedPart(generator, "R").train()
        >>> generator.C.training, generator.R.training
        (False, True)
        """
        super().train(mode)
        for name, net in self._nets():
            net.train(mode and name in self.trained)
        return self

    def forward(self, batch: Batch) -> Prediction:
        """Predict what the part is for.

        >>> from hdrvid.model import GeneratorSpec, build_generator
        >>> generator = build_generator(GeneratorSpec(width=1, steps=0, norm="none"))
        >>> x = torch.full((1, 3, 16, 16), 0.5)
        >>> batch = Batch(code=x, clean=x, source=x, truth=x, exposed=x, known=x[:, :1],
        ...               shoulder=torch.zeros(1))
        >>> said = TrainedPart(generator, "C")(batch)
        >>> said.stops.shape, said.linear, said.logits
        (torch.Size([1, 3, 16, 16]), None, None)
        """
        if self.generator.mask_net is not None:
            return Prediction(logits=self.generator.mask_net(srgb_encode(batch.source)))
        if self.generator.noise_net is not None:
            return Prediction(clean=batch.code + self.generator.noise(batch.code))
        linear, lifted, source = None, None, batch.source
        if self.generator.L is not None:
            linear = self.generator.linearise(batch.code)
            if self.source == "learned" and self.generator.spec.response == "pixel":
                source = linear  # the paper's order: C sees what L made
            elif self.source == "learned":
                source = srgb_decode(batch.code)  # what a reader takes footage of unknown response for
                lifted = torch.log2(linear.clamp_min(FLOOR) / source.clamp_min(FLOOR))
        if self.generator.C is None:
            return Prediction(linear=linear)
        if self.source == "told":
            lifted = read_curve(true_response(batch), srgb_encode(source))
            lifted[1::2] = 0.0
        correction, refinement = self.generator.predict(source, batch.shoulder, lifted)  # o and r of Eq. 4
        stops = correction if refinement is None else correction + refinement
        gain = corrected_stops(correction, ramp(srgb_encode(source)), lifted)
        limit = self.generator.spec.max_stops
        gain = (gain if refinement is None else gain + refinement).clamp(-limit, limit)
        light = source.clamp_min(FLOOR) * torch.exp2(gain)
        return Prediction(linear=linear, stops=stops, light=light, source=source)


def true_response(batch: Batch) -> Tensor:
    """Return the response of each picture, `(N, KNOTS)` stops over its source, from the light itself.

    Codes that a picture does not have take the nearest darker one's.

    >>> x = torch.rand(1, 3, 32, 32)
    >>> batch = Batch(code=x, clean=x, source=x, truth=2 * x, exposed=x, known=x[:, :1] + 1,
    ...               shoulder=torch.zeros(1))
    >>> round(float(true_response(batch)[0, 16]), 1)
    1.0
    """
    off = torch.log2(batch.truth.clamp_min(FLOOR)) - torch.log2(batch.source.clamp_min(FLOOR))
    weight = (batch.exposed < 1.0) * (batch.known > 0)
    found = tally_channels(off, srgb_encode(batch.source), weight.float())
    means = found.sums[..., 0] / found.counts.clamp_min(LEAST_COUNT)
    knots = torch.arange(means.shape[1], device=means.device)
    nearest = torch.where(found.counts > LEAST_COUNT, knots, 0).cummax(dim=1).values
    return means.gather(1, nearest)


def start_from(generator: Generator, files: Iterable[Path], *, frozen: Iterable[NetName] = ()) -> None:
    """Load weights of other runs, in order: folders with a `last.pt` (its average), or .safetensors files.

    Only what the generator has is taken. A network in `frozen` that none of them has, and tensors of another
    shape, raise `CheckpointError`.
    """
    loaded: set[str] = set()
    wanted = generator.state_dict()
    for file in files:
        tensors = {key: value for key, value in _tensors(file).items() if key in wanted}
        if wrong := [key for key, value in tensors.items() if value.shape != wanted[key].shape]:
            raise CheckpointError(
                f"{file}: {wrong[0]} has another shape; expected {tuple(wanted[wrong[0]].shape)}. "
                "Start from weights of the same width and shoulder, or leave `initial` empty."
            )
        generator.load_state_dict(tensors, strict=False)
        loaded |= {key.split(".")[0] for key in tensors}
    for name in frozen:
        if name not in loaded:
            raise CheckpointError(
                f"training: nothing in `initial` holds a trained {name}; expected one below this part. "
                "Name its run's folder or a weights file in `initial`."
            )


def _tensors(file: Path) -> dict[str, Any]:
    if file.is_dir() or file.name == NAME:
        return load_checkpoint(file if file.is_dir() else file.parent).average
    try:
        return {key: value.float() for key, value in load_file(file).items()}
    except (SafetensorError, OSError, pickle.UnpicklingError) as error:
        raise CheckpointError(
            f"{file}: {error}; expected a run's folder or .safetensors weights. Mend `initial`."
        ) from error


@contextlib.contextmanager
def judged_only(discriminator: nn.Module) -> Iterator[None]:
    """Keep gradients out of a network that only judges: the generator's step must not move it.

    >>> judge = nn.Conv2d(6, 1, 4)
    >>> with judged_only(judge):
    ...     print(judge.weight.requires_grad)
    False
    >>> judge.weight.requires_grad
    True
    """
    discriminator.requires_grad_(requires_grad=False)
    try:
        yield
    finally:
        discriminator.requires_grad_(requires_grad=True)
