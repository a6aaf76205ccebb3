"""Judge expanded pictures against the light that was there, ours and any other tool's, in one table."""

from __future__ import annotations

from hdrvid.evaluation.page import Album
from hdrvid.evaluation.pictures import write_pictures
from hdrvid.evaluation.protocol import ViewPlan
from hdrvid.evaluation.report import write_report
from hdrvid.evaluation.request import Request
from hdrvid.evaluation.run import Judged, Row, evaluate
from hdrvid.evaluation.scores import Scores, score
from hdrvid.evaluation.table import LEGEND, tables

__all__ = [
    "LEGEND", "Album", "Judged", "Request", "Row", "Scores", "ViewPlan", "evaluate", "score", "tables",
    "write_pictures", "write_report",
]  # fmt: skip
