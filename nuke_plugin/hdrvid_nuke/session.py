"""Carry one run beside Nuke: in a thread of its own in the GUI, in place without one.

Nothing here knows Nuke. What touches the tree is handed to a host, which does it in the main thread.
"""

from __future__ import annotations

import atexit
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

from hdrvid_nuke.errors import PluginError
from hdrvid_nuke.events import Event, Progress
from hdrvid_nuke.process import Call
from hdrvid_nuke.runner import CANCELLED, FAILED, Limits, Outcome, run

_LEAVE_S = 3.0
_REFRESH_S = 5.0
"""Nuke does not look again by itself for a frame that was missing."""


class Bar(Protocol):
    """A progress bar: `nuke.ProgressTask`."""

    def setMessage(self, text: str) -> Any:  # noqa: N802 - Nuke's name
        """Show a line."""

    def setProgress(self, percent: int) -> Any:  # noqa: N802
        """Show how far it is, 0 to 100."""

    def isCancelled(self) -> Any:  # noqa: N802
        """Tell whether its Cancel was pressed."""


@dataclass(frozen=True)
class Order:
    """State one run: what is called, and what is done with it.

    `check` runs first, off the main thread, and raises `PluginError` where the command cannot be used; it
    is given a function that tells whether the artist has cancelled meanwhile, and then comes back. `show`
    gets the path of the first frame in its place; `refresh` is called now and then, so that later ones are
    seen; `close` gets the outcome, the path of the last frame, and the warnings.
    """

    call: Call
    title: str
    check: Callable[[Callable[[], bool]], Any]
    show: Callable[[str], None]
    refresh: Callable[[], None]
    close: Callable[[Outcome, str, tuple[str, ...]], None]
    limits: Limits = field(default_factory=Limits)
    background: bool = False


class Session:
    """One run of one node."""

    def __init__(self, owner: Any, order: Order, *, edit: Callable[[Callable[[], None]], None]) -> None:
        """Take the node that it belongs to, and `edit`, which runs a function in the main thread."""
        self.owner = owner
        self.order = order
        self._edit = edit
        self._stop = threading.Event()
        self._bar: Bar | None = None
        self._seen: float | None = None
        self._path = ""
        self._warnings: list[str] = []
        self._thread: threading.Thread | None = None

    def start(self, make_bar: Callable[[str], Bar] | None) -> None:
        """Run in a thread; the bar is made there, as Nuke wants it."""
        self._thread = threading.Thread(target=self.work, args=(make_bar,), name="hdrvid", daemon=True)
        RUNNING.append(self)
        self._thread.start()

    def work(self, make_bar: Callable[[str], Bar] | None = None) -> Outcome:
        """Run to the end in the calling thread; errors become an outcome, never an exception."""
        try:
            self._bar = make_bar(self.order.title) if make_bar else None
            outcome = self._run()
        except PluginError as error:
            outcome = Outcome(kind=FAILED, message=str(error))
        except Exception as error:  # noqa: BLE001 - the thread's outermost line: the artist has to hear of it
            outcome = Outcome(kind=FAILED, message=f"unexpected {type(error).__name__}: {error}")
        self._bar = None  # deleting it closes it
        path, warnings = self._path, tuple(self._warnings)
        self._edit(lambda: self.order.close(outcome, path, warnings))
        if self in RUNNING:
            RUNNING.remove(self)
        return outcome

    def cancel(self) -> None:
        """Ask the run to stop; returns at once."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, from any thread but the main one; tell whether it came."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.is_running

    @property
    def is_running(self) -> bool:
        """Tell whether the thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> Outcome:
        self._say("looking for hdrvid", 0)
        self.order.check(self._is_cancelled)
        if self._is_cancelled():
            return Outcome(kind=CANCELLED, message="cancelled before the start")
        return run(
            self.order.call,
            on_event=self._see,
            is_cancelled=self._is_cancelled,
            limits=self.order.limits,
            detached=self.order.background,
        )

    def _see(self, event: Event, progress: Progress) -> None:
        if event["event"] == "warning":
            self._warnings.append(str(event.get("message", "")))
        if progress.path:
            self._path = progress.path
            self._let_see(progress.path)
        self._say(progress.text(), progress.percent)

    def _let_see(self, path: str) -> None:
        if self._seen is None:
            self._edit(lambda: self.order.show(path))
        elif time.monotonic() - self._seen > _REFRESH_S:
            self._edit(self.order.refresh)
        else:
            return
        self._seen = time.monotonic()

    def _say(self, text: str, percent: int) -> None:
        if self._bar is not None:
            self._bar.setMessage(text)
            self._bar.setProgress(percent)

    def _is_cancelled(self) -> bool:
        return self._stop.is_set() or (self._bar is not None and bool(self._bar.isCancelled()))


RUNNING: list[Session] = []
"""The sessions that are at work."""


def session_of(owner: Any) -> Session | None:
    """Return the run of a node, whatever it is called by now; None when none is at work."""
    for session in RUNNING:
        if session.owner == owner and session.is_running:
            return session
    return None


def leave() -> None:
    """End what should not outlive Nuke; runs in the background are left to themselves."""
    attached = [session for session in RUNNING if not session.order.background]
    for session in attached:
        session.cancel()
    for session in attached:
        session.wait(_LEAVE_S)


atexit.register(leave)
