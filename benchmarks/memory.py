"""Peak memory of whole jobs, and that it does not grow with the clip.

    python benchmarks/memory.py [--long 300]

Must hold: 1080p under 1.5 GB, UHD under 3.5 GB, a long clip within 5 % of 30 frames; an 8K frame under
--memory 6G.
"""

from __future__ import annotations

import argparse

from benchmarks.clips import make_clip
from benchmarks.jobs import CLIPS, describe_machine, expand

GIB = 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--long", type=int, default=300)
    parser.add_argument("--skip-8k", action="store_true")
    given = parser.parse_args()
    print(describe_machine())
    for size, frames, limit in (("1080p", 16, 1.5), ("UHD", 16, 3.5)):
        peak = expand(make_clip(CLIPS, size, 0.2)).memory / GIB
        print(
            f"{size}: peak {peak:.2f} GiB in {frames} frames, ratio to its limit {peak / limit:.2f}",
            flush=True,
        )
    if not given.skip_8k:
        peak = expand(make_clip(CLIPS, "8K", 0.05, frames=3), "--memory", "6G").memory / GIB
        print(f"8K with --memory 6G: peak {peak:.2f} GiB, ratio {peak / 6:.2f}", flush=True)
    clip = make_clip(CLIPS, "720p", 0.05, frames=given.long)
    short = expand(clip, "--frames", "1001-1030").memory
    long = expand(clip).memory
    print(
        f"{given.long} frames against 30, 720p: {short / GIB:.3f} to {long / GIB:.3f} GiB, {long / short:.3f}"
    )


if __name__ == "__main__":
    main()
