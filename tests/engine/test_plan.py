"""A plan finds what is wrong with a call before it spends time on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

import hdrvid
from hdrvid.errors import (
    FrameRangeError,
    OptionError,
    OutputConflict,
    OutputError,
    PlateNotFound,
    WeightsError,
)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        pytest.param({"source": "gone.mp4"}, PlateNotFound, id="no such clip"),
        pytest.param({"frames": "1-9"}, FrameRangeError, id="frames outside the clip"),
        pytest.param({"output_space": "ACESgc"}, LookupError, id="no such colour space"),
        pytest.param({"out": "file"}, OutputError, id="a file where the folder should be"),
        pytest.param({"out": "frames/clip.exr"}, OptionError, id="the name of a frame, not of a folder"),
        pytest.param({"out": "file/exr"}, OutputError, id="a file above the folder"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_before_the_weights_are_loaded(
    clip: Path, tmp_path: Path, wrong: dict[str, Any], error: type[Exception]
) -> None:
    weights = tmp_path / "broken.safetensors"  # would be named if it came first
    weights.write_bytes(b"no weights")
    (tmp_path / "file").write_bytes(b"")
    call = {"source": clip, "out": "exr", "model": str(weights), **wrong}
    source, out = call.pop("source"), tmp_path / str(call.pop("out"))

    with pytest.raises(error):
        hdrvid.expand(source, out, **call)


def test_weights_that_cannot_be_used_are_named_before_a_folder_is_made(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")

    with pytest.raises(WeightsError, match="broken"):
        hdrvid.expand(clip, tmp_path / "exr", model=str(tmp_path / "broken.safetensors"))

    assert not (tmp_path / "exr").exists()


def test_a_folder_that_is_there_may_be_called_like_a_file(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "take.mov").mkdir()

    assert list(hdrvid.expand(clip, tmp_path / "take.mov", model="none", frames="1001"))


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("source", ["plate.####.exr", "plate.0001.exr", "."])
def test_a_plate_is_never_written_over_with_its_own_result(
    tmp_path: Path, source: str, overwrite: bool
) -> None:
    plate = write_exr(tmp_path / "plate.0001.exr")
    before = plate.read_bytes()

    with pytest.raises(OutputConflict, match="the plate itself"):
        hdrvid.expand(tmp_path / source, tmp_path, model="none", overwrite=overwrite)

    assert plate.read_bytes() == before


def test_a_result_may_lie_beside_its_plate_under_another_name(tmp_path: Path) -> None:
    write_exr(tmp_path / "plate_0001.exr")

    end = hdrvid.expand(tmp_path / "plate_####.exr", tmp_path, model="none").wait()

    assert end.written == 1
    assert (tmp_path / "plate.0001.exr").exists()


def write_exr(path: Path) -> Path:
    buffer = OpenImageIO.ImageBuf(np.full((16, 16, 3), 0.5, np.float32))
    assert buffer.write(str(path)), buffer.geterror()
    return path
