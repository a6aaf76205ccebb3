"""Run the command to its end: hand on its events, cancel it, and say in one line how it went."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable

from hdrvid_nuke.errors import ProtocolMismatch, one_line
from hdrvid_nuke.events import Event, Progress, end_message, read_event
from hdrvid_nuke.process import Call, Process

FINISHED, FAILED, CANCELLED, CRASHED, SILENT = "finished", "failed", "cancelled", "crashed", "silent"

_PREFIX = "hdrvid: "
_CANCELLED_STATUS = 130


@dataclass(frozen=True)
class Limits:
    """State how patient a run is, in seconds."""

    silence: float = 900.0
    """Without an event for so long, the process is taken as stuck. A full-size frame can take minutes."""
    grace: float = 1.5
    """After a cancel, the process may finish what it does for so long; then it is ended."""
    poll: float = 0.05


@dataclass(frozen=True)
class Outcome:
    """Say how a run ended: a kind for programs, a line for people."""

    kind: str
    message: str
    written: int = 0
    kept: int = 0

    @property
    def is_good(self) -> bool:
        """Tell whether all frames that were asked for are in their place."""
        return self.kind == FINISHED


def run(
    call: Call,
    *,
    on_event: Callable[[Event, Progress], None],
    is_cancelled: Callable[[], bool],
    limits: Limits | None = None,
    detached: bool = False,
) -> Outcome:
    """Start the command and follow it to its end; blocks, so give it a thread.

    `on_event` sees every event, after the count; what it raises ends the process and is raised here. A
    `detached` process is left alone when Nuke quits.
    """
    limits = limits or Limits()
    progress = Progress()
    with Process(call, detached=detached) as process:
        try:
            return _follow(process, progress, on_event, is_cancelled, limits)
        except ProtocolMismatch as error:
            process.kill()
            return Outcome(kind=FAILED, message=str(error))


def _follow(
    process: Process,
    progress: Progress,
    on_event: Callable[[Event, Progress], None],
    is_cancelled: Callable[[], bool],
    limits: Limits,
) -> Outcome:
    last_word = time.monotonic()
    while True:
        status = process.status()  # before the lines, so that none comes after the last look
        if _hand_on(process, progress, on_event):
            last_word = time.monotonic()
        if status is not None:
            return outcome_of(status, progress, process.last_words())
        if is_cancelled():
            return _cancel(process, progress, on_event, limits)
        if time.monotonic() - last_word > limits.silence:
            process.kill()
            return _silent(progress, limits.silence, process.last_words())
        time.sleep(limits.poll)


def _hand_on(process: Process, progress: Progress, on_event: Callable[[Event, Progress], None]) -> bool:
    lines = process.new_lines()
    for line in lines:
        event = read_event(line)
        if event is not None:
            progress.feed(event)
            on_event(event, progress)
    return bool(lines)


def _cancel(
    process: Process, progress: Progress, on_event: Callable[[Event, Progress], None], limits: Limits
) -> Outcome:
    process.terminate()
    if not process.wait(limits.grace):
        process.kill()
    _hand_on(process, progress, on_event)
    return _outcome(
        CANCELLED, f"cancelled: {progress.summary()}. Expand again to go on from there.", progress
    )


def outcome_of(status: int, progress: Progress, last_words: str) -> Outcome:
    """Judge a process that has ended by its exit status, its closing event and its last words.

    >>> outcome_of(2, Progress(), "hdrvid: option --mix: got 7.0").message
    'option --mix: got 7.0'
    """
    end = progress.end
    if status == 0 and end is not None and end["event"] == "finished":
        return _outcome(FINISHED, f"{progress.summary()} in {float(end.get('seconds', 0)):.1f} s", progress)
    if status == _CANCELLED_STATUS:
        return _outcome(CANCELLED, f"cancelled: {progress.summary()}", progress)
    if end is not None and end["event"] == "failed":
        return _outcome(FAILED, end_message(end), progress)
    said = _own_line(last_words)
    if said and status > 0:
        return _outcome(FAILED, said, progress)
    return _outcome(CRASHED, _crash(status, progress, last_words), progress)


def _outcome(kind: str, message: str, progress: Progress) -> Outcome:
    return Outcome(kind=kind, message=message, written=progress.written, kept=progress.kept)


def _own_line(last_words: str) -> str:
    """Return the last line that the command itself printed, without its name."""
    for line in reversed(last_words.splitlines()):
        if line.startswith(_PREFIX):
            return one_line(line[len(_PREFIX) :])
    return ""


def _crash(status: int, progress: Progress, last_words: str) -> str:
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    where = f" after frame {progress.frame}" if progress.frame is not None else " before the first frame"
    said = one_line(last_words)[-400:] or "nothing"
    return (
        f"the hdrvid process ended {how}{where}, expected it to say why. Its last words: {said}. "
        "Written frames are whole: expand again to go on, and see Open log."
    )


def _silent(progress: Progress, silence: float, last_words: str) -> Outcome:
    said = one_line(last_words)[-400:] or "nothing"
    message = (
        f"no frame for {silence:g} s, expected one sooner; the process was stopped. Last words: "
        f"{said}. Raise the knob 'silence' if frames are this slow, or see Open log."
    )
    return _outcome(SILENT, message, progress)
