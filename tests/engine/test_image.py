"""One picture in memory is expanded as a frame of a clip would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

import hdrvid
from hdrvid.errors import ColourSpaceError, OptionError, ShapeError
from tests.engine.conftest import bright_frame
from tests.sample import read_exr


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    return bright_frame(3, (120, 161))


def srgb(code: NDArray[Any]) -> NDArray[Any]:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def test_a_picture_comes_back_with_its_mask_and_its_plain_light(
    picture: NDArray[np.uint8], tiny_weights: Path
) -> None:
    expansion = hdrvid.expand_image(picture, model=str(tiny_weights))

    assert expansion.hdr.shape == expansion.linear.shape == (120, 161, 3)
    assert expansion.mask.shape == (120, 161)
    assert expansion.hdr.dtype == expansion.mask.dtype == expansion.linear.dtype == np.float32
    assert np.allclose(expansion.linear, srgb(picture / 255.0), atol=3e-5)
    outside = expansion.mask == 0
    assert np.array_equal(expansion.hdr[outside], expansion.linear[outside])
    assert expansion.hdr[~outside].mean() > expansion.linear[~outside].mean() * 1.2


def test_the_array_that_came_in_is_left_alone(tiny_weights: Path) -> None:
    picture = np.moveaxis(np.full((3, 20, 20), 0.7, np.float32), 0, 2)
    before = picture.copy()

    hdrvid.expand_image(picture, model=str(tiny_weights))

    assert np.array_equal(picture, before)


@pytest.mark.parametrize(
    "scaled",
    [
        pytest.param(lambda p: p.astype(np.uint16) * 257, id="uint16"),
        pytest.param(lambda p: p.astype(np.float32) / 255, id="float32"),
        pytest.param(lambda p: np.asfortranarray(p), id="another order in memory"),
        pytest.param(lambda p: np.repeat(p, 2, axis=1)[:, ::2], id="a view with strides"),
    ],
)
def test_the_same_picture_in_another_type_gives_the_same_light(
    picture: NDArray[np.uint8], tiny_weights: Path, scaled: Any
) -> None:
    expected = hdrvid.expand_image(picture, model=str(tiny_weights))

    got = hdrvid.expand_image(scaled(picture), model=str(tiny_weights))

    assert np.allclose(got.linear, expected.linear, atol=1e-6)
    assert np.allclose(got.hdr, expected.hdr, rtol=1e-2)


def test_a_still_on_disk_and_the_same_array_have_the_same_pixels(
    picture: NDArray[np.uint8], tiny_weights: Path, tmp_path: Path
) -> None:
    OpenImageIO.ImageBuf(picture).write(str(tmp_path / "still.0001.png"))
    hdrvid.expand(
        tmp_path / "still.####.png",
        tmp_path / "exr",
        model=str(tiny_weights),
        output_space="lin_rec709",
        input_space="sRGB - Texture",
        full_float=True,
    ).wait()

    channels, _ = read_exr(tmp_path / "exr" / "still.0001.exr")

    expansion = hdrvid.expand_image(picture, model=str(tiny_weights))
    assert np.array_equal(np.dstack([channels[name] for name in "RGB"]), expansion.hdr)


def test_grading_options_concern_the_recovered_light_only(
    picture: NDArray[np.uint8], tiny_weights: Path
) -> None:
    whole = hdrvid.expand_image(picture, model=str(tiny_weights))
    half = hdrvid.expand_image(picture, model=str(tiny_weights), mix=0.5)
    more = hdrvid.expand_image(picture, model=str(tiny_weights), highlight_gain=1.0)
    none = hdrvid.expand_image(picture, model=str(tiny_weights), mix=0.0)

    assert np.allclose(half.hdr - half.linear, (whole.hdr - whole.linear) / 2, atol=1e-5)
    assert np.allclose(more.hdr - more.linear, (whole.hdr - whole.linear) * 2, rtol=1e-4, atol=1e-5)
    assert np.array_equal(none.hdr, none.linear)


def test_another_output_space_holds_the_same_light(picture: NDArray[np.uint8], tiny_weights: Path) -> None:
    rec709 = hdrvid.expand_image(picture, model=str(tiny_weights))
    rec2020 = hdrvid.expand_image(picture, model=str(tiny_weights), output_space="lin_rec2020")

    to_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
    assert np.allclose(rec2020.hdr, rec709.hdr @ to_2020.T, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.zeros((20, 20), np.uint8), id="grey"),
        pytest.param(np.zeros((20, 20, 4), np.uint8), id="alpha"),
        pytest.param(np.zeros((15, 20, 3), np.uint8), id="too small"),
        pytest.param(np.zeros((20, 20, 3), np.float64), id="doubles"),
        pytest.param(np.zeros((3, 20, 20), np.uint8), id="channels first"),
    ],
)
def test_another_array_is_refused(array: NDArray[Any]) -> None:
    with pytest.raises(ShapeError, match="expected"):
        hdrvid.expand_image(array, model="none")


@pytest.mark.parametrize(
    "option", [{"frames": "1"}, {"compression": "zip"}, {"layers": "all"}, {"nonsense": 1}]
)
def test_options_that_do_not_concern_a_picture_are_refused(
    picture: NDArray[np.uint8], option: dict[str, Any]
) -> None:
    with pytest.raises(OptionError):
        hdrvid.expand_image(picture, model="none", **option)


def test_an_unknown_space_is_refused_with_near_names(picture: NDArray[np.uint8]) -> None:
    with pytest.raises(ColourSpaceError, match="sRGB"):
        hdrvid.expand_image(picture, model="none", input_space="sRGB - Textur")


@pytest.mark.parametrize("size", [(16, 16), (17, 400), (333, 19)])
def test_any_size_from_16_up_is_expanded(size: tuple[int, int], tiny_weights: Path) -> None:
    expansion = hdrvid.expand_image(np.full((*size, 3), 255, np.uint8), model=str(tiny_weights))

    assert expansion.hdr.shape == (*size, 3)
    assert (expansion.mask == 1).all()
