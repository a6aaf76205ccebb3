"""Try the ways to run the network, judge them, time them in turn, and choose one."""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hdrvid.bench.gate import MEAN_STOPS, MOST_STOPS, Difference, difference
from hdrvid.bench.settings import Setting, combined, neighbours
from hdrvid.bench.stage import PICTURE, Stage
from hdrvid.engine.tuning import Tuning, conditions_of
from hdrvid.errors import OptionError
from hdrvid.inference import choose_machine, granted_cores, offered_precisions
from hdrvid.plate import Expanded, Planes

LEAST_GAIN = 0.95
"""A setting is taken over the default only if its time is at most this share: less is noise."""
_FRAMES = 8  # written in a trial: every batch that is tried is full


class Subject(Protocol):
    """What is judged and timed: `Stage`, or a stand-in."""

    def look(self, setting: Setting) -> Expanded:
        """Return the picture as a setting expands it, with its mask."""

    def run(self, setting: Setting) -> None:
        """Do the work that is timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Say of a setting how far it is from float32, and how its time compares with the default's.

    `refused` is the reason why it may not be chosen, or empty. The ratio is the median over the rounds, and
    three in four of them stayed at `most` or below; both are NaN where it was not timed.
    """

    setting: Setting
    difference: Difference
    refused: str = ""
    ratio: float = float("nan")
    most: float = float("nan")

    def __str__(self) -> str:
        """Return a line for people."""
        said = f"refused: {self.refused}" if self.refused else f"{self.ratio:.2f} of the default's time"
        return f"{self.setting!s:28} {self.difference!s:34} {said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Hold what was found: the verdicts, the choice, and the conditions that it holds under."""

    default: Setting
    choice: Setting
    verdicts: tuple[Verdict, ...]
    conditions: Mapping[str, str] = field(default_factory=dict)
    load: float = 0.0
    """How many processes wanted a core before anything was measured."""

    @property
    def tuning(self) -> Tuning:
        """Return what is worth keeping."""
        return self.choice.tuning(self.default)

    def lines(self) -> Iterator[str]:
        """Yield the report for people."""
        about = ", ".join(
            f"{name} {value[:40]}" for name, value in self.conditions.items() if name != "weights"
        )
        yield about
        yield (
            f"Difference to float32 over the over-exposed pixels, in stops; allowed: mean {MEAN_STOPS:g}, "
            f"99.9 % within {MOST_STOPS:g}."
        )
        for verdict in self.verdicts:
            yield f"{verdict}{'  (default)' * (verdict.setting == self.default)}"
        yield f"Chosen: {self.choice}. {self._reason()}"
        if self.load > self.default.threads / 2:
            yield f"The machine was busy (load {self.load:.1f}): measure again when it is idle."

    def to_dict(self) -> dict[str, Any]:
        """Return the report for programs; a ratio that was not measured is null."""
        return {
            "conditions": dict(self.conditions),
            "load": round(self.load, 2),
            "gate": {"mean_stops": MEAN_STOPS, "most_stops": MOST_STOPS},
            "default": asdict(self.default),
            "choice": asdict(self.choice),
            "verdicts": [_plain(verdict) for verdict in self.verdicts],
        }

    def _reason(self) -> str:
        (chosen,) = (verdict for verdict in self.verdicts if verdict.setting == self.choice)
        if self.choice != self.default:
            return f"It takes {chosen.ratio:.2f} of the default's time."
        return f"It is the default: nothing that may be taken is surely below {LEAST_GAIN:g} of its time."


def bench(
    picture: Path | None = None, *, model: str = "compact", device: str = "auto", rounds: int = 5
) -> Report:
    """Find the precision, threads and batch that expand a picture fastest on this machine.

    Every setting is compared with the default in the same rounds, A B A B, so that what else runs on the
    machine falls on both. A picture without over-exposed pixels raises `OptionError`: it says nothing.
    """
    if model == "none":
        message = "option --model: got none, expected weights: without a network there is nothing to choose."
        raise OptionError(message)
    machine = choose_machine(device)
    conditions = conditions_of(machine, model)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    with tempfile.TemporaryDirectory(prefix="hdrvid-bench-") as folder:
        stage = Stage(picture or PICTURE, model=model, device=device, frames=_FRAMES, folder=Path(folder))
        on_cpu = machine.device.type == "cpu"
        default = Setting(precision=machine.precision, threads=granted_cores(), batch=1)
        tried = neighbours(default, precisions=offered_precisions(machine), on_cpu=on_cpu)
        report = weigh(stage, default, tried, rounds=rounds)
    return replace(report, conditions=conditions, load=load)


