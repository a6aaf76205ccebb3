"""A session carries a run beside the main thread, and turns whatever goes wrong into an outcome."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hdrvid_nuke import session as module
from hdrvid_nuke.errors import CommandMissing
from hdrvid_nuke.runner import Limits, Outcome
from hdrvid_nuke.session import Order, Session, leave, session_of

from tests.nuke_plugin.stand_in import program

Check = Callable[[Callable[[], bool]], Any]
LONG = "say(STARTED); say(FRAME); time.sleep(60)"
SHORT = "say(STARTED); say(FRAME); say({'event': 'finished', 'written': 1, 'kept': 0, 'seconds': 1})"


class Desk:
    """Where a session's calls arrive."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.closed: list[tuple[Outcome, str, tuple[str, ...]]] = []

    def order(self, folder: Path, text: str, check: Check = lambda _: None, **more: Any) -> Order:
        return Order(
            call=program(folder, text),
            title="Node1",
            check=check,
            show=self.shown.append,
            refresh=lambda: self.shown.append("again"),
            close=lambda *told: self.closed.append(told),
            limits=Limits(silence=10, grace=0.3, poll=0.01),
            **more,
        )


def test_a_run_shows_its_first_frame_once_and_closes_once(tmp_path: Path) -> None:
    desk = Desk()

    outcome = Session("node", desk.order(tmp_path, SHORT), edit=lambda e: e()).work()

    assert outcome.is_good
    assert desk.shown == ["/x/a.0001.exr"]
    assert desk.closed == [(outcome, "/x/a.0001.exr", ())]


def test_a_check_that_fails_is_an_outcome_and_starts_nothing(tmp_path: Path) -> None:
    desk = Desk()

    def check(_is_cancelled: Callable[[], bool]) -> None:
        raise CommandMissing("hdrvid: too old")

    outcome = Session("node", desk.order(tmp_path, SHORT, check), edit=lambda e: e()).work()

    assert (outcome.kind, outcome.message) == ("failed", "hdrvid: too old")
    assert not (tmp_path / "events.jsonl").exists()


def test_an_error_that_nobody_expected_reaches_the_artist(tmp_path: Path) -> None:
    desk = Desk()
    order = desk.order(tmp_path, SHORT)

    def edit(function: Callable[[], None]) -> None:
        if not desk.shown:
            desk.shown.append("once")
            raise KeyError("which")
        function()

    outcome = Session("node", order, edit=edit).work()

    assert outcome.message == "unexpected KeyError: 'which'"
    assert len(desk.closed) == 1


def test_a_session_is_found_by_its_owner_while_it_runs(tmp_path: Path) -> None:
    desk = Desk()
    session = Session("node", desk.order(tmp_path, LONG), edit=lambda e: e())
    session.start(None)

    assert session_of("node") is session
    assert session_of("another") is None
    session.cancel()
    assert session.wait(5)
    assert session_of("node") is None
    assert desk.closed[0][0].kind == "cancelled"


def test_a_cancel_before_the_start_starts_nothing(tmp_path: Path) -> None:
    desk = Desk()
    session = Session("node", desk.order(tmp_path, LONG), edit=lambda e: e())
    session.cancel()

    outcome = session.work()

    assert outcome.message == "cancelled before the start"
    assert not (tmp_path / "events.jsonl").exists()


def test_leaving_nuke_ends_the_runs_that_have_a_bar_and_not_those_in_the_background(tmp_path: Path) -> None:
    desk = Desk()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    attached = Session("a", desk.order(tmp_path / "a", LONG), edit=lambda e: e())
    detached = Session("b", desk.order(tmp_path / "b", LONG, background=True), edit=lambda e: e())
    attached.start(None)
    detached.start(None)
    _until(lambda: len(desk.shown) == 2)

    leave()

    assert not attached.is_running
    assert detached.is_running
    detached.cancel()
    assert detached.wait(5)


def test_later_frames_are_let_be_seen_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    monkeypatch.setattr(module, "_REFRESH_S", 0.0)
    text = "say(STARTED); say(FRAME); say({**FRAME, 'number': 2}); " + SHORT.partition("; ")[2]

    Session("node", desk.order(tmp_path, text), edit=lambda e: e()).work()

    assert desk.shown[:3] == ["/x/a.0001.exr", "again", "again"]


def test_warnings_are_handed_on_with_the_outcome(tmp_path: Path) -> None:
    desk = Desk()
    text = "say(STARTED); say({'event': 'warning', 'message': 'untagged'}); " + SHORT

    Session("node", desk.order(tmp_path, text), edit=lambda e: e()).work()

    assert desk.closed[0][2] == ("untagged",)


def test_no_thread_is_left(tmp_path: Path) -> None:
    Session("node", Desk().order(tmp_path, SHORT), edit=lambda e: e()).work()

    assert not [thread for thread in threading.enumerate() if thread.name == "hdrvid"]
    assert module.RUNNING == []


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.02)
    pytest.fail("it did not come to that")
