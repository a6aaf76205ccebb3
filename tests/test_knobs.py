"""The Nuke node's list of knobs says of each option what `ExpandJob` says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hdrvid.events import PROTOCOL
from hdrvid.job import OPTIONS, ExpandJob
from hdrvid.knobs import knob_list, knob_of, to_text

COMMITTED = Path(__file__).parents[1] / "nuke_plugin" / "hdrvid_nuke" / "knobs.json"


def test_the_committed_list_is_current() -> None:
    message = "run: python -m hdrvid.knobs nuke_plugin/hdrvid_nuke/knobs.json"

    assert COMMITTED.read_text(encoding="utf-8") == to_text(), message


def test_the_module_writes_the_same_list(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "hdrvid.knobs", str(tmp_path / "knobs.json")], check=True)

    assert (tmp_path / "knobs.json").read_text(encoding="utf-8") == to_text()


def test_every_option_is_a_knob_in_the_order_of_the_job() -> None:
    assert [knob["name"] for knob in knob_list()["knobs"]] == list(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_names_defaults_limits_and_choices_are_those_of_the_option(name: str) -> None:
    knob, info = knob_of(OPTIONS[name]), OPTIONS[name]

    assert knob["choices"] == list(info.choices)
    assert (knob["minimum"], knob["maximum"], knob["optional"]) == (info.minimum, info.maximum, info.optional)
    if name not in ("source", "out"):
        assert knob["default"] == info.default


@pytest.mark.parametrize("name", OPTIONS)
def test_every_knob_has_a_tooltip_and_a_group(name: str) -> None:
    knob = knob_of(OPTIONS[name])

    assert knob["tooltip"].startswith(OPTIONS[name].help)
    assert knob["group"]


def test_defaults_read_back_from_the_list_make_the_default_job() -> None:
    knobs = json.loads(to_text())["knobs"]

    values = {knob["name"]: knob["default"] for knob in knobs}

    assert ExpandJob(**{**values, "source": "a", "out": "b"}) == ExpandJob(source="a", out="b")


def test_the_list_states_the_protocol() -> None:
    assert json.loads(to_text())["protocol"] == PROTOCOL