def weigh(
    subject: Subject,
    default: Setting,
    tried: Sequence[Setting],
    *,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Report:
    """Judge and time the settings and what combines the best of them, and choose."""
    exact = subject.look(replace(default, precision="fp32"))
    if exact.mask is None or not (exact.mask > 0).any():
        message = "picture: no pixel is over-exposed, expected some: the network would have nothing to do."
        raise OptionError(message)

    verdicts = [_judge(subject, setting, default, exact) for setting in (default, *tried)]
    verdicts = _timed(subject, verdicts, default, rounds=rounds, clock=clock)
    gains = {verdict.setting: verdict.most for verdict in verdicts if not verdict.refused}
    best = combined(default, gains, LEAST_GAIN)
    if best not in {verdict.setting for verdict in verdicts}:
        both = [verdicts[0], _judge(subject, best, default, exact)]
        verdicts.append(_timed(subject, both, default, rounds=rounds, clock=clock)[1])
    return Report(default=default, choice=choose(verdicts, default), verdicts=tuple(verdicts))


def choose(verdicts: Sequence[Verdict], default: Setting) -> Setting:
    """Return the fastest setting that is not refused; the default unless another is surely faster.

    >>> near = Difference(mean=0.0, most=0.0)
    >>> default = Setting(precision="bf16", threads=2, batch=1)
    >>> other = Verdict(setting=replace(default, precision="fp32"), difference=near, ratio=0.9, most=0.97)
    >>> str(choose([Verdict(setting=default, difference=near, ratio=1.0, most=1.0), other], default))
    'bf16, 2 threads, batch 1'
    """
    allowed = [verdict for verdict in verdicts if not verdict.refused]
    if default in {verdict.setting for verdict in allowed}:
        allowed = [v for v in allowed if v.setting == default or v.most <= LEAST_GAIN]
    return min(allowed, key=lambda verdict: verdict.ratio).setting


def _judge(subject: Subject, setting: Setting, default: Setting, exact: Expanded) -> Verdict:
    """Compare a setting's picture with float32's, and with its own under the default's threads.

    Threads are not in the key of a frame, so they must not change a bit of what is written: half floats. (In
    float32 the last bit of a few values depends on where torch parts the picture among its threads.)
    """
    assert exact.mask is not None  # looked at with all layers
    result = subject.look(setting)
    apart = difference(result.pixels, exact.pixels, exact.mask)
    refused = "" if apart.passes else "too far from float32"
    if not refused and setting.threads != default.threads:
        same = subject.look(replace(setting, threads=default.threads))
        refused = "" if _same_halves(result.pixels, same.pixels) else "threads change its pixels"
    return Verdict(setting=setting, difference=apart, refused=refused)


def _same_halves(a: Planes, b: Planes) -> bool:
    return np.array_equal(a.astype(np.float16), b.astype(np.float16))


def _timed(
    subject: Subject,
    verdicts: Sequence[Verdict],
    default: Setting,
    *,
    rounds: int,
    clock: Callable[[], float],
) -> list[Verdict]:
    """Return the verdicts with the ratios of their times to the default's of the same round."""
    settings = [default, *(v.setting for v in verdicts if not v.refused and v.setting != default)]
    ratios: dict[Setting, list[float]] = {setting: [] for setting in settings}
    for number in range(rounds + 1):
        seconds = {setting: _seconds(subject, setting, clock) for setting in settings}
        if number:  # the first round warms up
            for setting in settings:
                ratios[setting].append(seconds[setting] / seconds[default])
    return [_summed(v, ratios[v.setting]) if v.setting in ratios else v for v in verdicts]


def _summed(verdict: Verdict, ratios: Sequence[float]) -> Verdict:
    third_quarter = sorted(ratios)[math.ceil(0.75 * len(ratios)) - 1]
    return replace(verdict, ratio=statistics.median(ratios), most=third_quarter)


def _seconds(subject: Subject, setting: Setting, clock: Callable[[], float]) -> float:
    start = clock()
    subject.run(setting)
    return clock() - start


def _plain(verdict: Verdict) -> dict[str, Any]:
    times = {"ratio": verdict.ratio, "most": verdict.most}
    rounded = {name: None if math.isnan(x) else round(x, 4) for name, x in times.items()}  # JSON has no NaN
    return {**asdict(verdict), **rounded}
