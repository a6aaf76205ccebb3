"""One list of options serves the command, the job file, its schema and the library."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hdrvid.cli.expand import command as expand
from hdrvid.errors import OptionError
from hdrvid.job import OPTIONS, ExpandJob, job_schema, make_job, option_info, read_job_file


def job(**values: Any) -> ExpandJob:
    return ExpandJob(**{"source": "clip.mp4", "out": "exr", **values})


def test_every_field_of_the_job_is_an_option_with_help() -> None:
    assert list(OPTIONS) == [item.name for item in dataclasses.fields(ExpandJob)]
    assert all(info.help.endswith(".") for info in OPTIONS.values())


def test_the_command_has_every_option_and_no_default_of_its_own() -> None:
    shown = {p.name: p for p in expand.params}

    assert set(OPTIONS) <= set(shown)
    for name, info in OPTIONS.items():
        if name != "source":
            assert info.flag in shown[name].opts
            assert shown[name].default is None


def test_help_shows_each_option_with_its_default() -> None:
    text = CliRunner().invoke(expand, ["--help"]).output

    for info in OPTIONS.values():
        assert info.name == "source" or info.flag in text
    assert "ACEScg" in text


def test_the_schema_states_type_limits_choices_and_default() -> None:
    properties = job_schema()["properties"]

    assert properties["mix"] == {
        "type": "number",
        "description": OPTIONS["mix"].help,
        "minimum": 0.0,
        "maximum": 1.0,
        "default": 1.0,
    }
    assert properties["compression"]["enum"] == ["none", "zips", "zip", "piz", "dwaa"]
    assert properties["peak"]["type"] == ["number", "null"]
    assert "default" not in properties["source"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({"mix": 2}, "--mix: got 2, expected 1 or less", id="above the limit"),
        pytest.param({"clip_point": 0}, "--clip-point: got 0, expected 0.05 or more", id="below the limit"),
        pytest.param({"compression": "lzw"}, "expected one of none, zips, zip, piz, dwaa", id="not a choice"),
        pytest.param({"batch": "two"}, "a value of type int", id="not a number"),
        pytest.param({"batch": 1.5}, "a whole number", id="a fraction of a frame"),
        pytest.param({"mix": float("nan")}, "a finite number", id="not finite"),
        pytest.param({"overwrite": "yes"}, "true or false", id="a word for a switch"),
        pytest.param({"mix": True}, "a value of type float", id="a switch for a number"),
        pytest.param({"model": None}, "a value of type str", id="nothing where something is needed"),
    ],
)
def test_a_wrong_value_names_the_option_and_what_it_takes(values: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError) as caught:
        job(**values)

    assert says in str(caught.value)


def test_values_arrive_in_the_options_own_type() -> None:
    made = job(mix="0.5", batch="4", peak=3)

    assert (made.mix, made.batch, made.peak) == (0.5, 4, 3.0)


def test_later_layers_win_and_every_origin_is_known() -> None:
    made, origins = make_job(
        ("job file", {"source": "a.mp4", "out": "x", "mix": 0.5, "batch": 2}), ("command line", {"mix": 0.25})
    )

    assert (made.mix, made.batch, made.layers) == (0.25, 2, "rgb")
    assert (origins["mix"], origins["batch"], origins["layers"]) == ("command line", "job file", "default")


def test_an_unknown_option_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(OptionError, match="Did you mean clip_point"):
        make_job(("call", {"source": "a", "out": "b", "clip_pont": 1}))


def test_a_job_without_a_source_says_so() -> None:
    with pytest.raises(OptionError, match="no source"):
        make_job(("call", {"out": "b"}))


def test_a_job_written_and_read_again_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    made = job(frames="1001-1010", peak=12.0, full_float=True)
    path.write_text(json.dumps(made.to_dict()), encoding="utf-8")

    read, _ = make_job(("job file", read_job_file(path)))

    assert read == made


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("{", "cannot be read as JSON", id="not JSON"),
        pytest.param("[1]", "holds a list", id="not an object"),
        pytest.param('{"mixx": 1}', "Did you mean mix", id="an unknown key"),
    ],
)
def test_a_broken_job_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "job.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(OptionError) as caught:
        read_job_file(path)

    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_job_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no such job file"):
        read_job_file(tmp_path / "gone.json")


def test_what_does_not_change_pixels_is_no_part_of_the_settings() -> None:
    settings = job().pixel_settings()

    assert {"clip_point", "output_space", "compression"} <= set(settings)
    assert not {"source", "out", "frames", "device", "batch", "overwrite", "strict"} & set(settings)


def test_option_info_knows_a_name_as_it_is_typed_in_a_shell() -> None:
    assert option_info("full_float").flag == "--float"
