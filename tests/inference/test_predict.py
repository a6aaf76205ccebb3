"""Batches are run whole: halved where memory is short, in float32 where the fast precision fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
from torch import Tensor

from hdrvid.errors import DeviceError, NotFinite
from hdrvid.inference import Machine
from hdrvid.inference import predict as predicting
from hdrvid.inference.memory import REMEMBERED_PIXEL
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


def pictures(count: int, *, first: int = 0) -> list[Tensor]:
    return [torch.full((3, 16, 16), float(n)) for n in range(first, first + count)]


def ask(predict: BatchPredictor, asked: Sequence[Tensor]) -> list[Fill]:
    """Ask for pictures, each at the place of its number."""
    return list(predict(enumerate(asked)))


def firsts(fills: Sequence[Fill]) -> list[float]:
    return [float(fill.stops[0, 0, 0]) for fill in fills]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_every_picture_has_its_answer_in_order(count: int) -> None:
    network = Network()

    fills = ask(BatchPredictor(network, machine=CPU, batch=3), pictures(count))

    assert firsts(fills) == [2.0 * n for n in range(count)]
    assert set(network.batches) == {3}


def test_pictures_of_several_shapes_have_their_answers_in_order() -> None:
    shapes = [(3, 16, 16), (3, 16, 16), (3, 32, 16), (3, 16, 16), (3, 32, 16), (3, 32, 16), (3, 32, 16)]
    mixed = [torch.full(shape, float(n)) for n, shape in enumerate(shapes)]

    fills = ask(BatchPredictor(Network(), machine=CPU, batch=2), mixed)

    assert firsts(fills) == [2.0 * n for n in range(7)]
    assert [fill.stops.shape for fill in fills] == shapes


def test_pictures_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def coming() -> Iterator[tuple[int, Tensor]]:
        for place, picture in enumerate(pictures(9)):
            taken.append(place)
            yield place, picture

    next(BatchPredictor(Network(), machine=CPU, batch=2)(coming()))

    assert taken == [0, 1]


def test_a_batch_that_does_not_fit_is_halved_and_none_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    network = Network(room=2)
    predict = BatchPredictor(network, machine=CPU, batch=8)

    with caplog.at_level(logging.WARNING):
        fills = ask(predict, pictures(7))

    assert firsts(fills) == [2.0 * n for n in range(7)]
    assert predict.batch == 2
    assert "going on with 2 pictures" in caplog.text


def test_a_single_picture_that_does_not_fit_says_what_to_do() -> None:
    with pytest.raises(DeviceError, match=r"out of memory for one picture of 16x16.*lower --quality"):
        ask(BatchPredictor(Network(room=0), machine=CPU, batch=4), pictures(1))


def test_other_errors_of_the_network_are_not_taken_for_lack_of_memory() -> None:
    def broken(_: Tensor) -> Fill:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        ask(BatchPredictor(broken, machine=CPU), pictures(1))


def test_what_is_not_finite_is_predicted_again_in_float32(caplog: pytest.LogCaptureFixture) -> None:
    exact = Network()
    predict = BatchPredictor(
        Network(spoil=lambda picture: float(picture.max()) == 2.0), machine=CPU, batch=2, exact=exact
    )

    with caplog.at_level(logging.WARNING):
        fills = ask(predict, pictures(4))

    assert firsts(fills) == [0.0, 2.0, 4.0, 6.0]
    assert exact.batches == [1]
    assert "taken in fp32" in caplog.text


def test_what_is_not_finite_in_float32_either_is_a_failure() -> None:
    bad = Network(spoil=lambda _: True)

    with pytest.raises(NotFinite, match="--precision fp32"):
        ask(BatchPredictor(bad, machine=CPU, exact=bad), pictures(1))


def test_a_failure_is_that_of_its_picture_and_not_of_those_before_it() -> None:
    spoilt = Network(spoil=lambda picture: float(picture.max()) == 2.0)
    fills = BatchPredictor(spoilt, machine=CPU, batch=4)(enumerate(pictures(4)))

    assert firsts([next(fills), next(fills)]) == [0.0, 2.0]
    with pytest.raises(NotFinite):
        next(fills)


def test_a_picture_that_did_not_change_is_not_predicted_again() -> None:
    network = Network()
    predict = BatchPredictor(network, machine=CPU)
    first = pictures(3)

    before = ask(predict, first)
    changed = [first[0].clone(), first[1] + 1, first[2].clone()]
    fills = ask(predict, changed)

    assert len(network.batches) == 4
    assert firsts(fills) == [0.0, 4.0, 4.0]
    assert torch.equal(fills[2].stops, before[2].stops)


def test_what_is_remembered_is_found_by_its_place_whatever_else_is_asked() -> None:
    network = Network()
    predict = BatchPredictor(network, machine=CPU)
    a, b, c = pictures(3)

    list(predict([("top", a), ("bottom", b)]))
    fills = list(predict([("corner", c), ("top", a), ("bottom", b)]))

    assert network.batches == [1, 1, 1]
    assert firsts(fills) == [4.0, 0.0, 2.0]


def test_a_frame_that_equals_the_one_before_it_in_its_batch_is_not_predicted_again() -> None:
    network = Network()
    (a,), (b,) = pictures(1), pictures(1, first=1)

    fills = list(BatchPredictor(network, machine=CPU, batch=2)([("whole", p) for p in (a, a.clone(), b, b)]))

    assert network.batches == [2]
    assert firsts(fills) == [0.0, 0.0, 2.0, 2.0]


def test_a_place_that_nobody_asks_for_is_forgotten() -> None:
    network = Network()
    predict = BatchPredictor(network, machine=CPU)
    (a,) = pictures(1)

    for asked in ([("top", a)], [], [("top", a)]):
        list(predict(asked))

    assert len(network.batches) == 2


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predicting, "MOST_REMEMBERED", 2 * 16 * 16 * REMEMBERED_PIXEL)
    network = Network()
    predict = BatchPredictor(network, machine=CPU)

    for _ in range(2):
        fills = ask(predict, pictures(5))

    assert len(network.batches) == 5 + 3
    assert firsts(fills) == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_an_answer_left_before_it_came_is_not_taken_for_one() -> None:
    predict = BatchPredictor(Network(), machine=CPU, batch=2)
    left = predict([("top", pictures(1)[0]), ("bottom", pictures(1)[0])])
    next(left)
    left.close()  # type: ignore[attr-defined]

    assert firsts(list(predict([("top", pictures(1, first=3)[0])]))) == [6.0]
