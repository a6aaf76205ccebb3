"""A container's index and its packets tell the same times."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from hdrvid.errors import PlateError, PlateNotFound
from hdrvid.sources import containers
from hdrvid.sources.containers import OpenVideo, open_video, read_timeline
from hdrvid.sources.decoding import decoded
from hdrvid.sources.timeline import Timeline
from tests.sources.clips import Extras, cut, write_clip

FRAGMENTS = Extras(container={"movflags": "frag_keyframe+empty_moov"})
FASTSTART = Extras(container={"movflags": "faststart"})


def timeline_of(clip: Path) -> Timeline:
    video = open_video(clip)
    first = next(decoded(video)).frame
    video.close()
    return read_timeline(lambda: open_video(clip), first)


def packets_read(clip: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Tell whether finding the times of a clip reads all of its packets."""
    called = []
    read = containers._from_packets

    def watched(video: OpenVideo) -> Any:
        called.append(video)
        return read(video)

    monkeypatch.setattr(containers, "_from_packets", watched)
    timeline_of(clip)
    return bool(called)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="H.264 with B-frames"),
        pytest.param({"codec": "prores_ks", "pix_fmt": "yuv422p10le"}, id="ProRes"),
        pytest.param({"codec": "libx265", "options": {"preset": "ultrafast"}}, id="HEVC"),
    ],
)
def test_a_full_regular_index_is_believed_and_nothing_more_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    clip = write_clip(tmp_path / "clip.mov", 20, **how)

    assert not packets_read(clip, monkeypatch)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param("clip.mkv", {}, id="mkv"),
        pytest.param("clip.ts", {}, id="a transport stream"),
        pytest.param("clip.mp4", {"times_ms": [n * n for n in range(20)]}, id="an mp4 of a variable rate"),
        pytest.param(
            "clip.mp4", {"extras": Extras(container={"movflags": "frag_keyframe+empty_moov"})}, id="fragments"
        ),
    ],
)
def test_other_files_have_their_packets_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, how: dict[str, Any]
) -> None:
    clip = write_clip(tmp_path / name, 20, **how)

    assert packets_read(clip, monkeypatch)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_index_and_packets_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 30, codec=codec, options={"g": "7", "bf": "2"})
    by_index = timeline_of(clip)

    monkeypatch.setattr(containers, "_from_index", lambda *_: None)
    by_packets = timeline_of(clip)

    # the index tells when a key frame is decoded, which with B-frames is a little before it is shown
    assert dataclasses.replace(by_index, keys=()) == dataclasses.replace(by_packets, keys=())
    assert len(by_index.keys) == len(by_packets.keys)


def test_an_index_that_reaches_past_the_file_means_a_cut_by_either_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = cut(write_clip(tmp_path / "clip.mp4", 60, extras=FASTSTART), 0.8)
    by_index = timeline_of(clip)

    monkeypatch.setattr(containers, "_from_index", lambda *_: None)
    by_packets = timeline_of(clip)

    assert by_index.is_cut
    assert by_packets.is_cut
    assert by_index.count == by_packets.count == 60


@pytest.mark.parametrize(
    ("name", "codec", "counted"),
    [
        pytest.param("a.avi", "mpeg4", False, id="MPEG-4 in AVI has times"),
        pytest.param("a.avi", "libx264", True, id="H.264 with B-frames in AVI has not"),
        pytest.param("a.mpg", "mpeg2video", True, id="a program stream has some"),
        pytest.param("a.h264", "libx264", True, id="a raw stream has none"),
    ],
)
def test_frames_are_counted_where_packets_do_not_tell_the_time(
    tmp_path: Path, name: str, codec: str, *, counted: bool
) -> None:
    timeline = timeline_of(write_clip(tmp_path / name, 20, codec=codec, options={"bf": "2"}))

    assert (timeline.times == ()) == counted
    assert timeline.count == 20


def test_key_frames_are_found(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", 30, options={"g": "10", "sc_threshold": "0", "bf": "0"})

    assert timeline_of(clip).keys == (0, 10, 20)


def test_the_best_video_stream_is_chosen(tmp_path: Path) -> None:
    video = open_video(write_clip(tmp_path / "clip.mp4", 3, extras=Extras(cover=True)))

    assert video.stream.codec_context.name == "h264"
    assert video.family.startswith("mov")
    video.close()


def test_threads_are_handed_to_the_decoder(tmp_path: Path) -> None:
    video = open_video(write_clip(tmp_path / "clip.mp4", 3), threads=3)

    assert video.stream.thread_count == 3
    video.close()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(PlateNotFound, match="is a folder, expected a video file"):
        open_video(tmp_path)


def test_a_file_of_zeros_is_no_video(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mov"
    clip.write_bytes(bytes(5000))

    with pytest.raises(PlateError, match=r"clip\.mov: cannot be opened as video") as refused:
        open_video(clip)

    assert refused.value.__cause__ is not None
