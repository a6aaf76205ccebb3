from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from hdrvid.model.spec import SPECS, GeneratorSpec


@pytest.mark.parametrize("name", list(SPECS))
def test_a_spec_survives_json(name: str) -> None:
    assert GeneratorSpec.from_json(SPECS[name].to_json()) == SPECS[name]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"width": 8}', id="missing keys"),
        pytest.param('{"nets": [], "width": 8, "steps": 1, "norm": "step", "depth": 5}', id="an unknown key"),
        pytest.param("[1, 2]", id="not an object"),
        pytest.param("width: 8", id="not JSON"),
    ],
)
def test_a_foreign_spec_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"spec|Expecting"):
        GeneratorSpec.from_json(text)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"width": 0}, "width 0", id="no channels"),
        pytest.param({"steps": -1}, "steps -1", id="negative recurrence"),
        pytest.param({"nets": ("C", "D")}, "expected some of", id="an unknown part"),
    ],
)
def test_what_cannot_be_built_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(SPECS["compact"], **changes)  # type: ignore[arg-type]


def test_the_named_specs_are_the_published_one_and_a_small_one() -> None:
    assert (SPECS["paper"].width, SPECS["paper"].steps, SPECS["paper"].norm) == (64, 2, "shared")
    assert (SPECS["compact"].width, SPECS["compact"].steps, SPECS["compact"].norm) == (16, 1, "step")


def test_a_spec_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        SPECS["compact"].width = 8  # type: ignore[misc]
