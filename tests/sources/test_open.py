"""One call opens whatever a plate is kept in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import OptionError, PlateError
from hdrvid.frames import FrameRange
from hdrvid.plate import Frame
from hdrvid.sources import Source, open_plate
from tests.sources.clips import BT709, numbered_frame, read_number, write_clip
from tests.sources.pictures_on_disk import write_picture


@pytest.fixture(params=["video", "sequence", "folder", "still"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a plate of each kind; the first frame of each is 1001 and carries the number 1."""
    if request.param == "video":
        return str(write_clip(tmp_path / "clip.mp4", [numbered_frame(n) for n in (1, 2, 3)], tags=BT709))
    if request.param == "still":
        return str(write_picture(tmp_path / "photo.png", numbered_frame(1)))
    for n in (1, 2, 3):
        write_picture(tmp_path / f"plate.{1000 + n}.png", numbered_frame(n))
    return str(tmp_path if request.param == "folder" else tmp_path / "plate.%04d.png")


def test_every_kind_of_plate_gives_frames_in_the_same_form(source: str) -> None:
    with open_plate(source) as plate:
        frames = list(plate.read(plate.info.frames))

    assert [frame.number for frame in frames] == list(plate.info.frames)
    assert [read_number(frame.pixels) for frame in frames] == [frame.number - 1000 for frame in frames]
    for frame in frames:
        assert isinstance(frame, Frame)
        assert frame.space == "code"
        assert frame.size == (plate.info.height, plate.info.width) == (96, 128)
        assert frame.pixels.dtype == np.float32
        assert frame.pixels.flags.c_contiguous
        assert frame.pixels.flags.writeable


def test_every_kind_of_plate_states_its_facts(source: str) -> None:
    with open_plate(source) as plate:
        info = plate.info

    assert info.frames.first == 1001
    assert info.fingerprint
    assert info.codec
    assert info.pixel_format
    assert {decision.name for decision in info.decisions} >= {"transfer", "primaries"}


def test_a_plate_can_be_read_twice_and_in_part(source: str) -> None:
    with open_plate(source) as plate:
        first, second = (list(plate.read(FrameRange.parse("1001"))) for _ in range(2))

    np.testing.assert_array_equal(first[0].pixels, second[0].pixels)


def test_no_frames_asked_for_are_none_given(source: str) -> None:
    with open_plate(source) as plate:
        assert list(plate.read(FrameRange())) == []


def test_a_frames_key_is_the_one_that_it_carries(source: str) -> None:
    with open_plate(source) as plate:
        (frame,) = plate.read(FrameRange.parse("1001"))

        assert frame.source_key == plate.frame_key(1001)
        assert bool(frame.source_key) == (plate.info.kind != "video")


def test_frames_do_not_share_memory(source: str) -> None:
    with open_plate(source) as plate:
        one, other = (next(iter(plate.read(FrameRange.parse("1001")))) for _ in range(2))

    assert not np.shares_memory(one.pixels, other.pixels)


def test_a_source_is_a_source_to_the_type_checker(source: str) -> None:
    plate: Source = open_plate(source)

    assert plate.__enter__() is plate
    plate.close()


def test_a_wrong_matrix_or_range_is_refused(tmp_path: Path) -> None:
    clip = str(write_clip(tmp_path / "clip.mp4", 2))

    with pytest.raises(OptionError, match="--input-matrix: got 'rec709', expected auto"):
        open_plate(clip, matrix="rec709")
    with pytest.raises(OptionError, match="--input-range: got 'tv', expected auto"):
        open_plate(clip, code_range="tv")


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "plate.1001.png", "plate.1001.exr"])
def test_errors_are_one_line_that_names_the_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("nothing of the kind")

    with pytest.raises(PlateError) as refused:
        open_plate(str(tmp_path / name))

    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_room_loads_neither_torch_nor_ocio() -> None:
    code = "import sys, hdrvid.sources; print({'torch', 'PyOpenColorIO', 'OpenEXR'} & set(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "set()"
