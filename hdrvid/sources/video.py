"""Open a video file as a plate: its facts, its tags, and its frames.

Every frame of the clip comes once, in the shown order, under its own number (`cursor.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame

from hdrvid.errors import PlateError
from hdrvid.frames import FrameRange
from hdrvid.plate import Decision, Frame, PlateInfo
from hdrvid.sources import tags as tagging
from hdrvid.sources.containers import STRICT_CODECS, OpenVideo, open_video, read_timeline
from hdrvid.sources.cursor import VideoFacts, read_frames
from hdrvid.sources.decoding import decoded, frames_of
from hdrvid.sources.fingerprint import fingerprint
from hdrvid.sources.formats import PixelLayout
from hdrvid.sources.pictures import Turn, layout_for, turn_of_angle, turn_of_matrix
from hdrvid.sources.planes import Siting
from hdrvid.sources.ranges import refuse_outside
from hdrvid.sources.timecode import check_timecode


class VideoSource:
    """Give the frames of one video file; see `hdrvid.sources.Source`."""

    def __init__(self, info: PlateInfo, facts: VideoFacts) -> None:
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
        return read_frames(self._facts, frames)

    def frame_key(self, number: int) -> str:  # noqa: ARG002 - a sequence needs it
        """Return nothing: the frames of a video are identified by its fingerprint and their number."""
        return ""

    def timecode(self, number: int) -> str | None:  # noqa: ARG002 - a sequence needs it
        """Return nothing: a video has one timecode, that of its first frame."""
        return None

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
    video, is_lenient = _open(path, threads)
    try:
        stated = _stream_tags(video)
        first = _first_frame(video)
        tags = _frame_tags(first).over(stated)
        tagging.refuse_hdr(path.name, stated, tags)
        timeline = read_timeline(lambda: open_video(path), first)
        layout = layout_for(first.format.name, path.name)
        decisions = _decide(tags, layout, video, matrix=matrix, code_range=code_range)
        chosen = {decision.name: decision.value for decision in decisions}
        facts = VideoFacts(
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
            is_lenient=is_lenient,
        )
        info = _describe(video, first, layout, facts, decisions)
    finally:
        video.close()
    return VideoSource(info, facts)


def _open(path: Path, threads: int) -> tuple[OpenVideo, bool]:
    """Open a file with a decoder that minds damage, or, where that is of no use, with a lenient one: True."""
    video = open_video(path, threads=threads)
    if video.stream.codec_context.name not in STRICT_CODECS or not _is_odd(path):
        return video, False
    video.close()
    return open_video(path, threads=threads, is_lenient=True), True


def _is_odd(path: Path) -> bool:
    """Tell whether a decoder that minds damage takes none of a file's first frames: some cameras' JPEG."""
    video = open_video(path)
    try:
        return not any(frames_of(video, packet) for packet in (*itertools.islice(video.packets(), 4), None))
    finally:
        video.close()


def _first_frame(video: OpenVideo) -> VideoFrame:
    for found in decoded(video):
        return found.frame
    message = (
        f"{video.path}: no frame can be decoded, expected at least one. The file is cut or damaged at its "
        "start: copy or export it again."
    )
    raise PlateError(message)


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


_PICTURES_OF_THE_WEB = {"gif", "apng", "webp", "webp_anim"}


def _decide(
    tags: tagging.VideoTags, layout: PixelLayout, video: OpenVideo, *, matrix: str, code_range: str
) -> tuple[Decision, ...]:
    """Decide matrix (of YUV only), range, primaries and transfer, in this order."""
    size = video.stream.height, video.stream.width
    name, codec = video.path.name, video.stream.codec_context.name
    is_yuv = layout.kind == "yuv"
    # grey is full range in stills' codecs, and luma, so limited, in those that can hold colour beside it
    is_luma = is_yuv or (layout.kind == "grey" and codec in {"h264", "hevc", "av1", "vp9"})
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
            tagging.decide_encoding(
                tags.transfer, where=name, usual="srgb" if codec in _PICTURES_OF_THE_WEB else "bt709"
            ),
        )
        if decision is not None
    )


def _siting(codec: str) -> Siting:
    """Return where chroma lies: PyAV hands on no tag; JPEG and MPEG-1 centre it, later codecs do not."""
    return "centre" if codec in {"mjpeg", "mjpegb", "mpeg1video", "jpeg2000"} else "left"


def _turn(first: VideoFrame) -> Turn:
    matrix = _side_data(first, Type.DISPLAYMATRIX)
    # the angle comes by a way of its own, and tells no mirrors
    return turn_of_matrix(bytes(matrix)) if matrix is not None else turn_of_angle(first.rotation)


def _side_data(frame: VideoFrame, kind: Type) -> SideData | None:
    try:
        # typed as a mapping of names to one kind of data; it is a sequence of side data of all kinds
        every: Iterable[SideData] = frame.side_data  # type: ignore[assignment]
    except ValueError:
        return None  # one of a kind that PyAV has no name for, such as a photograph's Exif, hides all others
    return next((data for data in every if data.type == kind), None)


def _describe(
    video: OpenVideo,
    first: VideoFrame,
    layout: PixelLayout,
    facts: VideoFacts,
    decisions: tuple[Decision, ...],
) -> PlateInfo:
    timeline = facts.timeline
    height, width = facts.turn.size(facts.size)
    aspect = video.stream.sample_aspect_ratio or Fraction(1)
    chosen = {decision.name: decision.value for decision in decisions}
    frames = FrameRange.between(facts.start_frame, facts.start_frame + timeline.count - 1)
    timecode, doubts = check_timecode(_timecode(video), timeline.rate, where=video.path.name)
    return PlateInfo(
        path=video.path,
        kind="video",
        width=width,
        height=height,
        frames=frames,
        exact=timeline.is_exact,
        rate=timeline.rate,
        pixel_aspect=1 / aspect if facts.turn.transpose else aspect,
        timecode=timecode,
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
        cautions=(*_cautions(video, facts, frames, interlaced=first.interlaced_frame), *doubts),
        fingerprint=fingerprint(video.path),
    )


def _timecode(video: OpenVideo) -> str | None:
    """Return the first frame's timecode from the video stream, a data stream (mov) or the container (mxf)."""
    places = (video.stream.metadata, *(s.metadata for s in video.container.streams), video.container.metadata)
    found = (place.get("timecode") or place.get("TIMECODE") for place in places)
    return next((timecode for timecode in found if timecode), None)


def _cautions(video: OpenVideo, facts: VideoFacts, frames: FrameRange, *, interlaced: bool) -> list[str]:
    """Say in words what is unusual about a clip."""
    name, timeline = video.path.name, facts.timeline
    missing = "damaged, frames are lost" if timeline.is_lossy else "time is missing"
    said = [
        f"{name}: {missing} before frame {frames.first + position}; frames keep counting"
        for position in timeline.holes
    ]
    said += [
        f"{name}: damaged, frames are lost before frame {frames.first + position + 1}"
        for position in timeline.lost
        if position + 1 not in timeline.lost
    ]
    if timeline.is_cut:
        said.append(f"{name}: cut or damaged; it states frames {frames}, and fewer are whole")
    if timeline.is_variable and not timeline.holes:
        said.append(f"{name}: variable frame rate; each frame of the file has one number")
    if interlaced:
        said.append(f"{name}: interlaced; both fields are kept woven into each frame")
    return said
