"""Timecode counts as cameras and edit systems do."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.errors import PlateError
from hdrvid.sources import timecode_at

NTSC = Fraction(30000, 1001)
NTSC_60 = Fraction(60000, 1001)

KNOWN = [
    pytest.param("00:00:00:00", 0, Fraction(25), "00:00:00:00", id="no step"),
    pytest.param("01:00:00:00", 48, Fraction(24), "01:00:02:00", id="two seconds of film"),
    pytest.param("00:59:59:24", 1, Fraction(25), "01:00:00:00", id="over the hour"),
    pytest.param("23:59:59:23", 1, Fraction(24), "00:00:00:00", id="past midnight"),
    pytest.param("00:00:00:00", -1, Fraction(24), "23:59:59:23", id="back over midnight"),
    pytest.param("01:00:00:00", 24, Fraction(24000, 1001), "01:00:01:00", id="23.976 counts 24 labels"),
    pytest.param("00:00:59:29", 1, NTSC, "00:01:00:00", id="29.97 without drop-frame"),
    pytest.param("00:00:59;29", 1, NTSC, "00:01:00;02", id="drop-frame skips two labels"),
    pytest.param("00:09:59;29", 1, NTSC, "00:10:00;00", id="but none in the tenth minute"),
    pytest.param("00:00:00;00", 1800, NTSC, "00:01:00;02", id="a drop-frame minute"),
    pytest.param("00:00:00;00", 17982, NTSC, "00:10:00;00", id="ten drop-frame minutes"),
    pytest.param("00:00:00;00", 107892, NTSC, "01:00:00;00", id="a drop-frame hour"),
    pytest.param("00:00:59;59", 1, NTSC_60, "00:01:00;04", id="59.94 skips four"),
    pytest.param("00:00:00;00", 215784, NTSC_60, "01:00:00;00", id="an hour at 59.94"),
    pytest.param("00:00:59.29", 1, NTSC, "00:01:00.02", id="a dot for drop-frame"),
    pytest.param("00:00:59;24", 1, Fraction(25), "00:01:00;00", id="a semicolon that means nothing at 25"),
]


@pytest.mark.parametrize(("start", "frames", "rate", "expected"), KNOWN)
def test_known_labels_come_out(start: str, frames: int, rate: Fraction, expected: str) -> None:
    assert timecode_at(start, frames, rate) == expected


@given(st.integers(0, 2_589_407), st.integers(0, 5000))
def test_steps_add_up_and_never_give_a_dropped_label(first: int, second: int) -> None:
    halfway = timecode_at("00:00:00;00", first, NTSC)

    label = timecode_at(halfway, second, NTSC)

    assert label == timecode_at("00:00:00;00", first + second, NTSC)
    minute, second_of, frame = int(label[3:5]), int(label[6:8]), int(label[9:])
    assert not (second_of == 0 and frame < 2 and minute % 10)


@given(st.integers(0, 2_589_407))
def test_drop_frame_keeps_to_the_clock_within_two_frames_and_a_bit(frames: int) -> None:
    label = timecode_at("00:00:00;00", frames, NTSC)

    hours, minutes, seconds, frame = int(label[:2]), int(label[3:5]), int(label[6:8]), int(label[9:])
    shown = timedelta(hours=hours, minutes=minutes, seconds=seconds + frame / 30).total_seconds()
    assert abs(shown - frames / float(NTSC)) < 0.17


@pytest.mark.parametrize(
    ("start", "rate"),
    [
        pytest.param("01:00:00", Fraction(24), id="no frames"),
        pytest.param("1:0:0:0", Fraction(24), id="one digit"),
        pytest.param("01:00:00:24", Fraction(24), id="a frame that the rate has not"),
        pytest.param("01:61:00:00", Fraction(24), id="minute 61"),
        pytest.param("noon", Fraction(24), id="a word"),
        pytest.param("01:00:00:00", Fraction(1, 4), id="a rate below one"),
    ],
)
def test_what_is_no_timecode_is_refused_by_its_text(start: str, rate: Fraction) -> None:
    with pytest.raises(PlateError, match=f"timecode '{start}'"):
        timecode_at(start, 1, rate)
