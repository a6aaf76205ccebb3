"""Run the network over pictures of one shape, in batches that fit, and never lose one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from hdrvid.errors import DeviceError, NotFinite
from hdrvid.inference.devices import Machine
from hdrvid.model import Fill

log = logging.getLogger(__name__)

FillBatch = Callable[[Tensor], Fill]
"""Predict `(N, 3, h, w)` pictures on their device: stops and mask of the same shape."""

_KEPT = (
    64  # windows whose answer is remembered: an 8K picture at full quality has more, and forgets the oldest
)


class BatchPredictor:
    """Predict pictures of linear Rec.709, `(3, h, w) float32` on the CPU, and remember the last ones.

    The network always sees as many pictures at once, the last one repeated where there are fewer: its kernels
    differ in the last bits with the number of pictures, and a picture must not depend on its company. When
    memory runs out, the number is halved and the batch tried again. What is not finite in the fast precision
    is predicted again in float32.
    """

    def __init__(
        self, fill: FillBatch, *, machine: Machine, batch: int = 1, exact: FillBatch | None = None
    ) -> None:
        """Take the network in its fast precision, and in float32 for what that cannot hold."""
        self.batch = batch
        self._fill = fill
        self._exact = exact
        self._machine = machine
        self._known: dict[int, tuple[Tensor, Fill]] = {}

    def __call__(self, pictures: Sequence[Tensor]) -> list[Fill]:
        """Return the fill of each picture, `(3, h, w)` on the CPU; raise `NotFinite` where there is none.

        A picture that equals the one at its place in the call before, bit for bit, has the answer of then.
        """
        fresh = [place for place, picture in enumerate(pictures) if not self._knows(place, picture)]
        for places in (fresh[start : start + self.batch] for start in range(0, len(fresh), self.batch)):
            fills = self._predict([pictures[place] for place in places])
            for place, fill in zip(places, fills, strict=True):
                self._known[place] = (pictures[place], fill)
        answers = [self._known[place][1] for place in range(len(pictures))]
        self._known = {place: known for place, known in self._known.items() if place < _KEPT}
        return answers

    def _knows(self, place: int, picture: Tensor) -> bool:
        known = self._known.get(place)
        return known is not None and torch.equal(known[0], picture)

    def _predict(self, pictures: Sequence[Tensor]) -> list[Fill]:
        fills: list[Fill] = []
        while len(fills) < len(pictures):
            group = pictures[len(fills) : len(fills) + self.batch]
            try:
                fills += self._run(self._fill, group, self.batch)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.batch == 1:
                    raise _no_memory(group[0], self._machine) from error
                self._halve()
        return fills

    def _halve(self) -> None:
        self.batch //= 2
        log.warning("%s: out of memory, going on with %d pictures at once", self._machine, self.batch)
        if self._machine.device.type == "cuda":
            torch.cuda.empty_cache()

    def _run(self, network: FillBatch, pictures: Sequence[Tensor], batch: int) -> list[Fill]:
        padded = [*pictures, *[pictures[-1]] * (batch - len(pictures))]
        with torch.inference_mode():
            fill = network(self._send(torch.stack(padded)))
            stops, mask = fill.stops.float().cpu(), fill.mask.float().cpu()
        fills = [Fill(stops=stops[n], mask=mask[n]) for n in range(len(pictures))]
        return [
            fill if bool(torch.isfinite(fill.stops).all()) else self._again(picture)
            for picture, fill in zip(pictures, fills, strict=True)
        ]

    def _again(self, picture: Tensor) -> Fill:
        """Predict one picture in float32, after the fast precision gave NaN or infinity."""
        if self._exact is not None:
            with torch.inference_mode():
                fill = self._exact(self._send(picture[None]))
            if bool(torch.isfinite(fill.stops).all()):
                log.warning("the network was not finite in %s, taken in fp32", self._machine.precision)
                return Fill(stops=fill.stops[0].float().cpu(), mask=fill.mask[0].float().cpu())
        message = (
            "the network returned NaN or infinity, expected finite stops. Run again with --precision fp32, "
            "and report the frame if it stays."
        )
        raise NotFinite(message)

    def _send(self, pictures: Tensor) -> Tensor:
        """Copy to the device; from pinned memory on CUDA, where the copy then overlaps with computing."""
        if self._machine.device.type != "cuda":
            return pictures.to(self._machine.device)
        return pictures.pin_memory().to(self._machine.device, non_blocking=True)


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
