"""Write the scores as Markdown tables, which a terminal shows as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hdrvid.evaluation.run import Judged, Row
from hdrvid.evaluation.summary import Summary, grouped, mask_summaries

LEGEND = (
    "ratio: error inside the clipped area over that of plain linearisation, 1 = did nothing; pooled with a "
    "90 % interval over scenes. in, well: mean error in stops inside the clipped and in the well-exposed "
    "area, after one scalar of alignment. corr: correlation of log luminance inside."
)
_SCORES = ("ratio", "(90 %)", "mean", "median", "in", "well", "bias", "corr")
_COLUMNS = ("method", *_SCORES, "mu-PSNR", "mu-SSIM", "PU-PSNR", "PU-SSIM", "VDP")


def tables(judged: Judged) -> Iterator[str]:
    """Yield the tables: one for each setting, flicker, masks, each scene, each source.

    >>> from pathlib import Path
    >>> from hdrvid.evaluation.request import Request
    >>> row = Row(setting="grain", method="dome", name="pier_0", scene="pier", source="", flicker=0.25)
    >>> judged = Judged(request=Request(scenes=(Path("scenes"),)), rows=[row])
    >>> print(next(tables(judged)).splitlines()[-1])
    | dome   | 0.2500  |
    """
    for setting, groups in grouped(judged, lambda _: "all").items():
        methods = groups["all"]
        pictures = max(summary.pictures for summary in methods.values())
        if any(summary.mean["mu_psnr"] == summary.mean["mu_psnr"] for summary in methods.values()):
            yield _titled(f"{setting}, {pictures} pictures", _main(methods))
        else:
            yield _titled(f"{setting}, {pictures} clips: flicker in stops a frame", _flicker(methods))
    masks = mask_summaries(judged)
    if masks:
        yield _titled("Masks, per channel at one half", _masks(masks))
    yield from _by("scene", judged)
    yield from _by("source", judged)


def _main(methods: Mapping[str, Summary]) -> str:
    rows = [_main_row(name, summary) for name, summary in methods.items()]
    columns = _COLUMNS if any(row[-1] != "-" for row in rows) else _COLUMNS[:-1]
    return markdown(columns, [row[: len(columns)] for row in rows])


def _main_row(name: str, summary: Summary) -> list[str]:
    mean, (low, high) = summary.mean, summary.interval
    return [
        name,
        number(summary.ratio_pooled, 3),
        f"{number(low, 2)}-{number(high, 2)}",
        number(mean["ratio"], 3),
        number(summary.ratio_median, 3),
        number(mean["inside"], 2),
        number(mean["well"], 3),
        "-" if np.isnan(mean["bias"]) else f"{mean['bias']:+.2f}",
        number(mean["correlation"], 2),
        number(mean["mu_psnr"], 1),
        number(mean["mu_ssim"], 3),
        number(mean["pu_psnr"], 1),
        number(mean["pu_ssim"], 3),
        number(mean["vdp"], 2),
    ]


def _flicker(methods: Mapping[str, Summary]) -> str:
    return markdown(("method", "flicker"), [[n, number(s.flicker, 4)] for n, s in methods.items()])


def _masks(masks: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    names = ("precision", "recall", "iou", "false_alarms")
    rows = [
        [setting, detector, *(number(scores[name], 3) for name in names)]
        for setting, detectors in masks.items()
        for detector, scores in detectors.items()
    ]
    return markdown(("setting", "mask", "precision", "recall", "IoU", "false alarms on white"), rows)


def _by(what: str, judged: Judged) -> Iterator[str]:
    """Yield a table of pooled ratios for each setting: groups down, methods across."""

    def group_of(row: Row) -> str:
        return row.scene if what == "scene" else row.source

    for setting, groups in grouped(judged, group_of).items():
        names = list(dict.fromkeys(method for methods in groups.values() for method in methods))
        if len(groups) > 1 and any(
            not np.isnan(m.ratio_pooled) for ms in groups.values() for m in ms.values()
        ):
            rows = [
                [group, *(number(methods[n].ratio_pooled, 2) if n in methods else "-" for n in names)]
                for group, methods in groups.items()
            ]
            yield _titled(f"{setting}, pooled ratio of each {what}", markdown((what, *names), rows))


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose columns line up in plain text too.

    >>> print(markdown(("a", "b"), [("x", "1.25")]))
    | a | b    |
    |---|------|
    | x | 1.25 |
    """
    widths = [max(len(row[n]) for row in (columns, *rows)) for n in range(len(columns))]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    lines = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in (columns, *rows)]
    return "\n".join([f"| {lines[0]} |", rule, *(f"| {line} |" for line in lines[1:])])


def number(value: float, digits: int) -> str:
    """Return a number, or a dash for NaN.

    >>> number(0.5, 2), number(float("nan"), 2)
    ('0.50', '-')
    """
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def _titled(title: str, body: str) -> str:
    return f"## {title}\n\n{body}\n"
