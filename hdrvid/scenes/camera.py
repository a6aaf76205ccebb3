"""The simulated camera: the only place that turns HDR light into an SDR picture.

Each effect is a small pure function; `draw_settings` chooses one camera at random, and `photograph` applies
it in the order of a real one: grade, exposure, sensor noise, tone curve, encoding, sharpening, compression
or quantisation, and the decoding that a colour-managed reader does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from hdrvid.scenes.compression import h264_loss, jpeg_loss
from hdrvid.scenes.curves import CLEAN_CUT, ENCODINGS, MID_GREY, Encoding, ToneCurve, decode, encode
from hdrvid.scenes.panorama import Pixels, brightest, luminance

SHOULDER_RANGE = (0.0, 4.0)
"""Stops; cameras outside it are not drawn."""
SHARPENING = (0.2, 1.2)
GRAIN = (0.3, 1.0)
KNEES = (0.1, 0.8)
SLOPES = (0.3, 1.0)
WHITES = (0.3, 5.0)
"""Stops above 1.0 at which a roll-off ends, where it does."""
MID_LEVELS = (-1.5, 1.5)
"""Stops about mid-grey at which a camera that adapts to its scene puts the scene's middle."""
LEAST_WHITE, ADAPTING = 1.25, 8
"""A scene that ends below needs no roll-off; so many curves are tried for one that does."""
BURNT = (0.0005, 0.05)
"""Share of pixels that such a camera lets go, log-uniform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One camera and how it was set: with the light and the noise's generator, all that makes a picture."""

    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """White balance: a factor for each channel."""
    saturation: float = 1.0
    """Distance from grey, as a factor."""
    clipped_share: float = 0.08
    """Share of the view's pixels with a channel at the top of the curve."""
    noise: float = 0.0
    """Shot noise s: variance s H + 0.1 s^2 for exposed light H; 0 for none."""
    grain: float = 0.0
    """Share of a pixel's noise that its neighbours have too, as demosaicing and scaling leave it; 0 to 1."""
    curve: ToneCurve = CLEAN_CUT
    """What bends the light before it is encoded."""
    encoding: Encoding = "srgb"
    """Of the code values; the reader decodes with the same."""
    sharpening: float = 0.0
    """How far codes are pushed away from the mean of those around them; 0 for none."""
    bits: int = 8
    """Of the code values."""
    compression: Literal["none", "jpeg", "h264"] = "none"
    """What the picture went through."""
    quality: int = 0
    """JPEG quality, or x264's constant rate factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A picture as a reader has it, and the light that was there.

    All `(H, W, 3) float32`, scene-linear Rec.709.
    """

    source: Pixels
    """Decoded, in [0, 1], the clip point at 1.0."""
    truth: Pixels
    """The light before noise and curve, scaled so that its mid-tones agree with the source."""
    exposed: Pixels
    """The light before noise and curve, as the sensor got it: 1.0 and more clips on a clean cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variety:
    """How often each effect is drawn. Shares in [0, 1]."""

    roll_off: float = 0.3
    contrast: float = 0.5
    contrasts: tuple[float, float] = (-0.3, 0.4)
    """Range of their slopes at mid-grey, log2."""
    white: float = 0.6
    """Of the roll-offs: how often they end in a cut of their own."""
    least_shoulder: float = 0.0
    """Stops; roll-offs below it are not drawn."""
    encodings: tuple[Encoding, ...] = ENCODINGS
    """Of which one is drawn; several times the same for more of it."""
    saturation: float = 0.3
    noise: float = 0.5
    grain: float = 0.0
    """Of the noisy: how often noise is larger than a pixel."""
    sharpening: float = 0.0
    """Drawn by none of the project's published numbers."""
    ten_bit: float = 0.1
    jpeg: float = 0.3
    h264: float = 0.1


