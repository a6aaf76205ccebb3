"""A range that a plate cannot give is refused by the first number that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdrvid.errors import FrameRangeError, PlateError
from hdrvid.frames import FrameRange
from hdrvid.plate import PlateInfo
from hdrvid.sources.ranges import refuse_outside

PLATE = PlateInfo(
    path=Path("plate.####.png"),
    kind="sequence",
    width=4,
    height=4,
    frames=FrameRange.parse("1001-1003,1005-1006"),
    missing=FrameRange.parse("1004"),
)


@pytest.mark.parametrize("frames", ["1001-1003", "1006", "1001-1005x2", "1005,1001"])
def test_a_range_inside_passes(frames: str) -> None:
    refuse_outside(FrameRange.parse(frames), PLATE)


def test_no_frames_at_all_are_none_too_many() -> None:
    refuse_outside(FrameRange(), PLATE)


@pytest.mark.parametrize(("frames", "number"), [("1000-1003", 1000), ("1006-1008", 1007), ("5", 5)])
def test_a_number_outside_is_a_wrong_range(frames: str, number: int) -> None:
    with pytest.raises(FrameRangeError, match=f"no frame {number}, expected frames of 1001-1003,1005-1006"):
        refuse_outside(FrameRange.parse(frames), PLATE)


def test_a_number_in_a_hole_is_a_fault_of_the_plate() -> None:
    with pytest.raises(PlateError, match=r"plate\.####\.png: frame 1004 is missing on disk"):
        refuse_outside(FrameRange.parse("1003-1005"), PLATE)
