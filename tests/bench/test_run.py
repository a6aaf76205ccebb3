"""Settings are judged before they are timed, timed in turn, and chosen by what was found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hdrvid.bench.run import Report, bench, weigh
from hdrvid.bench.settings import Setting, neighbours
from hdrvid.bench.stage import PICTURE, Stage
from hdrvid.engine.tuning import Tuning
from hdrvid.errors import OptionError
from hdrvid.plate import Expanded

DEFAULT = Setting(precision="bf16", threads=4, batch=1)
FP32 = replace(DEFAULT, precision="fp32")
HALF = replace(DEFAULT, threads=2)
TRIED = neighbours(DEFAULT, precisions=("fp32", "bf16"), on_cpu=True)


class StandIn:
    """Take the seconds and give the light that are asked for; note who ran."""

    def __init__(
        self,
        seconds: Callable[[Setting], float] = lambda _: 1.0,
        light: Callable[[Setting], float] = lambda _: 2.0,
        mask: float = 1.0,
    ) -> None:
        self.now = 0.0
        self.ran: list[Setting] = []
        self._seconds, self._light, self._mask = seconds, light, mask

    def look(self, setting: Setting) -> Expanded:
        return Expanded(
            number=1,
            pixels=np.full((3, 4, 4), self._light(setting), np.float32),
            mask=np.full((4, 4), self._mask, np.float32),
        )

    def run(self, setting: Setting) -> None:
        self.ran.append(setting)
        self.now += self._seconds(setting)


def weighed(subject: StandIn) -> Report:
    return weigh(subject, DEFAULT, TRIED, rounds=3, clock=lambda: subject.now)


def refusals(report: Report) -> dict[Setting, str]:
    return {verdict.setting: verdict.refused for verdict in report.verdicts if verdict.refused}


def test_the_fastest_setting_is_chosen() -> None:
    report = weighed(StandIn(seconds=lambda setting: 0.5 if setting == HALF else 1.0))

    assert report.choice == HALF
    assert report.tuning == Tuning(precision="bf16", threads=2, batch=0)
    assert {verdict.setting: verdict.ratio for verdict in report.verdicts}[HALF] == 0.5


def test_the_default_stays_unless_another_is_clearly_faster() -> None:
    report = weighed(StandIn(seconds=lambda setting: 0.97 if setting == HALF else 1.0))

    assert report.choice == DEFAULT
    assert "default" in list(report.lines())[-1]


def test_a_setting_that_is_faster_in_half_of_the_rounds_only_is_not_taken() -> None:
    rounds = iter([1.0, 0.5, 1.1, 0.5])
    report = weighed(StandIn(seconds=lambda setting: next(rounds) if setting == HALF else 1.0))

    assert report.choice == DEFAULT


def test_a_busy_machine_is_told_of() -> None:
    report = replace(weighed(StandIn()), load=3.5)

    assert "busy (load 3.5)" in list(report.lines())[-1]


def test_gains_of_several_knobs_are_tried_together() -> None:
    def seconds(setting: Setting) -> float:
        return (0.5 if setting.precision == "fp32" else 1.0) * (0.8 if setting.threads == 2 else 1.0)

    report = weighed(StandIn(seconds=seconds))

    assert report.choice == replace(FP32, threads=2)
    assert report.verdicts[-1].ratio == pytest.approx(0.4)


def test_what_differs_too_far_from_float32_is_refused_however_fast() -> None:
    subject = StandIn(
        seconds=lambda setting: 2.0 if setting.precision == "fp32" else 1.0,
        light=lambda setting: 2.0 if setting.precision == "fp32" else 2.1,
    )

    report = weighed(subject)

    assert report.choice == FP32
    assert refusals(report)[DEFAULT] == "too far from float32"
    assert HALF not in subject.ran
    assert any("refused: too far from float32" in line for line in report.lines())


def test_threads_that_change_what_is_written_are_refused() -> None:
    report = weighed(
        StandIn(
            seconds=lambda setting: setting.threads,
            light=lambda setting: 2.002 if setting.threads == 2 else 2.0 + 1e-6 * setting.threads,
        )
    )

    assert refusals(report) == {HALF: "threads change its pixels"}
    assert report.choice == replace(DEFAULT, threads=1)


def test_settings_run_in_turn_and_the_first_round_does_not_count() -> None:
    subject = StandIn()
    subject = StandIn(seconds=lambda _: 100.0 if len(subject.ran) <= len(TRIED) else 1.0)

    report = weighed(subject)

    assert subject.ran == [DEFAULT, *TRIED] * 4
    assert {verdict.ratio for verdict in report.verdicts} == {1.0}


def test_a_picture_without_over_exposed_pixels_is_refused() -> None:
    with pytest.raises(OptionError, match="over-exposed"):
        weighed(StandIn(mask=0.0))


def test_without_a_network_there_is_nothing_to_choose() -> None:
    with pytest.raises(OptionError, match="--model"):
        bench(model="none")


def test_a_report_is_plain_json_and_has_null_for_what_was_not_timed() -> None:
    light = {"fp32": 2.0, "bf16": 3.0}
    report = weighed(StandIn(light=lambda setting: light[setting.precision]))

    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))

    assert plain["choice"]["precision"] == "fp32"
    assert [verdict["ratio"] for verdict in plain["verdicts"] if verdict["refused"]][1:] == [None, None]


def test_the_stage_expands_and_writes_a_picture_that_comes_with_the_package(tmp_path: Path) -> None:
    stage = Stage(PICTURE, model="compact", device="cpu", frames=2, folder=tmp_path)

    looked = stage.look(Setting(precision="fp32", threads=1, batch=1))
    stage.run(Setting(precision="fp32", threads=1, batch=1))

    assert looked.mask is not None
    assert 0.02 < (looked.mask > 0).mean() < 0.2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bench.0000.exr", "bench.0001.exr"]
