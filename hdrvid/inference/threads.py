"""Share the cores out: one budget for the network, the writers and the decoder."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from hdrvid.inference.devices import granted_cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """Say how many threads each part of a job may keep busy.

    `network` threads compute, `writers` frames are encoded side by side, one thread each, `readers` pictures
    of a sequence are decoded side by side, and `decoder` threads work inside a video decoder (0: its own
    choice).
    """

    network: int
    writers: int
    readers: int
    decoder: int


def share_threads(threads: int = 0) -> Threads:
    """Share out `threads`, or the cores that the scheduler grants.

    Encoding is most of the work where no network runs, so there are as many writers as cores. The network
    takes all cores too: while it computes, writers fill what it leaves idle, and the scheduler evens it out.
    Measured on two cores, this keeps both busy; fewer threads for the network do not (docs/performance.md).

    >>> share_threads(8)
    Threads(network=8, writers=8, readers=4, decoder=8)
    """
    count = threads or granted_cores()
    return Threads(network=count, writers=count, readers=min(4, count), decoder=threads)


def set_network_threads(count: int) -> None:
    """Give torch's operations this many threads, in the whole process."""
    torch.set_num_threads(count)
