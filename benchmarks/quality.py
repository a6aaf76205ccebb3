"""Expand a folder of SDR pictures as the product does, for the scoring tool: one EXR a picture.

    python benchmarks/quality.py --ldr views/ldr --out views/hdrvid [--option quality=standard] ...

Pictures are 8-bit sRGB (PNG or JPEG); what comes out is scene-linear Rec.709, float. Options are those of
`hdrvid expand` that concern pixels; without any it is the network at native size, with the shoulder that
each picture's highlights tell. `--option method=darkest` is the one-line fallback.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR
import OpenImageIO as oiio  # noqa: N813

import hdrvid


def read_codes(path: Path) -> npt.NDArray[np.uint8]:
    """Read a picture: `(H, W, 3) uint8` sRGB codes."""
    pixels: Any = oiio.ImageBuf(str(path)).get_pixels(oiio.UINT8)
    return np.ascontiguousarray(np.asarray(pixels)[..., :3])


def write_exr(path: Path, pixels: npt.NDArray[np.float32]) -> None:
    """Write `(H, W, 3)` as a float EXR."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.ascontiguousarray(pixels, np.float32)}).write(str(path))


def main() -> None:
    """Expand every picture of the folder."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--ldr", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    options = dict(option.split("=", 1) for option in given.option)
    given.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(given.ldr.iterdir()):
        write_exr(given.out / f"{path.stem}.exr", hdrvid.expand_image(read_codes(path), **options).hdr)


if __name__ == "__main__":
    main()