UNKNOWN_CAMERAS = Variety(
    roll_off=0.8, contrast=0.8, saturation=0.3, noise=1.0, ten_bit=0.0, jpeg=0.8, h264=0.2
)
"""Cameras of unknown response: most roll off and bend the mid-tones, all are noisy and compressed."""
UNKNOWN_CLIPPED = (0.01, 0.15)
"""Share of pixels at the top of their curves, drawn log-uniformly."""


def balanced(light: Pixels, factors: tuple[float, float, float]) -> Pixels:
    """Scale each channel.

    >>> balanced(np.float32([[[1.0, 2.0, 4.0]]]), (2.0, 1.0, 0.5)).tolist()
    [[[2.0, 2.0, 2.0]]]
    """
    return light * np.array(factors, np.float32)


def saturated(light: Pixels, amount: float) -> Pixels:
    """Move colours away from their luminance (above 1) or towards it; light stays 0 or more.

    >>> saturated(np.array([1.0, 0.5, 0.5], np.float32), 0.0).round(4)
    array([0.6063, 0.6063, 0.6063], dtype=float32)
    """
    if amount == 1.0:
        return light
    grey = luminance(light)[..., None]
    return np.maximum(grey + (light - grey) * np.float32(amount), 0)


def graded(light: Pixels, settings: Settings) -> Pixels:
    """Apply white balance and saturation.

    >>> graded(np.float32([[[1.0, 0.5, 0.5]]]), Settings(balance=(1.0, 2.0, 2.0))).tolist()
    [[[1.0, 1.0, 1.0]]]
    """
    return saturated(balanced(light, settings.balance), settings.saturation)


def exposure(light: Pixels, settings: Settings) -> float:
    """Return the factor that lets the stated share of graded pixels reach the top of the curve.

    In some channel.
    The top is 1.0 for a clean cut, and the light at code 250 for a roll-off.

    >>> light = np.float32([[[level] * 3 for level in range(1, 102)]])
    >>> round(exposure(light, Settings(clipped_share=0.2)), 6)  # the brightest fifth begins at 81
    0.012346
    """
    level = float(np.quantile(brightest(light), 1.0 - settings.clipped_share))
    return settings.curve.clip_light / max(level, 1e-9)


def noisy(light: Pixels, amount: float, rng: np.random.Generator, *, grain: float = 0.0) -> Pixels:
    """Add shot and read noise of variance s H + 0.1 s^2; the result is 0 or more.

    With `grain` each pixel's neighbours have that share of its noise as well; the variance stays.

    >>> light, rng = np.full((200, 200, 3), 0.25, np.float32), np.random.default_rng(0)
    >>> round(float(noisy(light, 0.0016, rng).std()), 3)  # sqrt(0.0016 x 0.25)
    0.02
    """
    if amount == 0.0:
        return light
    sigma = np.sqrt(amount * light + np.float32(0.1 * amount**2))
    drawn = rng.standard_normal(light.shape, np.float32)
    if grain > 0:
        drawn = _beside(drawn, grain) / np.float32(1 + 2 * (grain / 2) ** 2)
    return cast("Pixels", np.maximum(light + sigma * drawn, 0))


def sharpened(code: npt.NDArray[np.float32], amount: float) -> npt.NDArray[np.float32]:
    """Push code values, `(H, W, 3)`, away from the mean of those around, as cameras do; still in [0, 1].

    >>> edge = np.float32([0.2, 0.2, 0.2, 0.6, 0.6, 0.6])[None, :, None].repeat(3, axis=2)
    >>> sharpened(edge, 1.0)[0, :, 0].round(3)
    array([0.2  , 0.175, 0.075, 0.725, 0.625, 0.6  ], dtype=float32)
    """
    if amount == 0.0:
        return code
    around = _beside(_beside(code, 1.0), 1.0) / np.float32(16)  # twice 1, 2, 1, along both sides
    return cast("npt.NDArray[np.float32]", np.clip(code + np.float32(amount) * (code - around), 0, 1))


