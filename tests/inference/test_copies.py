"""Copies beside the computing are awaited wherever it matters: on a card that copies as late as it may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from hdrvid.inference import Machine
from hdrvid.inference.copies import CudaDriver, StreamCopies
from hdrvid.inference.predict import BatchPredictor
from hdrvid.model import Fill

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)


@dataclass(eq=False)
class LazyLane:
    """A stream that does nothing before somebody waits for it: the slowest that CUDA may be."""

    work: list[Callable[[], object]] = field(default_factory=list)
    done: int = 0

    def reach(self, place: int) -> None:
        while place > self.done:
            self.done += 1
            with torch.inference_mode():
                self.work.pop(0)()

    @property
    def end(self) -> int:
        return self.done + len(self.work)


class LazyDriver:
    """A card whose memory holds NaN until a copy into it has been waited for."""

    def __init__(self) -> None:
        self.lanes: list[LazyLane] = []
        self.network = self.stream()
        self.kept: list[tuple[Tensor, LazyLane]] = []
        self.owners: dict[int, LazyLane] = {}
        self.log: list[str] = []

    def stream(self) -> LazyLane:
        self.lanes.append(LazyLane())
        return self.lanes[-1]

    def computing(self) -> LazyLane:
        return self.network

    def mark(self, stream: LazyLane) -> tuple[LazyLane, int]:
        return stream, stream.end

    def hold(self, stream: LazyLane, mark: tuple[LazyLane, int]) -> None:
        if stream is self.network:
            self.log.append("network waits")
            mark[0].reach(mark[1])  # the network of these tests computes at once
        else:
            stream.work.append(lambda: mark[0].reach(mark[1]))

    def wait(self, mark: tuple[LazyLane, int]) -> None:
        self.log.append("cpu waits")
        mark[0].reach(mark[1])

    def copy(self, target: Tensor, source: Tensor, stream: LazyLane) -> None:
        assert stream is not self.network  # it would stand in the network's way
        self.log.append("down" if stream is self.lanes[2] else "up")
        stream.work.append(lambda: target.copy_(source))

    def keep(self, tensor: Tensor, stream: LazyLane) -> None:
        self.kept.append((tensor, stream))

    def pinned(self, like: Tensor) -> Tensor:
        return torch.full_like(like, float("nan"))

    def on_device(self, like: Tensor, stream: LazyLane) -> Tensor:
        there = torch.full_like(like, float("nan"))
        self.owners[id(there)] = stream
        return there


def double(pictures: Tensor) -> Fill:
    assert bool(torch.isfinite(pictures).all())  # computed before it had arrived
    return Fill(stops=pictures * 2, mask=torch.ones_like(pictures))


def pictures(count: int) -> list[Tensor]:
    return [torch.full((3, 16, 16), float(n)) for n in range(count)]


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_every_copy_is_waited_for_before_it_is_used(batch: int) -> None:
    predict = BatchPredictor(double, machine=CPU, batch=batch, copies=StreamCopies(LazyDriver()))

    fills = list(predict(enumerate(pictures(7))))

    assert [float(fill.stops[0, 0, 0]) for fill in fills] == [2.0 * n for n in range(7)]
    assert all(bool(torch.isfinite(fill.mask).all()) for fill in fills)


def test_the_cpu_waits_for_a_batch_only_after_the_next_one_was_handed_over() -> None:
    driver = LazyDriver()

    list(BatchPredictor(double, machine=CPU, copies=StreamCopies(driver))(enumerate(pictures(3))))

    handed, landed = ["up", "network waits", "down"], ["cpu waits"]
    assert driver.log == [*handed, *handed, *landed, *handed, *landed, *landed]


def test_memory_stays_with_a_copy_until_each_stream_is_past_it() -> None:
    driver = LazyDriver()

    list(BatchPredictor(double, machine=CPU, copies=StreamCopies(driver))(enumerate(pictures(1))))

    network, _, down = driver.lanes
    (there, first), (answers, second) = driver.kept
    assert id(there) in driver.owners  # taken in the stream that copies up, read by the network
    assert (first, second) == (network, down)
    assert answers.shape == (1, 6, 16, 16)


def test_a_missing_wait_would_be_seen() -> None:
    class Careless(LazyDriver):
        def hold(self, stream: LazyLane, mark: tuple[LazyLane, int]) -> None:
            pass

    with pytest.raises(AssertionError):
        list(BatchPredictor(double, machine=CPU, copies=StreamCopies(Careless()))(enumerate(pictures(1))))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_card_answers_are_those_of_the_cpu() -> None:
    card = torch.device("cuda:0")
    machine = Machine(device=card, dtype=torch.float32)
    copies = StreamCopies(CudaDriver(card))
    asked = [torch.rand(3, 256, 256) for _ in range(40)]

    fills = list(BatchPredictor(double, machine=machine, batch=4, copies=copies)(enumerate(asked)))

    assert all(torch.equal(fill.stops, 2 * picture) for fill, picture in zip(fills, asked, strict=True))
