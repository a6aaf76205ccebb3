"""Everything that is asked for light, by the names in the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import DatasetError
from hdrvid.evaluation.methods import hand_made, networks, predictions
from hdrvid.evaluation.scores import as_filler
from tests.evaluation.material import light_of, picture_of, write_picture

ROOM = picture_of()


def test_the_fixed_gain_knows_other_scenes_only() -> None:
    gains = {
        ("room", "room"): 5.0,
        ("hall", "hall_0"): 1.0,
        ("hall", "hall_1"): 1.0,
        ("yard", "y"): float("nan"),
    }
    fixed = next(method for method in hand_made(gains) if method.name == "fixed gain")

    assert np.array_equal(fixed.expand(ROOM)[ROOM.clipped], ROOM.plain[ROOM.clipped] * 2)


def test_with_a_single_scene_the_fixed_gain_is_none() -> None:
    fixed = next(method for method in hand_made({("room", "room"): 5.0}) if method.name == "fixed gain")

    assert np.array_equal(fixed.expand(ROOM), ROOM.plain)


@pytest.mark.parametrize(
    ("model", "linearise", "names"),
    [
        ("none", "learned", []),
        ("compact", "ocio", ["compact"]),
        (
            "my/weights.safetensors",
            "learned",
            ["weights", "weights, full", "weights, learned", "weights, learned, full"],
        ),
    ],
)
def test_the_network_has_a_row_for_each_mode(model: str, linearise: str, names: list[str]) -> None:
    assert [method.name for method in networks(model, linearise=linearise, options={})] == names


def test_a_row_for_each_roll_off_that_the_network_is_told_of() -> None:
    told = networks("compact", linearise="ocio", options={"mix": 0.5}, shoulders=(1.0, 2.5))

    assert [method.name for method in told] == ["compact", "compact, shoulder 1", "compact, shoulder 2.5"]


def test_a_network_is_run_as_expand_runs_it() -> None:
    (none,) = networks("compact", linearise="ocio", options={"mix": 0.0})

    assert np.allclose(none.expand(ROOM), ROOM.plain, rtol=1e-3)


def test_a_tool_s_pictures_are_scored_as_they_come_and_as_fillers(tmp_path: Path) -> None:
    write_picture(tmp_path / "room.exr", light_of() * 7)

    as_it_comes, filler = predictions("tool", tmp_path, "8%")

    assert (as_it_comes.name, filler.name) == ("tool", "tool, filler")
    assert np.allclose(as_it_comes.expand(ROOM), light_of() * 7)
    assert np.allclose(filler.expand(ROOM), as_filler(ROOM, light_of()), rtol=1e-4)


def test_a_folder_of_the_setting_s_name_goes_first(tmp_path: Path) -> None:
    write_picture(tmp_path / "room.exr", light_of())
    write_picture(tmp_path / "8%" / "room.exr", light_of() * 2)

    assert np.allclose(predictions("tool", tmp_path, "8%")[0].expand(ROOM), light_of() * 2)


def test_a_picture_that_the_tool_left_out_is_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "hall.exr", light_of())

    with pytest.raises(DatasetError, match="nothing for room"):
        predictions("tool", tmp_path, "8%")[0].expand(ROOM)
