"""A picture's answer does not depend on how it is cut: windows cover what is asked, seams leave no trace."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from hdrvid.inference import tiles
from hdrvid.inference.tiles import CORES, choose_windows, cut, plan_windows
from hdrvid.model import Fill, load_generator, ramp, srgb_encode
from hdrvid.model.generator import pad_by_reflection

HALF_STEP = 2.0**-10  # of a value: one step of half float, at its widest


def local(windows: Sequence[Tensor]) -> list[Fill]:
    """Answer as a network would that looks 31 pixels about itself."""
    means = [F.avg_pool2d(window[None], 31, 1, 15, count_include_pad=False)[0] for window in windows]
    return [Fill(stops=mean * 4, mask=ramp(srgb_encode(w))) for mean, w in zip(means, windows, strict=True)]


def sewn(source: Tensor, over: Tensor, predict: Callable[[Sequence[Tensor]], Sequence[Fill]]) -> Fill:
    """Cut a picture, predict the pieces, and sew them together."""
    picture = cut(source, over)
    return picture.sewn(iter(predict([piece for _, piece in picture.pieces()])))


def natural(height: int, width: int, seed: int = 5) -> Tensor:
    """Return `(3, h, w)` light with detail at every scale, as photographs have, a tenth of it clipped."""
    random = torch.Generator().manual_seed(seed)
    log = torch.zeros(3, height, width)
    for octave in range(2, 8):
        noise = torch.randn(1, 3, height // 2**octave + 2, width // 2**octave + 2, generator=random)
        log += F.interpolate(noise, size=(height, width), mode="bicubic")[0] * 2.0 ** (octave - 6)
    light = torch.exp2(log)
    return (light / light.amax(0).flatten().kthvalue(int(height * width * 0.9)).values).clamp(0, 1)


@settings(deadline=None)
@given(st.integers(1, 150), st.integers(1, 150), st.sampled_from(CORES))
def test_cores_cover_a_picture_and_windows_stay_within_it(high: int, wide: int, core: int) -> None:
    height, width = high * 16, wide * 16
    covered = torch.zeros(height, width)

    for window in plan_windows(height, width, core):
        rows, columns = window.rows, window.columns
        assert 0 <= rows.start <= rows.first < rows.last <= rows.stop <= height
        assert 0 <= columns.start <= columns.first < columns.last <= columns.stop <= width
        assert rows.start % 16 == columns.start % 16 == 0
        tiles._core(covered, window).add_(tiles._weights(window, height, width))

    assert torch.allclose(covered, torch.ones(()), atol=1e-6)


def test_windows_have_one_shape_whatever_the_size_of_the_clip() -> None:
    shapes = {
        (window.rows.stop - window.rows.start, window.columns.stop - window.columns.start)
        for height, width in ((1088, 1920), (2160, 3840), (1552, 2048))
        for window in plan_windows(height, width, CORES[0])
    }

    assert shapes == {(512, 512)}


def test_only_windows_that_hold_what_is_asked_are_looked_at() -> None:
    seen: list[tuple[int, ...]] = []

    def predict(windows: Sequence[Tensor]) -> list[Fill]:
        seen.extend(tuple(window.shape) for window in windows)
        return local(windows)

    over = torch.zeros(1088, 1920, dtype=torch.bool)
    over[550:570, 1000:1030] = True  # across a seam: two windows
    sewn(torch.rand(3, 1088, 1920), over, predict)

    assert set(seen) == {(3, 512, 512)}
    assert len(seen) <= 2


def test_a_picture_too_large_to_look_at_whole_is_always_cut() -> None:
    windows = choose_windows(torch.ones(2160, 3840, dtype=torch.bool))

    assert max(window.pixels for window in windows) <= 1024 * 1024


@pytest.mark.parametrize(("height", "width"), [(600, 1100), (1090, 700), (2200, 40)])
def test_cut_and_sewn_together_it_is_what_it_was(height: int, width: int) -> None:
    source = natural(height, width)
    over = (source > 0.9).any(dim=0)
    (whole,) = local([pad_by_reflection(source[None])[0]])

    found = sewn(source, over, local)

    for found_part, part in ((found.stops, whole.stops), (found.mask, whole.mask)):
        assert torch.allclose(found_part[:, over], part[:, :height, :width][:, over], atol=1e-4)


def test_windows_are_cut_out_one_by_one_and_forgotten() -> None:
    picture = cut(torch.rand(3, 2160, 3840), torch.ones(2160, 3840, dtype=torch.bool))
    alive: list[weakref.ref[Tensor]] = []

    def fills() -> Iterator[Fill]:
        for _, piece in picture.pieces():
            alive.append(weakref.ref(piece))
            assert sum(reference() is not None for reference in alive) <= 2  # of gigabytes, if all were
            yield Fill(stops=piece, mask=piece)

    picture.sewn(fills())

    assert len(alive) == len(picture.windows) > 8


@pytest.mark.slow
def test_the_real_network_gives_one_picture_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """In float32, tiled and whole differ by less than one step of half float in the light that is written."""
    generator = load_generator("compact")

    def predict(windows: Sequence[Tensor]) -> list[Fill]:
        with torch.inference_mode():
            fills = [generator.fill(window[None]) for window in windows]
        return [Fill(stops=fill.stops[0], mask=fill.mask[0]) for fill in fills]

    source = natural(640, 960)
    over = (srgb_encode(source) > 0.94).any(dim=0)
    (whole,) = predict([source])
    monkeypatch.setattr(tiles, "MOST_PIXELS", 0)
    monkeypatch.setattr(tiles, "CORES", (256,))

    tiled = sewn(source, over, predict)

    light = [source * torch.exp2(fill.mask * fill.stops) for fill in (whole, tiled)]
    apart = ((light[1] - light[0]).abs() / light[0])[:, over]
    assert apart.max() <= HALF_STEP
