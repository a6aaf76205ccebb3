"""What the shipped weights must hold, whatever they were trained on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

import hdrvid
from hdrvid.metrics.mask import mask_score
from hdrvid.model import (
    BUILTIN,
    SPECS,
    Generator,
    apply_stops,
    load_generator,
    read_weights_info,
    srgb_decode,
    srgb_encode,
    weights_path,
)
from hdrvid.scenes.compression import jpeg_loss

SIZE = 64


@pytest.fixture(scope="module")
def compact() -> Generator:
    """Load the weights that come with hdrvid."""
    return load_generator("compact")


def expand(generator: Generator, source: Tensor, shoulder: float = 0.0) -> Tensor:
    """Fill a picture, `(1, 3, h, w)`, and apply what was filled."""
    with torch.inference_mode():
        fill = generator.fill(source, shoulder=torch.tensor([shoulder]))
    return apply_stops(source, fill.mask, fill.stops)


def window_in_a_room(brightness: float = 1.0) -> Tensor:
    """Return a dim room with a clipped window that has a dark frame: `(1, 3, h, w)`."""
    room = torch.full((1, 3, SIZE, SIZE), 0.05)
    room[..., 16:48, 16:48] = brightness
    room[..., 30:34, 16:48] = 0.02
    return room


def ramp_into_the_clip(width: int = 256) -> Tensor:
    """Return light that rises evenly in code and is clipped over the last quarter."""
    code = torch.linspace(0.3, 1.2, width).clamp(max=1.0)
    return srgb_decode(code).view(1, 1, 1, width).expand(1, 3, SIZE, width)


def test_they_are_the_compact_spec_and_hold_all_of_it() -> None:
    info = read_weights_info("compact")

    assert info.spec.width == SPECS["compact"].width
    assert info.spec.nets == SPECS["compact"].nets == ("L", "C", "R", "mask", "noise")
    assert info.licence


def test_they_fit_in_a_wheel() -> None:
    assert weights_path("compact") == BUILTIN["compact"]
    assert BUILTIN["compact"].stat().st_size < 20_000_000


def test_they_have_fewer_than_ten_million_numbers() -> None:
    count = sum(tensor.numel() for tensor in load_file(weights_path("compact")).values())

    assert count < 10_000_000


@pytest.mark.parametrize("linearise", ["ocio", "learned"])
@pytest.mark.parametrize("blend", ["mask", "full"])
def test_all_networks_run_and_give_finite_light(linearise: str, blend: str) -> None:
    code = (255 * srgb_encode(window_in_a_room()[0]).permute(1, 2, 0)).round().to(torch.uint8).numpy()

    expanded = hdrvid.expand_image(code, linearise=linearise, blend=blend)

    assert np.isfinite(expanded.hdr).all()
    assert float(expanded.hdr[24, 24].mean()) > 1.05


def test_a_clipped_window_is_raised_and_its_room_is_not(compact: Generator) -> None:
    source = window_in_a_room()

    expanded = expand(compact, source)

    window = source >= 0.99
    assert expanded[window].mean() > 1.2
    assert torch.equal(expanded[~window], source[~window])


@pytest.mark.parametrize("shoulder", [0.0, 1.0, 2.5])
def test_nothing_is_ever_lowered_or_broken(compact: Generator, shoulder: float) -> None:
    noise = torch.rand(1, 3, 48, 80, generator=torch.Generator().manual_seed(0)) * 1.4

    expanded = expand(compact, noise.clamp(max=1.0), shoulder)

    assert expanded.isfinite().all()
    assert (expanded >= noise.clamp(max=1.0)).all()
    assert expanded.max() <= 2.0**8 + 1e-3


def test_more_shoulder_means_more_light(compact: Generator) -> None:
    source = window_in_a_room()

    means = [
        float(expand(compact, source, shoulder)[source >= 0.99].log2().mean()) for shoulder in (0.0, 1.5, 3.0)
    ]

    assert means == sorted(means)
    assert means[2] - means[0] > 1.0


def test_what_lies_far_from_a_highlight_counts(compact: Generator) -> None:
    near = window_in_a_room()
    far = near.clone()
    far[..., :, 60:] = 0.6

    with torch.inference_mode():
        difference = (compact.fill(near).stops - compact.fill(far).stops)[..., 20:28, 16:34].abs()

    assert difference.max() > 1e-5  # 26 pixels away; exactly 0 where the coarse levels are dead


def test_a_ramp_into_the_clip_has_no_dip(compact: Generator) -> None:
    expanded = expand(compact, ramp_into_the_clip())[0, 1, SIZE // 2]

    below = expanded[: int(256 * (0.985 - 0.3) / 0.9)]  # up to the end of the mask's ramp
    assert (below.diff() >= -0.005).all()  # of the clip point; 0 is the aim, see the model card's limits


def test_a_picture_without_highlights_is_its_own_expansion(compact: Generator) -> None:
    dim = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 0.7

    assert torch.equal(expand(compact, dim), dim)


def test_a_known_channel_is_kept_as_measured(compact: Generator) -> None:
    source = window_in_a_room()
    source[:, 2] *= 0.6  # a warm window: blue never clipped

    expanded = expand(compact, source)

    assert torch.equal(expanded[:, 2], source[:, 2])
    assert (expanded[:, 0] > source[:, 0]).any()


def test_grey_highlights_stay_nearly_grey(compact: Generator) -> None:
    source = window_in_a_room()

    window = expand(compact, source)[0, :, 20:28, 20:44].flatten(1).log2().mean(1)

    assert window.max() - window.min() < 0.6


def test_half_precision_changes_little(compact: Generator) -> None:
    source = window_in_a_room()
    quick = load_generator("compact", dtype=torch.bfloat16)

    difference = (expand(quick, source).log2() - expand(compact, source).log2()).abs()

    assert difference.mean() < 0.02
    assert difference.max() < 0.3


def test_a_mirrored_picture_is_filled_alike(compact: Generator) -> None:
    source = window_in_a_room()

    there, back = expand(compact, source), expand(compact, source.flip(3)).flip(3)

    assert (there.log2() - back.log2()).abs().mean() < 0.06


def test_grain_moves_the_fill_little(compact: Generator) -> None:
    source = window_in_a_room()
    grain = torch.randn(source.shape, generator=torch.Generator().manual_seed(2)) * 0.003
    grainy = torch.where(source < 1, (source + grain).clamp_min(0), source)

    still, moved = (expand(compact, picture)[source >= 0.99].log2() for picture in (source, grainy))

    assert (still - moved).abs().mean() < 0.1


def test_a_batch_is_filled_as_its_pictures_are(compact: Generator) -> None:
    pictures = torch.cat([window_in_a_room(), window_in_a_room(0.5), torch.rand(1, 3, SIZE, SIZE)])

    together = expand(compact, pictures)

    alone = torch.cat([expand(compact, picture[None]) for picture in pictures])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


def test_the_learned_mask_agrees_with_the_ramp_on_clean_pictures(compact: Generator) -> None:
    source = window_in_a_room()

    with torch.inference_mode():
        learned, plain = compact.mask(source, learned=True), compact.mask(source)

    assert ((learned >= 0.5) == (plain >= 0.5)).float().mean() > 0.97
    assert not learned[..., :8, :].any()


@pytest.mark.parametrize("quality", [60, 80])
def test_the_learned_mask_closes_the_holes_of_compression(compact: Generator, quality: int) -> None:
    rng = np.random.default_rng(3)
    coarse = rng.uniform(0.1, 1.6, (16, 16, 3)).repeat(8, 0).repeat(8, 1).astype(np.float32)
    true_code = coarse + rng.normal(0, 0.03, coarse.shape).astype(np.float32)
    code = jpeg_loss(true_code.clip(0, 1), quality)
    source = srgb_decode(torch.from_numpy(code.transpose(2, 0, 1)[None].copy()))

    with torch.inference_mode():
        learned = compact.mask(source, learned=True)[0].permute(1, 2, 0).numpy() >= 0.5

    label = true_code >= 1
    assert mask_score(learned, label).iou > mask_score(code >= 254 / 255, label).iou + 0.05


def wall_with_cloth() -> Tensor:
    """Return codes of an even wall, half of it hung with fine cloth: `(1, 3, h, w)`."""
    rows, columns = torch.meshgrid(torch.arange(96.0), torch.arange(192.0), indexing="ij")
    wall = 0.3 + 0.2 * columns / 192
    cloth = 0.08 * torch.sin(rows * 1.9) * torch.sin(columns * 1.3)
    return (wall + torch.where(columns >= 96, cloth, 0.0)).expand(1, 3, -1, -1).contiguous()


def noise_left(compact: Generator, code: Tensor, clean: Tensor) -> list[float]:
    """Return the error of the wall and of the cloth, in codes of 255, root mean square."""
    with torch.inference_mode():
        off = (code + compact.noise(code) - clean) * 255
    return [float(off[..., columns].square().mean().sqrt()) for columns in (slice(8, 88), slice(104, 184))]


def test_noise_is_taken_out_of_a_wall_and_cloth_stays(compact: Generator) -> None:
    clean = wall_with_cloth()
    noisy = clean + 0.02 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))

    wall, cloth = noise_left(compact, noisy, clean)

    assert wall < 0.35 * 0.02 * 255
    assert cloth < 0.02 * 255


def test_a_clean_picture_keeps_its_cloth(compact: Generator) -> None:
    clean = (wall_with_cloth() * 255).round() / 255

    wall, cloth = noise_left(compact, clean, wall_with_cloth())

    assert wall < 0.5
    assert cloth < 1.5


def test_blocks_of_jpeg_are_taken_out(compact: Generator) -> None:
    clean = wall_with_cloth()
    picture = jpeg_loss(clean[0].permute(1, 2, 0).numpy(), 60)
    blocky = torch.from_numpy(picture).permute(2, 0, 1)[None]

    wall, _ = noise_left(compact, blocky, clean)
    before = float(((blocky - clean)[..., 8:88] * 255).square().mean().sqrt())

    assert wall < 0.9 * before
