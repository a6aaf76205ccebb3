from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from hdrvid.errors import OutputError, PlateError
from hdrvid.plate import Expanded
from hdrvid.preview.pictures import Label, read_layers, write_png
from hdrvid.sinks import ExrSettings, ExrSink


def test_every_layer_of_a_written_frame_is_read_under_its_own_name(tmp_path: Path) -> None:
    planes = np.arange(3 * 4 * 6, dtype=np.float32).reshape(3, 4, 6)
    mask = np.linspace(0, 1, 24, dtype=np.float16).astype(np.float32).reshape(4, 6)
    written = _write(
        tmp_path, Expanded(number=1001, pixels=planes, source=planes + 100, mask=mask, alpha=1 - mask)
    )

    layers = read_layers(written)

    np.testing.assert_array_equal(layers.result, planes)
    np.testing.assert_array_equal(layers.source, planes + 100)
    np.testing.assert_array_equal(layers.mask, mask)
    assert layers.header["hdrvid/outputSpace"] == "ACEScg"


def test_a_frame_of_rgb_only_has_neither_source_nor_mask(tmp_path: Path) -> None:
    written = _write(tmp_path, Expanded(number=1001, pixels=np.ones((3, 4, 6), np.float32)))

    layers = read_layers(written)

    assert layers.source is None
    assert layers.mask is None


def test_a_damaged_frame_is_named_in_the_error(tmp_path: Path) -> None:
    written = _write(
        tmp_path, Expanded(number=1001, pixels=np.random.default_rng(1).random((3, 64, 64), np.float32))
    )
    written.write_bytes(written.read_bytes()[:-2000])

    with pytest.raises(PlateError, match=r"clip\.1001\.exr: cannot be read"):
        read_layers(written)


def test_a_picture_without_colours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "depth.1001.exr"
    OpenImageIO.ImageBuf(np.zeros((4, 4, 1), np.float32)).write(str(path))

    with pytest.raises(PlateError, match="expected R, G, B"):
        read_layers(path)


def test_display_codes_become_rounded_bytes(tmp_path: Path) -> None:
    picture = np.array([[[0.0, 0.5, 1.0], [0.25, 0.75, 0.1]]], np.float32)

    write_png(picture, tmp_path / "a.png")

    assert _read_bytes(tmp_path / "a.png").tolist() == [[[0, 128, 255], [64, 191, 26]]]
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_label_is_drawn_below_and_to_the_right_of_its_corner(tmp_path: Path) -> None:
    paper = np.zeros((60, 120, 3), np.float32)

    write_png(paper, tmp_path / "a.png", labels=[Label(text="1001", x=20, y=10)])

    rows, columns, _ = np.nonzero(_read_bytes(tmp_path / "a.png"))
    assert (rows.min(), columns.min()) >= (10, 20)
    assert rows.max() < 35


def test_a_folder_that_is_not_there_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a\.png: cannot be written"):
        write_png(np.zeros((4, 4, 3), np.float32), tmp_path / "none" / "a.png")


def _write(folder: Path, frame: Expanded) -> Path:
    settings = ExrSettings(attributes={"hdrvid/outputSpace": "ACEScg"})
    return ExrSink(folder, name="clip", output=settings).write(frame).path


def _read_bytes(path: Path) -> NDArray[np.uint8]:
    return np.asarray(OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.UINT8))
