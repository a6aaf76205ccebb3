"""Real pairs are found in three layouts, and read with their sizes checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import DatasetError
from hdrvid.evaluation.pairs import pair_shots, read_sources
from hdrvid.evaluation.shots import Shot, Skipped
from tests.evaluation.material import codes_of, light_of, write_pair, write_picture


def found_in(folder: Path) -> list[Shot | Skipped]:
    return list(pair_shots(folder, clip_code=250, sources={}))


def test_a_folder_for_each_pair(tmp_path: Path) -> None:
    write_pair(tmp_path, "lamp")
    write_pair(tmp_path, "window")

    shots = found_in(tmp_path)

    assert [shot.name for shot in shots] == ["lamp", "window"]


@pytest.mark.parametrize(("ldr", "hdr"), [("LDR_in", "HDR_gt"), ("ldr", "truth")])
def test_two_folders_with_equal_names(ldr: str, hdr: str, tmp_path: Path) -> None:
    write_picture(tmp_path / ldr / "lamp.png", codes_of(light_of()), "uint8")
    write_picture(tmp_path / hdr / "lamp.exr", light_of())

    (shot,) = found_in(tmp_path)

    assert isinstance(shot, Shot)
    assert np.array_equal(shot.take().code, codes_of(light_of()))


def test_a_pair_is_judged_from_code_250_and_has_no_exact_label(tmp_path: Path) -> None:
    write_pair(tmp_path, "lamp")
    (shot,) = found_in(tmp_path)
    assert isinstance(shot, Shot)

    picture = shot.take()

    assert picture.over is None
    assert np.array_equal(picture.clipped, picture.code.max(-1) >= 249.5 / 255)


@pytest.mark.parametrize(("missing", "says"), [("ldr.png", "no SDR picture"), ("hdr.exr", "no HDR picture")])
def test_half_a_pair_is_named_as_such(missing: str, says: str, tmp_path: Path) -> None:
    write_pair(tmp_path, "lamp")
    (tmp_path / "lamp" / missing).unlink()

    (item,) = found_in(tmp_path)

    assert isinstance(item, Skipped)
    assert says in item.reason


def test_halves_of_different_sizes_are_refused_with_both(tmp_path: Path) -> None:
    write_pair(tmp_path, "lamp")
    write_picture(tmp_path / "lamp" / "hdr.exr", light_of(40, 64))
    (shot,) = found_in(tmp_path)
    assert isinstance(shot, Shot)

    with pytest.raises(DatasetError, match="64x40 pixels; expected 64x48"):
        shot.take()


@pytest.mark.parametrize("name", ["empty", "gone"])
def test_a_folder_without_pairs_says_what_was_expected(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(DatasetError, match="NAME/ldr"):
        found_in(tmp_path / name)


def test_sources_are_taken_from_what_lies_beside_the_pictures(tmp_path: Path) -> None:
    (tmp_path / "pairs.json").write_text(json.dumps({"lamp": {"source": "a phone"}, "note": "x", "b": {}}))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")

    assert read_sources(tmp_path) == {"lamp": "a phone"}
