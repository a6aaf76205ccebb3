"""Where a frame's time goes, how busy the cores are, and the floor against other ways of doing the same.

    python benchmarks/stages.py [--frames 16] [--rounds 2]

Busy time is CPU time of each stage alone. Must hold: at least 85 % of the cores while the pipeline runs; the
floor at most 1.0 times the faster of ffmpeg's and OpenImageIO's own way from the clip to half-float ZIP EXR,
of wall time; reading every frame back at most a tenth of a frame's CPU time. Exit status 1: one did not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.clips import make_clip
from benchmarks.jobs import CLIPS, Bars, Cost, describe_machine, in_turn, measure, median, per_frame, ratio

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


FFMPEG_WAY = """
import sys
import av
clip, folder, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
with av.open(clip) as source, av.open(f"{folder}/f.%04d.exr", "w", format="image2") as target:
    stream = target.add_stream("exr", rate=24, options={"compression": "zip16", "format": "half"})
    plate = source.streams.video[0]
    stream.width, stream.height, stream.pix_fmt = plate.width, plate.height, "gbrpf32le"
    stream.codec_context.thread_type, stream.codec_context.thread_count = "FRAME", 0
    for number, frame in enumerate(source.decode(plate)):
        if number == last:
            break
        target.mux(stream.encode(frame.reformat(format="gbrpf32le", src_colorspace="ITU709")))
    target.mux(stream.encode(None))
"""
"""FFmpeg's libraries as PyAV brings them, where there is no ffmpeg command; colours stay as they are."""


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


def other_ways(clip: Path, frames: int) -> dict[str, Callable[[], Cost]]:
    """Return the ways of OpenImageIO and of ffmpeg from the clip to half-float ZIP EXR."""
    folder = Path(tempfile.mkdtemp(prefix="hdrvid-benchmark-"))
    commands = {}
    for number, (name, script) in enumerate((("OpenImageIO's way", OIIO_WAY), ("ffmpeg's way", FFMPEG_WAY))):
        path = folder / f"way_{number}.py"  # a library's own name would hide it
        path.write_text(script, encoding="utf-8")
        commands[name] = [sys.executable, str(path), str(clip), "{folder}", "{last}"]
    if shutil.which("ffmpeg"):
        command = ["ffmpeg", "-v", "error", "-i", str(clip), "-frames:v", "{last}", "-compression", "zip16"]
        command += ["-format", "half", "-pix_fmt", "gbrpf32le", "{folder}/f.%04d.exr"]
        commands["ffmpeg's way"] = command
    return {name: partial(other_way, command, frames) for name, command in commands.items()}


def own_ways(clip: Path, frames: int) -> dict[str, Callable[[], Cost]]:
    """Return the job with the network and without, with every frame read back and without."""
    off = ("--verify-writes", "off")
    return {
        "floor": partial(per_frame, clip, frames, "--model", "none"),
        "floor, unverified": partial(per_frame, clip, frames, "--model", "none", *off),
        "network": partial(per_frame, clip, frames),
        "network, unverified": partial(per_frame, clip, frames, *off),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    print(describe_machine())
    clip = make_clip(CLIPS, "1080p", 0.05, frames=max(16, given.frames))
    for name, seconds in stages(clip):
        print(f"{name:32} {1e3 * seconds:7.1f} ms CPU")
    others = other_ways(clip, given.frames)
    costs = in_turn({**own_ways(clip, given.frames), **others}, given.rounds)
    bars, cores = Bars(), os.cpu_count() or 1
    for name, rows in costs.items():
        wall, cpu = median(rows, "wall"), median(rows, "cpu")
        busy = cpu / wall / cores
        said = (
            bars.check(f"cores busy, {name}", busy, 0.85, at_least=True)
            if name in ("floor", "network")
            else ""
        )
        print(f"{name:20} {1e3 * wall:6.0f} ms wall {1e3 * cpu:6.0f} ms CPU, {busy:.0%} of the cores  {said}")
    for name in others:
        times = ratio(costs["floor"], costs[name], "wall")
        print(f"floor to {name}: {times:.2f} x wall  {bars.check(f'floor to {name}', times, 1.0)}")
    for name in ("floor", "network"):
        wall, cpu = (
            1 - 1 / ratio(costs[name], costs[f"{name}, unverified"], what) for what in ("wall", "cpu")
        )
        said = bars.check(f"reading back, {name}", max(wall, 1e-6), 0.1)
        print(f"reading back, of a frame of the {name}: {wall:.1%} of its time, {cpu:.1%} of its CPU  {said}")
    return bars.end()


if __name__ == "__main__":
    sys.exit(main())
