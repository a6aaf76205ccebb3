"""Make the sample clip `still_life.mp4` and its true HDR frames from one HDR photograph.

    python tests/data/make_sample.py StillLife.exr

`StillLife.exr` is in the openexr-images collection (BSD-3-Clause, see NOTICE.txt). A virtual camera pans over
it and pushes in. Every frame is resampled in scene-linear light, exposed, and only then clipped, encoded and
compressed, as a camera would do it; so the light that the clip lost is known for each of its pixels. The same
photograph gives the same files, byte for byte with the same versions of the libraries.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import OpenImageIO
from numpy.typing import NDArray

HERE = Path(__file__).parent
WIDTH, HEIGHT = 960, 540
RATE = Fraction(24)
FIRST, LAST = 1001, 1048
TIMECODE = "01:00:00:00"
EXPOSURE = 2.5  # with it 4 to 6 % of the pixels lie above 1.0, the clip point of the virtual camera
GOLDEN = (1001, 1025, 1048)
BT709 = 1  # H.273's number for the primaries, the transfer and the matrix alike
LIMITED = 1

Picture = NDArray[np.float32]


class Window(NamedTuple):
    """Hold what the camera sees: a rectangle of the photograph, in pixels of the photograph, 16:9."""

    left: float
    top: float
    width: float

    @property
    def height(self) -> float:
        """Return the height that belongs to the width."""
        return self.width * HEIGHT / WIDTH


WIDE = Window(4.0, 196.0, 1150.0)
CLOSE = Window(188.0, 152.0, 964.0)


def main() -> None:
    """Write the clip and the golden frames beside this script, and say how much of each frame clips."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("photograph", type=Path, help="StillLife.exr")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into")
    arguments = parser.parse_args()
    photograph = read_photograph(arguments.photograph)
    write_clip(photograph, arguments.out / "still_life.mp4")
    write_golden(photograph, arguments.out / "golden")


def read_photograph(path: Path) -> Picture:
    """Read an EXR as `(H, W, 3) float32`, scene-linear Rec.709, as the photographer exposed it."""
    buffer = OpenImageIO.ImageBuf(str(path))
    if not buffer.read(force=True, convert=OpenImageIO.FLOAT):
        message = f"{path}: cannot be read ({buffer.geterror()}). Give the path of StillLife.exr."
        raise SystemExit(message)
    return np.asarray(buffer.get_pixels(OpenImageIO.FLOAT), np.float32)[..., :3]


def true_frame(photograph: Picture, number: int) -> Picture:
    """Return what the camera saw at a frame: `(540, 960, 3) float32`, scene-linear Rec.709, 1.0 = clip point.

    Each pixel is the mean light of the area of the photograph that it covers, to a fraction of a pixel.
    """
    window = window_at(number)
    rows = _area_weights(window.top, window.height, HEIGHT, photograph.shape[0])
    columns = _area_weights(window.left, window.width, WIDTH, photograph.shape[1])
    planes = np.moveaxis(photograph.astype(np.float64), 2, 0)
    seen = rows @ planes @ columns.T  # (3, 540, 960)
    return np.ascontiguousarray(np.moveaxis(seen * EXPOSURE, 0, 2), np.float32)


def window_at(number: int) -> Window:
    """Return the camera's window at a frame: it starts wide, ends close, and eases in and out.

    >>> window_at(1001) == WIDE, window_at(1048) == CLOSE
    (True, True)
    """
    share = (number - FIRST) / (LAST - FIRST)
    eased = (1.0 - math.cos(math.pi * share)) / 2.0
    return Window(*(a + (b - a) * eased for a, b in zip(WIDE, CLOSE, strict=True)))


