"""Plates of every size and kind go through the whole engine, with a network."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

import hdrvid
from hdrvid.engine import prepare
from hdrvid.engine.run import _linear
from hdrvid.errors import NotFinite, NotSdr, PlateError
from hdrvid.events import FrameWritten, Warned
from hdrvid.frames import FrameRange
from hdrvid.job import ExpandJob
from hdrvid.plate import Frame
from hdrvid.sources.sequence import SequenceSource
from tests.command import command
from tests.engine.conftest import bright_frame
from tests.sample import read_exr, rgb_of
from tests.sources.clips import BT709, write_clip


def write_picture(path: Path, pixels: np.ndarray) -> Path:
    buffer = OpenImageIO.ImageBuf(np.ascontiguousarray(pixels))
    assert buffer.write(str(path)), buffer.geterror()
    return path


@pytest.mark.parametrize(
    ("height", "width"),
    [
        pytest.param(16, 16, id="the smallest"),
        pytest.param(17, 31, id="odd in both"),
        pytest.param(90, 161, id="an odd width"),
        pytest.param(64, 8192, id="the widest"),
    ],
)
def test_a_clip_of_any_size_is_expanded(tmp_path: Path, tiny_weights: Path, height: int, width: int) -> None:
    picture = np.full((height, width, 3), 90, np.uint8)
    picture[: height // 2, : width // 2] = 255
    clip = write_clip(tmp_path / "clip.mkv", [picture, picture], codec="ffv1", pix_fmt="yuv444p", tags=BT709)

    end = hdrvid.expand(clip, tmp_path / "exr", model=str(tiny_weights), layers="all").wait()

    assert end.written == 2
    channels, _ = read_exr(tmp_path / "exr" / "clip.1002.exr")
    assert channels["R"].shape == (height, width)
    assert channels["R"][0, 0] > 1.2
    assert channels["R"][-1, -1] == channels["source.R"][-1, -1]


def test_a_clip_of_one_frame_is_expanded(tmp_path: Path, tiny_weights: Path) -> None:
    clip = write_clip(tmp_path / "one.mp4", [bright_frame(0)], tags=BT709)

    hdrvid.expand(clip, tmp_path / "exr", model=str(tiny_weights)).wait()

    assert [path.name for path in (tmp_path / "exr").glob("*.exr")] == ["one.1001.exr"]


def test_alpha_is_carried_as_it_is(tmp_path: Path, tiny_weights: Path) -> None:
    pixels = np.dstack([bright_frame(0), np.tile(np.arange(128, dtype=np.uint8) * 2, (96, 1))])
    still = write_picture(tmp_path / "matte.0005.png", pixels)

    hdrvid.expand(still, tmp_path / "exr", model=str(tiny_weights)).wait()

    (written,) = (tmp_path / "exr").glob("*.exr")
    channels, _ = read_exr(written)
    assert np.array_equal(channels["A"], (pixels[..., 3].astype(np.float32) / 255).astype(np.float16))


def test_an_exr_without_a_rate_keeps_the_timecode_of_each_frame(tmp_path: Path) -> None:
    for number, word in ((7, 0x01000007), (9, 0x02000009)):
        buffer = OpenImageIO.ImageBuf(np.full((16, 16, 4), 0.5, np.float32))
        buffer.specmod().attribute("smpte:TimeCode", OpenImageIO.TypeDesc("timecode"), (word, 0))
        assert buffer.write(str(tmp_path / f"plate.{number:04d}.exr"))

    hdrvid.expand(tmp_path / "plate.####.exr", tmp_path / "out", model="none").wait()

    for name, timecode in (("plate.0007.exr", "01:00:00:07"), ("plate.0009.exr", "02:00:00:09")):
        spec = OpenImageIO.ImageBuf(str(tmp_path / "out" / name)).spec()
        assert spec.get_string_attribute("smpte:TimeCode") == timecode
        assert spec.get_string_attribute("hdrvid/alpha") == "premultiplied"


def test_two_stills_of_one_camera_go_to_one_folder_side_by_side(tmp_path: Path) -> None:
    for name in ("IMG_1234.png", "IMG_1235.png"):
        hdrvid.expand(write_picture(tmp_path / name, bright_frame(0)), tmp_path / "exr", model="none").wait()

    written = sorted(path.name for path in (tmp_path / "exr").glob("*.exr"))
    assert written == ["IMG_1234.1001.exr", "IMG_1235.1001.exr"]


@pytest.mark.parametrize("pattern", ["plate.####.png", "plate.%04d.png", "plate.$F4.png", "folder"])
def test_a_sequence_keeps_its_own_numbers(tmp_path: Path, tiny_weights: Path, pattern: str) -> None:
    folder = tmp_path / "plates"
    folder.mkdir()
    for number in (7, 8, 9):
        write_picture(folder / f"plate.{number:04d}.png", bright_frame(number))
    source = folder if pattern == "folder" else folder / pattern

    hdrvid.expand(source, tmp_path / "exr", model=str(tiny_weights), frames="8-9").wait()

    assert sorted(path.name for path in (tmp_path / "exr").glob("*.exr")) == [
        "plate.0008.exr",
        "plate.0009.exr",
    ]


def test_pictures_of_a_sequence_are_decoded_side_by_side_and_stay_in_order(tmp_path: Path) -> None:
    for number in (7, 8, 9, 10):
        write_picture(tmp_path / f"plate.{number:04d}.png", bright_frame(number))
    job = ExpandJob(source=str(tmp_path / "plate.####.png"), out=str(tmp_path), model="none", threads=2)

    with prepare(job) as plan:
        read, meeting = plan.source.read, threading.Barrier(2, timeout=20)

        class Meeting(SequenceSource):
            def read(self, frames: FrameRange) -> Iterator[Frame]:
                meeting.wait()  # passes only when two are being decoded at once
                return read(frames)

        source = Meeting(plan.info, {})
        numbers = [frame.number for frame in _linear(dataclasses.replace(plan, source=source), plan.frames)]

    assert numbers == [7, 8, 9, 10]


def test_a_frame_of_a_sequence_that_changed_is_made_again(tmp_path: Path) -> None:
    for number in (1, 2):
        write_picture(tmp_path / f"plate.{number:04d}.png", bright_frame(number))
    hdrvid.expand(tmp_path / "plate.####.png", tmp_path / "exr", model="none").wait()
    write_picture(tmp_path / "plate.0002.png", bright_frame(9))

    events = list(hdrvid.expand(tmp_path / "plate.####.png", tmp_path / "exr", model="none", overwrite=True))

    assert [event.number for event in events if isinstance(event, FrameWritten)] == [2]


def test_a_hole_in_a_sequence_is_named(tmp_path: Path) -> None:
    for number in (1, 2, 4):
        write_picture(tmp_path / f"plate.{number:04d}.png", bright_frame(number))

    with pytest.raises(PlateError, match="frame 3 is missing"):
        hdrvid.expand(tmp_path / "plate.####.png", tmp_path / "exr", model="none", frames="1-4").wait()


def test_a_hole_that_nobody_asked_for_is_a_warning(tmp_path: Path) -> None:
    for number in (1, 2, 4):
        write_picture(tmp_path / f"plate.{number:04d}.png", bright_frame(number))

    events = list(hdrvid.expand(tmp_path / "plate.####.png", tmp_path / "exr", model="none"))

    assert [event.number for event in events if isinstance(event, FrameWritten)] == [1, 2, 4]
    assert any(isinstance(event, Warned) and "frames 3 are missing" in event.message for event in events)


def test_sixteen_bit_pictures_keep_their_depth(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 4096).astype(np.uint16)
    write_picture(tmp_path / "ramp.0001.tif", np.repeat(np.tile(ramp, (16, 1))[..., None], 3, axis=2))

    hdrvid.expand(
        tmp_path / "ramp.####.tif", tmp_path / "exr", model="none", full_float=True, output_space="lin_rec709"
    ).wait()

    line = rgb_of(tmp_path / "exr" / "ramp.0001.exr")[0, 0]
    assert len(np.unique(line)) == len(np.unique(ramp))


@pytest.mark.parametrize("transfer", [pytest.param(16, id="PQ"), pytest.param(18, id="HLG")])
def test_hdr_signals_are_refused(tmp_path: Path, transfer: int) -> None:
    clip = write_clip(tmp_path / "hdr.mp4", 2, tags={**BT709, "transfer": transfer})

    with pytest.raises(NotSdr, match=r"hdr\.mp4"):
        hdrvid.expand(clip, tmp_path / "exr")


def test_values_beyond_half_float_are_limited_and_counted(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), 0.5, np.float32)
    pixels[3, 4] = (1e6, 2.0, 7e4)
    write_picture(tmp_path / "bright.0001.exr", pixels)

    end = hdrvid.expand(
        tmp_path / "bright.####.exr", tmp_path / "exr", model="none", input_space="ACEScg"
    ).wait()

    assert end.limited == 2
    assert rgb_of(tmp_path / "exr" / "bright.0001.exr")[:, 3, 4].tolist() == [65504.0, 2.0, 65504.0]


def test_a_value_that_is_not_finite_stops_at_its_frame(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        pixels = np.full((16, 16, 3), 0.5, np.float32)
        if number == 2:
            pixels[3, 4, 1] = np.nan
        write_picture(tmp_path / f"plate.{number:04d}.exr", pixels)

    with pytest.raises(NotFinite, match=r"frame 2|0002"):
        hdrvid.expand(
            tmp_path / "plate.####.exr", tmp_path / "exr", model="none", input_space="ACEScg"
        ).wait()

    assert (tmp_path / "exr" / "plate.0001.exr").exists()
    assert not (tmp_path / "exr" / "plate.0002.exr").exists()


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """Mount a small disk in memory, where the tests may."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a disk here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_keeps_what_was_written_and_says_so(clip: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=300k") as disk:
        done = command("expand", clip, "--model", "none", "--compression", "none", "--out", disk)

        assert done.returncode == 1
        (line,) = done.stderr.strip().splitlines()
        assert "space" in line
        left = sorted(disk.glob("*.exr"))
        assert 0 < len(left) < 12
        assert all(rgb_of(path).shape == (3, 96, 128) for path in left)
        assert not [path for path in disk.iterdir() if path.suffix == ".tmp"]


def test_an_unwritable_folder_is_named(clip: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "locked", "size=10m,ro") as locked:
        done = command("expand", clip, "--model", "none", "--out", locked)

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "locked" in line
