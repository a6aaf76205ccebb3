"""Put stages side by side: the one file with threads and queues.

A stage is a generator from an iterator to an iterator and knows no thread. The adaptors here let stages
overlap with a bounded number of results between them, so that memory does not grow with the clip. All of them
keep order, hand on everything that came before an error before they raise it, and leave no thread behind when
their consumer stops early.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, Queue, SimpleQueue
from typing import TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Stage: TypeAlias = Generator[T, None, None]


@dataclass(frozen=True, slots=True)
class _End:
    """Close a queue; `None` is a result like any other."""

    error: BaseException | None


def prefetch(stage: Stage[T], depth: int) -> Stage[T]:
    """Run a stage in a thread of its own, at most `depth` results ahead.

    >>> list(prefetch((n * n for n in range(4)), depth=2))
    [0, 1, 4, 9]
    """
    queue: Queue[T | _End] = Queue(maxsize=depth)
    stopped = threading.Event()

    def produce() -> None:
        error: BaseException | None = None
        try:
            with contextlib.closing(
                stage
            ):  # in this thread: a running generator cannot be closed from another
                for item in stage:
                    queue.put(item)
                    if stopped.is_set():
                        break
        except BaseException as caught:  # noqa: BLE001 - carried across, raised in the consumer
            error = caught
        queue.put(_End(error))

    thread = threading.Thread(target=produce, name="hdrvid-prefetch", daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error:
            raise item.error
    finally:
        stopped.set()
        while thread.is_alive():  # make room for a blocked put until the thread has ended
            with contextlib.suppress(Empty):
                queue.get(timeout=0.05)


def batched(stage: Stage[T], size: int) -> Stage[list[T]]:
    """Gather results in lists of `size`; a list cut short by an error is handed on before the error.

    >>> list(batched((n for n in range(5)), 2))
    [[0, 1], [2, 3], [4]]
    """
    batch: list[T] = []
    with contextlib.closing(stage):
        try:
            for item in stage:
                batch.append(item)
                if len(batch) == size:
                    yield batch
                    batch = []
        except Exception:
            if batch:
                yield batch
            raise
    if batch:
        yield batch


def in_pool(stage: Stage[T], work: Callable[[T], R], *, workers: int, depth: int) -> Stage[R]:
    """Do `work` on each result in a pool of threads, `depth` at once at the most, and keep the order.

    >>> list(in_pool((n for n in range(5)), lambda n: -n, workers=2, depth=3))
    [0, -1, -2, -3, -4]
    """
    waiting: deque[Future[R]] = deque()
    error: Exception | None = None
    with contextlib.closing(stage), ThreadPoolExecutor(workers, thread_name_prefix="hdrvid-pool") as pool:
        try:
            while error is None:
                try:
                    item = next(stage)
                except StopIteration:
                    break
                except Exception as caught:  # noqa: BLE001 - raised below, when all that came before it is done
                    error = caught
                else:
                    waiting.append(pool.submit(work, item))
                    while len(waiting) >= depth:
                        yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
    if error is not None:
        raise error


def share_out(stage: Stage[T], workers: Sequence[Callable[[T], Iterable[R]]]) -> Stage[R]:
    """Hand each item to a worker that is free, and yield all that they return, in order.

    A worker has one item at a time. A single one works in the calling thread.

    >>> list(share_out((n for n in range(3)), [lambda n: [n, -n], lambda n: [n, -n]]))
    [0, 0, 1, -1, 2, -2]
    """
    free: SimpleQueue[Callable[[T], Iterable[R]]] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def work(item: T) -> Iterable[R]:
        worker = free.get()
        try:
            return worker(item)
        finally:
            free.put(worker)

    count = len(workers)
    done = (work(item) for item in stage) if count == 1 else in_pool(stage, work, workers=count, depth=count)
    with contextlib.closing(stage), contextlib.closing(done):
        for results in done:
            yield from results


def until(stage: Stage[T], stopped: Callable[[], bool]) -> Stage[T]:
    """Hand results on until `stopped` says so.

    >>> list(until((n for n in range(9)), lambda: True))
    []
    """
    with contextlib.closing(stage):
        for item in stage:
            if stopped():
                return
            yield item
