"""Seconds a frame with the network, against the same job without it, A B A B.

    python benchmarks/throughput.py [--sizes 720p 1080p UHD] [--qualities standard] [--frames 12] [--rounds 2]

Prints wall and CPU time for no clipping, 5 % and 20 % clipped, and the ratio to `--model none` beside it.
Must hold on two cores: 1.2, 2.5 and 5 times in `standard`.
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.clips import SIZES, make_clip
from benchmarks.jobs import CLIPS, describe_machine, in_turn, median, per_frame, ratio

SHARES = (0.0, 0.05, 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["720p", "1080p", "UHD"], choices=SIZES)
    parser.add_argument("--qualities", nargs="+", default=["standard"])
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    print(describe_machine())
    print("size   clipped  quality    ms wall  ms CPU   floor wall  floor CPU   x wall   x CPU")
    for size in given.sizes:
        for share in SHARES:
            clip = make_clip(CLIPS, size, share, frames=max(16, given.frames))
            ways = {"floor": partial(per_frame, clip, given.frames, "--model", "none")}
            for quality in given.qualities:
                ways[quality] = partial(per_frame, clip, given.frames, "--quality", quality)
            costs = in_turn(ways, given.rounds)
            floor = costs.pop("floor")
            for quality, network in costs.items():
                print(
                    f"{size:6} {share:6.0%}   {quality:9} {1e3 * median(network, 'wall'):8.0f}"
                    f"{1e3 * median(network, 'cpu'):8.0f}   {1e3 * median(floor, 'wall'):9.0f}"
                    f"{1e3 * median(floor, 'cpu'):10.0f}   {ratio(network, floor, 'wall'):8.2f}"
                    f"{ratio(network, floor, 'cpu'):8.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
