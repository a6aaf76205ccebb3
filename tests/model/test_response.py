"""What all pixels tell becomes one curve, which holds for all of them."""

from __future__ import annotations

import torch

from hdrvid.model import GeneratorSpec, build_generator
from hdrvid.model.mask import FLOOR, srgb_decode
from hdrvid.model.response import DARKEST_KNOT, KNOTS, TOP, ResponseNet, monotone, read_curve, tally

TINY = GeneratorSpec(width=2, steps=1, norm="step", nets=("L",))


def codes(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1))


def net(seed: int = 3) -> ResponseNet:
    torch.manual_seed(seed)
    made = ResponseNet().eval()
    for reader in made.each_reader():
        torch.nn.init.normal_(reader.head.weight, std=0.02)
    return made


def test_pixels_that_follow_a_curve_give_that_curve_back() -> None:
    truth = torch.linspace(-0.5, 2.5, KNOTS)[None]
    code = codes(1, 1, 90, 160)

    found = tally(read_curve(truth, code), code).means[..., 0]

    assert float((found - truth)[:, 1:-1].abs().max()) < 0.05


def test_pixels_without_weight_do_not_count() -> None:
    code = torch.tensor([0.5, 1.0]).view(1, 1, 1, 2)

    found = tally(torch.tensor([1.0, 7.0]).view(1, 1, 1, 2), code, (code <= TOP).float())

    assert (float(found.counts.sum()), float(found.sums.sum())) == (1.0, 1.0)


def test_several_frames_are_seen_as_one() -> None:
    response = net()
    first, second = codes(1, 3, 16, 32), 0.3 * codes(1, 3, 32, 16)

    with torch.inference_mode():
        both = response.look(first) + response.look(second)
        alone = response.look(first)

    assert float(both.sums[0, -1]) == 2 * 16 * 32
    assert not torch.equal(response.curve(both), response.curve(alone))


def test_the_curve_does_not_depend_on_what_else_is_in_the_batch() -> None:
    response, pictures = net(), codes(3, 3, 16, 16)

    with torch.inference_mode():
        together, alone = response(pictures), response(pictures[1:2])

    torch.testing.assert_close(together[1:2], alone)


def test_brighter_codes_are_never_less_light() -> None:
    falling = torch.linspace(4.0, -4.0, KNOTS)[None]

    mended = monotone(falling)

    light = torch.log2(srgb_decode(torch.linspace(0, 1, KNOTS)).clamp_min(FLOOR)) + mended
    assert float(light.diff().min()) > -1e-5
    assert bool((mended >= falling - 1e-6).all())


def test_every_parameter_is_reached() -> None:
    response = net().train()

    response(codes(2, 3, 16, 16)).square().sum().backward()

    assert all(each.grad is not None and each.grad.abs().sum() > 0 for each in response.parameters())


def test_it_stays_in_single_precision() -> None:
    response = net()
    before, picture = response(codes(1, 3, 24, 24)), codes(1, 3, 24, 24)

    after = response.to(torch.bfloat16)(picture.bfloat16().float())

    assert all(each.dtype == torch.float32 for each in response.parameters())
    torch.testing.assert_close(after, before, atol=0.05, rtol=0.0)


def test_a_linearisation_is_one_curve_of_the_code() -> None:
    generator = build_generator(TINY).eval()
    assert isinstance(generator.L, ResponseNet)
    generator.L.usual[-8:] = 1.0  # the codes from 25/32 on
    code = codes(1, 3, 20, 30)

    with torch.inference_mode():
        gain = generator.linearise(code) / srgb_decode(code).clamp_min(FLOOR)

    torch.testing.assert_close(gain[code >= 25 / 32], torch.full_like(gain[code >= 25 / 32], 2.0))
    dark = (code <= 24 / 32) & (code > 0.1)
    torch.testing.assert_close(gain[dark], torch.ones_like(gain[dark]))


def test_how_bright_a_scene_was_is_left_as_it_is() -> None:
    generator = build_generator(TINY).eval()
    assert isinstance(generator.L, ResponseNet)
    generator.L.usual[:] = 1.0

    with torch.inference_mode():
        curve = generator.curve(generator.look(codes(1, 3, 20, 30)))

    assert float(curve.abs().max()) < 1e-6


def test_shadows_that_nothing_tells_of_keep_their_hue() -> None:
    restless = net()
    restless.usual[:] = torch.linspace(2.0, -1.0, KNOTS)  # read as it is, the darkest would gain the most

    with torch.inference_mode():
        curve = restless.curve(restless.look(codes(1, 3, 96, 128)))[0]

    assert (curve[:DARKEST_KNOT] == curve[DARKEST_KNOT]).all()
    assert curve[DARKEST_KNOT] > curve[DARKEST_KNOT + 1] + 0.01


def test_a_linearisation_of_single_pixels_has_a_curve_too() -> None:
    generator = build_generator(GeneratorSpec(width=2, steps=1, norm="none", nets=("L",), response="pixel"))
    assert generator.L is not None
    torch.nn.init.constant_(generator.L.head.bias, 1.0)  # type: ignore[arg-type, union-attr]

    with torch.inference_mode():
        curve = generator.curve(generator.look(codes(1, 3, 128, 128)))

    assert float((curve[0, 1:-1] - 1.0).abs().max()) < 0.02
