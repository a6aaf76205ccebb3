"""Each kind of evidence tells what it is there for, and adds up over frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hdrvid.model.evidence import (
    APART,
    BANDS,
    CALM,
    LARGEST,
    LEVELS,
    PICTURE,
    SPANS,
    Evidence,
    calmest,
    described,
    gather,
    response_by_noise,
)
from hdrvid.model.mask import srgb_decode, srgb_encode


def codes(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1))


def edges_of(evidence: Evidence) -> torch.Tensor:
    """Return counts, mean places and squares of edges: `(APART, 3, SPANS, LEVELS)`."""
    return evidence.part("edges").view(len(APART), 3, len(SPANS), LEVELS)


def blurred_edge(encode: bool) -> torch.Tensor:
    """Mix 0.02 and 0.5 in linear light along a row, as a lens does: `(1, 3, 24, 64)`, encoded or not."""
    share = (torch.arange(64) - 28).clamp(0, 8) / 8
    light = (0.02 + 0.48 * share).expand(1, 3, 24, 64)
    return srgb_encode(light) if encode else light.contiguous()


@pytest.mark.parametrize(("encode", "bent"), [(False, False), (True, True)])
def test_an_edge_that_a_lens_mixed_tells_how_the_response_bends(encode: bool, bent: bool) -> None:
    number, place, _ = edges_of(gather(blurred_edge(encode)))[2]  # four pixels apart: the middle of the ramp

    mean = float(place.sum() / number.sum())

    assert (mean > 0.02) is bent  # encoded, the middle of the light lies above the middle of the codes
    assert bent or abs(mean) < 1e-3


def test_noise_shows_in_the_high_bands_at_its_own_level() -> None:
    rng = torch.Generator().manual_seed(0)
    picture = torch.full((1, 3, 64, 128), 0.2)
    picture[..., 64:] = 0.8
    picture[..., 64:] += 0.02 * torch.randn(1, 1, 64, 64, generator=rng)

    blocks = gather(picture).part("blocks").view(CALM, LEVELS, -1).sum(0)
    energy = blocks[:, 2 * len(BANDS)] / blocks[:, 0].clamp_min(1e-6)  # log2 of the highest band's

    dark, bright = round(0.2 * (LEVELS - 1)), round(0.8 * (LEVELS - 1))
    assert float(energy[bright]) == pytest.approx(np.log2((0.02 * 255) ** 2), abs=2.0)
    assert float(energy[dark]) < -3.0


def test_clipped_pixels_end_no_edge_and_fill_no_block() -> None:
    picture = torch.full((1, 3, 16, 32), 0.3)
    picture[..., 16:] = 1.0

    evidence = gather(picture)

    assert float(edges_of(evidence)[:, 0].sum()) == 0.0
    assert float(evidence.part("blocks").view(CALM, LEVELS, -1)[..., 0].sum()) == pytest.approx(4)


@pytest.mark.parametrize("power", [0.6, 1.0, 1.5])
def test_the_noise_of_photons_tells_the_response_by_itself(power: float) -> None:
    light = (srgb_decode(torch.linspace(0.02, 0.95, 640)) ** (1 / power)).expand(3, 360, 640)
    noise = torch.randn(light.shape, generator=torch.Generator().manual_seed(0))
    code = srgb_encode((light + (0.002 * light).sqrt() * noise).clamp(0, 1) ** power)[None]

    sums = calmest(gather(code).part("blocks").view(1, CALM, LEVELS, -1), 0.4)
    energy = torch.log2(sums[..., 4:5] / sums[..., :1].clamp_min(1e-6))  # of the fourth band

    told = response_by_noise(energy.nan_to_num(), sums[..., :1])[0, :, 0]
    truth = (1 / power - 1) * torch.log2(srgb_decode(torch.arange(LEVELS) / (LEVELS - 1)))
    truth = truth - truth[LEVELS // 2]
    assert float((told - truth)[6:14].abs().max()) < 0.15  # darker, the integral starts anywhere


def test_busy_blocks_do_not_speak_for_calm_ones() -> None:
    rng = torch.Generator().manual_seed(0)
    picture = 0.5 + 0.01 * torch.randn(1, 1, 64, 160, generator=rng)
    picture[..., 80:] += 0.1 * torch.sin(torch.arange(80) * 0.3) + 0.05 * torch.sin(torch.arange(80) * 1.6)

    blocks = gather(picture.expand(1, 3, -1, -1)).part("blocks").view(1, CALM, LEVELS, -1)[:, :, 7:9]

    variance = [
        float(part[..., 2].sum() / part[..., 0].sum()) / 255**2
        for part in (calmest(blocks, 0.4), blocks.sum(1))
    ]
    assert variance[0] == pytest.approx(0.01**2, rel=0.2)
    assert variance[1] > 2 * variance[0]


@pytest.mark.parametrize(("encode", "even"), [(False, True), (True, False)])
def test_shading_tells_how_much_steeper_the_response_is_in_the_dark(encode: bool, even: bool) -> None:
    shade = torch.linspace(0.2, 0.9, 64).expand(1, 1, 24, 64)
    light = torch.cat([0.9 * shade, 0.5 * shade, 0.2 * shade], dim=1)

    often, ratio, _ = gather(srgb_encode(light) if encode else light).part("shading").view(2, 3, -1)[1]

    # in linear codes the brighter channel changes more, by as much as it is brighter; encoding evens that out
    mean = float(ratio.sum() / often.sum())
    assert (mean < -1.0) is even
    assert even or -1.0 < mean < -0.3


def test_frames_add_up_and_large_ones_do_not_count_as_more() -> None:
    picture = codes(1, 3, 90, 160)
    once = gather(picture)

    assert torch.equal((once + once).sums, 2 * once.sums)
    many = Evidence(1000 * once.sums)
    assert float(many.part("histogram")[0, :65].sum()) == pytest.approx(PICTURE, rel=1e-4)


def test_a_large_picture_is_looked_at_in_windows_all_over_it() -> None:
    picture = torch.full((1, 3, 1600, 2400), 0.2)
    picture[..., 1200:] = 0.6

    evidence = gather(picture)
    seen = float(evidence.sums[0, -1])

    assert 0.8 * LARGEST < seen <= LARGEST
    histogram = evidence.sums[0, :65]
    assert float(histogram[10:16].sum()) == pytest.approx(seen / 2, rel=0.01)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (7, 9), (17, 8)])
def test_pictures_of_any_size_can_be_looked_at(size: tuple[int, int]) -> None:
    levels, whole = described(gather(codes(2, 3, *size)))

    assert bool(levels.isfinite().all())
    assert bool(whole.isfinite().all())


def test_each_picture_of_a_batch_is_seen_alone() -> None:
    pictures = codes(3, 3, 24, 40)

    together, alone = described(gather(pictures)), described(gather(pictures[1:2]))

    for many, one in zip(together, alone, strict=True):
        torch.testing.assert_close(many[1:2], one)


def test_what_is_measured_does_not_depend_on_the_precision_around_it() -> None:
    picture = codes(1, 3, 32, 40)

    with torch.autocast("cpu", torch.bfloat16):
        seen = gather(picture)

    assert torch.equal(seen.sums, gather(picture).sums)
