"""Run `hdrvid expand` as users do, and say what it took."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hdrvid.inference.hardware import processor_name

CLIPS = Path(tempfile.gettempdir()) / "hdrvid-benchmark-clips"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Hold what a process took: seconds of CPU and of wall, and its largest memory in bytes."""

    cpu: float
    wall: float
    memory: int

    def __sub__(self, other: Cost) -> Cost:
        return Cost(cpu=self.cpu - other.cpu, wall=self.wall - other.wall, memory=self.memory)

    def per(self, frames: int) -> Cost:
        """Return the cost of each of some frames."""
        return Cost(cpu=self.cpu / frames, wall=self.wall / frames, memory=self.memory)


def measure(command: list[str], *, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end, and raise where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, memory=usage.ru_maxrss * 1024)


def expand(clip: Path, *options: str, environment: Mapping[str, str] | None = None) -> Cost:
    """Expand a clip into a fresh folder, which is removed again."""
    out = tempfile.mkdtemp(prefix="hdrvid-benchmark-")
    try:
        command = [sys.executable, "-m", "hdrvid", "expand", str(clip), "--out", out, "-q", *options]
        return measure(command, environment=environment)
    finally:
        shutil.rmtree(out)


def per_frame(clip: Path, frames: int, *options: str) -> Cost:
    """Return the cost of a frame beyond the first: starting the program and loading are left out."""
    first = expand(clip, *options, "--frames", "1001")
    return (expand(clip, *options, "--frames", f"1001-{1000 + frames}") - first).per(frames - 1)


def in_turn(ways: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """Measure A B A B, so that what else runs on the machine falls on all alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            costs[name].append(way())
    return costs


def ratio(costs: list[Cost], base: list[Cost], what: str) -> float:
    """Return the median ratio of neighbours in time."""
    return float(
        statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(costs, base, strict=True))
    )


def median(costs: list[Cost], what: str) -> float:
    """Return the median of one of the figures."""
    return float(statistics.median(getattr(cost, what) for cost in costs))


def describe_machine() -> str:
    """Return one line about the machine, with what else it was doing."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{processor_name()}, {os.cpu_count()} cores, Python {platform.python_version()}{load}"


class Bars:
    """Hold figures against what must hold on two quiet cores, line by line, and sum up."""

    def __init__(self) -> None:
        """Begin with nothing held."""
        self._missed: list[str] = []
        self._count = 0

    def check(self, what: str, value: float, bar: float, *, at_least: bool = False) -> str:
        """Return `holds` or `MISSES` with the bar, and remember a miss; 0 or less is noise and no figure."""
        self._count += 1
        holds = value >= bar if at_least else 0 < value <= bar
        said = f"{'at least' if at_least else 'at most'} {bar:g}"
        if not holds:
            self._missed.append(f"{what}: {value:.3g}, {said}")
        return f"holds ({said})" if holds else f"MISSES ({said})"

    def end(self) -> int:
        """Print the sum, and return an exit status: 1 where a bar was missed."""
        if self._missed:
            print(f"MISSED {len(self._missed)} of {self._count}: {'; '.join(self._missed)}")
            return 1
        print(f"All {self._count} hold.")
        return 0
