"""Read the frames of a video file: every one once, in the shown order, each under its own number.

A frame's number follows from its presentation time and the clip's timeline, never from counting after a seek.
So a frame that damage has taken is missed where it is missing, and a seek that lands in the wrong place is
seen and done again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame

from hdrvid.errors import PlateError, PlateTruncated
from hdrvid.frames import FrameRange
from hdrvid.plate import Decision, Frame, PlateInfo
from hdrvid.sources import tags as tagging
from hdrvid.sources.containers import OpenVideo, open_video, read_timeline
from hdrvid.sources.fingerprint import fingerprint
from hdrvid.sources.formats import PixelLayout
from hdrvid.sources.pictures import Turn, layout_for, read_picture, turn_of_matrix
from hdrvid.sources.planes import Siting
from hdrvid.sources.ranges import refuse_outside
from hdrvid.sources.timeline import Timeline

log = logging.getLogger(__name__)

_SEEK_BACK_S = (0, 1, 3, 9, 27)  # how much earlier to try again when a seek lands after its target
_NEAR = 12  # frames that are decoded through rather than sought: a seek costs about as much


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """Hold what is found once, at opening, and needed for every frame."""

    path: Path
    start_frame: int
    threads: int
    timeline: Timeline
    tick: Fraction
    size: tuple[int, int]  # as stored
    matrix: str
    full_range: bool
    siting: Siting
    turn: Turn


class VideoSource:
    """Give the frames of one video file; see `hdrvid.sources.Source`."""

    def __init__(self, info: PlateInfo, facts: _Facts) -> None:
        """Keep what `open_video_plate` found; nothing is held open between reads."""
        self.info = info
        self._facts = facts

    def read(self, frames: FrameRange) -> Iterator[Frame]:
        """Yield these frames in rising order, R'G'B' code values as `(3, H, W) float32`.

        Frames outside the plate raise `FrameRangeError` at once. A file that ends early raises
        `PlateTruncated` and a damaged one `PlateError` when their place is reached; all whole frames before
        it have been given.
        """
        refuse_outside(frames, self.info)
        return _read(self._facts, frames)

    def frame_key(self, number: int) -> str:  # noqa: ARG002 - a sequence needs it
        """Return nothing: the frames of a video are identified by its fingerprint and their number."""
        return ""

    def close(self) -> None:
        """Do nothing: each read opens the file for itself and closes it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_video_plate(
    path: Path, *, start_frame: int = 1001, matrix: str = "auto", code_range: str = "auto", threads: int = 0
) -> VideoSource:
    """Find out all that is to be known of a video file before its frames are read.

    The first frame is decoded, and the packets' times are read. Raises `PlateNotFound`, `PlateError`,
    `NotSdr` for PQ, HLG and other HDR signals, and `OptionError` for a wrong `matrix` or `code_range`.
    """
    video = open_video(path, threads=threads)
    try:
        stated = _stream_tags(video)
        first = _first_frame(video)
        tags = _frame_tags(first).over(stated)
        tagging.refuse_hdr(path.name, stated, tags)
        timeline = read_timeline(lambda: open_video(path), first)
        layout = layout_for(first.format.name, path.name)
        decisions = _decide(tags, layout, video, matrix=matrix, code_range=code_range)
        chosen = {decision.name: decision.value for decision in decisions}
        facts = _Facts(
            path=path,
            start_frame=start_frame,
            threads=threads,
            timeline=timeline,
            tick=video.stream.time_base or Fraction(1, 1000),
            size=(first.height, first.width),
            matrix=chosen.get("matrix", "bt709"),
            full_range=chosen["range"] == "full",
            siting=_siting(video.stream.codec_context.name),
            turn=_turn(first),
        )
        info = _describe(video, first, layout, facts, decisions)
    finally:
        video.close()
    _warn(info, timeline)
    return VideoSource(info, facts)


