"""The plug-in reads the recorded events of the contract, and counts them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hdrvid_nuke.errors import ProtocolMismatch
from hdrvid_nuke.events import PROTOCOL, Event, Progress, end_message, read_event

CONTRACT = Path(__file__).parents[1] / "contract" / "events.jsonl"


def recorded() -> list[Event]:
    lines = CONTRACT.read_text(encoding="utf-8").splitlines()
    events = [read_event(line) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def test_the_plug_in_reads_the_protocol_of_the_contract() -> None:
    assert {event["protocol"] for event in recorded() if event["event"] == "started"} == {PROTOCOL}


def test_the_recorded_run_is_counted_to_its_end() -> None:
    progress = Progress()

    for event in recorded():
        progress.feed(event)
        if event["event"] == "finished":
            break

    assert (progress.total, progress.done, progress.kept, progress.written) == (4, 4, 1, 3)
    assert progress.percent == 100
    assert progress.end is not None
    assert progress.summary() == "3 frames written, 1 kept from before"


def test_the_recorded_failure_gives_its_message() -> None:
    failed = [event for event in recorded() if event["event"] == "failed"]

    assert failed
    assert all(end_message(event) == " ".join(event["message"].split()) for event in failed)


def test_a_frame_shows_its_number_rate_and_the_time_left() -> None:
    progress = Progress()
    progress.feed({"event": "started", "protocol": PROTOCOL, "total": 100})

    progress.feed({"event": "frame", "number": 1010, "done": 10, "total": 100, "seconds": 4.0, "path": "/a"})

    assert progress.text() == "frame 1010, 10 of 100, 4.0 s/frame, 6:00 left"
    assert progress.percent == 10


def test_frames_kept_from_before_do_not_make_the_rate_look_better() -> None:
    progress = Progress()
    for number in range(1001, 1051):
        progress.feed({"event": "kept", "number": number, "done": number - 1000, "total": 100, "path": "/a"})
    progress.feed({"event": "frame", "number": 1051, "done": 51, "total": 100, "seconds": 2.0, "path": "/a"})

    assert progress.seconds_left == pytest.approx(98.0)


def test_before_the_first_frame_no_time_is_promised() -> None:
    progress = Progress()
    progress.feed({"event": "started", "protocol": PROTOCOL, "total": 100})

    assert progress.seconds_left is None
    assert progress.text() == "0 of 100"


def test_hours_are_shown_as_such() -> None:
    progress = Progress(frame=1, done=1, total=3601, written=1, seconds=2.0)

    assert progress.text().endswith("2:00:00 left")


@pytest.mark.parametrize("protocol", [0, 2, None, "1"])
def test_another_protocol_is_refused(protocol: object) -> None:
    with pytest.raises(ProtocolMismatch, match="expected 1"):
        Progress().feed({"event": "started", "protocol": protocol})


@pytest.mark.parametrize(
    "line", ["", "null", "3", "[]", '{"a": 1}', '{"event": 3}', '{"event": "fra', "text"]
)
def test_a_line_that_is_no_event_is_none(line: str) -> None:
    assert read_event(line) is None


def test_a_failure_without_a_message_is_told_by_its_kind() -> None:
    assert end_message({"event": "failed", "kind": "KeyError", "message": ""}) == "KeyError"
