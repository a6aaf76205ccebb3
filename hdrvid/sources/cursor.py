"""Walk through a video's decoded frames, knowing which frame of the plate each one is.

A frame's number follows from its presentation time and the clip's timeline, never from counting after a seek.
So a frame that damage has taken is missed where it is missing, and a seek that lands in the wrong place is
seen and done again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from hdrvid.errors import PlateError, PlateTruncated
from hdrvid.frames import FrameRange
from hdrvid.plate import Frame
from hdrvid.sources.containers import OpenVideo, open_video
from hdrvid.sources.decoding import Decoded, decoded
from hdrvid.sources.pictures import Turn, read_picture
from hdrvid.sources.planes import Siting
from hdrvid.sources.timeline import Timeline

log = logging.getLogger(__name__)

_SEEK_BACK_S = (0, 1, 3, 9, 27)  # how much earlier to try again when a seek lands after its target
_NEAR = 12  # frames that are decoded through rather than sought: a seek costs about as much


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
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
    is_lenient: bool = False


def _open(facts: VideoFacts) -> OpenVideo:
    return open_video(facts.path, threads=facts.threads, is_lenient=facts.is_lenient)


def read_frames(facts: VideoFacts, frames: FrameRange) -> Iterator[Frame]:
    """Yield frames of a video in rising order; the file is open as long as the generator is."""
    cursor = _Cursor.open(facts)
    try:
        for number in frames:
            position = number - facts.start_frame
            yield _to_frame(cursor.fetch(position), number, facts)
            if facts.timeline.is_cut and position == facts.timeline.count - 1:
                raise _stopped(facts, position + 1)
    finally:
        cursor.video.close()


def _to_frame(picture: VideoFrame, number: int, facts: VideoFacts) -> Frame:
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


def _stopped(facts: VideoFacts, position: int) -> PlateError:
    """Say that a frame is not there: the end of a cut file, or damage within it."""
    number, first = position + facts.start_frame, facts.start_frame
    last = facts.timeline.count + first - 1
    if facts.timeline.is_cut:
        rest = f", or take --frames {first}-{number - 1}" if position else ""
        message = (
            f"{facts.path}: cut or damaged, it stops at frame {number} of {first}-{last} as the file states "
            f"them. Copy the file again{rest}."
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

    facts: VideoFacts
    video: OpenVideo
    frames: Iterator[Decoded]
    current: VideoFrame | None = None
    position: int = -1
    is_tainted: bool = False
    """Damage was met since the last key frame, and this frame may be built on it."""

    @classmethod
    def open(cls, facts: VideoFacts) -> _Cursor:
        video = _open(facts)
        return cls(facts=facts, video=video, frames=decoded(video))

    def fetch(self, position: int) -> VideoFrame:
        """Return the frame at a position later than the last; raise when it is missing or damaged."""
        whole = self.facts.timeline.whole
        if whole is not None and position >= whole:
            raise _stopped(self.facts, whole)
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
        times = self.facts.timeline.times
        target = max(times[0], times[position] - round(back_s / self.facts.tick))
        self.video.container.seek(target, stream=self.video.stream, backward=True)
        self.frames = decoded(self.video)

    def _rewind(self) -> None:
        self.video.close()
        self.video = _open(self.facts)
        self.frames = decoded(self.video)
        self.current, self.position, self.is_tainted = None, -1, False

    def _advance(self, position: int) -> bool:
        """Decode up to a position; tell whether its frame is there and undamaged."""
        while self.position < position:
            if not self._next():
                return False
        return self.position == position and not self.is_tainted

    def _next(self) -> bool:
        for found in self.frames:
            frame = found.frame
            position = self._position_of(frame)
            if position is None:
                continue
            is_gap = self.current is not None and self._is_gap(position)
            self.is_tainted = not frame.key_frame and (self.is_tainted or is_gap)
            self.is_tainted |= found.is_damaged
            self.current, self.position = frame, position
            return True
        return False

    def _is_gap(self, position: int) -> bool:
        """Tell whether frames are missing between the last one and this position."""
        timeline = self.facts.timeline
        lost_before = timeline.is_lossy and position in timeline.holes
        return position > self.position + 1 or lost_before

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
