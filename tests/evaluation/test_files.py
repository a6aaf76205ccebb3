"""What cannot be judged is refused by name, with the reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import DatasetError
from hdrvid.evaluation.files import HDR_SUFFIXES, by_stem, listed, read_codes, read_prediction, read_truth
from hdrvid.scenes.panorama import Pixels
from tests.evaluation.material import codes_of, light_of, write_picture


def with_value(value: float) -> Pixels:
    light = light_of()
    light[3, 4, 1] = value
    return light


@pytest.mark.parametrize(
    ("light", "says"),
    [
        pytest.param(with_value(np.nan), "NaN", id="NaN"),
        pytest.param(with_value(np.inf), "infinite", id="infinity"),
        pytest.param(with_value(-0.5), "negative", id="negative"),
        pytest.param(light_of()[..., :1].repeat(3, -1), "three equal channels", id="monochrome"),
        pytest.param(light_of()[..., :1], "no three channels", id="one channel"),
        pytest.param(codes_of(light_of()), "LDR picture in an HDR file", id="LDR in HDR"),
        pytest.param(light_of(8, 8), "8x8 pixels", id="too small"),
    ],
)
def test_a_truth_that_cannot_be_one_is_refused(light: Pixels, says: str, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "scene.exr", light)

    with pytest.raises(DatasetError, match=says) as caught:
        read_truth(path)

    assert "scene.exr" in str(caught.value)


@pytest.mark.parametrize("name", ["scene.exr", "scene.hdr"])
def test_both_formats_of_light_are_read(name: str, tmp_path: Path) -> None:
    path = write_picture(tmp_path / name, light_of())

    assert np.allclose(read_truth(path), light_of(), rtol=0.02, atol=0.01)


@pytest.mark.parametrize(
    ("content", "says"),
    [pytest.param(b"", "cannot be read", id="empty"), pytest.param(b"text", "cannot be read", id="text")],
)
def test_a_file_that_is_no_picture_is_named(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "scene.exr"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=says):
        read_truth(path)


def test_a_prediction_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "scene.exr", light_of(24, 32))

    with pytest.raises(DatasetError, match="32x24 pixels; expected 64x48"):
        read_prediction(path, (48, 64))


def test_a_prediction_may_be_bad_as_long_as_it_is_light(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "flat.exr", np.ones((48, 64, 3), np.float32))

    assert read_prediction(path, (48, 64)).max() == 1


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_codes_are_read_over_their_whole_range(kind: str, tmp_path: Path) -> None:
    codes = codes_of(light_of())
    path = write_picture(tmp_path / "scene.png", codes, kind)

    assert np.allclose(read_codes(path), codes, atol=1e-4)


def test_a_grey_sdr_picture_is_refused(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "grey.png", codes_of(light_of())[..., :1], "uint8")

    with pytest.raises(DatasetError, match="three channels"):
        read_codes(path)


def test_folders_and_files_are_listed_in_order(tmp_path: Path) -> None:
    names = ("b.exr", "a.hdr", "note.txt")
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).touch()

    found = list(listed((tmp_path / "in", tmp_path / "in" / "b.exr"), HDR_SUFFIXES))

    assert [path.name for path in found] == ["a.hdr", "b.exr", "b.exr"]
    assert set(by_stem(tmp_path / "in", HDR_SUFFIXES)) == {"a", "b"}


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such file or folder"):
        list(listed((tmp_path / "gone",), HDR_SUFFIXES))
