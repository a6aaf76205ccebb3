"""The shipped network in torch against onnxruntime and OpenVINO, in turn, with the accuracy beside each.

    python benchmarks/engines.py [--rounds 7] [--threads N] [--model compact]

Printed are wall and CPU times as ratios to what ships, torch in bf16, and the difference to torch in float32
over the over-exposed pixels, in stops. Another engine is worth a dependency at 0.67 or less, behind the gate
of `hdrvid bench`. Engines that are not installed are skipped with a line: put onnxruntime and openvino into
an environment that is not the project's.
"""

from __future__ import annotations

import hdrvid  # noqa: F401 - first: it lets waiting threads sleep, and OpenMP asks once, as torch loads

# isort: split
import argparse
import importlib
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch

from benchmarks.jobs import describe_machine
from hdrvid.bench.gate import MEAN_STOPS, MOST_STOPS, difference
from hdrvid.bench.stage import PICTURE
from hdrvid.colour import open_config, resolve_path
from hdrvid.engine.light import network_light
from hdrvid.export import export_onnx
from hdrvid.export.pack import standalone
from hdrvid.export.standalone import Full
from hdrvid.inference import granted_cores
from hdrvid.model import apply_stops, load_generator
from hdrvid.plate import Planes
from hdrvid.sources import open_plate

SIZES = ((225, 400), (270, 480), (360, 640))
"""Rows and columns that the network sees: about `standard`, and the official views whole."""

Expand: TypeAlias = Callable[[Planes], Planes]
"""Expand `(3, h, w) float32`, linear Rec.709 with the clip point at 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Hold what every engine is made from."""

    model: str
    onnx: Path
    threads: int


def by_torch(bench: Bench, dtype: torch.dtype) -> Expand:
    """Return the library's own way."""
    generator = load_generator(bench.model, dtype=dtype)

    def expand(picture: Planes) -> Planes:
        source = torch.from_numpy(picture)[None]
        with torch.inference_mode():
            fill = generator.fill(source)
            expanded: Planes = apply_stops(source, fill.mask, fill.stops)[0].numpy()
        return expanded

    return expand


def by_torchscript(bench: Bench) -> Expand:
    """Return the exported network as TorchScript, frozen and fused for the machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.script(Full(standalone(bench.model)).eval())
        network = torch.jit.optimize_for_inference(torch.jit.freeze(script))

    def expand(picture: Planes) -> Planes:
        with torch.inference_mode():
            expanded: Planes = network(torch.from_numpy(picture)[None])[0, :3].numpy()
        return expanded

    return expand


def by_onnxruntime(bench: Bench) -> Expand:
    """Return the exported ONNX file in onnxruntime: float32, which is all that it has for this on a CPU."""
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = bench.threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as torch's sleep in hdrvid
    session = runtime.InferenceSession(str(bench.onnx), options, providers=["CPUExecutionProvider"])
    return lambda picture: np.asarray(session.run(None, {"image": picture[None]})[0][0, :3])


def by_openvino(bench: Bench, precision: str, size: tuple[int, int]) -> Expand:
    """Return the exported ONNX file in OpenVINO, compiled for one size."""
    openvino: Any = importlib.import_module("openvino")
    core = openvino.Core()
    network = core.read_model(str(bench.onnx))
    network.reshape([1, 3, *size])
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": bench.threads}
    compiled = core.compile_model(network, "CPU", {**settings, "PERFORMANCE_HINT": "LATENCY"})
    return lambda picture: np.asarray(compiled(picture[None])[0][0, :3])


def engines(bench: Bench, size: tuple[int, int]) -> Iterator[tuple[str, Callable[[], Expand]]]:
    """Yield what is compared: the first is the yardstick of accuracy, the second that of time."""
    yield "torch, fp32", lambda: by_torch(bench, torch.float32)
    yield "torch, bf16", lambda: by_torch(bench, torch.bfloat16)
    yield "TorchScript, fp32", lambda: by_torchscript(bench)
    yield "onnxruntime, fp32", lambda: by_onnxruntime(bench)
    yield "OpenVINO, fp32", lambda: by_openvino(bench, "f32", size)
    yield "OpenVINO, bf16", lambda: by_openvino(bench, "bf16", size)


def made(bench: Bench, size: tuple[int, int]) -> dict[str, Expand]:
    """Return the engines that are there, and say which are not."""
    there = {}
    for name, make in engines(bench, size):
        try:
            there[name] = make()
        except ImportError as error:
            print(f"{name}: skipped, {error.name} is not installed")
    return there


def picture_of(size: tuple[int, int]) -> Planes:
    """Return a part of the picture that comes with the package, linear Rec.709, with over-exposed pixels."""
    with open_plate(str(PICTURE)) as plate:
        info = plate.info
        frame = next(iter(plate.read(info.frames)))
    path = resolve_path(
        open_config(), encoding=info.encoding, primaries=info.primaries, output_space="ACEScg"
    )
    light = network_light(frame.pixels, path)
    over = light.max(axis=0).cumsum(axis=0).cumsum(axis=1)
    inside = over[size[0] :, size[1] :] + over[: -size[0], : -size[1]]
    inside = inside - over[size[0] :, : -size[1]] - over[: -size[0], size[1] :]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)  # the brightest window
    return np.ascontiguousarray(light[:, top : top + size[0], left : left + size[1]])


def in_turn(ways: dict[str, Expand], picture: Planes, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Return seconds of wall and of CPU of all, measured in turn after a round that warms up."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, expand in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            expand(picture)
            if number:
                times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


def ratios(times: list[tuple[float, float]], base: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the median ratios of neighbours in time, of wall and of CPU."""
    pairs = list(zip(times, base, strict=True))
    wall, cpu = ([a[n] / b[n] for a, b in pairs] for n in (0, 1))
    return statistics.median(wall), statistics.median(cpu)


def compare(bench: Bench, size: tuple[int, int], rounds: int) -> None:
    """Print one size."""
    ways = made(bench, size)
    picture = picture_of(size)
    mask = (picture.max(axis=0) > 1).astype(np.float32)
    exact = ways["torch, fp32"](picture)
    times = in_turn(ways, picture, rounds)
    print(f"\n{size[1]} x {size[0]}, {mask.mean():.0%} over-exposed; allowed {MEAN_STOPS:g}, {MOST_STOPS:g}")
    for name, expand in ways.items():
        wall, cpu = ratios(times[name], times["torch, bf16"])
        apart = difference(expand(picture), exact, mask)
        print(f"{name:18} wall {wall:5.2f} x   CPU {cpu:5.2f} x   {apart}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=granted_cores())
    parser.add_argument("--model", default="compact")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(f"{describe_machine()}, {given.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        onnx = export_onnx(given.model, Path(folder, "network.onnx"))
        for size in SIZES:
            compare(Bench(model=given.model, onnx=onnx, threads=given.threads), size, given.rounds)


if __name__ == "__main__":
    main()
