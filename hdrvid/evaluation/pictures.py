"""Write the pictures of an evaluation, so that other tools can be asked and other scorers can check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hdrvid.errors import OutputError
from hdrvid.evaluation.request import Request
from hdrvid.evaluation.survey import survey
from hdrvid.scenes.panorama import Pixels


def write_pictures(request: Request, folder: Path) -> None:
    """Write `SETTING/ldr/NAME.png` (8-bit sRGB) and `SETTING/truth/NAME.exr` (linear Rec.709, float).

    What a tool makes of them, in a folder with the same names, is scored by `--predictions`.
    """
    for shot in survey(request).shots:
        picture = shot.take()
        place = folder / shot.setting
        _write(picture.code, place / "ldr" / f"{shot.name}.png", "uint8")
        _write(picture.truth, place / "truth" / f"{shot.name}.exr", "float")


def _write(picture: Pixels, path: Path, kind: str) -> None:
    import OpenImageIO as oiio  # noqa: N813 - its name in every example

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}; expected a folder. Name another --out.") from error
    buffer: Any = oiio.ImageBuf(np.ascontiguousarray(picture))
    if not buffer.write(str(path), kind):
        raise OutputError(f"{path}: cannot be written ({buffer.geterror()}); expected room. Name another.")
