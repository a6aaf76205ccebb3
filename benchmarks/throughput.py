"""Seconds a frame with the network, against the same job without it, A B A B.

    python benchmarks/throughput.py [--sizes 720p 1080p UHD] [--qualities standard] [--frames 12] [--rounds 2]
    python benchmarks/throughput.py --quick [--scenes HDR_SCENE_OR_FOLDER ...]

Prints wall and CPU time for no clipping, 5 % and 20 % clipped, and the ratio to `--model none` beside it.
Must hold on two cores, of wall time: 1.2, 2.5 and 5 times in `standard`; exit status 1: one did not.
With `--scenes` the quality's score stands beside its speed: the error inside the clipped area over that of
plain linearisation, pooled, 8 % clipped, on views of 960 x 540, of which `standard` shows the network as many
pixels as of a 1080p frame. `--quick` takes every quality, `full` with 3 frames in one round.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.clips import SIZES, make_clip
from benchmarks.jobs import CLIPS, Bars, Cost, describe_machine, in_turn, median, per_frame, ratio
from hdrvid.evaluation import Request, ViewPlan, evaluate
from hdrvid.evaluation.summary import pooled_ratio

BARS = {0.0: 1.2, 0.05: 2.5, 0.2: 5.0}
"""What must hold in `standard`, by the share of clipped pixels."""
QUICK_FRAMES = {"720p": 48, "1080p": 24, "UHD": 8}
"""So many that the frames outweigh how much the program's start varies."""
FEWEST_FRAMES = 3


def measure_case(size: str, share: float, given: argparse.Namespace) -> dict[str, list[Cost]]:
    """Return the costs of a frame by quality, and those of the floor under `floor`."""
    frames = QUICK_FRAMES[size] if given.quick else given.frames
    clip = make_clip(CLIPS, size, share, frames=max(16, frames))
    ways = {"floor": partial(per_frame, clip, frames, "--model", "none")}
    for quality in given.qualities:
        if not (given.quick and quality == "full"):
            ways[quality] = partial(per_frame, clip, frames, "--quality", quality)
    costs = in_turn(ways, given.rounds)
    if given.quick and "full" in given.qualities:
        costs["full"] = [per_frame(clip, FEWEST_FRAMES, "--quality", "full")]
    return costs


def score_of(quality: str, scenes: Sequence[Path]) -> float:
    """Return the pooled ratio to plain linearisation inside the clipped area; NaN without scenes."""
    if not scenes:
        return float("nan")
    plan = ViewPlan(width=960, height=540)
    asked = Request(scenes=tuple(scenes), clips=(0.08,), plan=plan, options=(("quality", quality),))
    rows = [row for row in evaluate(asked).rows if row.method == asked.model]
    return pooled_ratio([row.scores for row in rows if row.scores is not None])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["720p", "1080p", "UHD"], choices=SIZES)
    parser.add_argument("--qualities", nargs="+", default=["standard"])
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--scenes", type=Path, nargs="+", default=[])
    given = parser.parse_args()
    if given.quick:
        given.qualities = ["draft", "standard", "full"]
    print(describe_machine())
    bars = Bars()
    scores = {quality: score_of(quality, given.scenes) for quality in given.qualities}
    print("size   clipped  quality    ms wall  ms CPU   floor wall  floor CPU   x wall   x CPU   score")
    for size in given.sizes:
        for share, bar in BARS.items():
            costs = measure_case(size, share, given)
            floor = costs.pop("floor")
            for quality, network in costs.items():
                times = ratio(network, floor[: len(network)], "wall")
                said = bars.check(f"{size} {share:.0%}", times, bar) if quality == "standard" else ""
                print(
                    f"{size:6} {share:6.0%}   {quality:9} {1e3 * median(network, 'wall'):8.0f}"
                    f"{1e3 * median(network, 'cpu'):8.0f}   {1e3 * median(floor, 'wall'):9.0f}"
                    f"{1e3 * median(floor, 'cpu'):10.0f}   {times:8.2f}"
                    f"{ratio(network, floor[: len(network)], 'cpu'):8.2f}{scores[quality]:8.2f}  {said}",
                    flush=True,
                )
    return bars.end()


if __name__ == "__main__":
    sys.exit(main())
