"""Open a video file with PyAV, and read what its container says of its frames' times.

The one place where FFmpeg's quirks by container are known.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from hdrvid.errors import PlateError, PlateNotFound
from hdrvid.sources.timeline import Clock, Ending, Stamp, Timeline, make_timeline

_TRUSTED_ENDS = ("matroska", "mxf", "flv")  # a duration in the header; others guess it, or add to it
_BETWEEN_PACKETS = 100  # bytes: the heads of a cluster and of a block take fewer
_BETWEEN_CHUNKS = 24  # bytes: the head of a chunk of AVI takes 8, and one frame that repeats the last 8 more
_HEAD = 40  # packets looked at before a container's own index is believed
T = TypeVar("T")

STRICT_CODECS = frozenset({"mjpeg", "mjpegb"})
"""Codecs whose decoder can tell damage, and keeps it to itself unless asked."""


@dataclass(slots=True, kw_only=True)
class OpenVideo:
    """Hold an open container and the video stream chosen in it; close it when done."""

    path: Path
    container: InputContainer
    stream: VideoStream

    @property
    def family(self) -> str:
        """Return FFmpeg's name for the container: `mov,mp4,m4a,3gp,3g2,mj2`, `mpegts`."""
        return self.container.format.name

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Yield the stream's packets that hold data, from where the container stands; errors end them."""
        return (packet for packet in _until_error(self.container.demux(self.stream)) if packet.size)

    def close(self) -> None:
        """Let go of the file."""
        self.container.close()


