"""Make clips for the benchmarks: natural-looking pictures with a chosen share of clipped pixels."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SIZES = {"720p": (720, 1280), "1080p": (1080, 1920), "UHD": (2160, 3840), "8K": (4320, 8192)}
_MARGIN = 64  # pixels that the camera pans over


def make_clip(folder: Path, size: str, share: float, *, frames: int = 16) -> Path:
    """Return an H.264 clip, made once: `share` of its pixels have a channel at the clip point."""
    height, width = SIZES[size]
    path = folder / f"{width}x{height}_{round(share * 100)}_{frames}.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    scene = _scene(height + _MARGIN, width + 2 * _MARGIN, share)
    random = np.random.default_rng(9)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "16", "preset": "veryfast"}
        context = stream.codec_context
        context.colorspace = context.color_trc = context.color_primaries = context.color_range = 1
        for number in range(frames):
            top, left = 2 * number % _MARGIN, 4 * number % (2 * _MARGIN)
            view = scene[top : top + height, left : left + width]
            grain = random.integers(-1, 2, (height, width, 1), np.int16)
            codes = np.where(view == 255, 255, np.clip(view + grain, 0, 255)).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(codes, "rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace="ITU709")))
        container.mux(stream.encode(None))
    return path


def _scene(height: int, width: int, share: float) -> NDArray[np.int16]:
    """Return `(H, W, 3)` code values of light with detail at every scale, as photographs have."""
    tint = np.stack([0.25 * _field(height, width, seed, 1.5) for seed in (4, 5, 6)], axis=-1)
    light = np.exp2(1.6 * _field(height, width, 3, 1.25)[..., None] + tint)
    brightest = light.max(axis=-1)
    light /= np.quantile(brightest, 1 - share) if share else 1.3 * brightest.max()
    light = np.clip(light, 0, 1)
    codes = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255 * codes).astype(np.int16)


def _field(height: int, width: int, seed: int, slope: float) -> NDArray[np.float64]:
    """Return noise whose amplitude falls with frequency to the power of `slope`, of variance 1."""
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width)[None] * width
    frequency = np.hypot(down, across)
    frequency[0, 0] = np.inf
    spectrum = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
    field = np.fft.irfft2(spectrum / frequency**slope, (height, width))
    return np.asarray(field / field.std())
