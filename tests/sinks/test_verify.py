"""A frame that is read back otherwise than it was written is an error, whatever spoilt it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import OutputError
from hdrvid.plate import Expanded
from hdrvid.sinks import ExrSettings, ExrSink, exr

COMPRESSIONS = ["none", "zips", "zip", "piz", "dwaa"]


def frame(number: int = 1001) -> Expanded:
    random = np.random.default_rng(number)
    return Expanded(number=number, pixels=random.uniform(-1, 40, (3, 24, 32)).astype(np.float32))


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("full_float", [False, True])
def test_a_frame_that_is_well_passes(tmp_path: Path, compression: str, full_float: bool) -> None:
    output = ExrSettings(compression=compression, full_float=full_float)

    written = ExrSink(tmp_path, name="clip", output=output, verify=True).write(frame())

    assert written.path.exists()


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("spoil", [pytest.param("flip", id="a bit"), pytest.param("cut", id="cut short")])
def test_damage_on_the_way_to_the_disk_is_found_and_not_left(
    tmp_path: Path, compression: str, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad_disk(path: Path, content: bytes | memoryview) -> None:
        data = bytearray(content)
        data[-9] ^= 0x10
        path.write_bytes(data if spoil == "flip" else data[: len(data) // 2])

    monkeypatch.setattr(exr, "write_whole", bad_disk)
    sink = ExrSink(tmp_path, name="clip", output=ExrSettings(compression=compression), verify=True)

    with pytest.raises(OutputError, match=r"clip\.1001\.exr: reads back otherwise"):
        sink.write(frame())

    assert not sink.path_of(1001).exists()


def test_minus_zero_and_zero_are_told_apart() -> None:
    zero = np.zeros((2, 2), np.float16)

    assert not np.array_equal(exr._bits(zero), exr._bits(-zero))
