"""Several processes that share one run, and signals that end it in good order."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

import torch
from torch import distributed

from hdrvid.errors import DeviceError


@contextlib.contextmanager
def shared_processes() -> Iterator[tuple[int, int]]:
    """Join the other processes that `torchrun` started; yields this one's rank and how many there are.

    >>> with shared_processes() as (rank, world):
    ...     print(rank, world)
    0 1
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield 0, 1
        return
    distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield distributed.get_rank(), world
        distributed.barrier()  # one that left early took the store's threads with it, and the others crashed
    finally:
        distributed.destroy_process_group()


def own_device(name: str) -> torch.device:
    """Return the device of this process: cuda's is numbered by torchrun. `DeviceError` if there is none.

    >>> own_device("cpu")
    device(type='cpu')
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(name, False):
        known = ", ".join(kind for kind, is_there in there.items() if is_there)
        raise DeviceError(
            f"training: device {name!r}; expected one of this machine's: {known}. Mend `device`."
        )
    return (
        torch.device(name, int(os.environ.get("LOCAL_RANK", "0"))) if name == "cuda" else torch.device(name)
    )


class StopFlag:
    """True once a signal asked the run to stop."""

    def __init__(self) -> None:
        """Start lowered."""
        self._raised = False

    def __bool__(self) -> bool:
        return self._raised

    def raise_flag(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Ask the run to stop after the step that it is in.

        >>> flag = StopFlag()
        >>> flag.raise_flag()
        >>> bool(flag)
        True
        """
        self._raised = True


@contextlib.contextmanager
def stop_signals() -> Iterator[StopFlag]:
    """Turn Ctrl-C and SIGTERM into a flag, so that a step is never cut in half.

    >>> with stop_signals() as stopped:
    ...     signal.raise_signal(signal.SIGTERM)
    ...     print(bool(stopped))
    True
    """
    flag = StopFlag()
    before = {number: signal.signal(number, flag.raise_flag) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def agreed(progress: float, *, stop: bool) -> tuple[float, bool]:
    """Make all processes go by the first one's progress, and stop if any of them was asked to.

    >>> agreed(0.5, stop=True)  # of one process alone
    (0.5, True)
    """
    if not distributed.is_initialized():
        return progress, stop
    state = torch.tensor([progress if distributed.get_rank() == 0 else 0.0, float(stop)], dtype=torch.float64)
    distributed.all_reduce(state, distributed.ReduceOp.MAX)
    return float(state[0]), bool(state[1] > 0)


@contextlib.contextmanager
def first_process_first(rank: int) -> Iterator[None]:
    """Let the first process go through the block before the others."""
    if distributed.is_initialized() and rank > 0:
        distributed.barrier()
    yield
    if distributed.is_initialized() and rank == 0:
        distributed.barrier()
