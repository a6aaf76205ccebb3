"""Write what an evaluation found: `report.md`, `report.json`, `report.html`."""

from __future__ import annotations

import json
from pathlib import Path

from hdrvid import __version__
from hdrvid.errors import OutputError
from hdrvid.evaluation.page import Album, page
from hdrvid.evaluation.run import Judged
from hdrvid.evaluation.summary import as_json
from hdrvid.evaluation.table import LEGEND, tables
from hdrvid.model import weights_hash


def write_report(judged: Judged, album: Album, folder: Path) -> None:
    """Write the three files into a folder, which is made if it is not there."""
    request = judged.request
    about = {
        "hdrvid": __version__,
        "model": request.model,
        "weights": "none" if request.model == "none" else weights_hash(request.model),
        "linearise": request.linearise,
        "seed": request.plan.seed,
    }
    files = {
        "report.json": json.dumps({"about": about, **as_json(judged)}, indent=1),
        "report.md": "\n".join([LEGEND, "", *tables(judged)]),
        "report.html": page(judged, album),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            hidden = folder / f".{name}.tmp"
            hidden.write_text(text, encoding="utf-8")
            hidden.replace(folder / name)
    except OSError as error:
        message = (
            f"{folder}: cannot be written ({error.strerror}), expected a folder with room. Name another."
        )
        raise OutputError(message) from error