def _beside(picture: npt.NDArray[np.float32], share: float) -> npt.NDArray[np.float32]:
    """Add half a share of each of a pixel's neighbours, along rows and columns, `(H, W, 3)`."""
    for axis in (0, 1):
        width = [(1, 1) if each == axis else (0, 0) for each in range(3)]
        padded = np.pad(picture, width, mode="edge")
        length = picture.shape[axis]
        before, here, after = (padded.take(range(at, at + length), axis) for at in range(3))
        picture = here + (before + after) * np.float32(share / 2)
    return picture


def quantised(code: npt.NDArray[np.float32], bits: int) -> npt.NDArray[np.float32]:
    """Round code values in [0, 1] to 2^bits levels.

    >>> quantised(np.array([0.5], np.float32), 1).tolist()
    [0.0]
    """
    top = np.float32(2**bits - 1)
    return cast("npt.NDArray[np.float32]", np.round(code * top) / top)


def compressed(code: npt.NDArray[np.float32], settings: Settings) -> npt.NDArray[np.float32]:
    """Send code values through the compression, and round what comes out, and goes in, to bits.

    >>> compressed(np.float32([[[0.5, 0.2, 1.0]]]), Settings(bits=1)).tolist()
    [[[0.0, 0.0, 1.0]]]
    """
    code = quantised(code, settings.bits)
    if settings.compression == "jpeg":
        return quantised(jpeg_loss(code, settings.quality), 8)
    return h264_loss(code, settings.quality) if settings.compression == "h264" else code


def developed(light: Pixels, settings: Settings) -> npt.NDArray[np.float32]:
    """Return the codes of light on the sensor, `(H, W, 3)`, as they are before compression and rounding.

    >>> developed(np.float32([[[0.0, 0.25, 4.0]]]), Settings(noise=0.01, compression="jpeg")).round(3)
    array([[[0.   , 0.537, 1.   ]]], dtype=float32)
    """
    return sharpened(encode(settings.curve(light), settings.encoding), settings.sharpening)


def photograph(light: Pixels, settings: Settings, *, scale: float, rng: np.random.Generator) -> Photograph:
    """Take a picture of graded light, `(H, W, 3)`, multiplied by the exposure `scale`.

    >>> light = np.float32([[[0.25] * 3, [4.0] * 3]])
    >>> photo = photograph(light, Settings(), scale=0.5, rng=np.random.default_rng(0))
    >>> (photo.source[0, :, 0] * 8).round(1).tolist(), (photo.truth[0, :, 0] * 8).tolist()
    ([1.0, 8.0], [1.0, 16.0])
    """
    exposed = light * np.float32(scale)
    seen = noisy(exposed, settings.noise, rng, grain=settings.grain)
    code = compressed(developed(seen, settings), settings)
    return Photograph(
        source=decode(code, settings.encoding),
        truth=exposed * np.float32(settings.curve.alignment),
        exposed=exposed,
    )


def _bend(rng: np.random.Generator) -> dict[str, float]:
    """Draw where a roll-off begins, and how it goes on."""
    return {
        "knee": float(rng.uniform(*KNEES)),
        "slope": float(rng.uniform(*SLOPES)),
        "shape": float(2 ** rng.uniform(-1, 5)),
    }


def draw_curve(rng: np.random.Generator, variety: Variety) -> ToneCurve:
    """Draw a clean cut, or a roll-off whose shoulder is within the range that the network is told.

    >>> draw_curve(np.random.default_rng(0), Variety(roll_off=0.0)) == CLEAN_CUT
    True
    >>> curve = draw_curve(np.random.default_rng(0), Variety(roll_off=1.0))
    >>> 0.1 <= curve.knee <= 0.8, 0.0 <= curve.shoulder <= 4.0
    (True, True)
    """
    if rng.random() >= variety.roll_off:
        return CLEAN_CUT
    while True:
        curve = ToneCurve(
            contrast=float(2 ** rng.uniform(*variety.contrasts)) if rng.random() < variety.contrast else 1.0,
            **_bend(rng),
            white=float(2 ** rng.uniform(*WHITES)) if rng.random() < variety.white else math.inf,
        )
        if max(variety.least_shoulder, SHOULDER_RANGE[0]) <= curve.shoulder <= SHOULDER_RANGE[1]:
            return curve


