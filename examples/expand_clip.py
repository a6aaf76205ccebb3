"""Expand a clip and follow the run, event by event.

python examples/expand_clip.py tests/data/still_life.mp4 exr/ --frames 1001-1012
"""

from __future__ import annotations

import argparse
import sys

import hdrvid
from hdrvid.errors import HdrvidError
from hdrvid.events import Finished, FrameKept, FrameWritten, Warned


def main() -> int:
    """Print a line for each event that a person wants to see."""
    parser = argparse.ArgumentParser(description="Expand a clip to scene-linear EXR frames.")
    parser.add_argument("clip")
    parser.add_argument("out")
    parser.add_argument("--frames", help="1001-1100x2; the whole clip without it")
    parser.add_argument("--model", default="compact", help="compact, a .safetensors file, or none")
    arguments = parser.parse_args()
    try:
        follow(arguments)
    except HdrvidError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


def follow(arguments: argparse.Namespace) -> None:
    """Start the run and show its events; leaving the block early cancels it, and written frames stay."""
    options = {"frames": arguments.frames, "model": arguments.model, "layers": "all"}
    with hdrvid.expand(arguments.clip, arguments.out, **options) as run:
        for event in run:
            if isinstance(event, Warned):
                print(f"note: {event.message}")
            elif isinstance(event, FrameWritten):
                print(f"frame {event.number}: {event.clipped:.1%} filled, {event.done} of {event.total}")
            elif isinstance(event, FrameKept):
                print(f"frame {event.number}: kept from before, {event.done} of {event.total}")
            elif isinstance(event, Finished):
                print(f"{event.written} written, {event.kept} kept in {event.seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
