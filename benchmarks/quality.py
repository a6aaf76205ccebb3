"""Fill a folder of SDR pictures with the network, at native size, for the scoring tool: one EXR a picture.

    python benchmarks/quality.py --ldr views/ldr --out views/hdrvid [--weights compact] [--shoulder STOPS]

Pictures are 8-bit sRGB (PNG or JPEG); what comes out is scene-linear Rec.709, float. `--fallback` writes the
one-line fallback instead of the network, 0.8 stop times the fourth power of the darkest channel.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR
import OpenImageIO as oiio  # noqa: N813
import torch
from torch import Tensor

from hdrvid.model import apply_stops, load_generator, srgb_decode

Fill = Callable[[Tensor], Tensor]


def read_linear(path: Path) -> Tensor:
    """Read a picture: `(1, 3, h, w) float32`, scene-linear Rec.709, clip point 1.0."""
    pixels: Any = oiio.ImageBuf(str(path)).get_pixels(oiio.FLOAT)
    return srgb_decode(torch.from_numpy(np.asarray(pixels)[..., :3].transpose(2, 0, 1)[None].copy()))


def write_exr(path: Path, pixels: npt.NDArray[np.float32]) -> None:
    """Write `(h, w, 3)` as a float EXR."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.ascontiguousarray(pixels, np.float32)}).write(str(path))


def by_network(weights: str, shoulder: float, dtype: torch.dtype) -> Fill:
    """Return the filling by a generator."""
    generator = load_generator(weights, dtype=dtype)

    def fill(source: Tensor) -> Tensor:
        with torch.inference_mode():
            filled = generator.fill(source, shoulder=torch.tensor([shoulder]))
        return apply_stops(source, filled.mask, filled.stops)

    return fill


def by_fallback(source: Tensor) -> Tensor:
    """Return 0.8 stop * (darkest channel)^4: what needs no weights."""
    return source * torch.exp2(0.8 * source.amin(1, keepdim=True) ** 4)


def main() -> None:
    """Fill every picture of the folder."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--ldr", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--shoulder", type=float, default=0.0, help="stops; 0 is a clean cut")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--fallback", action="store_true")
    given = parser.parse_args()
    dtype: torch.dtype = getattr(torch, given.dtype)
    fill = by_fallback if given.fallback else by_network(given.weights, given.shoulder, dtype)
    given.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(given.ldr.iterdir()):
        write_exr(given.out / f"{path.stem}.exr", fill(read_linear(path))[0].permute(1, 2, 0).numpy())


if __name__ == "__main__":
    main()