def _first_frame(video: OpenVideo) -> VideoFrame:
    for frame in _decoded(video):
        return frame
    message = (
        f"{video.path}: no frame can be decoded, expected at least one. The file is cut or damaged at its "
        "start: copy or export it again."
    )
    raise PlateError(message)


def _decoded(video: OpenVideo) -> Iterator[VideoFrame]:
    """Decode packet by packet, in the shown order; what fails to decode is left out, and so leaves a gap."""
    for packet in video.packets():
        if not packet.is_corrupt:
            yield from _frames_of(video, packet)
    yield from _frames_of(video, None)


def _frames_of(video: OpenVideo, packet: av.Packet[av.VideoStream] | None) -> list[VideoFrame]:
    try:
        return video.stream.codec_context.decode(packet)
    except (av.FFmpegError, ValueError) as error:
        if not isinstance(error, av.error.EOFError):
            log.debug("%s: a packet does not decode: %s", video.path, error)
        return []


def _read(facts: _Facts, frames: FrameRange) -> Iterator[Frame]:
    cursor = _Cursor.open(facts)
    try:
        for number in frames:
            position = number - facts.start_frame
            yield _to_frame(cursor.fetch(position), number, facts)
            if facts.timeline.is_cut and position == facts.timeline.count - 1:
                raise _stopped(facts, position + 1)
    finally:
        cursor.video.close()


def _to_frame(picture: VideoFrame, number: int, facts: _Facts) -> Frame:
    height, width = facts.size
    if (picture.height, picture.width) != facts.size:
        message = (
            f"{facts.path} frame {number}: decoded {picture.width}x{picture.height}, expected "
            f"{width}x{height} as in frame {facts.start_frame}. Take --frames up to {number - 1}, or re-wrap "
            "the file."
        )
        raise PlateError(message)
    pixels, alpha = read_picture(
        picture, matrix=facts.matrix, full_range=facts.full_range, siting=facts.siting
    )
    return Frame(
        number=number,
        pixels=facts.turn.apply(pixels),
        alpha=None if alpha is None else facts.turn.apply(alpha),
    )


def _stopped(facts: _Facts, position: int) -> PlateError:
    """Say that a frame is not there: the end of a cut file, or damage within it."""
    number, first = position + facts.start_frame, facts.start_frame
    last = facts.timeline.count + first - 1
    if facts.timeline.is_cut:
        message = (
            f"{facts.path}: cut or damaged, it stops at frame {number} of {first}-{last} as the file states "
            f"them. Copy the file again, or take --frames {first}-{number - 1}."
        )
        return PlateTruncated(message)
    message = (
        f"{facts.path} frame {number}: damaged, expected a whole frame as in the rest of {first}-{last}. "
        "Copy the file again, or leave the frame out with --frames."
    )
    return PlateError(message)


