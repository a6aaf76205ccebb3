"""What a prediction is compared with: the weighted terms of the loss, by name."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from hdrvid.errors import OptionError
from hdrvid.model.spec import NetName
from hdrvid.training.light_losses import linear_loss, mu_law, mu_law_loss, response_loss
from hdrvid.training.losses import Emphasis, mask_loss, noise_loss, stops_loss
from hdrvid.training.parts import Prediction
from hdrvid.training.perceptual import Vgg16Features, load_features, perceptual_loss
from hdrvid.training.samples import Batch

log = logging.getLogger(__name__)

Kind = Literal["stops", "mu-law"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """Weights of the terms; the adversarial one is `spec.gan_weight`."""

    kind: Kind = "stops"
    """Errors inside the mask in stops (compact), or of the whole picture after the mu-law (the paper)."""
    reconstruction: float = 1.0
    colour: float = 0.0
    """Of the ratios of channels inside the mask; `stops` only."""
    detail: float = 0.0
    """Of differences from pixel to pixel inside the mask; `stops` only."""
    linearisation: float = 1.0
    """Of L, where light was not clipped."""
    response: float = 0.0
    """Of the response of a picture as L has it, all its codes alike; `stops` only."""
    outside: float = 1.0
    """Of R, where light was not clipped; `stops` only, for the mu-law sees the whole picture."""
    perceptual: float = 0.0
    """Of VGG-16's features; off without `perceptual_weights`."""
    perceptual_weights: str = ""
    """File with torchvision's state dict of VGG-16."""

    def __post_init__(self) -> None:
        """Refuse a kind that is not there, and weights below 0."""
        if self.kind not in ("stops", "mu-law"):
            raise OptionError(f"losses: kind {self.kind!r}; expected stops or mu-law. Mend losses.kind.")
        weights = (self.reconstruction, self.linearisation, self.response, self.outside, self.perceptual)
        if min(*weights, self.colour, self.detail) < 0:
            raise OptionError("losses: a weight below 0; expected 0 or more. Mend the section [losses].")


def open_features(losses: LossConfig) -> Vgg16Features | None:
    """Load VGG-16 if the run has a perceptual term and weights for it; the log says if it has not.

    A file that cannot be used raises `WeightsError`: what was asked for by name is never dropped.

    >>> open_features(LossConfig(perceptual=0.0)) is None
    True
    """
    if losses.perceptual == 0:
        return None
    if not losses.perceptual_weights:
        log.warning(
            "perceptual loss: off, for losses.perceptual_weights names no file. The run goes on without it."
        )
        return None
    return load_features(Path(losses.perceptual_weights).expanduser())


def loss_terms(
    prediction: Prediction,
    batch: Batch,
    losses: LossConfig,
    *,
    trained: Iterable[NetName],
    max_stops: float,
    features: Vgg16Features | None = None,
) -> dict[str, Tensor]:
    """Return the weighted terms of the loss: scalars whose sum is minimised.

    >>> import torch
    >>> x = torch.ones(1, 3, 2, 2)
    >>> batch = Batch(code=x, clean=x, source=x, truth=4 * x, exposed=4 * x, known=x[:, :1],
    ...               shoulder=torch.zeros(1))
    >>> said = Prediction(stops=2 * x, light=4 * x)
    >>> loss_terms(said, batch, LossConfig(), trained=("C", "R"), max_stops=8.0)
    {'reconstruction': tensor(0.), 'outside': tensor(0.)}
    """
    if prediction.logits is not None:
        return {"mask": mask_loss(prediction.logits, batch.exposed, batch.known)}
    if prediction.clean is not None:
        return {"noise": noise_loss(prediction.clean, batch.clean, batch.known)}
    terms: dict[str, Tensor] = {}
    if prediction.linear is not None and "L" in trained:
        terms["linearisation"] = losses.linearisation * _linearisation(prediction.linear, batch, losses)
        if losses.response > 0 and losses.kind == "stops":
            weight = (batch.exposed < 1.0) * batch.known
            off = response_loss(prediction.linear, batch.truth, batch.code, weight)
            terms["response"] = losses.response * off
    if prediction.light is not None:
        terms |= _expansion(prediction, batch, losses, refined="R" in trained, max_stops=max_stops)
        if features is not None:
            codes = [mu_law(light, max_stops=max_stops) for light in (prediction.light, batch.truth)]
            terms["perceptual"] = losses.perceptual * perceptual_loss(features, codes[0], codes[1])
    return terms


def _linearisation(linear: Tensor, batch: Batch, losses: LossConfig) -> Tensor:
    if losses.kind == "mu-law":  # of what the camera kept: light up to the clip point
        return mu_law_loss(linear, batch.truth.clamp_max(1.0), batch.known, max_stops=0.0)
    return linear_loss(linear, batch.truth, batch.exposed, batch.known)


def _expansion(
    prediction: Prediction, batch: Batch, losses: LossConfig, *, refined: bool, max_stops: float
) -> dict[str, Tensor]:
    light, stops = prediction.light, prediction.stops
    source = batch.source if prediction.source is None else prediction.source
    assert light is not None
    assert stops is not None
    if losses.kind == "mu-law":
        wrong = mu_law_loss(light, batch.truth, batch.known, max_stops=max_stops)
        return {"reconstruction": losses.reconstruction * wrong}
    inside = stops_loss(stops, source, batch.truth, batch.known, max_stops=max_stops,
                        emphasis=Emphasis(colour=losses.colour, detail=losses.detail))  # fmt: skip
    terms = {"reconstruction": losses.reconstruction * inside}
    if refined:
        wrong = linear_loss(light, batch.truth, batch.exposed, batch.known)
        terms["outside"] = losses.outside * wrong
    return terms
