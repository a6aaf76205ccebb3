"""Stages overlap, keep order, hand errors on after what came before them, and leave no thread behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.engine.pipeline import Stage, batched, in_pool, prefetch, until

ADAPTORS = [
    pytest.param(lambda stage: prefetch(stage, 2), id="prefetch"),
    pytest.param(lambda stage: in_pool(stage, lambda n: n, workers=2, depth=3), id="in_pool"),
    pytest.param(lambda stage: (n for batch in batched(stage, 2) for n in batch), id="batched"),
    pytest.param(lambda stage: until(stage, lambda: False), id="until"),
]
Adaptor = Callable[[Stage[int]], Stage[int]]


def counting(count: int, *, fails_at: int | None = None, closed: list[bool] | None = None) -> Stage[int]:
    try:
        for n in range(count):
            if n == fails_at:
                message = f"broken at {n}"
                raise ValueError(message)
            yield n
    finally:
        if closed is not None:
            closed.append(True)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and any(t.name.startswith("hdrvid") for t in threading.enumerate()):
        time.sleep(0.01)
    assert not [t.name for t in threading.enumerate() if t.name.startswith("hdrvid")]


@pytest.mark.parametrize("adapt", ADAPTORS)
def test_order_is_kept(adapt: Adaptor) -> None:
    assert list(adapt(counting(25))) == list(range(25))


@pytest.mark.parametrize("adapt", ADAPTORS)
def test_everything_before_an_error_comes_before_the_error(adapt: Adaptor) -> None:
    got: list[int] = []

    with pytest.raises(ValueError, match="broken at 7"):
        keep(got, adapt(counting(20, fails_at=7)))

    assert got == list(range(7))


def keep(got: list[int], stage: Stage[int]) -> None:
    for n in stage:
        got.append(n)  # noqa: PERF402 - what came before an error must be kept


@pytest.mark.parametrize("adapt", ADAPTORS)
@given(stop=st.integers(0, 6))
def test_leaving_early_closes_the_stage_above(adapt: Adaptor, stop: int) -> None:
    closed: list[bool] = []
    stage = adapt(counting(50, closed=closed))

    for n in stage:
        if n == stop:
            break
    stage.close()

    assert closed == [True]


def test_prefetch_hands_on_none_as_an_item() -> None:
    assert list(prefetch((None for _ in range(3)), 2)) == [None, None, None]


def test_prefetch_runs_no_further_ahead_than_its_depth() -> None:
    made: list[int] = []

    def noted() -> Stage[int]:
        for n in range(100):
            made.append(n)
            yield n

    stage = prefetch(noted(), 3)
    next(stage)
    time.sleep(0.2)

    assert len(made) <= 1 + 3 + 1  # taken, waiting, and one in the hand of the blocked thread
    stage.close()


def test_a_whole_stream_holds_a_constant_number_of_frames() -> None:
    """The decoder waits for the writers: what is between them is bounded by the depths, not by the clip."""
    made, written, most = 0, 0, 0

    def decode() -> Stage[int]:
        nonlocal made, most
        for n in range(200):
            made += 1
            most = max(most, made - written)
            yield n

    def write(n: int) -> int:
        time.sleep(0.001)
        return n

    batches = batched(prefetch(decode(), 2), 4)
    for _ in in_pool((n for batch in batches for n in batch), write, workers=2, depth=3):
        written += 1

    assert written == 200
    assert most <= 2 + 2 + 4 + 3  # the queue, the hands on both its ends, a batch, the pool


def test_a_pool_holds_no_more_than_its_depth() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(n: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1
        return n

    assert list(in_pool(counting(30), work, workers=3, depth=4)) == list(range(30))
    assert most <= 3


def test_an_error_in_the_pool_comes_in_its_place() -> None:
    def work(n: int) -> int:
        if n == 4:
            message = "worker"
            raise OSError(message)
        return n

    got: list[int] = []
    with pytest.raises(OSError, match="worker"):
        keep(got, in_pool(counting(10), work, workers=2, depth=3))

    assert got == [0, 1, 2, 3]


def test_stages_overlap() -> None:
    def slowly(stage: Stage[int]) -> Stage[int]:
        for n in stage:
            time.sleep(0.02)
            yield n

    start = time.monotonic()
    list(slowly(prefetch(slowly(counting(15)), 2)))

    assert time.monotonic() - start < 15 * 0.04 * 0.9


def test_until_stops_reading() -> None:
    taken: list[int] = []
    for n in until(counting(100), lambda: len(taken) >= 3):
        taken.append(n)  # noqa: PERF402 - the stage looks at the list

    assert taken == [0, 1, 2]


@given(st.integers(0, 30), st.integers(1, 7))
def test_batches_hold_everything_once(count: int, size: int) -> None:
    batches = list(batched(counting(count), size))

    assert [n for batch in batches for n in batch] == list(range(count))
    assert all(len(batch) == size for batch in batches[:-1])
