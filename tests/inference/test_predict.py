"""Batches are run whole: halved where memory is short, in float32 where the fast precision fails."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from hdrvid.errors import DeviceError, NotFinite
from hdrvid.inference import Machine
from hdrvid.inference.predict import BatchPredictor
from hdrvid.model import Fill

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)


class Network:
    """Predict twice the light, note the batches, and fail as told."""

    def __init__(self, *, room: int = 99, spoil: Callable[[Tensor], bool] = lambda _: False) -> None:
        self.room = room
        self.spoil = spoil
        self.batches: list[int] = []

    def __call__(self, pictures: Tensor) -> Fill:
        self.batches.append(len(pictures))
        if len(pictures) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        stops = pictures * 2
        for picture, place in zip(pictures, stops, strict=True):
            if self.spoil(picture):
                place.fill_(float("inf"))
        return Fill(stops=stops, mask=torch.ones_like(pictures))


def pictures(count: int) -> list[Tensor]:
    return [torch.full((3, 16, 16), float(n)) for n in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_every_picture_has_its_answer_in_order(count: int) -> None:
    network = Network()

    fills = BatchPredictor(network, machine=CPU, batch=3)(pictures(count))

    assert [float(fill.stops[0, 0, 0]) for fill in fills] == [2.0 * n for n in range(count)]
    assert set(network.batches) == {3}


def test_a_batch_that_does_not_fit_is_halved_and_none_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    network = Network(room=2)
    predict = BatchPredictor(network, machine=CPU, batch=8)

    with caplog.at_level(logging.WARNING):
        fills = predict(pictures(7))

    assert [float(fill.stops[0, 0, 0]) for fill in fills] == [2.0 * n for n in range(7)]
    assert predict.batch == 2
    assert "going on with 2 pictures" in caplog.text


def test_a_single_picture_that_does_not_fit_says_what_to_do() -> None:
    with pytest.raises(DeviceError, match=r"out of memory for one picture of 16x16.*lower --quality"):
        BatchPredictor(Network(room=0), machine=CPU, batch=4)(pictures(1))


def test_other_errors_of_the_network_are_not_taken_for_lack_of_memory() -> None:
    def broken(_: Tensor) -> Fill:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        BatchPredictor(broken, machine=CPU)(pictures(1))


def test_what_is_not_finite_is_predicted_again_in_float32(caplog: pytest.LogCaptureFixture) -> None:
    exact = Network()
    predict = BatchPredictor(
        Network(spoil=lambda picture: float(picture.max()) == 2.0), machine=CPU, batch=2, exact=exact
    )

    with caplog.at_level(logging.WARNING):
        fills = predict(pictures(4))

    assert [float(fill.stops[0, 0, 0]) for fill in fills] == [0.0, 2.0, 4.0, 6.0]
    assert exact.batches == [1]
    assert "taken in fp32" in caplog.text


def test_what_is_not_finite_in_float32_either_is_a_failure() -> None:
    bad = Network(spoil=lambda _: True)

    with pytest.raises(NotFinite, match="--precision fp32"):
        BatchPredictor(bad, machine=CPU, exact=bad)(pictures(1))


def test_a_picture_that_did_not_change_is_not_predicted_again() -> None:
    network = Network()
    predict = BatchPredictor(network, machine=CPU)
    first = pictures(3)

    predict(first)
    changed = [first[0].clone(), first[1] + 1, first[2].clone()]
    fills = predict(changed)

    assert len(network.batches) == 4
    assert [float(fill.stops[0, 0, 0]) for fill in fills] == [0.0, 4.0, 4.0]
