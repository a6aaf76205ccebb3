"""Where a frame's time goes, how busy the cores are, and the floor against other ways of doing the same.

    python benchmarks/stages.py [--frames 16] [--rounds 2]

Busy time is CPU time of each stage alone. Must hold: at least 85 % of two cores while the pipeline runs; the
floor at most 1.0 times the faster of ffmpeg's and OpenImageIO's own way from the clip to half-float ZIP EXR.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.clips import make_clip
from benchmarks.jobs import CLIPS, Cost, describe_machine, in_turn, measure, median, per_frame, ratio

OIIO_WAY = """
import sys
import av, numpy as np, OpenImageIO as oiio
clip, folder, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
with av.open(clip) as container:
    for number, frame in enumerate(container.decode(video=0)):
        if number == last:
            break
        pixels = frame.to_ndarray(format="rgb24", src_colorspace="ITU709")
        buffer = oiio.ImageBufAlgo.colorconvert(oiio.ImageBuf(pixels), "g24_rec709_tx", "ACEScg")
        buffer.specmod().attribute("compression", "zip")
        buffer.write(f"{folder}/o.{number}.exr", "half")
"""
"""OpenImageIO reads no H.264 in its wheel: PyAV decodes, OpenImageIO converts and writes in its threads."""


def stages(clip: Path) -> Iterator[tuple[str, float]]:
    """Yield each stage of a frame with its CPU seconds, one after the other."""
    from hdrvid.engine import prepare
    from hdrvid.engine.output import Output
    from hdrvid.engine.start import expanders_of
    from hdrvid.job import ExpandJob

    with tempfile.TemporaryDirectory() as folder, prepare(ExpandJob(source=str(clip), out=folder)) as plan:
        start = time.process_time()
        frames = list(plan.source.read(plan.frames))
        yield "decode, planes to R'G'B'", (time.process_time() - start) / len(frames)
        start = time.process_time()
        for frame in frames:
            plan.colour.apply(frame.pixels)
        yield "colour (OCIO)", (time.process_time() - start) / len(frames)
        (expander,) = expanders_of(plan)
        expander.expand(frames[:1])
        start = time.process_time()
        expanded = [one for frame in frames for one in expander.expand([frame])]
        yield "mask, network, composing", (time.process_time() - start) / len(frames)
        sink = Output(plan).sink
        start = time.process_time()
        for one in expanded:
            sink.write(one)
        yield "half, ZIP EXR, checksum, proof", (time.process_time() - start) / len(frames)


def other_way(command: list[str], frames: int) -> Cost:
    """Return the cost of a frame of another program; `{folder}` and `{last}` are filled in."""

    def run(last: int) -> Cost:
        folder = tempfile.mkdtemp(prefix="hdrvid-benchmark-")
        try:
            return measure([part.format(folder=folder, last=last) for part in command])
        finally:
            shutil.rmtree(folder)

    first = run(1)
    return (run(frames) - first).per(frames - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    print(describe_machine())
    clip = make_clip(CLIPS, "1080p", 0.05, frames=max(16, given.frames))
    for name, seconds in stages(clip):
        print(f"{name:32} {1e3 * seconds:7.1f} ms CPU")
    script = Path(tempfile.mkdtemp()) / "oiio_way.py"
    script.write_text(OIIO_WAY, encoding="utf-8")
    ways = {
        "hdrvid --model none": partial(per_frame, clip, given.frames, "--model", "none"),
        "the same, --verify-writes off": partial(
            per_frame, clip, given.frames, "--model", "none", "--verify-writes", "off"
        ),
        "PyAV and OpenImageIO": partial(
            other_way, [sys.executable, str(script), str(clip), "{folder}", "{last}"], given.frames
        ),
    }
    if shutil.which("ffmpeg"):
        command = ["ffmpeg", "-v", "error", "-i", str(clip), "-frames:v", "{last}", "-compression", "zip16"]
        command += ["-format", "half", "-pix_fmt", "gbrpf32le", "{folder}/f.%04d.exr"]
        ways["ffmpeg"] = partial(other_way, command, given.frames)
    else:
        print("ffmpeg is not installed here: its way is not measured")
    ways["hdrvid with the network"] = partial(per_frame, clip, given.frames)
    costs = in_turn(ways, given.rounds)
    for name, rows in costs.items():
        wall, cpu = median(rows, "wall"), median(rows, "cpu")
        times = ratio(rows, costs["PyAV and OpenImageIO"], "wall")
        print(
            f"{name:32} {1e3 * wall:7.0f} ms wall {1e3 * cpu:7.0f} ms CPU, "
            f"{cpu / wall / (os.cpu_count() or 1):.0%} of the cores, {times:.2f} x OpenImageIO's way"
        )


if __name__ == "__main__":
    main()
