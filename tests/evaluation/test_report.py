"""The tables, the page with its strips, and the files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import OutputError
from hdrvid.evaluation import Album, Judged, Request, evaluate, tables, write_report
from hdrvid.evaluation.page import page
from hdrvid.evaluation.shots import Skipped
from hdrvid.evaluation.strips import error_colours, jpeg_bytes, strip
from tests.evaluation.material import picture_of, write_pair

ROOM = picture_of()


@pytest.fixture(scope="module")
def judged_and_album(tmp_path_factory: pytest.TempPathFactory) -> tuple[Judged, Album]:
    folder = tmp_path_factory.mktemp("pairs")
    write_pair(folder, "lamp")
    write_pair(folder, "win<dow")
    album = Album(width=32)
    judged = evaluate(Request(pairs=(folder,), model="none"), show=album.show)
    judged.skipped.append(Skipped(setting="pairs", name="broken", reason="broken.exr: a & b"))
    return judged, album


def test_the_tables_show_every_method_and_every_scene(judged_and_album: tuple[Judged, Album]) -> None:
    main, scenes = tables(judged_and_album[0])

    assert main.startswith("## pairs, 2 pictures")
    assert "| plain " in main
    assert "1.000" in main
    assert "VDP" not in main
    assert "| lamp " in scenes


def test_the_page_stands_alone(judged_and_album: tuple[Judged, Album]) -> None:
    text = page(*judged_and_album)

    assert text.startswith("<!DOCTYPE html>")
    assert "http" not in text
    assert text.count("data:image/jpeg;base64,") == 2 * 3  # truth, plain and the best formula of each scene
    assert text.count("<table>") == 2


def test_names_and_reasons_are_escaped(judged_and_album: tuple[Judged, Album]) -> None:
    text = page(*judged_and_album)

    assert "win&lt;dow" in text
    assert "win<dow" not in text
    assert "broken.exr: a &amp; b" in text


def test_the_three_files_are_written_whole(judged_and_album: tuple[Judged, Album], tmp_path: Path) -> None:
    write_report(*judged_and_album, tmp_path / "out")

    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["report.html", "report.json", "report.md"]
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["about"]["weights"] == "none"
    assert report["skipped"][0]["name"] == "broken"


def test_a_folder_that_cannot_be_written_is_named(
    judged_and_album: tuple[Judged, Album], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(OutputError, match="out"):
        write_report(*judged_and_album, tmp_path / "out")


def test_a_strip_shows_three_exposures_and_the_error() -> None:
    shown = strip(ROOM, ROOM.truth, width=32)

    assert shown.shape == (24, 4 * 32 + 3 * 4, 3)
    normal, down_two, down_four, error = (shown[:, n * 36 : n * 36 + 32] for n in range(4))
    assert normal.mean() > down_two.mean() > down_four.mean() > 0
    assert error.max() == pytest.approx(0.0, abs=1e-5)


def test_too_dark_is_blue() -> None:
    error = strip(ROOM, ROOM.plain, width=64)[:, -64:]

    assert error[24, 32, 2] > 0.2
    assert error[..., 0].max() < 0.05


def test_colours_are_full_at_the_span() -> None:
    assert error_colours(np.array([[1.5, -1.5]], np.float32)).tolist() == [[[0.5, 0, 0], [0, 0, 0.5]]]


def test_a_jpeg_is_a_jpeg() -> None:
    assert jpeg_bytes(ROOM.code)[:3] == b"\xff\xd8\xff"
