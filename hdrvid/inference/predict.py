"""Run the network over pictures, in batches that fit, never lose one, and never compute one twice."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hdrvid.errors import DeviceError, NotFinite
from hdrvid.inference.copies import Arrival, Copies, choose_copies
from hdrvid.inference.devices import Machine
from hdrvid.inference.memory import MOST_REMEMBERED, REMEMBERED_PIXEL
from hdrvid.model import Fill

log = logging.getLogger(__name__)

FillBatch = Callable[[Tensor], Fill]
"""Predict `(N, 3, h, w)` pictures on their device: stops and mask of the same shape."""


@dataclass(slots=True, eq=False)
class _Answer:
    """Hold a picture, `(3, h, w)`, and what the network says of it: a fill, or why there is none."""

    picture: Tensor
    fill: Fill | None = None
    error: NotFinite | None = None

    @property
    def is_open(self) -> bool:
        return self.fill is None and self.error is None

    def result(self) -> Fill:
        if self.fill is None:
            assert self.error is not None  # taken only when it is no longer open
            raise self.error
        return self.fill


class BatchPredictor:
    """Predict pictures of linear Rec.709, `(3, h, w) float32` on the CPU, and remember the last ones.

    The network always sees as many pictures at once, the last one repeated where there are fewer: its kernels
    differ in the last bits with the number of pictures, and a picture must not depend on its company. When
    memory runs out, the number is halved and the batch tried again. What is not finite in the fast precision
    is predicted again in float32.
    """

    def __init__(
        self,
        fill: FillBatch,
        *,
        machine: Machine,
        batch: int = 1,
        exact: FillBatch | None = None,
        copies: Copies | None = None,
    ) -> None:
        """Take the network in its fast precision, and in float32 for what that cannot hold."""
        self.batch = batch
        self._fill = fill
        self._exact = exact
        self._machine = machine
        self._copies = copies or choose_copies(machine)
        self._known = _Memory()
        self._flights: deque[tuple[Sequence[_Answer], Arrival]] = deque()

    def __call__(self, pictures: Iterable[tuple[Hashable, Tensor]]) -> Iterator[Fill]:
        """Yield the fill of each picture, `(3, h, w)` on the CPU; raise `NotFinite` where there is none.

        A picture comes with its place. One that equals the last one at its place, bit for bit, has the answer
        of then. Pictures of one shape that follow each other share a batch; they are taken as they are
        needed, a few ahead of what is yielded.
        """
        open_: list[_Answer] = []  # of one shape, fewer than a batch
        waiting: deque[_Answer] = deque()
        self._flights.clear()
        self._known.forget_unused()
        for place, picture in pictures:
            answer = self._known.find(place, picture)
            if answer is None:
                answer = self._known.keep(place, _Answer(picture))
                if open_ and open_[0].picture.shape != picture.shape:
                    self._start(open_)
                    open_ = []
                open_.append(answer)
            waiting.append(answer)
            if len(open_) >= self.batch:
                self._start(open_)
                open_ = []
            while waiting and not waiting[0].is_open:
                yield waiting.popleft().result()
        if open_:
            self._start(open_)
        self._land(0)
        while waiting:
            yield waiting.popleft().result()

    def _start(self, answers: Sequence[_Answer]) -> None:
        """Let the device compute answers; where its memory does not hold them, half of them at a time."""
        if len(answers) <= self.batch and self._launch(answers):
            self._land(self._copies.ahead)
            return
        size = self.batch  # it may be halved again on the way
        for start in range(0, len(answers), size):
            self._start(answers[start : start + size])

    def _launch(self, answers: Sequence[_Answer]) -> bool:
        """Send a batch on its way; where memory runs out, halve what a batch is and tell that it stayed."""
        pictures = [answer.picture for answer in answers]
        padded = [*pictures, *[pictures[-1]] * (self.batch - len(pictures))]
        try:
            arrival = self._compute(self._fill, torch.stack(padded))
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            if self.batch == 1:
                raise _no_memory(pictures[0], self._machine) from error
            self._halve()
            return False
        self._flights.append((answers, arrival))
        return True

    def _compute(self, network: FillBatch, pictures: Tensor) -> Arrival:
        """Return how to get stops and mask, `(N, 6, h, w) float32`, of `(N, 3, h, w)` pictures."""
        with torch.inference_mode():
            fill = network(self._copies.upload(pictures)())
            return self._copies.download(torch.cat([fill.stops.float(), fill.mask.float()], dim=1))

    def _land(self, ahead: int) -> None:
        """Take down the answers of all batches but the last `ahead`."""
        while len(self._flights) > ahead:
            answers, arrival = self._flights.popleft()
            found = arrival()
            for answer, planes in zip(answers, found, strict=False):  # what a batch was filled up with goes
                self._settle(answer, planes.clone() if len(found) > 1 else planes)

    def _settle(self, answer: _Answer, planes: Tensor) -> None:
        fill = Fill(stops=planes[:3], mask=planes[3:])
        if bool(torch.isfinite(fill.stops).all()):
            answer.fill = fill
            return
        try:
            answer.fill = self._again(answer.picture)
        except NotFinite as error:
            answer.error = error

    def _halve(self) -> None:
        self.batch //= 2
        log.warning("%s: out of memory, going on with %d pictures at once", self._machine, self.batch)
        if self._machine.device.type == "cuda":
            torch.cuda.empty_cache()

    def _again(self, picture: Tensor) -> Fill:
        """Predict one picture in float32, after the fast precision gave NaN or infinity."""
        if self._exact is not None:
            try:
                planes = self._compute(self._exact, picture[None])()[0]
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                raise _no_memory(picture, self._machine) from error
            if bool(torch.isfinite(planes[:3]).all()):
                log.warning("the network was not finite in %s, taken in fp32", self._machine.precision)
                return Fill(stops=planes[:3], mask=planes[3:])
        message = (
            "the network returned NaN or infinity, expected finite stops. Run again with --precision fp32, "
            "and report the frame if it stays."
        )
        raise NotFinite(message)


class _Memory:
    """Remember the last answer at each place, as many of them as fit."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, _Answer] = {}
        self._used: set[Hashable] = set()
        self._bytes = 0

    def find(self, place: Hashable, picture: Tensor) -> _Answer | None:
        """Return what is known of a picture at its place, be it under way; None for another picture."""
        self._used.add(place)
        known = self._answers.get(place)
        return known if known is not None and torch.equal(known.picture, picture) else None

    def keep(self, place: Hashable, answer: _Answer) -> _Answer:
        """Remember an answer in place of the last one, if there is room."""
        self._drop(place)
        size = _bytes(answer)
        if self._bytes + size <= MOST_REMEMBERED:
            self._answers[place] = answer
            self._bytes += size
        return answer

    def forget_unused(self) -> None:
        """Forget the places that nobody asked for since the last call, and what came to nothing."""
        broken = {place for place, answer in self._answers.items() if answer.fill is None}
        for place in (self._answers.keys() - self._used) | broken:
            self._drop(place)
        self._used.clear()

    def _drop(self, place: Hashable) -> None:
        dropped = self._answers.pop(place, None)
        self._bytes -= 0 if dropped is None else _bytes(dropped)


def _bytes(answer: _Answer) -> int:
    return answer.picture[0].numel() * REMEMBERED_PIXEL


def is_out_of_memory(error: BaseException) -> bool:
    """Tell an allocation that failed, on any device, from other errors of torch.

    >>> is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    True
    >>> is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    False
    """
    text = str(error)
    return isinstance(error, torch.OutOfMemoryError) or any(
        mark in text for mark in ("can't allocate memory", "not enough memory", "out of memory")
    )


def _no_memory(picture: Tensor, machine: Machine) -> DeviceError:
    height, width = picture.shape[1:]
    message = (
        f"{machine}: out of memory for one picture of {width}x{height}, expected room for it. Choose a lower "
        "--quality, or a machine with more memory."
    )
    return DeviceError(message)
