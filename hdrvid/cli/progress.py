"""Show a run: a bar for people, JSON lines for programs, and a closing line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from hdrvid.events import Event, Failed, Finished, FrameKept, FrameWritten, Started, Warned, to_json

if TYPE_CHECKING:
    from hdrvid.engine import Run


def follow(run: Run, *, progress: str = "auto", quiet: bool = False) -> None:
    """Show a run's events until it ends, raise its error, and cancel it on Ctrl-C or SIGTERM."""
    with _cancelling(run):
        if progress == "jsonl":
            for event in _to_the_end(run):
                click.echo(to_json(event))
        else:
            bar = not quiet and (progress == "bar" or (progress == "auto" and sys.stderr.isatty()))
            _show(run, bar=bar, quiet=quiet)
    run.wait()


def _show(run: Run, *, bar: bool, quiet: bool) -> None:
    from tqdm import tqdm  # heavy: --help must not wait for it

    with tqdm(unit="frame", disable=not bar, dynamic_ncols=True) as shown:
        for event in _to_the_end(run):
            if isinstance(event, Started):
                shown.total = event.total
                shown.set_description(f"{event.width}x{event.height}")
            elif isinstance(event, FrameKept | FrameWritten):
                shown.update(1)
            elif isinstance(event, Warned) and not quiet:
                shown.write(f"hdrvid: warning: {event.message}", file=sys.stderr)
    if not quiet:
        _close(run, event)


def _close(run: Run, last: Event) -> None:
    if isinstance(last, Finished):
        click.echo(summary(last, where=str(run.output.sink.folder)), err=True)


def summary(end: Finished, *, where: str) -> str:
    """Say in one line how a run ended.

    >>> summary(Finished(written=2, kept=0, seconds=1.0), where="exr")
    'hdrvid: 2 frames written to exr in 1.0 s (0.50 s a frame)'
    """
    rate = f" ({end.seconds / end.written:.2f} s a frame)" if end.written else ""
    kept = f", {end.kept} kept from before" if end.kept else ""
    limited = f"; {end.limited} values above half float's 65504 were limited to it" if end.limited else ""
    return f"hdrvid: {end.written} frames written to {where} in {end.seconds:.1f} s{rate}{kept}{limited}"


def _to_the_end(run: Run) -> Iterator[Event]:
    """Yield a run's events without its error: `wait` raises that when all is shown."""
    for event in run.events():
        yield event
        if isinstance(event, Failed | Finished):
            return


@contextmanager
def _cancelling(run: Run) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM cancel the run while it is shown; a second one stops at once."""

    def cancel(_signal: int, _frame: FrameType | None) -> None:
        if run.cancelling:
            raise KeyboardInterrupt
        run.cancel()

    before: dict[signal.Signals, Any] = {}
    for name in (signal.SIGINT, signal.SIGTERM):
        before[name] = signal.signal(name, cancel)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
