"""Seconds a frame of `--linearise learned`, with noise kept and taken out, against the default, in turn.

    python benchmarks/learned.py [--sizes 1080p] [--frames 12] [--rounds 2]

Clips of 5 % clipped pixels. Nothing must hold: it is a mode for plates whose camera nobody knows.
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.clips import SIZES, make_clip
from benchmarks.jobs import CLIPS, describe_machine, in_turn, median, per_frame, ratio

WAYS = {
    "default": (),
    "learned, noise kept": ("--linearise", "learned", "--grain", "keep"),
    "learned": ("--linearise", "learned"),
    "noise taken out": ("--grain", "remove"),
}


def main() -> None:
    """Print wall and CPU time of each way, and its ratio to the default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["1080p"], choices=SIZES)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    print(describe_machine())
    print("size    way                    ms wall  ms CPU   x wall   x CPU")
    for size in given.sizes:
        clip = make_clip(CLIPS, size, 0.05, frames=max(16, given.frames))
        costs = in_turn(
            {name: partial(per_frame, clip, given.frames, *way) for name, way in WAYS.items()}, given.rounds
        )
        for name, cost in costs.items():
            print(
                f"{size:7} {name:20} {1e3 * median(cost, 'wall'):9.0f}{1e3 * median(cost, 'cpu'):8.0f}"
                f"{ratio(cost, costs['default'], 'wall'):9.2f}{ratio(cost, costs['default'], 'cpu'):8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
