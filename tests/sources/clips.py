"""Encode small clips for tests, each frame carrying its number in its pixels.

    write_clip(tmp_path / "clip.mp4", 24)                                24 numbered frames, H.264, 25 fps
    write_clip(path, 24, codec="prores_ks", pix_fmt="yuv422p10le")       any codec that the PyAV wheel has
    write_clip(path, [yuv_frame([y, cb, cr], "yuv420p")], codec="ffv1")  code values chosen one by one
    read_number(frame.pixels)                                            what number a decoded frame carries

The other rooms' tests may use it too: `from tests.sources.clips import write_clip`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8] | av.VideoFrame

BT709 = {"matrix": 1, "range": 1, "primaries": 1, "transfer": 1}
UNTAGGED = {"matrix": 2, "range": 0, "primaries": 2, "transfer": 2}
_ROWS, _COLUMNS = 3, 4  # twelve blocks for twelve bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Say the rarer things about a clip: side data, metadata, options of the container, sound, a cover."""

    rotation: int = 0
    pixel_aspect: Fraction | None = None
    metadata: Mapping[str, str] | None = None
    container: Mapping[str, str] | None = None
    sound: bool = False
    cover: bool = False


def numbered_frame(number: int, size: tuple[int, int] = (96, 128)) -> NDArray[np.uint8]:
    """Draw a number below 4096 as twelve dark or light blocks: `(H, W, 3) uint8` for a size of `(H, W)`."""
    rows = np.arange(size[0]) * _ROWS // size[0]
    columns = np.arange(size[1]) * _COLUMNS // size[1]
    bits = number >> (rows[:, None] * _COLUMNS + columns[None, :]) & 1
    return np.repeat(np.where(bits, 192, 64).astype(np.uint8)[..., None], 3, axis=2)


def read_number(pixels: NDArray[np.float32]) -> int:
    """Read the number in `(3, H, W)` code values, whatever a codec has done to them."""
    height, width = pixels.shape[1:]
    number = 0
    for bit in range(_ROWS * _COLUMNS):
        row = (2 * (bit // _COLUMNS) + 1) * height // (2 * _ROWS)
        column = (2 * (bit % _COLUMNS) + 1) * width // (2 * _COLUMNS)
        block = pixels[1, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        number |= int(block.mean() > 0.5) << bit
    return number


def yuv_frame(planes: Sequence[NDArray[Any]], pix_fmt: str) -> av.VideoFrame:
    """Make a frame of exactly these planes of code values, in the format's own order."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, pix_fmt)
    for codes, plane in zip(planes, frame.planes, strict=True):
        stride = plane.line_size // codes.itemsize
        rows: NDArray[Any] = np.frombuffer(memoryview(plane), codes.dtype).reshape(-1, stride)
        rows[: codes.shape[0], : codes.shape[1]] = codes
    return frame


def write_clip(
    path: Path,
    frames: int | Iterable[Picture],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: Fraction = Fraction(25),
    size: tuple[int, int] = (96, 128),
    tags: Mapping[str, int] = UNTAGGED,
    times_ms: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    extras: Extras = Extras(),
) -> Path:
    """Encode a clip and return its path.

    `frames` is a count of numbered frames of `size` `(height, width)`, or pictures: `(H, W, 3) uint8` R'G'B'
    or frames made by `yuv_frame`. `tags` are H.273 numbers as in `BT709`. `times_ms` gives each frame its own
    time.
    """
    pictures = [numbered_frame(n, size) for n in range(frames)] if isinstance(frames, int) else list(frames)
    with av.open(str(path), "w", options=dict(extras.container or {})) as container:
        container.metadata.update(extras.metadata or {})
        tick = Fraction(1, 1000) if times_ms else 1 / rate
        first = _as_frame(pictures[0], pix_fmt)
        stream = _add_stream(
            container, first, codec=codec, rate=rate, options=dict(options or {}), is_short=len(pictures) < 10
        )
        stream.codec_context.time_base = tick
        _set_tags(stream.codec_context, tags)
        if extras.cover:
            _write_cover(container)
        if extras.rotation:
            stream.set_display_rotation(extras.rotation)
        if extras.pixel_aspect:
            stream.sample_aspect_ratio = extras.pixel_aspect
        sound = container.add_stream("aac", rate=48000) if extras.sound else None
        for number, picture in enumerate(pictures):
            frame = _as_frame(picture, pix_fmt)
            frame.pts = times_ms[number] if times_ms else number
            frame.time_base = tick
            _set_tags(frame, tags)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            _write_silence(container, sound, len(pictures) / float(rate))
    return path


def cut(path: Path, share: float, name: str | None = None) -> Path:
    """Copy the first part of a file, as a broken transfer does."""
    content = path.read_bytes()
    short = path.with_name(name or f"cut_{path.name}")
    short.write_bytes(content[: int(len(content) * share)])
    return short


def damage(path: Path, share: float, length: int = 400) -> Path:
    """Overwrite some bytes of a copy, from the given share of the file on."""
    content = bytearray(path.read_bytes())
    start = int(len(content) * share)
    content[start : start + length] = np.random.default_rng(1).bytes(length)
    broken = path.with_name(f"damaged_{path.name}")
    broken.write_bytes(content)
    return broken


def decoded_numbers(path: Path) -> list[int]:
    """Read a clip's numbers through swscale, as a witness that shares no code with `hdrvid.sources`."""
    with av.open(str(path)) as container:
        return [
            read_number(np.float32(1 / 255) * frame.to_ndarray(format="rgb24").transpose(2, 0, 1))
            for frame in container.decode(container.streams.best("video"))
            if isinstance(frame, av.VideoFrame)
        ]


def _as_frame(picture: Picture, pix_fmt: str) -> av.VideoFrame:
    if isinstance(picture, av.VideoFrame):
        return picture
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)


def _add_stream(
    container: av.container.OutputContainer,
    first: av.VideoFrame,
    *,
    codec: str,
    rate: Fraction,
    options: dict[str, str],
    is_short: bool,
) -> VideoStream:
    if codec == "libx265":
        # x265 gives clips shorter than its delay times out of thin air, where it may use B-frames
        usual = "log-level=0:bframes=0" if is_short else "log-level=0"
        options = {**options, "x265-params": f"{usual}:{options.get('x265-params', '')}".strip(":")}
    stream = container.add_stream(codec, rate=rate, options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
    return stream


def _set_tags(target: Any, tags: Mapping[str, int]) -> None:
    target.colorspace = tags["matrix"]
    target.color_range = tags["range"]
    target.color_primaries = tags["primaries"]
    target.color_trc = tags["transfer"]


def _write_cover(container: av.container.OutputContainer) -> None:
    cover = container.add_stream("mjpeg", rate=1)
    cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
    cover.disposition = av.stream.Disposition.attached_pic
    picture = _as_frame(numbered_frame(7, (64, 64)), "yuvj420p")
    picture.pts, picture.time_base = 0, Fraction(1)
    container.mux(cover.encode(picture))
    container.mux(cover.encode(None))


def _write_silence(container: av.container.OutputContainer, sound: Any, seconds: float) -> None:
    for block in range(int(seconds * 48000) // 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, block * 1024, Fraction(1, 48000)
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))
