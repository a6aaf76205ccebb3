"""The events that hdrvid makes are those of the contract file, which the Nuke plug-in's tests read too."""

from __future__ import annotations

import dataclasses
import json
import typing
from pathlib import Path
from typing import Any

import pytest

from hdrvid import events
from hdrvid.events import PROTOCOL, Event, to_json

CONTRACT = Path(__file__).parent / "events.jsonl"
DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"
KINDS: dict[str, Any] = {kind.event: kind for kind in typing.get_args(Event)}


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CONTRACT.read_text(encoding="utf-8").splitlines()]


def test_every_kind_of_event_is_recorded() -> None:
    assert {event["event"] for event in recorded()} == set(KINDS)


@pytest.mark.parametrize("event", recorded(), ids=lambda event: str(event["event"]))
def test_a_recorded_event_is_made_again_byte_for_byte(event: dict[str, Any]) -> None:
    values = {name: value for name, value in event.items() if name != "event"}

    made = KINDS[event["event"]](**values)

    assert to_json(made) == json.dumps(event, ensure_ascii=False)


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_was_taken_away_or_renamed_within_the_protocol(kind: str) -> None:
    fields = {field.name for field in dataclasses.fields(KINDS[kind])}

    for event in recorded():
        if event["event"] == kind:
            assert set(event) - {"event"} <= fields


def test_the_recorded_protocol_is_the_current_one() -> None:
    assert {event["protocol"] for event in recorded() if event["event"] == "started"} == {PROTOCOL}


@pytest.mark.parametrize("kind", KINDS)
def test_the_document_describes_every_event_and_every_field(kind: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert f"### `{kind}`" in text
    section = text.split(f"### `{kind}`")[1].split("\n### ")[0]
    for field in dataclasses.fields(KINDS[kind]):
        assert f"| `{field.name}` |" in section, field.name


def test_the_document_states_the_protocol() -> None:
    assert f"**Protocol:** {events.PROTOCOL}" in DOCUMENT.read_text(encoding="utf-8")
