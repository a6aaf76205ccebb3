"""Fit the exponents of cost against pixels and against frames: 1 is proportional, at most 1.05 must hold.

python benchmarks/scaling.py; exit status 1 says that one did not.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from benchmarks.clips import SIZES, make_clip
from benchmarks.jobs import CLIPS, Bars, describe_machine, expand, per_frame


def exponent(amounts: list[float], costs: list[float]) -> float:
    """Return the slope of log cost over log amount."""
    return float(np.polyfit(np.log(amounts), np.log(costs), 1)[0])


def main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    print(describe_machine())
    bars = Bars()
    sizes = ("720p", "1080p", "UHD")
    costs = [per_frame(make_clip(CLIPS, size, 0.05), 12).cpu for size in sizes]
    pixels = [float(np.prod(SIZES[size])) for size in sizes]
    print("CPU seconds a frame:", ", ".join(f"{s} {c:.3f}" for s, c in zip(sizes, costs, strict=True)))
    found = exponent(pixels, costs)
    print(f"against pixels: exponent {found:.3f}  {bars.check('against pixels', found, 1.05)}", flush=True)
    clip = make_clip(CLIPS, "720p", 0.05, frames=120)
    first = expand(clip, "--frames", "1001")
    counts = [15, 30, 60, 120]
    runs = [(expand(clip, "--frames", f"1001-{1000 + count}") - first).cpu for count in counts]
    print("CPU seconds:", ", ".join(f"{n} frames {c:.2f}" for n, c in zip(counts, runs, strict=True)))
    found = exponent([n - 1.0 for n in counts], runs)
    print(f"against frames: exponent {found:.3f}  {bars.check('against frames', found, 1.05)}")
    return bars.end()


if __name__ == "__main__":
    sys.exit(main())
