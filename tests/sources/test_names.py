"""A name means a file, a folder's one sequence, or a pattern, and never another's frames."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdrvid.errors import PlateError, PlateNotFound
from hdrvid.sources.names import Sequence, Still, VideoFile, find_plate, holes


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def numbers(source: str | Path) -> list[int]:
    found = find_plate(str(source))
    assert isinstance(found, Sequence)
    return sorted(found.files)


PATTERNS = [
    pytest.param("plate.####.png", id="a hash a digit, as in Nuke and Houdini"),
    pytest.param("plate.%04d.png", id="printf"),
    pytest.param("plate.@@@@.png", id="Shake"),
    pytest.param("plate.$F4.png", id="Houdini"),
    pytest.param("plate.#.png", id="one hash takes what has no zeros in front"),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_notation_of_the_field_means_the_same_files(tmp_path: Path, pattern: str) -> None:
    folder = touch(
        tmp_path / "p", "plate.1001.png", "plate.1002.png", "plate.1001.jpg", "other.1003.png", "notes.txt"
    )

    assert numbers(folder / pattern) == [1001, 1002]


@pytest.mark.parametrize(
    ("pattern", "names", "expected"),
    [
        pytest.param("a.###.png", ["a.001.png", "a.0002.png", "a.1000.png"], [1, 1000], id="zeros as stated"),
        pytest.param("a.#.png", ["a.1.png", "a.12.png", "a.003.png"], [1, 12], id="no zeros"),
        pytest.param("a_####.png", ["a_0007.png"], [7], id="an underscore"),
        pytest.param("a-####.png", ["a-0007.png"], [7], id="a dash is no sign"),
        pytest.param("a.####.png", ["a.-001.png", "a.0000.png", "a.0001.png"], [-1, 0, 1], id="below zero"),
        pytest.param("####.png", ["0001.png", "a0002.png"], [1], id="numbers alone"),
        pytest.param("a.v2.####.png", ["a.v2.0001.png", "a.v3.0001.png"], [1], id="a version in the name"),
        pytest.param(
            "a.1-3####.png", ["a.0001.png", "a.0003.png", "a.0009.png"], [1, 3], id="a range in the name"
        ),
    ],
)
def test_padding_and_signs_are_kept_apart(
    tmp_path: Path, pattern: str, names: list[str], expected: list[int]
) -> None:
    folder = touch(tmp_path / "p", *names)

    assert numbers(folder / pattern) == expected


def test_holes_are_listed_even_behind_a_stray_number(tmp_path: Path) -> None:
    folder = touch(tmp_path / "p", "a.1001.exr", "a.1003.exr", "a.100001.exr")

    found = find_plate(str(folder / "a.####.exr"))

    assert isinstance(found, Sequence)
    assert str(found.missing) == "1002,1004-100000"


def test_holes_of_a_stated_range_reach_to_its_ends(tmp_path: Path) -> None:
    folder = touch(tmp_path / "p", "a.1002.exr")

    found = find_plate(str(folder / "a.1001-1003####.exr"))

    assert isinstance(found, Sequence)
    assert list(found.missing) == [1001, 1003]


def test_a_huge_hole_costs_nothing() -> None:
    assert len(holes([1, 10**12])) == 10**12 - 2


def test_a_folder_is_its_one_sequence(tmp_path: Path) -> None:
    folder = touch(
        tmp_path / "p", "a.0001.png", "a.0002.png", "notes.txt", ".a.0003.png", ".DS_Store", "clip.mov"
    )

    found = find_plate(str(folder))

    assert isinstance(found, Sequence)
    assert sorted(found.files) == [1, 2]
    assert found.path == folder / "a.####.png"


def test_a_folder_with_one_picture_is_that_still(tmp_path: Path) -> None:
    folder = touch(tmp_path / "p", "photo.jpg")

    assert find_plate(str(folder)) == Still(path=folder / "photo.jpg")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        pytest.param(["a.1.png", "b.1.png"], r"2 sequences or stills \(a\.#\.png, b\.#\.png\)", id="two"),
        pytest.param(["a.1.png", "a.1.exr"], "2 sequences", id="two kinds of one name"),
        pytest.param(["a.1.png", "photo.png"], "2 sequences", id="a sequence and a still"),
        pytest.param(["a.1.png", "a.0001.png"], "2 sequences", id="two paddings"),
        pytest.param([], "holds no pictures", id="none"),
        pytest.param(["clip.mov"], "holds no pictures", id="a video alone"),
    ],
)
def test_a_folder_that_is_not_one_sequence_is_refused(tmp_path: Path, names: list[str], words: str) -> None:
    folder = touch(tmp_path / "p", *names)

    with pytest.raises(PlateError, match=words):
        find_plate(str(folder))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("plate.1001.png", 1001),
        ("photo.png", None),
        ("0007.exr", 7),
        ("IMG_2041.jpg", None),
        ("a.-3.tif", -3),
    ],
)
def test_a_still_keeps_a_number_that_stands_alone_in_its_name(
    tmp_path: Path, name: str, number: int | None
) -> None:
    folder = touch(tmp_path / "p", name)

    assert find_plate(str(folder / name)) == Still(path=folder / name, number=number)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.MOV", "clip", "clip.gif"])
def test_other_files_are_videos(tmp_path: Path, name: str) -> None:
    folder = touch(tmp_path / "p", name)

    assert find_plate(str(folder / name)) == VideoFile(path=folder / name)


def test_a_file_that_is_called_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    folder = touch(tmp_path / "p", "take#2.png", "take7.png")

    assert find_plate(str(folder / "take#2.png")) == Still(path=folder / "take#2.png")


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        pytest.param("none.mp4", PlateNotFound, "no such file", id="a file"),
        pytest.param(
            "a.####.png",
            PlateNotFound,
            r"no such frames on disk, expected files like a\.1001\.png",
            id="frames",
        ),
        pytest.param("none/a.####.png", PlateNotFound, "no folder", id="their folder"),
        pytest.param("a.####.mov", PlateError, r"\.mov is no picture", id="a sequence of videos"),
    ],
)
def test_what_is_not_there_is_named(tmp_path: Path, source: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        find_plate(str(tmp_path / source))


@pytest.mark.parametrize("name", ["#show", "@show", "take%04d", "a[1] b", "$F"])
def test_a_folder_may_have_what_stands_for_digits_in_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "p.0001.png").touch()

    for source in (tmp_path / name, tmp_path / name / "p.####.png"):
        found = find_plate(str(source))

        assert isinstance(found, Sequence)
        assert found.files == {1: tmp_path / name / "p.0001.png"}
