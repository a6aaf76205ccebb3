"""Know how much memory there is, and what a job would take of it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from hdrvid.errors import OptionError

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\Z", re.IGNORECASE)
PROGRAM = 600 * 2**20
"""Bytes that the program takes before the first frame: libraries, weights, the decoder's own frames."""
NETWORK_PIXEL = 1100
"""Bytes for each pixel of a window while the compact network looks at it, in float32; measured 900."""
MOST_PIXELS = 1920 * 1088
"""A picture of more pixels than this is never looked at whole: it would take gigabytes."""
LARGEST_WINDOW = 1024 * 1024
"""The pixels of the largest window that a larger picture is cut into."""
WORKING_PIXEL = 80
"""Bytes for each pixel of the network's picture: light, code, and what is sewn together."""
REMEMBERED_PIXEL = 36
"""Bytes for each pixel of a window whose answer is remembered: light, stops and mask, three floats each."""
MOST_REMEMBERED = 512 * 2**20
"""Bytes of windows that are remembered: all of them up to UHD at full quality, mostly."""
_FREE_SHARE = 0.6  # of free memory that a batch may take: others live on the machine too


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """Say how much of a job is under way at once: frames read ahead, frames being written, batch."""

    ahead: int
    writers: int
    batch: int


def parse_size(text: str) -> int:
    """Read an amount of memory in bytes; K, M, G and T are powers of 1024.

    >>> parse_size("6G"), parse_size("512 MB")
    (6442450944, 536870912)
    """
    match = _SIZE.match(text.strip())
    if match is None:
        message = f"option --memory: got '{text}', expected an amount like 6G or 800M. Write one."
        raise OptionError(message)
    return int(float(match[1]) * _UNITS[match[2].upper()])


def free_memory() -> int:
    """Return the bytes that could be had now: the machine's, or the control group's where that is less."""
    free = _available() or 2 * 2**30
    limit = _group_limit()
    return min(free, limit) if limit is not None else free


def largest_window(picture: int) -> int:
    """Return the most pixels that the network sees at once of a picture of so many.

    >>> largest_window(480 * 270), largest_window(7680 * 4320)
    (129600, 1048576)
    """
    return picture if picture <= MOST_PIXELS else LARGEST_WINDOW


def fit_depths(limit: int, start: Depths, *, frame_bytes: int, picture: int) -> Depths:
    """Take depths back, least costly first, until a job stays below a limit in bytes.

    `frame_bytes` is that of one float32 frame, `picture` the pixels of it at the network's working size. With
    one of each the job takes what it takes: a limit below that raises `OptionError`.

    >>> start = Depths(ahead=2, writers=8, batch=1)
    >>> fit_depths(6 * 2**30, start, frame_bytes=7680 * 4320 * 12, picture=480 * 270)
    Depths(ahead=1, writers=3, batch=1)
    """
    for depths in _smaller(start):
        least = estimate(depths, frame_bytes=frame_bytes, picture=picture)
        if least <= limit:
            return depths
    message = (
        f"option --memory: {limit / 2**30:.1f}G, expected {least / 2**30:.1f}G or more for frames of this "
        "size. Give more, or a smaller plate."
    )
    raise OptionError(message)


def estimate(depths: Depths, *, frame_bytes: int, picture: int) -> int:
    """Return the bytes that a job takes at its peak, from above.

    A frame is held by each place of the queue, by as many readers of a sequence, and by the one that waits.
    The network's stage holds it with its result; a writer holds it with its half, its file and its proof.
    Windows that are remembered reach over each other, up to four deep.

    >>> one = Depths(ahead=1, writers=1, batch=1)
    >>> round(estimate(one, frame_bytes=1920 * 1080 * 12, picture=480 * 270) / 2**30, 2)  # GB for HD
    0.95
    """
    frames = 2 * depths.ahead + 1 + 2 * depths.batch + 2 * (depths.writers + 1)
    network = depths.batch * (largest_window(picture) * NETWORK_PIXEL + picture * WORKING_PIXEL)
    return PROGRAM + frames * frame_bytes + network + min(MOST_REMEMBERED, 4 * picture * REMEMBERED_PIXEL)


def _smaller(depths: Depths) -> list[Depths]:
    steps = [depths]
    batch, ahead, writers = depths.batch, depths.ahead, depths.writers
    while batch > 1:
        batch //= 2
        steps.append(Depths(ahead=ahead, writers=writers, batch=batch))
    while ahead > 1:
        ahead -= 1
        steps.append(Depths(ahead=ahead, writers=writers, batch=batch))
    while writers > 1:
        writers -= 1
        steps.append(Depths(ahead=ahead, writers=writers, batch=batch))
    return steps


def choose_batch(pixels: int, free: int, *, most: int = 8) -> int:
    """Return the largest power of two, up to `most`, of windows of `pixels` that free memory holds.

    >>> choose_batch(512 * 512, free=4 * 2**30), choose_batch(512 * 512, free=2**28)
    (8, 1)
    """
    batch = most
    while batch > 1 and batch * pixels * NETWORK_PIXEL > free * _FREE_SHARE:
        batch //= 2
    return batch


def _available() -> int | None:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123 - not a file of ours
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _group_limit() -> int | None:
    """Return what a control group leaves this process: farms and containers set one."""
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:  # noqa: PTH123
            text = file.read().strip()
        with open("/sys/fs/cgroup/memory.current", encoding="ascii") as file:  # noqa: PTH123
            used = int(file.read())
    except (OSError, ValueError):
        return None
    return max(0, int(text) - used) if text.isdigit() else None
