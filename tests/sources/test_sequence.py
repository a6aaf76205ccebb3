"""A sequence keeps its own numbers, and says which frames it has not."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import FrameRangeError, PlateError
from hdrvid.frames import FrameRange
from hdrvid.sources import open_plate
from tests.sources.clips import numbered_frame, read_number
from tests.sources.pictures_on_disk import flat, write_picture


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    """Write plate.0098.png to plate.0102.png, 0100 missing, each with its number in its pixels."""
    folder = tmp_path / "plates"
    folder.mkdir()
    for number in (98, 99, 101, 102):
        write_picture(folder / f"plate.{number:04}.png", numbered_frame(number, (24, 32)))
    return folder


def test_frames_come_under_the_numbers_of_their_files(plates: Path) -> None:
    with open_plate(str(plates / "plate.####.png"), start_frame=1) as plate:
        frames = list(plate.read(plate.info.frames))

    assert [frame.number for frame in frames] == [98, 99, 101, 102]
    assert [read_number(frame.pixels) for frame in frames] == [98, 99, 101, 102]


def test_the_facts_are_those_of_the_first_frame(plates: Path) -> None:
    with open_plate(str(plates)) as plate:
        info = plate.info

    assert (info.kind, info.width, info.height, info.codec, info.bit_depth) == ("sequence", 32, 24, "png", 8)
    assert (str(info.frames), str(info.missing)) == ("98-99,101-102", "100")
    assert (info.encoding, info.primaries, info.is_float, info.has_alpha) == ("srgb", "bt709", False, False)
    assert info.name == "plate"


def test_a_missing_frame_that_is_asked_for_is_named(plates: Path) -> None:
    with (
        open_plate(str(plates)) as plate,
        pytest.raises(PlateError, match=r"#\.png: frame 100 is missing"),
    ):
        plate.read(FrameRange.parse("99-101"))


def test_a_frame_outside_the_sequence_is_refused(plates: Path) -> None:
    with open_plate(str(plates)) as plate, pytest.raises(FrameRangeError, match="no frame 103"):
        plate.read(FrameRange.parse("101-103"))


def test_a_frame_of_another_size_stops_with_both_sizes(plates: Path) -> None:
    write_picture(plates / "plate.0101.png", flat(1, (10, 20)))

    with open_plate(str(plates)) as plate:
        frames = plate.read(plate.info.frames)
        before = [next(frames).number, next(frames).number]
        with pytest.raises(PlateError, match=r"frame 101 is 20x10, expected 32x24 as in frame 98"):
            next(frames)

    assert before == [98, 99]


def test_a_damaged_frame_stops_at_its_file(plates: Path) -> None:
    (plates / "plate.0099.png").write_bytes(b"half a picture")

    with open_plate(str(plates)) as plate:
        frames = plate.read(plate.info.frames)
        next(frames)
        with pytest.raises(PlateError, match=r"plate\.0099\.png: cannot be read as a picture"):
            next(frames)


def test_a_frame_that_goes_away_meanwhile_is_named(plates: Path) -> None:
    with open_plate(str(plates)) as plate:
        (plates / "plate.0099.png").unlink()

        with pytest.raises(PlateError, match=r"plate\.0099\.png"):
            list(plate.read(plate.info.frames))


def test_a_frames_key_is_that_of_its_files_content(plates: Path) -> None:
    shutil.copy(plates / "plate.0098.png", plates / "plate.0099.png")

    with open_plate(str(plates)) as plate:
        keys = {frame.number: frame.source_key for frame in plate.read(plate.info.frames)}
        asked = {number: plate.frame_key(number) for number in plate.info.frames}

    assert keys == asked
    assert keys[98] == keys[99] != keys[101]


def test_the_fingerprint_follows_the_frames_and_not_the_folder(plates: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(plates, tmp_path / "copy")

    with open_plate(str(plates)) as one, open_plate(str(copy)) as other:
        assert one.info.fingerprint == other.info.fingerprint
    (copy / "plate.0101.png").unlink()
    with open_plate(str(plates)) as one, open_plate(str(copy)) as other:
        assert one.info.fingerprint != other.info.fingerprint


@pytest.mark.parametrize(("name", "number"), [("photo.png", 7), ("plate.1001.png", 1001)])
def test_a_still_is_a_plate_of_one_frame(tmp_path: Path, name: str, number: int) -> None:
    still = write_picture(tmp_path / name, numbered_frame(12, (24, 32)))

    with open_plate(str(still), start_frame=7) as plate:
        (frame,) = plate.read(plate.info.frames)

    assert (plate.info.kind, frame.number, read_number(frame.pixels)) == ("still", number, 12)
    assert list(plate.info.frames) == [number]


def test_a_float_sequence_is_linear_and_goes_beyond_one(tmp_path: Path) -> None:
    for number in (1, 2):
        write_picture(tmp_path / f"a.{number}.exr", flat(1000.0 * number, dtype=np.float32))

    with open_plate(str(tmp_path / "a.#.exr")) as plate:
        values = [float(frame.pixels.max()) for frame in plate.read(plate.info.frames)]

    assert values == [1000, 2000]
    assert (plate.info.encoding, plate.info.is_float) == ("linear", True)


def test_frames_whose_data_windows_differ_fill_one_display_window(tmp_path: Path) -> None:
    window = (0, 0, 6, 4)
    write_picture(tmp_path / "a.1.exr", flat(1.0, (4, 6), dtype=np.float32), window=window)
    write_picture(tmp_path / "a.2.exr", flat(2.0, (2, 3), dtype=np.float32), window=window)

    with open_plate(str(tmp_path)) as plate:
        one, two = plate.read(plate.info.frames)

    assert one.size == two.size == (4, 6)
    assert one.pixels.min() == 1
    assert (two.pixels[:, :2, :3].min(), two.pixels[:, 2:].max()) == (2, 0)


def test_a_stepped_range_takes_every_nth_file(tmp_path: Path) -> None:
    for number in range(1001, 1010):
        write_picture(tmp_path / f"a.{number}.tif", numbered_frame(number, (12, 16)))

    with open_plate(str(tmp_path / "a.####.tif")) as plate:
        frames = list(plate.read(FrameRange.parse("1002-1009x3")))

    assert [(frame.number, read_number(frame.pixels)) for frame in frames] == [
        (n, n) for n in (1002, 1005, 1008)
    ]


def test_files_are_not_read_before_their_turn(plates: Path) -> None:
    with open_plate(str(plates)) as plate:
        frames = plate.read(plate.info.frames)
        next(frames)
        shutil.copy(plates / "plate.0102.png", plates / "plate.0099.png")

        assert read_number(next(frames).pixels) == 102


def test_a_frame_tells_the_timecode_of_its_own_file(tmp_path: Path) -> None:
    for number, word in ((7, 0x01000007), (9, 0x02000009)):
        write_picture(
            tmp_path / f"p.{number:04d}.exr", flat(0.5, dtype=np.float32), smpte__TimeCode=(word, 0)
        )

    with open_plate(str(tmp_path / "p.####.exr")) as plate:
        found = [plate.timecode(number) for number in (7, 8, 9)]

    assert found == ["01:00:00:07", None, "02:00:00:09"]


def test_a_space_in_front_of_the_number_is_not_of_the_name(tmp_path: Path) -> None:
    write_picture(tmp_path / "my plate 001.png", flat(10))

    with open_plate(str(tmp_path / "my plate ###.png")) as plate:
        assert (plate.info.name, str(plate.info.frames)) == ("my plate", "1")