def open_video(path: Path, *, threads: int = 0, is_lenient: bool = False) -> OpenVideo:
    """Open a file and choose its best video stream, cover pictures passed over.

    `threads` bounds the decoder's threads, 0 leaves it to FFmpeg. A damaged JPEG is no frame, unless
    `is_lenient`: then it is whatever FFmpeg makes of it. Raises `PlateNotFound`, or `PlateError` for
    a file that is no video or has no picture.

    >>> open_video(Path("plates/mistyped.mov"))
    Traceback (most recent call last):
    hdrvid.errors.PlateNotFound: plates/mistyped.mov: no such file, expected a video file. Check the path.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        message = f"{path}: {what}, expected a video file. Check the path."
        raise PlateNotFound(message)
    if not path.stat().st_size:
        message = f"{path}: the file is empty, expected a video. Copy or render it again."
        raise PlateError(message)
    try:
        # `file:` keeps a colon in the name from being a protocol; the list keeps playlists off the network
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _unreadable(path, _say(error)) from error
    try:
        stream = _choose_stream(container, path)
    except BaseException:
        container.close()
        raise
    stream.thread_type = "AUTO"
    if threads:
        stream.thread_count = threads
    if stream.codec_context.name in STRICT_CODECS and not is_lenient:
        stream.codec_context.options = {"err_detect": "explode"}
    return OpenVideo(path=path, container=container, stream=stream)


def read_timeline(reopen: Callable[[], OpenVideo], first: VideoFrame) -> Timeline:
    """Find the time of every frame of a video whose first frame decodes to `first`."""
    video = reopen()
    try:
        clock = _clock(video.stream)
        start = first.pts if first.pts is not None else first.dts
        indexed = _from_index(video, start)
        if indexed is not None:
            return make_timeline(*indexed[:1], clock, first=start, ending=indexed[1])
    finally:
        video.close()
    video = reopen()
    try:
        stamps, walk = _from_packets(video)
        if _tells_no_time(video, stamps):
            start = None
        start = _start(video, stamps, start)
        ending = replace(_ending(video, stamps, walk), is_lossy=_is_lossy(video, walk))
        return make_timeline(stamps, clock, first=start, ending=ending)
    finally:
        video.close()


def _start(video: OpenVideo, stamps: Sequence[Stamp], first: int | None) -> int | None:
    """Return when a video starts, whose first frame that decodes is shown at `first`.

    What is shown before is not of the plate where the frames that it is built on are not there; a key frame
    is, and is damaged. H.264 alone has key frames from which a picture is whole only some frames later.
    """
    if first is None or not stamps or not stamps[0].is_key or stamps[0].pts is None:
        return first
    return first if video.stream.codec_context.name == "h264" else min(first, stamps[0].pts)


def _tells_no_time(video: OpenVideo, stamps: Sequence[Stamp]) -> bool:
    """Tell of files whose frames have to be counted: their packets' times are not those of showing.

    A program stream times some packets only. AVI numbers packets as stored, as does MXF where its index does
    not tell otherwise, and these codecs store frames in another order than that in which they are shown.
    """
    codec = video.stream.codec_context
    if not codec.has_b_frames or codec.name not in {"h264", "hevc", "vc1"}:
        return video.family == "mpeg"
    if video.family != "mxf":
        return video.family in {"mpeg", "avi"}
    times = [stamp.pts for stamp in stamps if stamp.pts is not None]
    reordered = any(later < earlier for earlier, later in itertools.pairwise(times))
    return not reordered and not all(stamp.is_key for stamp in stamps)


def _clock(stream: VideoStream) -> Clock:
    rates = (stream.average_rate, stream.base_rate, stream.guessed_rate)
    return Clock(tick=stream.time_base or Fraction(1, 1000), rates=tuple(r for r in rates if r))


def _from_index(video: OpenVideo, start: int | None) -> tuple[list[Stamp], Ending] | None:
    """Take times from the index of a mov or mp4, where it is full and regular.

    Nothing is read but a few packets. The index holds decoding times. At a constant rate the shown times are
    the same ones, moved as a whole.
    """
    entries = list(video.stream.index_entries)
    if not video.family.startswith("mov") or start is None or not 1 < len(entries) == video.stream.frames:
        return None
    stamps = [entry.timestamp for entry in entries]
    step = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    regular = all(abs(stamp - stamps[0] - n * step) <= 1 for n, stamp in enumerate(stamps))
    if not regular or any(entry.is_discard for entry in entries):
        return None
    shown = [packet.pts for packet in itertools.islice(video.packets(), _HEAD)]
    if None in shown or min(pts for pts in shown if pts is not None) < start:
        return None
    size = video.path.stat().st_size
    whole = [entry.pos + entry.size <= size for entry in entries]
    found = [
        Stamp(start + entry.timestamp - stamps[0], is_key=entry.is_keyframe, is_whole=inside)
        for entry, inside in zip(entries, whole, strict=True)
    ]
    return found, Ending(frames=len(entries), is_cut=not all(whole))


@dataclass(slots=True)
class _Walk:
    """Note how far a file's packets were followed: their latest time, and the bytes that were of none.

    `frame_s` is how long a packet lasts that does not say so. `first_gap` counts the video's packets before
    the first gap that is more than the head of a chunk of AVI, None where there is none.
    """

    frame_s: float = 0.0
    seen_s: float = 0.0
    end: int = 0
    widest_gap: int = 0
    first_gap: int | None = None

    def pass_by(self, packet: Packet[Any], before: int) -> None:
        """Note a packet, `before` of the video's having come before it."""
        if packet.pts is not None:
            lasts_s = float(packet.duration * packet.time_base) if packet.duration else self.frame_s
            self.seen_s = max(self.seen_s, float(packet.pts * packet.time_base) + lasts_s)
        if packet.pos is not None and packet.pos >= 0:
            gap = packet.pos - self.end if self.end else 0
            self.widest_gap = max(self.widest_gap, gap)
            if gap > _BETWEEN_CHUNKS and self.first_gap is None:
                self.first_gap = before
            self.end = max(self.end, packet.pos + packet.size)


