"""Bring the scores of pictures together: for a setting, a scene, a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from hdrvid.evaluation.run import Judged, Row
from hdrvid.evaluation.scores import Scores

METRICS = tuple(field.name for field in fields(Scores))
_RESAMPLED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One method on several pictures."""

    pictures: int
    mean: Mapping[str, float]
    """Of each metric over the pictures that have it; NaN where none has."""
    ratio_median: float
    ratio_pooled: float
    """Mean error inside over the mean of plain linearisation's: large losses count for more."""
    well_ratio: float
    """The same where the pictures are well exposed; NaN where plain is right there."""
    interval: tuple[float, float]
    """90 % bootstrap interval of the pooled ratio over scenes; NaN for a single one."""
    flicker: float


_LEAST_WELL = 0.01
"""Stops: errors of plain linearisation below it are rounding, and nothing to be compared with."""


def summarise(rows: Sequence[Row]) -> Summary:
    """Bring rows of one method together.

    >>> still = Row(setting="grain", method="dome", name="pier_0", scene="pier", source="", flicker=0.25)
    >>> restless = Row(setting="grain", method="dome", name="dune_0", scene="dune", source="", flicker=0.75)
    >>> summarise([still, restless]).flicker
    0.5
    """
    scored = [row.scores for row in rows if row.scores is not None]
    mean = {name: _mean(getattr(scores, name) for scores in scored) for name in METRICS}
    ratios = [scores.ratio for scores in scored if not np.isnan(scores.ratio)]
    plain_well = mean["plain_well"]
    return Summary(
        pictures=len(rows),
        mean=mean,
        ratio_median=float(np.median(ratios)) if ratios else float("nan"),
        ratio_pooled=pooled_ratio(scored),
        well_ratio=mean["well"] / plain_well if plain_well > _LEAST_WELL else float("nan"),
        interval=_interval(rows),
        flicker=_mean(row.flicker for row in rows),
    )


def pooled_ratio(scored: Sequence[Scores]) -> float:
    """Return the mean error inside over that of plain linearisation; NaN without a clipped pixel."""
    plain = _mean(scores.plain_inside for scores in scored)
    return _mean(scores.inside for scores in scored) / plain if plain > 0 else float("nan")


def grouped(judged: Judged, key: Callable[[Row], str]) -> dict[str, dict[str, dict[str, Summary]]]:
    """Return summaries by setting, then by the key of a row, then by method, all in order of appearance.

    >>> from pathlib import Path
    >>> from hdrvid.evaluation.request import Request
    >>> row = Row(setting="grain", method="dome", name="pier_0", scene="pier", source="", flicker=0.25)
    >>> judged = Judged(request=Request(scenes=(Path("scenes"),)), rows=[row])
    >>> grouped(judged, lambda row: row.scene)["grain"]["pier"]["dome"].flicker
    0.25
    """
    rows: dict[str, dict[str, dict[str, list[Row]]]] = {}
    for row in judged.rows:
        rows.setdefault(row.setting, {}).setdefault(key(row), {}).setdefault(row.method, []).append(row)
    return {
        setting: {
            group: {method: summarise(items) for method, items in methods.items()}
            for group, methods in groups.items()
        }
        for setting, groups in rows.items()
    }


def mask_summaries(judged: Judged) -> dict[str, dict[str, dict[str, float]]]:
    """Return the mean scores of each mask by setting and detector."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    for row in judged.masks:
        scores = {**asdict(row.scores), "false_alarms": row.false_alarms}
        found.setdefault(row.setting, {}).setdefault(row.detector, []).append(scores)
    return {
        setting: {
            detector: {name: _mean(scores[name] for scores in items) for name in items[0]}
            for detector, items in detectors.items()
        }
        for setting, detectors in found.items()
    }


def as_json(judged: Judged) -> dict[str, Any]:
    """Return everything as plain values: NaN becomes None.

    >>> from pathlib import Path
    >>> from hdrvid.evaluation.request import Request
    >>> row = Row(setting="grain", method="dome", name="pier_0", scene="pier", source="", flicker=0.25)
    >>> found = as_json(Judged(request=Request(scenes=(Path("scenes"),)), rows=[row]))
    >>> sorted(found), found["scenes"]["grain"]["pier"]["dome"]["flicker"]
    (['masks', 'pictures', 'scenes', 'settings', 'skipped', 'sources'], 0.25)
    """
    overall = {setting: groups["all"] for setting, groups in grouped(judged, lambda _: "all").items()}
    return {
        "settings": _plain({s: {m: asdict(x) for m, x in methods.items()} for s, methods in overall.items()}),
        "scenes": _plain(_ratios(judged, lambda row: row.scene)),
        "sources": _plain(_ratios(judged, lambda row: row.source)),
        "masks": _plain(mask_summaries(judged)),
        "pictures": [_plain(asdict(row)) for row in judged.rows],
        "skipped": [asdict(item) for item in judged.skipped],
    }


def _ratios(judged: Judged, key: Callable[[Row], str]) -> dict[str, Any]:
    """Return pooled ratio and correlation of every group."""
    return {
        setting: {
            group: {
                method: {
                    "pictures": summary.pictures,
                    "ratio": summary.ratio_pooled,
                    "correlation": summary.mean["correlation"],
                    "flicker": summary.flicker,
                }
                for method, summary in methods.items()
            }
            for group, methods in groups.items()
        }
        for setting, groups in grouped(judged, key).items()
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _interval(rows: Sequence[Row]) -> tuple[float, float]:
    """Resample scenes with replacement: pictures of one scene are not independent."""
    scenes: dict[str, list[Scores]] = {}
    for row in rows:
        if row.scores is not None and not np.isnan(row.scores.inside):
            scenes.setdefault(row.scene, []).append(row.scores)
    if len(scenes) < 2:
        return float("nan"), float("nan")
    sums = np.array(
        [(sum(s.inside for s in scored), sum(s.plain_inside for s in scored)) for scored in scenes.values()]
    )  # (scenes, 2)
    drawn = np.random.default_rng(0).integers(len(sums), size=(_RESAMPLED, len(sums)))
    inside, plain = sums[drawn].sum(axis=1).T
    low, high = np.quantile(inside / np.maximum(plain, 1e-9), (0.05, 0.95))
    return float(low), float(high)