@dataclass(slots=True, kw_only=True)
class _Cursor:
    """Walk through the decoded frames of an open video, knowing the position of each."""

    facts: _Facts
    video: OpenVideo
    frames: Iterator[VideoFrame]
    current: VideoFrame | None = None
    position: int = -1
    is_tainted: bool = False
    """Damage was met since the last key frame, and this frame may be built on it."""

    @classmethod
    def open(cls, facts: _Facts) -> _Cursor:
        video = open_video(facts.path, threads=facts.threads)
        return cls(facts=facts, video=video, frames=_decoded(video))

    def fetch(self, position: int) -> VideoFrame:
        """Return the frame at a position later than the last; raise when it is missing or damaged."""
        if self._is_far(position) and not self._land(position):
            self._rewind()
        if not self._advance(position) or self.current is None:
            raise _stopped(self.facts, position)
        return self.current

    def _is_far(self, position: int) -> bool:
        timeline = self.facts.timeline
        return position - self.position > _NEAR and timeline.key_before(position) > self.position + 1

    def _land(self, position: int) -> bool:
        """Seek until the decoder, started before a frame, reaches it undamaged; tell whether it did.

        Seeks land late in MPEG-TS and AVI, and a decoder started at an open group of pictures drops frames,
        or gives broken ones: each attempt starts earlier.
        """
        for back_s in _SEEK_BACK_S:
            self.current, self.position, self.is_tainted = None, -1, False
            try:
                self._seek(position, back_s)
                if self._next() and self.position <= position and self._advance(position):
                    return True
            except OSError:  # before the start, for some containers
                return False
            except PlateError as error:  # times made up after a seek: the start has the last word
                log.debug("%s: a seek %d s back from frame %d: %s", self.facts.path, back_s, position, error)
        return False

    def _seek(self, position: int, back_s: int) -> None:
        times, key = self.facts.timeline.times, self.facts.timeline.key_before(position)
        target = max(times[0], times[key] - round(back_s / self.facts.tick))
        self.video.container.seek(target, stream=self.video.stream, backward=True)
        self.frames = _decoded(self.video)

    def _rewind(self) -> None:
        self.video.close()
        self.video = open_video(self.facts.path, threads=self.facts.threads)
        self.frames = _decoded(self.video)
        self.current, self.position, self.is_tainted = None, -1, False

    def _advance(self, position: int) -> bool:
        """Decode up to a position; tell whether its frame is there and undamaged."""
        while self.position < position:
            if not self._next():
                return False
        return self.position == position and not self.is_tainted

    def _next(self) -> bool:
        for frame in self.frames:
            position = self._position_of(frame)
            if position is None:
                continue
            is_gap = position > self.position + 1 and self.current is not None
            self.is_tainted = not frame.key_frame and (self.is_tainted or is_gap)
            self.is_tainted |= frame.is_corrupt
            self.current, self.position = frame, position
            return True
        return False

    def _position_of(self, frame: VideoFrame) -> int | None:
        """Place a decoded frame; None for one that is shown before the plate's first."""
        timeline = self.facts.timeline
        if not timeline.times:
            return self.position + 1
        pts = _time_of(frame)
        if pts is not None and pts < timeline.times[0] and timeline.position(pts) is None:
            return None
        position = timeline.position(pts) if pts is not None else None
        if position is None and timeline.is_cut and pts is not None and pts > timeline.times[-1]:
            return timeline.count  # whole packets behind the place where the clip stops
        if position is None or position <= self.position:
            number = max(self.position, 0) + self.facts.start_frame
            message = (
                f"{self.facts.path} after frame {number}: the decoder gives a frame for time {pts}, expected "
                "one of those that the container states, rising. Re-wrap the file, for instance to mkv."
            )
            raise PlateError(message)
        return position


def _time_of(frame: VideoFrame) -> int | None:
    return frame.pts if frame.pts is not None else frame.dts


def _stream_tags(video: OpenVideo) -> tagging.VideoTags:
    """Read the container's tags; before decoding, since a decoder overwrites them with its own."""
    context = video.stream.codec_context
    return tagging.VideoTags(
        matrix=context.colorspace,
        range=context.color_range,
        primaries=context.color_primaries,
        transfer=context.color_trc,
    )


_HDR_SIDE_DATA = {
    Type.DOVI_METADATA: "Dolby Vision",
    Type.DOVI_RPU_BUFFER: "Dolby Vision",
    Type.DYNAMIC_HDR_PLUS: "HDR10+",
    Type.DYNAMIC_HDR_VIVID: "HDR Vivid",
    Type.MASTERING_DISPLAY_METADATA: "HDR10 mastering metadata",
}


def _frame_tags(frame: VideoFrame) -> tagging.VideoTags:
    signals = [name for kind, name in _HDR_SIDE_DATA.items() if _side_data(frame, kind) is not None]
    return tagging.VideoTags(
        matrix=frame.colorspace,
        range=frame.color_range,
        primaries=frame.color_primaries,
        transfer=frame.color_trc,
        hdr_metadata=signals[0] if signals else "",
    )


