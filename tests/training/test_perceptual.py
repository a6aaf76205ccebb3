from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch
from torch import nn

from hdrvid.errors import WeightsError
from hdrvid.training.objectives import LossConfig, open_features
from hdrvid.training.perceptual import FEATURES, Vgg16Features, load_features, perceptual_loss

TORCHVISION = {
    0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128), 10: (256, 128), 12: (256, 256), 14: (256, 256),
    17: (512, 256), 19: (512, 512), 21: (512, 512),
}  # fmt: skip
"""Number of each convolution in `torchvision.models.vgg16().features`, channels out and in."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a file of torchvision's layout; its numbers are not those of VGG-16."""
    torch.manual_seed(0)
    state = {}
    for number, (c_out, c_in) in TORCHVISION.items():
        state[f"features.{number}.weight"] = torch.randn(c_out, c_in, 3, 3) * (2 / (9 * c_in)) ** 0.5
        state[f"features.{number}.bias"] = torch.zeros(c_out)
    state["classifier.6.bias"] = torch.zeros(1000)
    path = tmp_path_factory.mktemp("vgg") / "vgg16.pth"
    torch.save(state, path)
    return path


def test_the_layers_have_torchvisions_numbers() -> None:
    shapes = {name: tuple(value.shape) for name, value in Vgg16Features().state_dict().items()}

    assert shapes == {
        f"features.{number}.{kind}": (c_out, c_in, 3, 3) if kind == "weight" else (c_out,)
        for number, (c_out, c_in) in TORCHVISION.items()
        for kind in ("weight", "bias")
    }
    assert len(Vgg16Features().features) == FEATURES


def test_four_relus_are_tapped_from_fine_to_coarse(weights: Path) -> None:
    features = load_features(weights)

    shapes = [tuple(tapped.shape[1:]) for tapped in features(torch.rand(1, 3, 32, 32))]

    assert shapes == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)]
    assert [type(features.features[tap]) for tap in features.taps] == [nn.ReLU] * 4
    assert features.taps == [3, 8, 15, 22]


def test_loaded_features_are_those_of_the_file_and_frozen(weights: Path) -> None:
    features = load_features(weights)

    state = torch.load(weights, weights_only=True)
    assert torch.equal(features.state_dict()["features.14.weight"], state["features.14.weight"])
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_equal_pictures_cost_nothing_and_others_more_the_further_they_are(weights: Path) -> None:
    features = load_features(weights)
    code = torch.rand(1, 3, 32, 32)

    near = perceptual_loss(features, (code + 0.05).clamp(0, 1), code)
    far = perceptual_loss(features, (code + 0.3).clamp(0, 1), code)

    assert perceptual_loss(features, code, code).item() == 0.0
    assert 0 < near.item() < far.item()


def test_gradients_reach_the_picture_and_not_the_target(weights: Path) -> None:
    predicted, wanted = (torch.rand(1, 3, 16, 16).requires_grad_() for _ in range(2))

    perceptual_loss(load_features(weights), predicted, wanted).backward()  # type: ignore[no-untyped-call]

    assert predicted.grad is not None
    assert predicted.grad.abs().sum() > 0
    assert wanted.grad is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"features.0.weight": torch.zeros(64, 3, 3, 3)}, id="one layer only"),
        pytest.param({"conv1.weight": torch.zeros(64, 3, 7, 7)}, id="another network"),
        pytest.param([1, 2], id="a list"),
        pytest.param(nn.Conv2d(3, 3, 1), id="a pickled module"),
    ],
)
def test_what_is_no_vgg_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "x.pth")

    with pytest.raises(WeightsError, match=r"x\.pth"):
        load_features(tmp_path / "x.pth")


def test_a_file_that_was_named_and_is_not_there_is_an_error(tmp_path: Path) -> None:
    losses = LossConfig(perceptual=0.1, perceptual_weights=str(tmp_path / "none.pth"))

    with pytest.raises(WeightsError, match=r"none\.pth"):
        open_features(losses)


def test_without_weights_the_term_is_off_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        features = open_features(LossConfig(perceptual=0.1))

    assert features is None
    assert "perceptual loss: off" in caplog.text


def test_a_run_that_wants_none_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert open_features(LossConfig()) is None
    assert caplog.text == ""
