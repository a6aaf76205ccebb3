"""Time until something happens: `hdrvid --help`, and the first frame of a 1080p clip.

python benchmarks/startup.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from benchmarks.clips import make_clip
from benchmarks.jobs import CLIPS, describe_machine, expand, in_turn, measure, median, ratio


def main() -> None:
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
    for name, rows in costs.items():
        times = ratio(rows, costs["import torch"], "cpu")
        print(
            f"{name:27} {median(rows, 'wall'):6.2f} s wall {median(rows, 'cpu'):6.2f} s CPU, "
            f"{times:.2f} x import torch"
        )


if __name__ == "__main__":
    main()
