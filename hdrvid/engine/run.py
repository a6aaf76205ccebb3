"""Carry a plate's frames through colour, network and sink, and tell of it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType

from hdrvid.engine.light import colour_in
from hdrvid.engine.manifest import Entry
from hdrvid.engine.output import Output
from hdrvid.engine.pipeline import Stage, batched, in_pool, prefetch, share_out, until
from hdrvid.engine.plan import Plan
from hdrvid.engine.resume import Standing
from hdrvid.engine.tally import Done, Tally
from hdrvid.errors import Cancelled
from hdrvid.events import Event, Finished, Started, Warned
from hdrvid.frames import FrameRange
from hdrvid.inference import Expander, set_network_threads
from hdrvid.plate import Expanded, Frame
from hdrvid.version import __version__


class Run:
    """Work through a job in a thread of its own: an iterable of events, to be cancelled or waited for.

    Iterating yields every event and raises the run's error after its `Failed` event. `wait()` returns
    `Finished` or raises the same error. Frames that are written stay, whatever happens, and the same job goes
    on from them.
    """

    def __init__(self, plan: Plan, expanders: Sequence[Expander]) -> None:
        """Start at once, with an expander for each device; the plan's source is closed when the run ends."""
        self.plan = plan
        self._expanders = expanders
        self._depths = plan.depths
        self.output = Output(plan)
        self._stop = threading.Event()
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._finished: Finished | None = None
        self._error: BaseException | None = None
        self._tally = Tally(total=len(plan.frames))
        self._thread = threading.Thread(target=self._work, name="hdrvid-run", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Event]:
        """Yield events as they come, then raise what ended the run early."""
        yield from self.events()
        if self._error is not None:
            raise self._error

    def events(self) -> Iterator[Event]:
        """Yield events as they come, and end with the run; an error shows as `Failed` only."""
        while (event := self._events.get()) is not None:
            yield event
        self._events.put(None)  # a second reader ends at once

    def __enter__(self) -> Run:
        """Return the run itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel what still runs when the block is left early, and wait for the threads."""
        if error is not None:
            self.cancel()
        self._thread.join()

    @property
    def done(self) -> bool:
        """Tell whether the run has ended, well or not."""
        return not self._thread.is_alive()

    @property
    def cancelling(self) -> bool:
        """Tell whether the run was asked to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the run to stop after the frames that are on their way; returns at once, from any thread."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> Finished:
        """Wait for the end; return its summary or raise its error, `TimeoutError` when it takes longer."""
        self._thread.join(timeout)
        if self._thread.is_alive():
            message = f"run: still at work after {timeout} s. Wait longer, or cancel it."
            raise TimeoutError(message)
        if self._error is not None:
            raise self._error
        assert self._finished is not None  # a thread that ends has set one of the two
        return self._finished

    def _work(self) -> None:
        start = time.monotonic()
        try:
            with self.plan:
                self._expand_all(start)
                self._check_cancelled()
            self._finished = self._tally.finished(time.monotonic() - start)
            self._events.put(self._finished)
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread
            self._error = error
            self._events.put(self._tally.failed(error))
        finally:
            self._events.put(None)

    def _expand_all(self, start: float) -> None:
        plan, tally = self.plan, self._tally
        standing = self.output.standing()
        tally.waiting.extend(standing.todo)
        self._events.put(_started(plan, standing))
        for message in (*plan.warnings, *_damage(plan, standing)):
            self._events.put(Warned(message=message))
        for number in standing.done:
            self._events.put(tally.count_kept(number, str(self.output.sink.path_of(number))))
        with contextlib.closing(self._written(standing.todo)) as written:
            for done in written:
                self.output.record(
                    Entry(number=done.written.number, key=done.key, checksum=done.written.checksum)
                )
                self._events.put(tally.count_written(done, time.monotonic() - start))

    def _written(self, frames: FrameRange) -> Stage[Done]:
        plan, depths = self.plan, self._depths
        set_network_threads(plan.threads.network)
        linear = until(_linear(plan, frames), self._stop.is_set)
        batches = batched(prefetch(linear, depths.ahead), depths.batch)
        expanded = share_out(batches, [expander.expand for expander in self._expanders])
        return in_pool(expanded, self._write, workers=depths.writers, depth=depths.writers + 1)

    def _write(self, frame: Expanded) -> Done:
        key = self.plan.frame_key(frame.number)
        attributes, timecode = self.output.attributes(frame.number, key), self.output.timecode(frame.number)
        written = self.output.sink.write(frame, attributes, timecode=timecode)
        return Done(written=written, key=key, clipped=frame.clipped)

    def _check_cancelled(self) -> None:
        done, total = self._tally.done, self._tally.total
        if self._stop.is_set() and done < total:
            message = (
                f"{self.plan.info.path.name}: cancelled with {done} of {total} frames done; those are whole. "
                "Run the same command again to go on."
            )
            raise Cancelled(message)


def _linear(plan: Plan, frames: FrameRange) -> Stage[Frame]:
    """Read frames and take them to the scene-linear output space; pictures of a sequence side by side."""
    if plan.info.kind == "video":
        return (colour_in(frame, plan.colour) for frame in plan.source.read(frames))

    def read_one(number: int) -> Frame:
        (frame,) = plan.source.read(FrameRange.of([number]))
        return colour_in(frame, plan.colour)

    readers = min(plan.threads.readers, plan.depths.ahead)
    return in_pool((number for number in frames), read_one, workers=readers, depth=readers)


def _started(plan: Plan, standing: Standing) -> Started:
    return Started(
        version=__version__,
        source=plan.job.source,
        out=plan.job.out,
        frames=str(plan.frames),
        total=len(plan.frames),
        todo=len(standing.todo),
        width=plan.info.width,
        height=plan.info.height,
    )


def _damage(plan: Plan, standing: Standing) -> list[str]:
    if not standing.damaged:
        return []
    return [
        f"{plan.job.out}: frames {standing.damaged} have changed since they were written; they are made again"
    ]
