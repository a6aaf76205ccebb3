"""Compare expanded frames of the sample clip with the light that was in front of its camera.

All light here is scene-linear Rec.709 with the clip point at 1.0, at half the clip's size (see
tests/data/README.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

import hdrvid
from hdrvid.metrics.stops import LUMINANCE, ratio, stops_error
from hdrvid.model.weights import BUILTIN

DATA = Path(__file__).parents[1] / "data"
NUMBERS = (1001, 1025, 1048)
WELL_EXPOSED = 0.05  # luminance above it stands clear of the codec's noise in the blacks

RATIO_LIMIT = 0.8  # error in clipped areas over that of the plain source, which is 1; to follow the weights
OUTSIDE_LIMIT_STOPS = 0.05  # 8-bit codes, 4:2:0 and compression alone make 0.01 to 0.03

Light = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Hold a golden frame: `light` `(h, w, 3)`, and `clipped` `(h, w)`, the clipped share of each pixel."""

    light: Light
    clipped: Light

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Tell which pixels were clipped all over."""
        return np.asarray(self.clipped == 1)

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Tell which pixels were not clipped at all, and are bright enough to judge."""
        return np.asarray((self.clipped == 0) & (self.light @ LUMINANCE > WELL_EXPOSED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Say how near a frame is: `inside` as a share of the plain source's error, `outside` in stops."""

    inside: float
    outside: float


def score(result: Light, plain: Light, truth: Truth) -> Score:
    """Score a frame of the clip's size, `(2h, 2w, 3)`, beside its plain linearisation."""
    small, small_plain = halve(result), halve(plain)
    return Score(
        inside=ratio(small, small_plain, truth.light, truth.inside),
        outside=stops_error(small, truth.light, truth.outside),
    )


def halve(light: Light) -> Light:
    """Return the mean light of every 2 x 2 pixels: `(2h, 2w, 3)` to `(h, w, 3)`."""
    height, width, channels = light.shape
    squares = light.reshape(height // 2, 2, width // 2, 2, channels)
    return np.asarray(squares.mean(axis=(1, 3), dtype=np.float32))


def test_halving_averages_light_over_squares_of_four() -> None:
    light = np.repeat(np.array([[[1], [3], [0]], [[5], [7], [0]]], np.float32), 3, axis=2)

    halved = halve(light[:, :2])

    assert halved.tolist() == [[[4, 4, 4]]]


def test_a_result_half_way_to_the_truth_in_stops_has_a_ratio_of_one_half() -> None:
    truth = _truth(light=[16.0, 0.5], clipped=[1, 0])

    scored = score(_frame([4.0, 0.5]), _frame([1.0, 0.5]), truth)

    assert scored.inside == pytest.approx(0.5)
    assert scored.outside == pytest.approx(0.0, abs=1e-6)


def test_a_result_that_is_the_plain_source_has_a_ratio_of_one() -> None:
    truth = _truth(light=[16.0, 0.5], clipped=[1, 0])

    scored = score(_frame([1.0, 0.5]), _frame([1.0, 0.5]), truth)

    assert scored.inside == pytest.approx(1.0)


def test_an_error_outside_the_clipped_area_is_counted_in_stops() -> None:
    truth = _truth(light=[16.0, 0.5], clipped=[1, 0])

    scored = score(_frame([16.0, 1.0]), _frame([1.0, 0.5]), truth)

    assert scored.inside == pytest.approx(0.0, abs=1e-6)
    assert scored.outside == pytest.approx(1.0)


def test_pixels_that_were_clipped_in_part_and_dark_ones_are_not_judged() -> None:
    truth = _truth(light=[16.0, 0.5, 2.0, 0.01], clipped=[1, 0, 0.5, 0])

    scored = score(_frame([4.0, 0.5, 9.0, 0.03]), _frame([1.0, 0.5, 1.0, 0.01]), truth)

    assert scored.inside == pytest.approx(0.5)
    assert scored.outside == pytest.approx(0.0, abs=1e-6)


def test_the_clipped_area_of_every_golden_frame_is_large_enough_to_judge() -> None:
    for number in NUMBERS:
        truth = read_truth(number)

        assert 0.03 < truth.clipped.mean() < 0.08
        assert truth.light[truth.inside].max() > 100
        assert truth.outside.mean() > 0.1


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Light]:
    return dict(_expand(tmp_path_factory.mktemp("plain"), model="none"))


@pytest.mark.parametrize("number", NUMBERS)
def test_the_plain_source_is_the_light_of_the_scene_where_nothing_was_clipped(
    plain: dict[int, Light], number: int
) -> None:
    scored = score(plain[number], plain[number], read_truth(number))

    assert scored.outside < OUTSIDE_LIMIT_STOPS


@pytest.fixture(scope="module")
def expanded(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Light]:
    if not BUILTIN["compact"].is_file():
        pytest.skip("the weights that come with hdrvid are not in this tree")
    return dict(_expand(tmp_path_factory.mktemp("expanded"), device="cpu"))


@pytest.mark.parametrize("number", NUMBERS)
def test_expanded_highlights_are_nearer_to_the_light_of_the_scene_than_the_source(
    plain: dict[int, Light], expanded: dict[int, Light], number: int
) -> None:
    scored = score(expanded[number], plain[number], read_truth(number))

    assert scored.inside < RATIO_LIMIT
    assert scored.outside < OUTSIDE_LIMIT_STOPS


def read_truth(number: int) -> Truth:
    """Read one golden frame."""
    pixels = _read(DATA / "golden" / f"still_life.{number}.exr", ("R", "G", "B", "clipped.A"))
    return Truth(light=pixels[..., :3], clipped=pixels[..., 3])


def _expand(out: Path, **options: str) -> Iterator[tuple[int, Light]]:
    frames = ",".join(map(str, NUMBERS))
    run = hdrvid.expand(DATA / "still_life.mp4", out, frames=frames, output_space="lin_rec709", **options)
    run.wait()
    for number in NUMBERS:
        yield number, _read(out / f"still_life.{number}.exr", ("R", "G", "B"))


def _read(path: Path, channels: tuple[str, ...]) -> Light:
    """Read channels with a library other than the one that wrote the frames."""
    buffer = OpenImageIO.ImageBuf(str(path))
    names = list(buffer.spec().channelnames)
    pixels = np.asarray(buffer.get_pixels(OpenImageIO.FLOAT), np.float32)
    return np.ascontiguousarray(pixels[..., [names.index(name) for name in channels]])


def _truth(*, light: list[float], clipped: list[float]) -> Truth:
    row = np.repeat(np.array([light], np.float32)[..., None], 3, axis=2)
    return Truth(light=row, clipped=np.array([clipped], np.float32))


def _frame(values: list[float]) -> Light:
    """Return a frame of grey 2 x 2 squares, one for each value."""
    row = np.repeat(np.array([values], np.float32), 2, axis=1)
    return np.repeat(np.repeat(row, 2, axis=0)[..., None], 3, axis=2)
