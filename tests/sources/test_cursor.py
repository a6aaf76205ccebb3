"""A cursor finds frames by their time, and trusts neither a seek nor a decoder."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from hdrvid.errors import PlateError, PlateTruncated
from hdrvid.frames import FrameRange
from hdrvid.sources.containers import open_video, read_timeline
from hdrvid.sources.cursor import VideoFacts, read_frames
from hdrvid.sources.decoding import decoded
from hdrvid.sources.pictures import Turn
from tests.sources.clips import read_number, write_clip


@pytest.fixture
def facts(tmp_path: Path) -> VideoFacts:
    """Describe a clip of 40 frames, numbered from 1, with a key frame every 8."""
    path = write_clip(tmp_path / "clip.mkv", 40, options={"g": "8", "bf": "0"})
    return facts_of(path)


def facts_of(path: Path) -> VideoFacts:
    video = open_video(path)
    first = next(decoded(video)).frame
    tick = video.stream.time_base or Fraction(1, 1000)
    video.close()
    return VideoFacts(
        path=path,
        start_frame=1,
        threads=1,
        timeline=read_timeline(lambda: open_video(path), first),
        tick=tick,
        size=(96, 128),
        matrix="bt601",
        full_range=False,
        siting="left",
        turn=Turn(),
    )


def numbers(facts: VideoFacts, frames: str) -> Iterator[tuple[int, int]]:
    return ((f.number, read_number(f.pixels)) for f in read_frames(facts, FrameRange.parse(frames)))


def test_frames_far_apart_are_sought(facts: VideoFacts) -> None:
    assert list(numbers(facts, "1,20,40")) == [(1, 0), (20, 19), (40, 39)]


def test_key_frames_that_are_none_cost_a_fresh_start_and_no_error(facts: VideoFacts) -> None:
    wrong = dataclasses.replace(facts.timeline, keys=tuple(range(40)))

    assert list(numbers(dataclasses.replace(facts, timeline=wrong), "1,31-33")) == [
        (1, 0),
        (31, 30),
        (32, 31),
        (33, 32),
    ]


def test_a_frame_that_the_decoder_does_not_give_is_missed_at_its_number(facts: VideoFacts) -> None:
    times = list(facts.timeline.times)
    times.insert(10, times[9] + 20)
    claimed = dataclasses.replace(facts.timeline, times=tuple(times), count=41, is_variable=True)
    frames = numbers(dataclasses.replace(facts, timeline=claimed), "8-20")

    assert [next(frames) for _ in range(3)] == [(8, 7), (9, 8), (10, 9)]
    with pytest.raises(PlateError, match="frame 11: damaged"):
        next(frames)


def test_a_frame_that_no_packet_stated_is_an_error(facts: VideoFacts) -> None:
    times = tuple(pts for n, pts in enumerate(facts.timeline.times) if n != 5)
    claimed = dataclasses.replace(facts.timeline, times=times, count=39, is_variable=True)

    with pytest.raises(PlateError, match="after frame 5: the decoder gives a frame for time"):
        list(numbers(dataclasses.replace(facts, timeline=claimed), "1-10"))


def test_frames_behind_the_end_are_a_cut_where_the_file_is_known_to_be(facts: VideoFacts) -> None:
    times = (*facts.timeline.times, 1600, 1640)
    claimed = dataclasses.replace(facts.timeline, times=times, count=42, is_cut=True)
    frames = numbers(dataclasses.replace(facts, timeline=claimed), "40-42")

    assert next(frames) == (40, 39)
    with pytest.raises(PlateTruncated, match="stops at frame 41 of 1-42"):
        next(frames)


def test_counted_frames_are_read_without_any_time(facts: VideoFacts) -> None:
    counted = dataclasses.replace(facts.timeline, times=(), keys=(0,), is_exact=False)

    assert list(numbers(dataclasses.replace(facts, timeline=counted), "5-40x35")) == [(5, 4), (40, 39)]


def test_every_frame_is_checked_against_the_size_of_the_plate(facts: VideoFacts) -> None:
    with pytest.raises(PlateError, match="decoded 128x96, expected 64x48 as in frame 1"):
        list(numbers(dataclasses.replace(facts, size=(48, 64)), "1"))
