"""Find what a studio has: plates and frames of HDR light, and real LDR/HDR pairs; and tell scenes apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hdrvid.errors import DatasetError
from hdrvid.scenes.curves import decode
from hdrvid.scenes.panorama import Pixels

LDR_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
HDR_SUFFIXES = (".exr", ".hdr")
_FRAME = re.compile(r"[._]\d{2,}$")
"""The frame number at the end of a stem: `sh010_plate.1001`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two halves of a real pair; a half that is not there is None."""

    name: str
    ldr: Path | None
    hdr: Path | None


def scene_of(path: Path, root: Path) -> str:
    """Return the scene that a plate shows: its sub-folder of the root, or its stem without the frame number.

    >>> scene_of(Path("p/sh010.1001.exr"), Path("p")), scene_of(Path("p/sh020/a/f.7.exr"), Path("p"))
    ('sh010', 'sh020')
    """
    inside = path.relative_to(root)
    return inside.parts[0] if len(inside.parts) > 1 else _FRAME.sub("", inside.stem)


def find_plates(root: Path) -> list[Path]:
    """Return all EXR and Radiance pictures below a folder, sorted; none raises `DatasetError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("sh020.exr", "sh010.exr", "notes.txt"):
    ...         Path(folder, name).touch()
    ...     [path.name for path in find_plates(Path(folder))]
    ['sh010.exr', 'sh020.exr']
    """
    found = sorted(path for path in root.rglob("*") if path.suffix.lower() in HDR_SUFFIXES)
    if not found:
        raise DatasetError(f"{root}: no .exr or .hdr below it; expected HDR plates. Mend data.plates.")
    return found


def find_pairs(root: Path) -> list[Pair]:
    """Return the pairs of a folder: HDR-REAL's `LDR_in/X.jpg` and `HDR_gt/X.hdr`, or `X/ldr.*` and `X/hdr.*`.

    Halves without the other one are returned as well, to be named. None at all raises `DatasetError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "pier").mkdir()
    ...     Path(folder, "pier", "ldr.jpg").touch()
    ...     [(pair.name, pair.ldr.name, pair.hdr) for pair in find_pairs(Path(folder))]
    [('pier', 'ldr.jpg', None)]
    """
    inputs, truths = root / "LDR_in", root / "HDR_gt"
    if inputs.is_dir() and truths.is_dir():
        ldr, hdr = _by_stem(inputs.iterdir(), LDR_SUFFIXES), _by_stem(truths.iterdir(), HDR_SUFFIXES)
        return [Pair(name=n, ldr=ldr.get(n), hdr=hdr.get(n)) for n in sorted(ldr | hdr)]
    pairs = []
    for folder in sorted(item for item in root.iterdir() if item.is_dir()) if root.is_dir() else ():
        ldr, hdr = (_by_stem(folder.iterdir(), s) for s in (LDR_SUFFIXES, HDR_SUFFIXES))
        if "ldr" in ldr or "hdr" in hdr:
            pairs.append(Pair(name=folder.name, ldr=ldr.get("ldr"), hdr=hdr.get("hdr")))
    if not pairs:
        raise DatasetError(
            f"{root}: no pairs; expected LDR_in/*.jpg with HDR_gt/*.hdr, or NAME/ldr.* with NAME/hdr.*. "
            "Mend data.pairs."
        )
    return pairs


def _by_stem(files: Iterable[Path], suffixes: Sequence[str]) -> dict[str, Path]:
    return {path.stem: path for path in sorted(files) if path.suffix.lower() in suffixes}


def held_out(names: Iterable[str], share: float) -> tuple[str, ...]:
    """Return the scenes to hold out: about a share of them, by a hash of the name, at least one.

    By scene, never by crop; and a scene stays on its side when others are added.

    >>> held_out(["b", "a"], 0.0) in (("a",), ("b",))
    True
    """
    ranked = sorted((_rank(name), name) for name in set(names))
    chosen = [name for rank, name in ranked if rank < share] or [name for _, name in ranked[:1]]
    return tuple(sorted(chosen))


def _rank(name: str) -> float:
    """Return a number in [0, 1) that only depends on the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") / 2**48


def read_ldr(path: Path) -> Pixels:
    """Read the LDR half as plain decoding has it: `(H, W, 3) float32` in [0, 1], the clip point at 1.0.

    >>> import OpenImageIO as oiio, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "ldr.png")
    ...     written = oiio.ImageBuf(np.full((2, 4, 3), 0.5, np.float32)).write(str(file), oiio.UINT8)
    ...     light = read_ldr(file)
    >>> light.shape, round(float(light.mean()), 3)
    ((2, 4, 3), 0.216)
    """
    import OpenImageIO as oiio  # noqa: N813 - its name in every example

    pixels: Any = oiio.ImageBuf(str(path)).get_pixels(oiio.FLOAT)
    if pixels is None or np.ndim(pixels) != 3 or np.shape(pixels)[2] < 3:
        raise DatasetError(f"{path}: cannot be read as RGB; expected an LDR picture. Replace it.")
    return decode(np.asarray(pixels, np.float32)[..., :3], "srgb")


def aligned(hdr: Pixels, ldr: Pixels) -> Pixels:
    """Scale the HDR half so that its mid-tones agree with the LDR half: by the median ratio, one factor.

    Both are `(H, W, 3)`; mid-tones are linear values of the LDR in 0.02 to 0.7.

    >>> ldr = np.float32([[[0.1, 0.2, 0.4], [1.0, 1.0, 1.0]]])
    >>> aligned(np.float32([[[0.2, 0.4, 0.8], [6.0, 8.0, 2.0]]]), ldr).tolist()[0][1]
    [3.0, 4.0, 1.0]
    """
    well = (ldr > 0.02) & (ldr < 0.7) & (hdr > 0)
    return hdr * np.float32(np.median(ldr[well] / hdr[well])) if well.any() else hdr
