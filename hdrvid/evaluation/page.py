"""One HTML page, with nothing outside it: the tables, and strips of every scene."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from hdrvid.evaluation.methods import Method
from hdrvid.evaluation.picture import Picture
from hdrvid.evaluation.run import Judged
from hdrvid.evaluation.shots import Shot
from hdrvid.evaluation.strips import ERROR_SPAN, EXPOSURES, jpeg_bytes, strip
from hdrvid.evaluation.table import LEGEND, tables
from hdrvid.scenes.panorama import Pixels

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; background: #1c1c1c; color: #ddd }
table { border-collapse: collapse; margin: 1em 0 } td, th { padding: 2px 8px; border-bottom: 1px solid #444 }
td:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums } th { text-align: left }
figure { margin: 0 0 6px } figcaption { color: #aaa } img { max-width: 100%; display: block }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Collect strips as predictions come in: those of the first picture of each scene and setting."""

    width: int = 300
    """Of a cell, in pixels."""
    strips: dict[tuple[str, str], list[tuple[str, bytes]]] = field(default_factory=dict)
    """By setting and picture: captions and JPEG files."""
    chosen: dict[tuple[str, str], str] = field(default_factory=dict)
    """By setting and scene: the picture that is shown."""

    def show(self, shot: Shot, picture: Picture, method: Method, light: Pixels) -> None:
        """Take a prediction in, if its picture and its method are among those shown."""
        if shot.clip or not method.is_shown:
            return
        if self.chosen.setdefault((shot.setting, shot.scene), shot.name) != shot.name:
            return
        rows = self.strips.setdefault((shot.setting, shot.name), [])
        if not rows:
            rows.append(("truth", jpeg_bytes(strip(picture, picture.truth, width=self.width))))
        rows.append((method.name, jpeg_bytes(strip(picture, light, width=self.width))))


def page(judged: Judged, album: Album) -> str:
    """Return the page."""
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><meta charset="utf-8"><title>hdrvid evaluation</title><style>{_STYLE}</style>',
        "<h1>hdrvid evaluation</h1>",
        f"<p>{escape(LEGEND)}</p>",
        *(_table_html(text) for text in tables(judged)),
        *_skipped_html(judged),
        *_strips_html(judged, album),
        "</html>",
    ]
    return "\n".join(parts)


def _table_html(text: str) -> str:
    """Turn one titled Markdown table into HTML."""
    title, _, *lines = text.strip().split("\n")
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<h2>{escape(title.lstrip('# '))}</h2>\n<table><tr>{head}</tr>\n{body}</table>"


def _skipped_html(judged: Judged) -> Iterator[str]:
    if judged.skipped:
        yield f"<h2>Left out: {len(judged.skipped)}</h2><ul>"
        for item in judged.skipped:
            yield f"<li>{escape(item.setting)}, {escape(item.name)}: {escape(item.reason)}</li>"
        yield "</ul>"


def _strips_html(judged: Judged, album: Album) -> Iterator[str]:
    ratios = {
        (row.setting, row.name, row.method): row.scores.ratio for row in judged.rows if row.scores is not None
    }
    exposures = ", ".join(f"{stops:g}" for stops in EXPOSURES)
    yield f"<h2>Pictures at {exposures} stops, and the error</h2>"
    yield f"<p>Error: red too bright, blue too dark, full colour at {ERROR_SPAN:g} stops.</p>"
    for (setting, name), rows in album.strips.items():
        yield f"<h3>{escape(setting)}, {escape(name)}</h3>"
        for method, jpeg in rows:
            ratio = ratios.get((setting, name, method))
            caption = method if ratio is None else f"{method}, ratio {ratio:.2f}"
            encoded = base64.b64encode(jpeg).decode()
            yield (
                f'<figure><figcaption>{escape(caption)}</figcaption><img alt="{escape(caption)}" '
                f'src="data:image/jpeg;base64,{encoded}"></figure>'
            )
