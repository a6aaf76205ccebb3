"""Expand one picture in memory, and see what was recovered.

python examples/expand_picture.py photo.png photo.exr
"""

from __future__ import annotations

import argparse

import numpy as np
import OpenImageIO

import hdrvid


def main() -> None:
    """Read a PNG or JPEG, expand it, print how bright it became, and write scene-linear Rec.709."""
    parser = argparse.ArgumentParser(description="Expand one sRGB picture.")
    parser.add_argument("picture")
    parser.add_argument("out")
    parser.add_argument("--model", default="compact", help="compact, a .safetensors file, or none")
    arguments = parser.parse_args()

    buffer = OpenImageIO.ImageBuf(arguments.picture)
    pixels = buffer.get_pixels(OpenImageIO.UINT8)
    if pixels is None:
        parser.error(f"{arguments.picture}: {buffer.geterror()}")
    sdr = np.ascontiguousarray(pixels[..., :3])
    expansion = hdrvid.expand_image(sdr, model=arguments.model)

    filled = expansion.mask > 0
    print(f"{sdr.shape[1]}x{sdr.shape[0]}, {filled.mean():.1%} of the pixels filled")
    print(
        f"brightest value {expansion.linear.max():.2f} in the source, {expansion.hdr.max():.2f} in the result"
    )
    same = np.array_equal(expansion.hdr[~filled], expansion.linear[~filled])
    print(f"all other pixels are the source bit for bit: {same}")

    OpenImageIO.ImageBuf(expansion.hdr).write(arguments.out, OpenImageIO.HALF)


if __name__ == "__main__":
    main()