def _decide(
    tags: tagging.VideoTags, layout: PixelLayout, video: OpenVideo, *, matrix: str, code_range: str
) -> tuple[Decision, ...]:
    """Decide matrix (of YUV only), range, primaries and transfer, in this order."""
    size = video.stream.height, video.stream.width
    name = video.path.name
    is_yuv = layout.kind == "yuv"
    # grey is full range in stills' codecs, and luma, so limited, in those that can hold colour beside it
    is_luma = is_yuv or (
        layout.kind == "grey" and video.stream.codec_context.name in {"h264", "hevc", "av1", "vp9"}
    )
    by_matrix = tagging.decide_matrix(tags.matrix, size=size, option=matrix, where=name) if is_yuv else None
    return tuple(
        decision
        for decision in (
            by_matrix,
            tagging.decide_range(
                tags.range,
                option=code_range,
                by_format=layout.full_range,
                usual="limited" if is_luma else "full",
            ),
            tagging.decide_primaries(
                tags.primaries, matrix=by_matrix.value if by_matrix else "", height=size[0]
            ),
            tagging.decide_encoding(tags.transfer, where=name),
        )
        if decision is not None
    )


def _siting(codec: str) -> Siting:
    """Return where chroma lies: PyAV hands on no tag; JPEG and MPEG-1 centre it, later codecs do not."""
    return "centre" if codec in {"mjpeg", "mjpegb", "mpeg1video", "jpeg2000"} else "left"


def _turn(first: VideoFrame) -> Turn:
    matrix = _side_data(first, Type.DISPLAYMATRIX)
    return turn_of_matrix(bytes(matrix)) if matrix is not None else Turn()


def _side_data(frame: VideoFrame, kind: Type) -> SideData | None:
    # typed as a mapping of names to one kind of data; it is a sequence of side data of all kinds
    every: Iterable[SideData] = frame.side_data  # type: ignore[assignment]
    return next((data for data in every if data.type == kind), None)


def _describe(
    video: OpenVideo, first: VideoFrame, layout: PixelLayout, facts: _Facts, decisions: tuple[Decision, ...]
) -> PlateInfo:
    timeline = facts.timeline
    height, width = facts.turn.size(facts.size)
    aspect = video.stream.sample_aspect_ratio or Fraction(1)
    chosen = {decision.name: decision.value for decision in decisions}
    return PlateInfo(
        path=video.path,
        kind="video",
        width=width,
        height=height,
        frames=FrameRange.between(facts.start_frame, facts.start_frame + timeline.count - 1),
        exact=timeline.is_exact,
        rate=timeline.rate,
        pixel_aspect=1 / aspect if facts.turn.transpose else aspect,
        timecode=_timecode(video),
        codec=video.stream.codec_context.name,
        pixel_format=first.format.name,
        bit_depth=layout.depth,
        is_float=layout.is_float,
        has_alpha=layout.alpha is not None,
        encoding=chosen["transfer"],
        primaries=chosen["primaries"],
        variable_rate=timeline.is_variable,
        interlaced=first.interlaced_frame,
        decisions=decisions,
        fingerprint=fingerprint(video.path),
    )


def _timecode(video: OpenVideo) -> str | None:
    """Return the first frame's timecode from the video stream, a data stream (mov) or the container (mxf)."""
    places = (video.stream.metadata, *(s.metadata for s in video.container.streams), video.container.metadata)
    found = (place.get("timecode") or place.get("TIMECODE") for place in places)
    return next((timecode for timecode in found if timecode), None)


def _warn(info: PlateInfo, timeline: Timeline) -> None:
    """Log what the caller should know and no field of the facts says in words."""
    first = info.frames.first
    if timeline.is_cut:
        log.warning("%s: cut or damaged; it states frames %s, and fewer are whole", info.path, info.frames)
    for position in timeline.holes:
        log.warning("%s: time is missing before frame %d; frames keep counting", info.path, first + position)
    if timeline.is_variable and not timeline.holes:
        log.warning("%s: variable frame rate; each frame of the file has one number", info.path)
    if info.interlaced:
        log.warning("%s: interlaced; both fields are kept woven into each frame", info.path)
