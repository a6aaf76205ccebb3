"""A run writes every frame once, keeps what is done, and stops without leaving half a frame."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

import hdrvid
from hdrvid.errors import (
    Cancelled,
    FrameRangeError,
    OptionError,
    OutputConflict,
    OutputError,
    PlateError,
    PlateNotFound,
    PlateTruncated,
)
from hdrvid.events import Failed, Finished, FrameKept, FrameWritten, Started, Warned, to_json
from tests.command import command, started
from tests.sample import SAMPLE, read_exr, rgb_of
from tests.sources.clips import BT709, cut, write_clip

NUMBERS = list(range(1001, 1013))


def finish(source: Path | str, out: Path, **options: Any) -> Finished:
    return hdrvid.expand(source, out, **{"model": "none", **options}).wait()


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.exr"))}


def numbers(folder: Path) -> list[int]:
    return sorted(int(path.name.split(".")[-2]) for path in folder.glob("*.exr"))


def test_every_frame_is_written_once_under_its_number(clip: Path, tmp_path: Path) -> None:
    end = finish(clip, tmp_path)

    assert (end.written, end.kept) == (12, 0)
    assert [f"shot.{n}.exr" for n in NUMBERS] == [path.name for path in sorted(tmp_path.glob("*.exr"))]
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


def test_events_tell_the_run_in_order(clip: Path, tmp_path: Path) -> None:
    events = list(hdrvid.expand(clip, tmp_path, model="none"))

    started, *frames, finished = events
    assert isinstance(started, Started)
    assert (started.total, started.todo, started.frames) == (12, 12, "1001-1012")
    assert [frame.number for frame in frames if isinstance(frame, FrameWritten)] == NUMBERS
    assert isinstance(finished, Finished)
    assert all(json.loads(to_json(event))["event"] for event in events)


def test_the_header_carries_rate_timecode_space_and_where_it_came_from(tmp_path: Path) -> None:
    finish(SAMPLE, tmp_path, frames="1001,1026")

    _, spec = read_exr(tmp_path / "still_life.1026.exr")

    assert spec.get_string_attribute("compression") == "zip"
    assert spec.format == OpenImageIO.HALF
    assert Fraction(*spec.getattribute("FramesPerSecond")) == 24
    assert spec.get_string_attribute("smpte:TimeCode") == "01:00:01:01"
    assert spec.get_string_attribute("hdrvid/outputSpace") == "ACEScg"
    assert spec.get_string_attribute("hdrvid/source") == "still_life.mp4"
    assert spec.get_int_attribute("hdrvid/sourceFrame") == 25
    assert spec.getattribute("chromaticities")[:2] == pytest.approx((0.713, 0.293))


def test_running_again_keeps_what_is_done(clip: Path, tmp_path: Path) -> None:
    finish(clip, tmp_path)
    before = content(tmp_path)

    events = list(hdrvid.expand(clip, tmp_path, model="none"))

    assert [event.number for event in events if isinstance(event, FrameKept)] == NUMBERS
    assert not [event for event in events if isinstance(event, FrameWritten)]
    assert content(tmp_path) == before


def test_a_frame_that_lost_its_content_is_made_again(clip: Path, tmp_path: Path) -> None:
    finish(clip, tmp_path)
    before = content(tmp_path)
    (tmp_path / "shot.1004.exr").write_bytes(before["shot.1004.exr"][:-50])
    (tmp_path / "shot.1007.exr").unlink()

    events = list(hdrvid.expand(clip, tmp_path, model="none"))

    assert [event.number for event in events if isinstance(event, FrameWritten)] == [1004, 1007]
    assert any(isinstance(event, Warned) and "1004" in event.message for event in events)
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"clip_point": 0.8}, id="another setting"),
        pytest.param({"compression": "piz"}, id="another compression"),
        pytest.param({"output_space": "lin_rec709"}, id="another space"),
    ],
)
def test_frames_of_another_job_are_refused_and_replaced_only_when_told(
    clip: Path, tmp_path: Path, other: dict[str, Any]
) -> None:
    finish(clip, tmp_path)
    before = content(tmp_path)

    with pytest.raises(OutputConflict, match=r"1001-1012 were written by another job.*--overwrite"):
        finish(clip, tmp_path, **other)
    assert content(tmp_path) == before

    assert finish(clip, tmp_path, overwrite=True, **other).written == 12
    assert finish(clip, tmp_path, **other).kept == 12


def test_frames_made_from_another_source_are_refused(clip: Path, tmp_path: Path) -> None:
    finish(clip, tmp_path / "exr")
    other = write_clip(tmp_path / clip.name, 12, tags=BT709)

    with pytest.raises(OutputConflict):
        finish(other, tmp_path / "exr")


def test_a_strange_file_in_the_way_is_not_overwritten(clip: Path, tmp_path: Path) -> None:
    strange = tmp_path / "shot.1005.exr"
    strange.write_bytes(b"someone's only copy")

    with pytest.raises(OutputConflict, match="1005"):
        finish(clip, tmp_path)

    assert strange.read_bytes() == b"someone's only copy"
    assert numbers(tmp_path) == [1005]


def test_chunks_give_the_same_bytes_as_one_run(clip: Path, tmp_path: Path, tiny_weights: Path) -> None:
    finish(clip, tmp_path / "whole", model=str(tiny_weights))
    for chunk in ("1001-1004", "1005-1009", "1010-1012"):
        finish(clip, tmp_path / "chunks", model=str(tiny_weights), frames=chunk)

    assert content(tmp_path / "chunks") == content(tmp_path / "whole")


def test_the_network_leaves_all_that_its_mask_does_not_cover(
    clip: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    finish(clip, tmp_path / "none")
    finish(clip, tmp_path / "filled", model=str(tiny_weights), layers="all")

    for number in NUMBERS:
        plain = rgb_of(tmp_path / "none" / f"shot.{number}.exr")
        channels, _ = read_exr(tmp_path / "filled" / f"shot.{number}.exr")
        filled = np.stack([channels[name] for name in "RGB"])
        outside = channels["mask.A"] == 0
        assert 0.5 < outside.mean() < 0.95
        assert np.array_equal(filled[:, outside], plain[:, outside])
        assert np.array_equal(np.stack([channels[f"source.{name}"] for name in "RGB"]), plain)
        assert filled[:, ~outside].mean() > plain[:, ~outside].mean() * 1.2


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param("1001-1012x5", [1001, 1006, 1011], id="a step"),
        pytest.param("1003", [1003], id="one frame"),
        pytest.param("1010-1030", [1010, 1011, 1012], id="past the end, as farms ask"),
        pytest.param("990-1002", [1001, 1002], id="before the start"),
        pytest.param("1012,1001", [1001, 1012], id="out of order"),
    ],
)
def test_a_range_writes_just_its_frames(clip: Path, tmp_path: Path, frames: str, expected: list[int]) -> None:
    finish(clip, tmp_path, frames=frames)

    assert numbers(tmp_path) == expected


def test_a_range_past_the_end_is_a_warning_and_with_strict_an_error(clip: Path, tmp_path: Path) -> None:
    events = list(hdrvid.expand(clip, tmp_path, model="none", frames="1011-1020"))

    assert any(isinstance(event, Warned) and "reach past" in event.message for event in events)
    with pytest.raises(FrameRangeError, match="expected some of 1001-1012"):
        hdrvid.expand(clip, tmp_path, model="none", frames="1011-1020", strict=True)


def test_a_start_frame_numbers_names_and_ranges_alike(clip: Path, tmp_path: Path) -> None:
    finish(clip, tmp_path, start_frame=1, frames="3-4")

    assert [path.name for path in sorted(tmp_path.glob("*.exr"))] == ["shot.0003.exr", "shot.0004.exr"]
    _, spec = read_exr(tmp_path / "shot.0003.exr")
    assert spec.get_int_attribute("hdrvid/sourceFrame") == 2


def test_a_cancelled_run_leaves_whole_frames_and_the_rest_to_the_next(clip: Path, tmp_path: Path) -> None:
    run = hdrvid.expand(clip, tmp_path / "cut", model="none")
    for event in run.events():
        if isinstance(event, FrameWritten) and event.number == 1003:
            run.cancel()

    with pytest.raises(Cancelled, match="Run the same command again"):
        run.wait()
    left = numbers(tmp_path / "cut")
    assert left == NUMBERS[: len(left)]
    assert 3 <= len(left) < 12

    end = finish(clip, tmp_path / "cut")
    finish(clip, tmp_path / "whole")
    assert end.kept == len(left)
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_leaving_a_run_early_cancels_it(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyError), hdrvid.expand(clip, tmp_path, model="none") as run:
        raise KeyError

    assert run.done
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("hdrvid")]


def test_iterating_raises_what_ended_the_run(tmp_path: Path) -> None:
    short = cut(write_clip(tmp_path / "long.mkv", 40, tags=BT709), 0.6)
    seen: list[object] = []

    with pytest.raises(PlateTruncated) as caught:
        keep(seen, hdrvid.expand(short, tmp_path / "exr", model="none"))

    failed = seen[-1]
    assert isinstance(failed, Failed)
    assert failed.kind == "PlateTruncated"
    assert failed.message == str(caught.value)
    assert failed.frame == numbers(tmp_path / "exr")[-1] + 1


def keep(seen: list[object], run: hdrvid.Run) -> None:
    for event in run:
        seen.append(event)  # noqa: PERF402 - what came before an error must be kept


def test_the_whole_frames_before_a_cut_are_kept(tmp_path: Path) -> None:
    short = cut(write_clip(tmp_path / "long.mkv", 40, tags=BT709), 0.6)

    with pytest.raises(PlateTruncated, match=r"frame 10\d\d"):
        finish(short, tmp_path / "exr")

    left = numbers(tmp_path / "exr")
    assert left == list(range(1001, 1001 + len(left)))
    assert len(left) >= 8
    for number in left:
        assert rgb_of(tmp_path / "exr" / f"{short.stem}.{number}.exr").shape == (3, 96, 128)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        pytest.param({"frames": "2000-2010"}, FrameRangeError, id="a range outside the clip"),
        pytest.param({"mix": 7}, OptionError, id="a value out of its limits"),
        pytest.param({"nonsense": 1}, OptionError, id="an unknown option"),
        pytest.param({"output_space": "ACEScgg"}, LookupError, id="an unknown colour space"),
    ],
)
def test_a_wrong_call_raises_at_once_and_writes_nothing(
    clip: Path, tmp_path: Path, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        hdrvid.expand(clip, tmp_path / "exr", **{"model": "none", **options})

    assert not (tmp_path / "exr").exists()


def test_a_missing_plate_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlateNotFound, match=r"gone\.mp4"):
        finish(tmp_path / "gone.mp4", tmp_path / "exr")


def test_a_text_file_that_is_called_a_clip_is_named(tmp_path: Path) -> None:
    fake = tmp_path / "fake.mp4"
    fake.write_text("not a film", encoding="utf-8")

    with pytest.raises(PlateError, match=r"fake\.mp4"):
        finish(fake, tmp_path / "exr")


def test_an_output_folder_that_is_a_file_is_named(clip: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "exr"
    blocked.write_text("", encoding="utf-8")

    with pytest.raises(OutputError, match="exr"):
        finish(clip, blocked)


def test_a_kill_in_the_middle_and_a_second_run_end_with_the_same_bytes(
    tmp_path: Path, tiny_weights: Path
) -> None:
    clip = write_clip(tmp_path / "long.mp4", 60, tags=BT709, size=(192, 256))
    options = ("expand", clip, "--model", tiny_weights, "-q", "--out")
    killed = started(*options, tmp_path / "killed")
    _wait_for(lambda: len(list((tmp_path / "killed").glob("*.exr"))) >= 5)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    left = len(content(tmp_path / "killed"))

    again = command(*options, tmp_path / "killed")
    whole = command(*options, tmp_path / "whole")

    assert 5 <= left < 60
    assert (again.returncode, whole.returncode) == (0, 0)
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
    assert not [path for path in (tmp_path / "killed").iterdir() if path.suffix == ".tmp"]


def _wait_for(ready: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_with_130_and_whole_frames(tmp_path: Path, name: signal.Signals) -> None:
    clip = write_clip(tmp_path / "long.mp4", 100, tags=BT709, size=(192, 256))
    process = started("expand", clip, "--model", "none", "--out", tmp_path / "exr", stderr=subprocess.PIPE)
    _wait_for(lambda: len(list((tmp_path / "exr").glob("*.exr"))) >= 3)
    process.send_signal(name)
    _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "cancelled with" in said
    assert "Traceback" not in said
    left = numbers(tmp_path / "exr")
    assert left == list(range(1001, 1001 + len(left)))
    assert len(left) < 100
