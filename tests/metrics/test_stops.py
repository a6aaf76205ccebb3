from __future__ import annotations

import numpy as np
import pytest

from hdrvid.metrics.stops import FLOOR, Floats, correlation, log_luminance, ratio, stops_error


def grey(*values: float) -> Floats:
    return np.array(values, np.float32)[:, None].repeat(3, 1)


EVERYWHERE = np.array([True, True])


def test_luminance_is_logarithmic_and_floored() -> None:
    assert log_luminance(grey(8.0, 0.0)).tolist() == pytest.approx([3.0, np.log2(FLOOR)])


def test_the_error_is_a_mean_of_stops() -> None:
    assert stops_error(grey(1, 1), grey(2, 8), EVERYWHERE) == pytest.approx(2.0)


def test_only_what_is_asked_for_is_judged() -> None:
    assert stops_error(grey(1, 1), grey(2, 8), np.array([True, False])) == pytest.approx(1.0)


def test_nothing_to_judge_is_no_number() -> None:
    assert np.isnan(stops_error(grey(1, 1), grey(2, 8), np.array([False, False])))


@pytest.mark.parametrize(
    ("predicted", "score"),
    [
        pytest.param(grey(1, 1), 1.0, id="doing nothing"),
        pytest.param(grey(4, 4), 0.0, id="perfect"),
        pytest.param(grey(2, 2), 0.5, id="half way in stops"),
        pytest.param(grey(16, 16), 1.0, id="as far above as below"),
    ],
)
def test_the_ratio_compares_with_the_source(predicted: Floats, score: float) -> None:
    assert ratio(predicted, grey(1, 1), grey(4, 4), EVERYWHERE) == pytest.approx(score)


def test_a_source_that_is_right_has_no_ratio() -> None:
    assert np.isnan(ratio(grey(1, 1), grey(1, 1), grey(1.01, 1.01), EVERYWHERE))


def ramp(slope: float, stops: float = 0.0) -> Floats:
    return grey(*np.exp2(slope * np.linspace(0, 3, 100) + stops))


ALL = np.ones(100, bool)


@pytest.mark.parametrize(
    ("predicted", "score"),
    [
        pytest.param(ramp(1.0, stops=2.0), 1.0, id="level does not count"),
        pytest.param(ramp(0.3), 1.0, id="nor does contrast"),
        pytest.param(ramp(-1.0), -1.0, id="upside down"),
        pytest.param(ramp(0.0), 0.0, id="flat"),
    ],
)
def test_correlation_judges_detail(predicted: Floats, score: float) -> None:
    assert correlation(predicted, ramp(1.0), ALL) == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize(
    ("truth", "where"),
    [
        pytest.param(ramp(0.0), ALL, id="a flat truth"),
        pytest.param(ramp(1.0), np.arange(100) < 5, id="few pixels"),
    ],
)
def test_where_there_is_no_detail_there_is_no_correlation(truth: Floats, where: np.ndarray) -> None:
    assert np.isnan(correlation(ramp(1.0), truth, where))
