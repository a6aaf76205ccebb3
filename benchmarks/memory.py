"""Peak memory of whole jobs, and that it does not grow with the clip.

    python benchmarks/memory.py [--long 300] [--skip-8k]

Must hold: 1080p under 1.5 GB, UHD under 3.5 GB, a long clip within 5 % of 30 frames; an 8192 x 4320 frame
under --memory 6G. Exit status 1 says that one did not.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.clips import make_clip
from benchmarks.jobs import CLIPS, Bars, describe_machine, expand

GB = 10**9  # the stricter reading of the limits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--long", type=int, default=300)
    parser.add_argument("--skip-8k", action="store_true")
    given = parser.parse_args()
    print(describe_machine())
    bars = Bars()
    for size, frames, limit in (("1080p", 16, 1.5), ("UHD", 16, 3.5)):
        peak = expand(make_clip(CLIPS, size, 0.2)).memory / GB
        said = bars.check(size, peak / limit, 1.0)
        print(f"{size}: {peak:.2f} GB in {frames} frames, {peak / limit:.2f} x its limit  {said}", flush=True)
    if not given.skip_8k:
        peak = expand(make_clip(CLIPS, "8K", 0.05, frames=3), "--memory", "6G").memory / 2**30
        said = bars.check("8K", peak / 6, 1.0)
        print(f"8K under --memory 6G: {peak:.2f} GiB, {peak / 6:.2f} x its limit  {said}", flush=True)
    clip = make_clip(CLIPS, "720p", 0.05, frames=given.long)
    short = expand(clip, "--frames", "1001-1030").memory
    long = expand(clip).memory
    said = bars.check("a long clip", long / short, 1.05)
    print(f"{given.long} frames, 720p: {long / short:.3f} x the memory of 30  {said}")
    return bars.end()


if __name__ == "__main__":
    sys.exit(main())
