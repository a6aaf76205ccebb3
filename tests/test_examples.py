"""The examples run as they are shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

from tests.sample import SAMPLE, rgb_of

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str, *arguments: object) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_clip_is_expanded_with_its_events(tmp_path: Path) -> None:
    said = run("expand_clip.py", SAMPLE, tmp_path / "exr", "--frames", "1001-1002", "--model", "none")

    assert len(list((tmp_path / "exr").glob("*.exr"))) == 2
    assert "1002" in said


@pytest.mark.parametrize("model", ["none", "compact"])
def test_a_picture_is_expanded(tmp_path: Path, model: str) -> None:
    picture = np.full((32, 48, 3), 128, np.uint8)
    picture[:16] = 255
    OpenImageIO.ImageBuf(picture).write(str(tmp_path / "in.png"))

    said = run("expand_picture.py", tmp_path / "in.png", tmp_path / "out.exr", "--model", model)

    assert "48x32" in said
    assert rgb_of(tmp_path / "out.exr").shape == (3, 32, 48)
