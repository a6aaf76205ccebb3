"""Decode the packets of an open video, and tell which of its frames damage has reached.

FFmpeg conceals damage and goes on. It marks the frame that was damaged and none of those built on it, and a
B-frame may be built on one that is shown after it.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import av
from av.video.frame import VideoFrame

from hdrvid.sources.checks import is_whole_ffv1
from hdrvid.sources.containers import OpenVideo

log = logging.getLogger(__name__)

_MOST_WAITING = 8  # frames that are held back to see one that was stored before them


@dataclass(slots=True, kw_only=True)
class Decoded:
    """Hold a frame, its place among the stored packets, and whether it or what it is built on is damaged.

    Damage to frames that are shown earlier is not told: who walks through the clip has met it.
    """

    frame: VideoFrame
    order: int
    is_damaged: bool


def decoded(video: OpenVideo) -> Iterator[Decoded]:
    """Decode packet by packet, in the shown order; what fails to decode is left out, and so leaves a gap.

    A frame comes when all that were stored before it have come, so that damage to them is known.
    """
    stored: dict[int, int] = {}
    waiting: deque[Decoded] = deque()
    for frame in _frames(video, stored):
        order = stored.pop(frame.pts, -1) if frame.pts is not None else -1
        if frame.is_corrupt:
            for earlier in waiting:
                earlier.is_damaged |= order < earlier.order
        waiting.append(Decoded(frame=frame, order=order, is_damaged=frame.is_corrupt))
        for pts in [pts for pts in stored if frame.pts is None or pts < frame.pts]:
            del stored[pts]  # frames come in the shown order: those did not decode
        oldest = min(stored.values(), default=math.inf)
        while waiting and (len(waiting) > _MOST_WAITING or waiting[0].order < oldest):
            yield waiting.popleft()
    yield from waiting


def frames_of(video: OpenVideo, packet: av.Packet[av.VideoStream] | None) -> list[VideoFrame]:
    """Decode one packet, or what the decoder holds back for None; nothing where that fails."""
    try:
        return video.stream.codec_context.decode(packet)
    except (av.FFmpegError, ValueError) as error:
        if not isinstance(error, av.error.EOFError):
            log.debug("%s: a packet does not decode: %s", video.path, error)
        return []


def _frames(video: OpenVideo, stored: dict[int, int]) -> Iterator[VideoFrame]:
    """Yield frames as the decoder gives them, and note each packet's place among the stored by its time."""
    is_checked = video.stream.codec_context.name == "ffv1"
    for order, packet in enumerate(video.packets()):
        if packet.is_corrupt or (is_checked and not is_whole_ffv1(bytes(packet))):
            continue
        if packet.pts is not None:
            stored[packet.pts] = order
        yield from frames_of(video, packet)
    yield from frames_of(video, None)
