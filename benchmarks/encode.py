"""EXR writing against OpenImageIO's writer, the same half-float frame, one thread each, A B A B.

    python benchmarks/encode.py [--rounds 5]

Must hold: a ratio of 1 or less for every compression offered; exit status 1 says that one did not. What
`--verify-writes` adds stands beside it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray

from benchmarks.clips import make_clip
from benchmarks.jobs import CLIPS, Bars, describe_machine
from hdrvid.colour import open_config, resolve_path
from hdrvid.inference import to_half
from hdrvid.plate import Expanded, Planes
from hdrvid.sinks import COMPRESSIONS, ExrSettings, ExrSink
from hdrvid.sources import open_plate


def one_frame() -> Planes:
    """Return a frame of the benchmark clip, scene-linear."""
    with open_plate(str(make_clip(CLIPS, "1080p", 0.05))) as plate:
        path = resolve_path(
            open_config(), encoding=plate.info.encoding, primaries="bt709", output_space="ACEScg"
        )
        frame = next(iter(plate.read(plate.info.frames)))
        return path.apply(frame.pixels)


def by_oiio(path: Path, pixels: NDArray[np.float32], compression: str) -> None:
    """Write as OpenImageIO's users do: float pixels in, half in the file."""
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], 3, oiio.HALF)
    spec.attribute("compression", compression)
    output = oiio.ImageOutput.create(str(path))
    assert output is not None  # the EXR writer is built in
    output.open(str(path), spec)
    output.write_image(pixels)
    output.close()


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, over all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    oiio.attribute("threads", 1)
    oiio.attribute("exr_threads", -1)
    print(describe_machine())
    bars = Bars()
    planes = one_frame()
    packed = np.ascontiguousarray(np.moveaxis(planes, 0, 2))
    frame = Expanded(number=1, pixels=planes)
    print("compression   hdrvid ms  OpenImageIO ms   ratio   verify adds")
    with tempfile.TemporaryDirectory() as folder:
        for compression in COMPRESSIONS:
            output = ExrSettings(compression=compression)
            plain = ExrSink(Path(folder), name="a", output=output, halve=to_half)
            proving = ExrSink(Path(folder), name="b", output=output, halve=to_half, verify=True)
            rows = [
                (
                    cpu(lambda sink=plain: sink.write(frame)),  # type: ignore[misc]
                    cpu(lambda kind=compression: by_oiio(Path(folder, "c.exr"), packed, kind)),  # type: ignore[misc]
                    cpu(lambda sink=proving: sink.write(frame)),  # type: ignore[misc]
                )
                for _ in range(given.rounds + 1)
            ][1:]
            ours, theirs, proved = (1e3 * statistics.median(column) for column in zip(*rows, strict=True))
            times = statistics.median(a / b for a, b, _ in rows)
            said = bars.check(compression, times, 1.0)
            added = proved - ours
            print(f"{compression:12} {ours:10.1f} {theirs:15.1f} {times:7.2f} {added:10.1f} ms  {said}")
    return bars.end()


if __name__ == "__main__":
    sys.exit(main())