def adapted(
    light: Pixels, settings: Settings, rng: np.random.Generator, *, least_shoulder: float = 0.0
) -> tuple[Settings, float]:
    """Return a camera whose roll-off ends where the scene does, as phones choose it, and its exposure.

    Graded light `(H, W, 3)` is exposed by its middle, and the curve stretched until it ends where the wanted
    share of pixels lies above. A scene without so much range keeps the settings and their exposure.

    >>> light = np.exp2(np.random.default_rng(0).normal(-2, 2, (40, 40, 1))).astype(np.float32).repeat(3, -1)
    >>> settings, scale = adapted(light, Settings(), np.random.default_rng(0))
    >>> burnt = float((light[..., 0] * scale > settings.curve.white).mean())
    >>> settings.curve.white > 1.25, abs(burnt - settings.clipped_share) < 0.001
    (True, True)
    """
    share = float(np.exp(rng.uniform(*np.log(BURNT))))
    middle = float(np.exp2(np.log2(np.maximum(luminance(light), 1e-6)).mean()))
    scale = MID_GREY * 2.0 ** float(rng.uniform(*MID_LEVELS)) / middle
    white = scale * float(np.quantile(brightest(light), 1.0 - share))
    for _ in range(ADAPTING):
        curve = ToneCurve(
            contrast=settings.curve.contrast,
            **_bend(rng),
            white=white,
        )
        least = max(least_shoulder, SHOULDER_RANGE[0])
        if white > LEAST_WHITE and least <= curve.shoulder <= SHOULDER_RANGE[1]:
            return replace(settings, curve=curve, clipped_share=share), scale
    return settings, exposure(light, settings)


def draw_settings(rng: np.random.Generator, variety: Variety) -> Settings:
    """Draw one camera: exposure, grade, noise, curve, encoding and compression.

    >>> settings = draw_settings(np.random.default_rng(0), Variety(jpeg=1.0, noise=0.0))
    >>> settings.compression, 60 <= settings.quality < 97, settings.noise
    ('jpeg', True, 0.0)
    """
    tenth, kind = rng.random(), rng.random()
    balance = 2 ** rng.normal(0, 0.2, 3)
    settings: dict[str, Any] = {
        "balance": tuple(float(b) for b in balance),
        "saturation": float(rng.uniform(0.6, 1.2)) if rng.random() < variety.saturation else 1.0,
        "clipped_share": float(np.exp(rng.uniform(np.log(0.005), np.log(0.25)))),
        "noise": float(np.exp(rng.uniform(np.log(1e-4), np.log(5e-3))))
        if rng.random() < variety.noise
        else 0.0,
        "curve": draw_curve(rng, variety),
        "encoding": variety.encodings[int(rng.integers(len(variety.encodings)))],
    }
    if variety.grain > 0 and settings["noise"] > 0 and rng.random() < variety.grain:
        settings["grain"] = float(rng.uniform(*GRAIN))
    if variety.sharpening > 0 and rng.random() < variety.sharpening:
        settings["sharpening"] = float(rng.uniform(*SHARPENING))
    if kind < variety.jpeg:
        return Settings(**settings, compression="jpeg", quality=int(rng.integers(60, 97)))
    if kind < variety.jpeg + variety.h264:
        return Settings(**settings, compression="h264", quality=int(rng.integers(18, 31)))
    return Settings(**settings, bits=10 if tenth < variety.ten_bit else 8)


def unknown_camera(rng: np.random.Generator) -> Settings:
    """Draw a camera of unknown response, and how much of its picture is at the top of its curve.

    >>> 0.01 <= unknown_camera(np.random.default_rng(0)).clipped_share <= 0.15
    True
    """
    low, high = np.log(UNKNOWN_CLIPPED)
    return replace(draw_settings(rng, UNKNOWN_CAMERAS), clipped_share=float(np.exp(rng.uniform(low, high))))
