"""Decoded frames become upright planes, and the decoder's memory is left alone."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type

from hdrvid.errors import PlateError
from hdrvid.sources.pictures import Turn, layout_for, read_picture, turn_of_angle, turn_of_matrix
from tests.sources.clips import Extras, write_clip, yuv_frame

ONE = 65536


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    return np.array([a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30], "<i4").tobytes()


PICTURE = np.arange(6, dtype=np.float32).reshape(1, 2, 3)

MATRICES = [
    pytest.param(matrix(1, 0, 0, 1), PICTURE, id="upright"),
    pytest.param(matrix(0, 1, -1, 0), np.rot90(PICTURE, -1, (1, 2)), id="a quarter clockwise"),
    pytest.param(matrix(0, -1, 1, 0), np.rot90(PICTURE, 1, (1, 2)), id="a quarter the other way"),
    pytest.param(matrix(-1, 0, 0, -1), PICTURE[:, ::-1, ::-1], id="upside down"),
    pytest.param(matrix(-1, 0, 0, 1), PICTURE[:, :, ::-1], id="mirrored"),
    pytest.param(matrix(1, 0, 0, -1), PICTURE[:, ::-1], id="bottom row first"),
    pytest.param(matrix(0, 1, 1, 0), PICTURE.swapaxes(1, 2), id="rows for columns"),
]


@pytest.mark.parametrize(("found", "expected"), MATRICES)
def test_a_display_matrix_brings_the_picture_upright(found: bytes, expected: np.ndarray) -> None:
    turned = turn_of_matrix(found).apply(PICTURE)

    np.testing.assert_array_equal(turned, expected)
    assert turned.flags.c_contiguous
    assert turn_of_matrix(found).size((2, 3)) == turned.shape[1:]


def test_what_is_upright_already_is_not_copied() -> None:
    assert np.shares_memory(Turn().apply(PICTURE), PICTURE)


def read(frame: av.VideoFrame, matrix_name: str = "bt709") -> np.ndarray:
    return read_picture(frame, matrix=matrix_name, full_range=False, siting="left")[0]


def test_padding_at_the_end_of_rows_is_left_out() -> None:
    planes = [
        np.full((6, 50), 100, np.uint8),
        np.full((3, 25), 128, np.uint8),
        np.full((3, 25), 128, np.uint8),
    ]
    frame = yuv_frame(planes, "yuv420p")
    assert frame.planes[0].line_size > 50

    picture, alpha = read_picture(frame, matrix="bt709", full_range=False, siting="left")

    assert picture.shape == (3, 6, 50)
    np.testing.assert_allclose(picture, 84 / 219, rtol=1e-6)
    assert alpha is None


def test_odd_sizes_have_chroma_for_their_last_row_and_column() -> None:
    planes = [np.full((5, 7), 126, np.uint8), np.full((3, 4), 128, np.uint8), np.full((3, 4), 240, np.uint8)]

    picture, _ = read_picture(yuv_frame(planes, "yuv420p"), matrix="bt709", full_range=False, siting="left")

    assert picture.shape == (3, 5, 7)
    np.testing.assert_allclose(picture[0], 110 / 219 + 1.5748 / 2, rtol=1e-6)


def test_alpha_comes_beside_the_colour() -> None:
    y, c = np.full((4, 4), 940, np.uint16), np.full((4, 4), 512, np.uint16)
    a = np.array([[0, 1023, 512, 1]] * 4, np.uint16)

    picture, alpha = read_picture(
        yuv_frame([y, c, c, a], "yuva444p10le"), matrix="bt709", full_range=False, siting="left"
    )

    assert alpha is not None
    np.testing.assert_allclose(alpha[0], np.array([0, 1023, 512, 1]) / 1023, rtol=1e-6)
    assert np.all(picture == 1)


def test_interleaved_chroma_of_nv12_is_that_of_yuv420p() -> None:
    draw = np.random.default_rng(4)
    y, cb, cr = (draw.integers(0, 256, s, dtype=np.uint8) for s in ((6, 8), (3, 4), (3, 4)))
    both = np.stack([cb, cr], axis=2).reshape(3, 8)

    planar, _ = read_picture(
        yuv_frame([y, cb, cr], "yuv420p"), matrix="bt601", full_range=False, siting="left"
    )
    semi = read(yuv_frame([y, both], "nv12"), "bt601")

    np.testing.assert_array_equal(planar, semi)


def test_packed_uyvy_is_yuv422p() -> None:
    draw = np.random.default_rng(5)
    y, cb, cr = (draw.integers(0, 256, s, dtype=np.uint8) for s in ((4, 8), (4, 4), (4, 4)))
    packed = np.stack([cb, y[:, ::2], cr, y[:, 1::2]], axis=2).reshape(4, 16)

    planar, _ = read_picture(
        yuv_frame([y, cb, cr], "yuv422p"), matrix="bt709", full_range=False, siting="left"
    )
    frame = av.VideoFrame(8, 4, "uyvy422")
    rows: np.ndarray = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(4, -1)
    rows[:, :16] = packed
    interleaved = read(frame)

    np.testing.assert_array_equal(planar, interleaved)


def test_the_decoders_planes_are_not_written_to() -> None:
    y, c = np.full((4, 4), 77, np.uint8), np.full((4, 4), 99, np.uint8)
    frame = yuv_frame([y, c, c], "yuv444p")

    picture, _ = read_picture(frame, matrix="bt709", full_range=False, siting="left")
    picture[:] = 0

    assert np.all(np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(4, -1)[:, :4] == 77)


def test_a_format_that_is_not_read_is_named() -> None:
    with pytest.raises(PlateError, match=r"clip\.mov: pixel format xyz12le, expected"):
        layout_for("xyz12le", "clip.mov")


@pytest.mark.parametrize("degrees", [90, 180, 270, 0])
def test_an_angle_and_a_matrix_mean_the_same_turn(tmp_path: Path, degrees: int) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1, extras=Extras(rotation=degrees))
    with av.open(str(clip)) as container:
        frame = next(iter(container.decode(video=0)))
        matrix = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]

    turn = turn_of_angle(frame.rotation)

    assert turn == (Turn() if matrix is None else turn_of_matrix(bytes(matrix)))
