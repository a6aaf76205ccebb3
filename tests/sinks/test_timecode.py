from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import OpenEXR
import pytest

from hdrvid.sinks import ExrSettings
from hdrvid.sinks.timecode import header_timecode
from tests.sinks.pictures import frame, read, sink


def test_drop_frame_is_marked(tmp_path: Path) -> None:
    output = ExrSettings(rate=Fraction(30000, 1001))

    path = sink(tmp_path, output).write(frame(), timecode="01:02:03;29").path

    stored = OpenEXR.File(str(path), header_only=True).header()["timeCode"]
    assert (stored.hours, stored.minutes, stored.seconds, stored.frame) == (1, 2, 3, 29)
    assert stored.dropFrame


@pytest.mark.parametrize(
    ("text", "rate", "frame_stored", "second_of_pair"),
    [
        ("00:00:00:23", Fraction(24000, 1001), 23, False),
        ("00:00:00:29", Fraction(30), 29, False),
        ("00:00:00:48", Fraction(50), 24, False),
        ("00:00:00:49", Fraction(50), 24, True),
        ("00:00:00;59", Fraction(60000, 1001), 29, True),
        ("00:00:00:01", Fraction(60), 0, True),
        ("00:00:00:119", Fraction(120), 29, False),
        ("00:00:00:45", None, 22, True),
        ("00:00:00:24", None, 24, False),
    ],
)
def test_frames_above_30_a_second_are_counted_in_pairs(
    text: str, rate: Fraction | None, frame_stored: int, second_of_pair: bool
) -> None:
    code = header_timecode(text, rate)

    assert code is not None
    assert (code.frame, bool(code.fieldPhase)) == (frame_stored, second_of_pair)


@pytest.mark.parametrize(
    "text", ["", "1001", "25:00:00:00", "00:60:00:00", "00:00:61:00", "00:00:00:30", "aa:bb:cc:dd"]
)
def test_text_that_is_no_timecode_is_left_out(text: str, tmp_path: Path) -> None:
    path = sink(tmp_path).write(frame(), timecode=text).path

    assert read(path)[0].getattribute("smpte:TimeCode") is None
