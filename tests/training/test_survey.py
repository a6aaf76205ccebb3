from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeAlias

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813
import pytest

from hdrvid.errors import DatasetError
from hdrvid.training.pairs import read_ldr
from hdrvid.training.survey import light_fault, pair_fault, usable

Pixels: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def light(
    height: int = 64, width: int = 128, top: float = 30.0
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (np.random.default_rng(0).random((height, width, 3)) ** 4 * top).astype(np.float32)


def write(path: Path, pixels: Pixels, channels: str = "RGB") -> Path:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {channels: np.ascontiguousarray(pixels)}).write(str(path))
    return path


def write_ldr(path: Path, height: int = 64, width: int = 128) -> Path:
    picture = oiio.ImageBuf(oiio.ImageSpec(width, height, 3, oiio.UINT8))
    picture.set_pixels(oiio.ROI(), np.random.default_rng(1).random((height, width, 3), np.float32))
    assert picture.write(str(path))
    return path


def test_an_hdr_panorama_has_no_fault(tmp_path: Path) -> None:
    assert light_fault(write(tmp_path / "a.exr", light()), panorama=True) is None


def test_a_dim_scene_of_many_levels_is_no_sdr_picture(tmp_path: Path) -> None:
    assert light_fault(write(tmp_path / "a.exr", light(top=0.8))) is None


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        pytest.param(np.where(light() > 29, np.nan, light()), "NaN", id="NaN"),
        pytest.param(light() - 0.1, "negative", id="negative"),
        pytest.param(light()[..., :1].repeat(3, -1), "monochrome", id="monochrome in three channels"),
        pytest.param(np.round(light(top=1.0) * 255) / 255, "SDR picture", id="8-bit levels"),
        pytest.param(np.minimum(light(), 1.0), "SDR picture", id="a plateau at 1.0"),
        pytest.param(light(32, 64), "64 or more", id="too small"),
    ],
)
def test_each_fault_is_named_with_its_file(tmp_path: Path, pixels: Pixels, told: str) -> None:
    path = write(tmp_path / "scene.exr", pixels.astype(np.float32))

    reason = light_fault(path)

    assert reason is not None
    assert told in reason
    assert str(path) in reason


def test_a_picture_of_one_channel_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path / "y.exr", light()[..., 0], "Y")

    assert "three channels" in (light_fault(tmp_path / "y.exr") or "")


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x76\x2f\x31\x01" + b"\0" * 40])
def test_what_cannot_be_read_is_a_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.exr").write_bytes(content)

    assert "x.exr" in (light_fault(tmp_path / "x.exr") or "")


def test_a_panorama_is_twice_as_wide_as_high(tmp_path: Path) -> None:
    path = write(tmp_path / "a.exr", light(64, 100))

    assert "twice as wide" in (light_fault(path, panorama=True) or "")
    assert light_fault(path) is None


def test_a_good_pair_has_no_fault(tmp_path: Path) -> None:
    hdr, ldr = write(tmp_path / "a.exr", light()), write_ldr(tmp_path / "a.png")

    assert pair_fault(ldr, hdr, read_ldr=read_ldr) is None


def test_a_pair_of_two_sizes_tells_both(tmp_path: Path) -> None:
    hdr, ldr = write(tmp_path / "a.exr", light()), write_ldr(tmp_path / "a.png", width=100)

    reason = pair_fault(ldr, hdr, read_ldr=read_ldr) or ""

    assert "100x64" in reason
    assert "128x64" in reason


@pytest.mark.parametrize("missing", ["ldr", "hdr"])
def test_half_a_pair_is_a_fault(tmp_path: Path, missing: str) -> None:
    hdr = None if missing == "hdr" else write(tmp_path / "a.exr", light())
    ldr = None if missing == "ldr" else write_ldr(tmp_path / "a.png")

    assert "other half" in (pair_fault(ldr, hdr, read_ldr=read_ldr) or "")


def test_an_unreadable_half_is_a_fault(tmp_path: Path) -> None:
    hdr = write(tmp_path / "a.exr", light())
    (tmp_path / "a.jpg").write_text("no picture")

    assert "a.jpg" in (pair_fault(tmp_path / "a.jpg", hdr, read_ldr=read_ldr) or "")


def test_faulty_items_are_skipped_by_name_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        kept = usable(
            list("abcdefghij"), lambda n: "c: bad" if n == "c" else None, what="the set", least_share=0.9
        )

    assert kept == list("abdefghij")
    assert "skipped: c: bad" in caplog.text
    assert "the set: 1 of 10 skipped" in caplog.text


def test_a_run_fails_where_too_little_is_left() -> None:
    with pytest.raises(DatasetError, match="the set: only 1 of 3 can be used; expected 50% or more"):
        usable([1, 2, 3], lambda n: None if n == 1 else f"{n}: bad", what="the set", least_share=0.5)


def test_nothing_left_is_always_too_little() -> None:
    with pytest.raises(DatasetError, match="only 0 of 1"):
        usable([1], lambda _: "bad", what="the set", least_share=0.0)