def _from_packets(video: OpenVideo) -> tuple[list[Stamp], _Walk]:
    """Read all packets, of all streams so that the end of the file is seen; return ours and what was met."""
    stamps: list[Stamp] = []
    walk = _Walk(frame_s=_frame_s(video))
    timed = [s for s in video.container.streams if s.type in {"video", "audio", "subtitle"}]
    for packet in _until_error(video.container.demux(*timed)):
        if not packet.size:
            continue
        walk.pass_by(packet, len(stamps))
        if packet.stream.index == video.stream.index and not packet.is_discard:
            stamps.append(Stamp(packet.pts, is_key=packet.is_keyframe, is_whole=not packet.is_corrupt))
    return stamps, walk


def _frame_s(video: OpenVideo) -> float:
    rate = next(iter(_clock(video.stream).stated), None)
    return float(1 / rate) if rate else 0.0


def _is_lossy(video: OpenVideo, walk: _Walk) -> bool:
    """Tell whether frames that are missing were lost: to a transmission, or to bytes that are no packet's.

    Matroska and FLV write packets one behind the other: what a demuxer had to step over is damage. Transport
    streams and MXF have no other reason for a gap in time.
    """
    if video.family in {"mpegts", "mxf"}:
        return True
    return video.family.startswith(("matroska", "flv")) and walk.widest_gap > _BETWEEN_PACKETS


def _span(stamps: Sequence[Stamp]) -> int:
    """Count the frames of an AVI, with the empty chunks that repeat the frame before: times count both."""
    times = [stamp.pts for stamp in stamps if stamp.pts is not None]
    return max(len(stamps), max(times) - min(times) + 1) if times else len(stamps)


def _ending(video: OpenVideo, stamps: Sequence[Stamp], walk: _Walk) -> Ending:
    container, family = video.container, video.family
    size = video.path.stat().st_size
    if family.startswith("mov"):
        entries = video.stream.index_entries
        missing = any(entry.pos + entry.size > size for entry in entries)
        return Ending(frames=video.stream.frames if missing else None, is_cut=missing)
    if family == "avi":
        is_less = video.stream.frames > _span(stamps)
        return Ending(
            frames=video.stream.frames if is_less else None, whole=walk.first_gap if is_less else None
        )
    if family == "mpegts":
        return Ending(is_cut=bool(size % 188 and size % 192 and size % 204), is_joinable=True)
    if family.startswith(_TRUSTED_ENDS) and container.duration:
        end_s = container.duration / av.time_base
        frame_s = _frame_s(video)
        stated = round(end_s / frame_s) if frame_s and not walk.seen_s else 0  # no packet has a time
        return Ending(
            frames=stated if stated > len(stamps) else None,
            end_s=end_s,
            seen_s=walk.seen_s,
            slack_s=0.1 if len(container.streams) > 1 else 0.0,
            is_guessed=family == "mxf",
        )
    return Ending()


def _choose_stream(container: InputContainer, path: Path) -> VideoStream:
    if not container.streams:
        raise _unreadable(path, "no streams in it")
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not pictures:
        message = f"{path}: has no video stream, expected one. Name the file that holds the picture."
        raise PlateError(message)
    best = container.streams.best("video")
    chosen = best if best in pictures else pictures[0]
    if not isinstance(chosen, VideoStream) or chosen.codec_context is None:
        message = (
            f"{path}: its video codec has no decoder here, expected one that FFmpeg reads. Convert the clip."
        )
        raise PlateError(message)
    return chosen


def _unreadable(path: Path, reason: str) -> PlateError:
    message = (
        f"{path}: cannot be opened as video ({reason}), expected a clip that FFmpeg reads. It may be cut "
        "before its index, or no video at all: copy or export it again."
    )
    return PlateError(message)


def _until_error(packets: Iterator[T]) -> Iterator[T]:
    """Yield until the demuxer meets damage that it cannot step over: what it gave before is whole."""
    try:
        yield from packets
    except (av.FFmpegError, OSError, ValueError):
        return


def _say(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).split(":")[0].strip()
