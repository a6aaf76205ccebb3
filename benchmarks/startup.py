"""Time until something happens: `hdrvid --help`, and the first frame of a 1080p clip.

python benchmarks/startup.py [--rounds 3]

Must hold: `--help` loads nothing heavy, so it takes a fifth of `import torch` at the most. The first frame
has no bar; what it costs beyond `import torch` is what can be mended here.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from benchmarks.clips import make_clip
from benchmarks.jobs import CLIPS, Bars, describe_machine, expand, in_turn, measure, median, ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(describe_machine())
    clip = make_clip(CLIPS, "1080p", 0.05)
    ways = {
        "python -c pass": partial(measure, [sys.executable, "-c", "pass"]),
        "hdrvid --help": partial(measure, [sys.executable, "-m", "hdrvid", "--help"]),
        "import torch": partial(measure, [sys.executable, "-c", "import torch"]),
        "first frame, --model none": partial(expand, clip, "--frames", "1001", "--model", "none"),
        "first frame": partial(expand, clip, "--frames", "1001"),
    }
    costs = in_turn(ways, given.rounds)
    bars = Bars()
    for name, rows in costs.items():
        times = ratio(rows, costs["import torch"], "cpu")
        print(
            f"{name:27} {median(rows, 'wall'):6.2f} s wall {median(rows, 'cpu'):6.2f} s CPU, "
            f"{times:.2f} x import torch  {bars.check(name, times, 0.2) if name == 'hdrvid --help' else ''}"
        )
    return bars.end()


if __name__ == "__main__":
    sys.exit(main())
