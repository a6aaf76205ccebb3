from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from hdrvid.scenes.compression import Codes, h264_loss, jpeg_loss, to_rgb, to_ycc


def scene(height: int = 64, width: int = 96) -> Codes:
    """Return smooth shapes, an edge and some grain, in code values."""
    y, x = np.mgrid[:height, :width] / 32
    base = np.stack([0.5 + 0.4 * np.sin(x + y), 0.5 + 0.3 * np.cos(2 * x), 0.3 + 0.2 * y], -1)
    base[:, width // 2 :] *= 0.5
    return np.clip(base + np.random.default_rng(0).normal(0, 0.02, base.shape), 0, 1).astype(np.float32)


def rms(a: Codes, b: Codes) -> float:
    return float(np.sqrt(((a - b) ** 2).mean()))


@pytest.mark.parametrize("weights", [(0.299, 0.114), (0.2126, 0.0722)])
def test_the_matrix_is_inverted(weights: tuple[float, float]) -> None:
    picture = scene()

    np.testing.assert_allclose(to_rgb(to_ycc(picture, weights), weights), picture, atol=1e-6)


def test_grey_has_no_chroma() -> None:
    ycc = to_ycc(np.full((1, 1, 3), 0.4, np.float32), (0.299, 0.114))

    assert ycc[0, 0].tolist() == pytest.approx([0.4, 0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("loss", [jpeg_loss, h264_loss])
def test_flat_grey_survives(loss: Any) -> None:
    grey = np.full((32, 32, 3), 128 / 255, np.float32)

    np.testing.assert_allclose(loss(grey, 30), grey, atol=1.5 / 255)


@pytest.mark.parametrize(
    ("loss", "gentle", "harsh"),
    [pytest.param(jpeg_loss, 95, 30, id="jpeg"), pytest.param(h264_loss, 12, 40, id="h264")],
)
def test_harsher_settings_lose_more(loss: Any, gentle: int, harsh: int) -> None:
    picture = scene()

    assert 0 < rms(loss(picture, gentle), picture) < rms(loss(picture, harsh), picture) < 0.2


@pytest.mark.parametrize("loss", [jpeg_loss, h264_loss])
def test_codes_stay_codes(loss: Any) -> None:
    blocks = np.kron(np.random.default_rng(1).integers(0, 2, (8, 8, 3)), np.ones((4, 4, 1))).astype(
        np.float32
    )

    lossy = loss(blocks, 30)

    assert lossy.dtype == np.float32
    assert lossy.shape == blocks.shape
    assert lossy.min() >= 0
    assert lossy.max() <= 1


@pytest.mark.parametrize("size", [(8, 8), (17, 33), (1, 5)])
def test_jpeg_takes_any_size(size: tuple[int, int]) -> None:
    assert jpeg_loss(scene(*size), 80).shape == (*size, 3)


@pytest.mark.parametrize("quality", [60, 80, 95])
def test_jpeg_loses_what_a_real_encoder_loses(tmp_path: Path, quality: int) -> None:
    picture = scene()
    path = str(tmp_path / "real.jpg")
    buffer = oiio.ImageBuf(oiio.ImageSpec(picture.shape[1], picture.shape[0], 3, oiio.UINT8))
    buffer.specmod().attribute("compression", f"jpeg:{quality}")
    buffer.set_pixels(oiio.ROI(), picture)
    assert buffer.write(path)

    real = np.asarray(oiio.ImageBuf(path).get_pixels(oiio.FLOAT), np.float32)

    assert rms(jpeg_loss(picture, quality), picture) == pytest.approx(rms(real, picture), rel=0.2)
