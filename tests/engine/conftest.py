"""Small clips for runs: a bright rectangle that moves over a ramp, each frame telling its number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hdrvid.model import GeneratorSpec, build_generator, save_generator
from tests.sources.clips import BT709, write_clip


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tagged H.264 clip of 12 frames with clipped pixels, 96 x 128."""
    path = tmp_path_factory.mktemp("clip") / "shot.mp4"
    write_clip(path, [bright_frame(n) for n in range(12)], tags=BT709)
    return path


def bright_frame(number: int, size: tuple[int, int] = (96, 128)) -> NDArray[np.uint8]:
    """Return `(H, W, 3) uint8`: a grey ramp with a white rectangle that moves two pixels a frame."""
    height, width = size
    frame = np.repeat(np.linspace(20, 180, width).astype(np.uint8)[None, :, None], height, axis=0).repeat(
        3, axis=2
    )
    left = 10 + 2 * number
    frame[20:60, left : left + 40] = 255
    return frame


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a weights file of a very small network that predicts something: fast, and of no other worth."""
    torch.manual_seed(7)
    generator = build_generator(GeneratorSpec(width=4, steps=1, norm="none", nets=("C",)))
    assert generator.C is not None
    torch.nn.init.normal_(generator.C.head.weight, std=0.3)
    assert generator.C.head.bias is not None
    torch.nn.init.constant_(generator.C.head.bias, 1.5)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_generator(generator, path, licence="test", training="none")
    return path
