"""The perceptual loss: distances between features of VGG-16 (Simonyan, Zisserman 2015), weights by path."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hdrvid.errors import WeightsError

WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512))
"""Convolutions of the four blocks that are used, as far as conv4_3."""
FEATURES = 23
"""Layers of torchvision's `vgg16().features` up to the ReLU of conv4_3."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's code values, which the published weights expect."""


class Vgg16Features(nn.Module):
    """VGG-16 up to conv4_3, with torchvision's layer numbers, so that its state dict fits as it is."""

    def __init__(self) -> None:
        """Build the layers; they mean nothing before weights are loaded."""
        super().__init__()
        layers: list[nn.Module] = []
        for block, widths in enumerate(WIDTHS):
            if block:
                layers.append(nn.MaxPool2d(2))
            for c_in, c_out in pairwise((3 if block == 0 else WIDTHS[block - 1][-1], *widths)):
                layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.taps = [i - 1 for i, layer in enumerate(layers) if isinstance(layer, nn.MaxPool2d)] + [
            len(layers) - 1
        ]

    def forward(self, code: Tensor) -> list[Tensor]:
        """Return relu1_2, relu2_2, relu3_3 and relu4_3 of code values `(N, 3, h, w)` in [0, 1]."""
        x = (code - code.new_tensor(MEAN).view(1, 3, 1, 1)) / code.new_tensor(DEVIATION).view(1, 3, 1, 1)
        tapped: list[Tensor] = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.taps:
                tapped.append(x)  # (N, 64 2^k, h / 2^k, w / 2^k)
        return tapped


def load_features(path: Path) -> Vgg16Features:
    """Load torchvision's VGG-16 state dict, frozen: `vgg16-397923af.pth` or any other of its layout.

    Only tensors are read. What is not such a file raises `WeightsError`.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(
            f"{path}: no file of tensors ({str(error)[:60]!r}); expected torchvision's vgg16 state dict. "
            "Set losses.perceptual_weights to that file, or losses.perceptual to 0."
        ) from error
    features = Vgg16Features()
    wanted = features.state_dict()
    if not isinstance(state, Mapping) or any(
        _shape(state.get(key)) != value.shape for key, value in wanted.items()
    ):
        raise WeightsError(
            f"{path}: not the layers of VGG-16; expected keys features.0.weight to features.21.bias. "
            "Set losses.perceptual_weights to torchvision's vgg16 state dict."
        )
    features.load_state_dict({key: state[key] for key in wanted})
    return features.eval().requires_grad_(requires_grad=False)


def _shape(value: object) -> torch.Size | None:
    return value.shape if isinstance(value, Tensor) else None


def perceptual_loss(features: Vgg16Features, predicted: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean absolute difference of the features, averaged over the four layers: a scalar.

    Both are code values `(N, 3, h, w)` in [0, 1]: light after the mu-law.
    """
    with torch.no_grad():
        targets = features(wanted)
    terms = [F.l1_loss(a, b) for a, b in zip(features(predicted), targets, strict=True)]
    return torch.stack(terms).mean()
