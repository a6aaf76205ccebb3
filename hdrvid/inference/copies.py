"""Carry pictures to the device that computes, and answers back, beside the computing where it can be.

On CUDA a copy that waits for nothing needs three things: memory that the card can read by itself (pinned), a
stream of its own, and an event at each end, for nothing else says when the pixels are there. `StreamCopies`
holds that order; `Driver` is the little that it asks of CUDA, so that the order is tested without a card, on
a driver that copies as late as it may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from hdrvid.inference.devices import Machine

Arrival: TypeAlias = Callable[[], Tensor]
"""Returns what a copy brings, once it is there; called once."""
Lane: TypeAlias = Any
"""A stream of a driver: a queue of work on the card, done in order."""
Mark: TypeAlias = Any
"""An event of a driver: a place in a stream, for others to wait for."""


class Copies(Protocol):
    """Copy between the CPU and a device."""

    @property
    def ahead(self) -> int:
        """Return how many batches may be under way while the next one is handed over."""

    def upload(self, pictures: Tensor) -> Arrival:
        """Start to copy a tensor of the CPU to the device; it may be computed with once it has arrived."""

    def download(self, answers: Tensor) -> Arrival:
        """Start to copy what the device was just told to compute; it may be read once it has arrived."""


class DirectCopies:
    """Copy at once, and wait: right on any device, and no copy at all on the CPU."""

    ahead = 0

    def __init__(self, device: torch.device) -> None:
        """Take the device that computes."""
        self._device = device

    def upload(self, pictures: Tensor) -> Arrival:
        """Return the pictures on the device.

        >>> pictures = torch.ones(1, 3, 2, 2)
        >>> DirectCopies(torch.device("cpu")).upload(pictures)() is pictures
        True
        """
        return lambda: pictures.to(self._device)

    def download(self, answers: Tensor) -> Arrival:
        """Return the answers on the CPU.

        >>> answers = torch.ones(1, 3, 2, 2)
        >>> DirectCopies(torch.device("cpu")).download(answers)() is answers
        True
        """
        return answers.cpu


class Driver(Protocol):
    """Do what `StreamCopies` asks of a card: `CudaDriver`, or a stand-in that shows a missing wait."""

    def stream(self) -> Lane:
        """Return a new stream."""

    def computing(self) -> Lane:
        """Return the stream that the network is computed in."""

    def mark(self, stream: Lane) -> Mark:
        """Mark the end of what is in a stream now."""

    def hold(self, stream: Lane, mark: Mark) -> None:
        """Let what comes into a stream from now on wait for a mark; returns at once."""

    def wait(self, mark: Mark) -> None:
        """Wait for a mark here, on the CPU."""

    def copy(self, target: Tensor, source: Tensor, stream: Lane) -> None:
        """Copy in a stream; returns at once."""

    def keep(self, tensor: Tensor, stream: Lane) -> None:
        """Keep a tensor's memory from being given away before a stream, which is not its own, is past it."""

    def pinned(self, like: Tensor) -> Tensor:
        """Return a new tensor of the CPU that the card reads and writes by itself."""

    def on_device(self, like: Tensor, stream: Lane) -> Tensor:
        """Return a new tensor on the card, whose memory belongs to a stream."""


class StreamCopies:
    """Copy in streams beside the one that computes: one up, one down, from and to pinned memory.

    While the card computes a batch, the next one is on its way up and the one before on its way down.
    """

    ahead = 1

    def __init__(self, driver: Driver) -> None:
        """Take a card's driver, and two streams of it."""
        self._driver = driver
        self._up, self._down = driver.stream(), driver.stream()

    def upload(self, pictures: Tensor) -> Arrival:
        """Start to copy pictures up; arriving makes the computing stream wait, not the CPU."""
        driver = self._driver
        pinned = driver.pinned(pictures)
        pinned.copy_(pictures)
        there = driver.on_device(pictures, self._up)
        driver.copy(there, pinned, self._up)
        copied = driver.mark(self._up)

        def arrive() -> Tensor:
            computing = driver.computing()
            driver.hold(computing, copied)
            driver.keep(there, computing)
            return there

        return arrive

    def download(self, answers: Tensor) -> Arrival:
        """Start to copy answers down once they are computed; arriving makes the CPU wait."""
        driver = self._driver
        driver.hold(self._down, driver.mark(driver.computing()))
        pinned = driver.pinned(answers)
        driver.copy(pinned, answers, self._down)
        driver.keep(answers, self._down)
        copied = driver.mark(self._down)

        def arrive() -> Tensor:
            driver.wait(copied)
            return pinned.clone()  # pinned memory is scarce: what is remembered lies elsewhere

        return arrive


class CudaDriver:
    """Drive one CUDA device through torch: a line for each thing that `StreamCopies` asks."""

    def __init__(self, device: torch.device) -> None:
        """Take the device, with its number."""
        self._device = device

    def stream(self) -> Lane:  # noqa: D102 - the protocol says it
        return torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]

    def computing(self) -> Lane:  # noqa: D102
        return torch.cuda.current_stream(self._device)

    def mark(self, stream: Lane) -> Mark:  # noqa: D102
        return stream.record_event()

    def hold(self, stream: Lane, mark: Mark) -> None:  # noqa: D102
        stream.wait_event(mark)

    def wait(self, mark: Mark) -> None:  # noqa: D102
        mark.synchronize()

    def copy(self, target: Tensor, source: Tensor, stream: Lane) -> None:  # noqa: D102
        with torch.cuda.stream(stream):
            target.copy_(source, non_blocking=True)

    def keep(self, tensor: Tensor, stream: Lane) -> None:  # noqa: D102
        tensor.record_stream(stream)  # pinned memory needs no such word: torch watches it from the copy on

    def pinned(self, like: Tensor) -> Tensor:  # noqa: D102
        return torch.empty(like.shape, dtype=like.dtype, pin_memory=True)

    def on_device(self, like: Tensor, stream: Lane) -> Tensor:  # noqa: D102
        with torch.cuda.stream(stream):
            return torch.empty(like.shape, dtype=like.dtype, device=self._device)


def choose_copies(machine: Machine) -> Copies:
    """Return the way to copy to a machine's device: in streams on CUDA, at once elsewhere.

    >>> choose_copies(Machine(device=torch.device("cpu"), dtype=torch.float32)).ahead
    0
    """
    if machine.device.type == "cuda":
        return StreamCopies(CudaDriver(machine.device))
    return DirectCopies(machine.device)