def _area_weights(start: float, length: float, count: int, size: int) -> NDArray[np.float64]:
    """Return `(count, size)` weights that average `size` samples over `count` equal areas of an interval."""
    edges = start + np.arange(count + 1) * (length / count)
    first, last = edges[:-1, None], edges[1:, None]
    sample = np.arange(size)[None, :]
    overlap = np.minimum(last, sample + 1) - np.maximum(first, sample)
    weights = np.clip(overlap, 0.0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def oetf_bt709(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Encode scene-linear light in [0, 1] by the camera curve of ITU-R BT.709.

    >>> oetf_bt709(np.array([0.0, 0.018, 1.0])).round(3).tolist()
    [0.0, 0.081, 1.0]
    """
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 0.018) ** 0.45 - 0.099)


def to_planes(light: Picture) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Clip, encode and split a `(H, W, 3)` scene-linear picture into 8-bit Y, Cb, Cr of 4:2:0, limited range.

    Chroma is sited to the left, H.264's default: centred between two rows, on every second column.
    """
    encoded = oetf_bt709(np.clip(light.astype(np.float64), 0.0, 1.0))
    red, green, blue = np.moveaxis(encoded, 2, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    cb = _halve((blue - luma) / 1.8556)
    cr = _halve((red - luma) / 1.5748)
    return _to_codes(16 + 219 * luma), _to_codes(128 + 224 * cb), _to_codes(128 + 224 * cr)


def _halve(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average chroma to half the size: 1/4, 1/2, 1/4 around the even columns, two rows to one."""
    wide = np.pad(plane, ((0, 0), (1, 0)), mode="edge")
    columns = wide[:, 0:-2:2] / 4 + wide[:, 1:-1:2] / 2 + wide[:, 2::2] / 4
    return (columns[0::2] + columns[1::2]) / 2


def _to_codes(plane: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.floor(plane + 0.5).astype(np.uint8)


def write_clip(photograph: Picture, path: Path) -> None:
    """Encode all frames as H.264 with every colour tag set, and print the clipped share of each."""
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=RATE, options=_x264_options())
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        stream.metadata["timecode"] = TIMECODE
        for number, frame in _frames(photograph):
            frame.pts, frame.time_base = number - FIRST, 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    _say(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def _x264_options() -> dict[str, str]:
    # The last lines make the bytes repeatable: without `cpu-independent`, two runs on one machine differed.
    return {
        "crf": "12",
        "preset": "slower",
        "threads": "1",
        "flags": "+bitexact",
        "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv:keyint=24:aq-mode=3"
        ":cpu-independent=1",
    }


def _frames(photograph: Picture) -> Iterator[tuple[int, av.VideoFrame]]:
    for number in range(FIRST, LAST + 1):
        light = true_frame(photograph, number)
        clipped = (light > 1.0).any(axis=2).mean()
        all_three = (light > 1.0).all(axis=2).mean()
        _say(f"{number}: {clipped:.2%} clipped, {all_three:.2%} in all channels, peak {light.max():.0f}")
        yield number, _video_frame(light)


def _video_frame(light: Picture) -> av.VideoFrame:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    frame.color_primaries = frame.color_trc = frame.colorspace = BT709
    frame.color_range = LIMITED
    for plane, codes in zip(frame.planes, to_planes(light), strict=True):
        padded = np.zeros((plane.height, plane.line_size), np.uint8)
        padded[:, : plane.width] = codes
        plane.update(padded.tobytes())
    return frame


def write_golden(photograph: Picture, folder: Path) -> None:
    """Write the true HDR of three frames as half-float EXR, scene-linear Rec.709, with a layer `clipped.A`.

    Their size is half the clip's, each pixel the mean of four, which keeps the files small. `clipped.A` is
    the share of the four in which at least one channel lies above the clip point.
    """
    folder.mkdir(exist_ok=True)
    for number in GOLDEN:
        light = true_frame(photograph, number)
        clipped = (light > 1.0).any(axis=2, keepdims=True).astype(np.float32)
        layers = np.concatenate([light, clipped], axis=2)
        halved = layers.reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 4).mean(axis=(1, 3), dtype=np.float32)
        path = folder / f"still_life.{number}.exr"
        _write_exr(halved, path)
        _say(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def _write_exr(layers: Picture, path: Path) -> None:
    height, width, count = layers.shape
    spec = OpenImageIO.ImageSpec(width, height, count, OpenImageIO.HALF)
    spec.channelnames = ("R", "G", "B", "clipped.A")
    spec.attribute("compression", "piz")
    spec.attribute("oiio:ColorSpace", "lin_rec709_scene")
    spec.attribute("DateTime", "2026:11:24 00:00:00")  # else the time of the run is in the bytes
    buffer = OpenImageIO.ImageBuf(spec)
    buffer.set_pixels(OpenImageIO.ROI(), layers)
    if not buffer.write(str(path)):
        raise SystemExit(buffer.geterror())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
