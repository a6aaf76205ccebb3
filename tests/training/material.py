"""Small scenes, a small photograph, and a configuration that trains on them in seconds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813

from hdrvid.model import SPECS
from hdrvid.training.config import CropConfig, DataConfig, OptimiserConfig, TrainConfig

SCENES = ("lamp", "window", "dusk_puresky", "held_out")


def write_data(root: Path) -> DataConfig:
    """Write four panoramas of 128 x 64, one photograph, and a split."""
    (root / "hdr").mkdir(parents=True)
    (root / "photos").mkdir()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    for index, name in enumerate(SCENES):
        OpenEXR.File(header, {"RGB": _panorama(index)}).write(str(root / "hdr" / f"{name}.exr"))
    code = np.random.default_rng(9).random((220, 300, 3), np.float32) * 0.6
    code[:40, :40] = 1.0
    buffer = oiio.ImageBuf(oiio.ImageSpec(300, 220, 3, oiio.UINT8))
    buffer.set_pixels(oiio.ROI(), code)
    buffer.write(str(root / "photos" / "leaves.jpg"))
    (root / "splits.json").write_text(json.dumps({"train": list(SCENES), "validation": ["never_opened"]}))
    return DataConfig(
        root=root,
        photos="photos",
        dev=("held_out",),
        bank=root / "bank",
        views=3,
        dev_views=2,
        photo_views=2,
    )


def _panorama(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return smooth light with a few lamps, 30 times brighter."""
    rng = np.random.default_rng(seed)
    coarse = np.exp2(rng.uniform(-3, 0, (8, 16, 3))).astype(np.float32)
    picture = coarse.repeat(8, 0).repeat(8, 1)
    for _ in range(30):
        row, column = rng.integers(0, 56), rng.integers(0, 120)
        picture[row : row + 6, column : column + 6] *= np.float32(rng.uniform(8, 60))
    return picture


def small_config(root: Path, **changes: object) -> TrainConfig:
    """Return a configuration of seconds: width 2, crops of 32 pixels."""
    config = TrainConfig(
        spec=replace(SPECS["compact"], width=2, mask_width=2),
        out=root / "run",
        dev_images=8,
        data=DataConfig(
            root=root,
            photos="photos",
            dev=("held_out",),
            bank=root / "bank",
            views=3,
            dev_views=2,
            photo_views=2,
        ),
        crops=CropConfig(base=32, large=(48,), large_share=0.2, large_after=0),
        optimiser=OptimiserConfig(images=16, batch=4, warm_up=1),
    )
    return replace(config, **changes)  # type: ignore[arg-type]
