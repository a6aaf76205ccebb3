from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from hdrvid.errors import WeightsError
from hdrvid.model import SPECS, Fill, Generator, apply_stops, build_generator
from hdrvid.model.generator import pad_by_reflection
from hdrvid.model.mask import srgb_decode
from hdrvid.model.response import KNOTS, ResponseNet
from hdrvid.model.spec import NetName

TINY = replace(SPECS["compact"], width=4, mask_width=2)


def tiny(*nets: NetName, head: float = 0.0, **changes: object) -> Generator:
    """Build a small generator whose heads answer one constant number of stops."""
    generator = build_generator(replace(TINY, nets=nets, **changes)).eval()  # type: ignore[arg-type]
    for net in (generator.C, generator.R):
        if net is not None:
            torch.nn.init.constant_(net.head.bias, head)  # type: ignore[arg-type]
    if isinstance(generator.L, ResponseNet):
        generator.L.usual[:] = head
    return generator


def picture(height: int, width: int, *, seed: int = 0) -> Tensor:
    """Make light from shadows to well over the clip point, clipped at 1: `(1, 3, h, w)`."""
    noise = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    return (noise * 1.5).clamp(max=1.0)


def values(tensor: Tensor) -> list[float]:
    """Return the different values of a tensor, in order."""
    return sorted(set(tensor.flatten().tolist()))


def fill(generator: Generator, source: Tensor, shoulder: Tensor | None = None) -> Fill:
    with torch.inference_mode():
        return generator.fill(source, shoulder=shoulder)


def test_an_untrained_generator_is_plain_linearisation() -> None:
    source = picture(32, 32)

    filled = fill(tiny("C", "R"), source)

    assert torch.equal(apply_stops(source, filled.mask, filled.stops), source)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 40), st.integers(1, 40))
def test_any_size_is_filled_at_its_own_size(height: int, width: int) -> None:
    source = picture(height, width)

    filled = fill(tiny("C", head=1.0), source)

    assert filled.stops.shape == filled.mask.shape == source.shape
    assert values(filled.stops) == [1.0]


@pytest.mark.parametrize(
    ("head", "stops"),
    [
        pytest.param(-3.0, 0.0, id="never below the source"),
        pytest.param(2.5, 2.5, id="as predicted"),
        pytest.param(50.0, 8.0, id="never above max_stops"),
    ],
)
def test_stops_are_limited_to_what_the_spec_allows(head: float, stops: float) -> None:
    filled = fill(tiny("C", head=head), picture(16, 16))

    assert values(filled.stops) == [stops]


def test_refinement_adds_its_stops_to_those_of_the_correction_in_the_whole_picture_only() -> None:
    generator, white = tiny("C", "R", head=1.5), torch.ones(1, 3, 16, 16)

    assert values(fill(generator, white).stops) == [1.5]
    with torch.inference_mode():
        assert values(generator.expand(white)) == [8.0]


def test_the_mask_is_zero_in_well_exposed_light_and_one_at_the_clip_point() -> None:
    source = torch.tensor([0.18, 0.8, 1.0]).view(1, 3, 1, 1).expand(1, 3, 16, 16)

    mask = tiny("C").mask(source)

    assert mask[0, :, 0, 0].tolist() == [0.0, 0.0, 1.0]


def test_known_channels_of_a_partly_clipped_pixel_stay_as_measured() -> None:
    source = torch.tensor([1.0, 0.5, 0.2]).view(1, 3, 1, 1).expand(1, 3, 16, 16)

    filled = fill(tiny("C", head=2.0), source)

    result = apply_stops(source, filled.mask, filled.stops)[0, :, 0, 0]
    assert result.tolist() == [4.0, 0.5, pytest.approx(0.2)]


def test_super_whites_are_raised_from_where_they_are() -> None:
    source = torch.full((1, 3, 16, 16), 1.25)

    filled = fill(tiny("C", head=1.0), source)

    assert values(apply_stops(source, filled.mask, filled.stops)) == [2.5]


def test_the_learned_mask_starts_as_the_threshold_and_is_exactly_zero_below() -> None:
    source = srgb_decode(torch.tensor([0.9, 0.988, 1.0])).view(1, 3, 1, 1).expand(1, 3, 18, 18)

    mask = tiny("C", "mask").mask(source, learned=True)

    assert mask.shape == source.shape
    assert mask[0, :, 5, 5].tolist() == [0.0, pytest.approx(0.5, abs=1e-3), pytest.approx(0.898, abs=1e-2)]


def test_the_shoulder_is_one_constant_channel() -> None:
    generator = tiny("C")

    features = generator.features(picture(16, 16).expand(2, 3, 16, 16), torch.tensor([0.0, 2.0]))

    assert features.shape == (2, 7, 16, 16)
    assert [values(channel) for channel in features[:, 6]] == [[0.0], [0.5]]


def test_no_shoulder_is_a_clean_cut() -> None:
    generator, source = tiny("C"), picture(16, 16)

    assert torch.equal(generator.features(source), generator.features(source, torch.zeros(1)))


def test_the_published_form_has_no_shoulder_channel() -> None:
    generator = tiny("C", shoulder=False)

    assert generator.features(picture(16, 16)).shape[1] == 6


@pytest.mark.parametrize(
    ("head", "stops"),
    [
        pytest.param(40.0, 8.0, id="the top of mu-law is max_stops"),
        pytest.param(-40.0, 0.0, id="its bottom is no gain"),
    ],
)
def test_the_mu_law_formulation_predicts_radiance(head: float, stops: float) -> None:
    source = torch.ones(1, 3, 16, 16)

    filled = fill(tiny("C", head=head, formulation="mu-law", shoulder=False), source)

    assert values(filled.stops) == [pytest.approx(stops, abs=1e-4)]


def test_expanding_without_refinement_raises_the_mask_only() -> None:
    generator, source = tiny("C", head=1.0), picture(20, 20)

    with torch.inference_mode():
        expanded = generator.expand(source)

    filled = fill(generator, source)
    torch.testing.assert_close(expanded, apply_stops(source, filled.mask, filled.stops))


def test_expanding_with_refinement_changes_all_of_the_picture() -> None:
    source = torch.full((1, 3, 16, 16), 0.25)

    with torch.inference_mode():
        expanded = tiny("C", "R", head=1.0).expand(source)

    assert values(expanded) == [0.5]


def test_learned_linearisation_starts_as_srgb_decoding() -> None:
    code = picture(17, 16)

    with torch.inference_mode():
        linear = tiny("L").linearise(code)

    torch.testing.assert_close(linear, srgb_decode(code))


def test_a_response_raises_what_is_well_exposed_and_leaves_the_rest_to_the_correction() -> None:
    source = torch.tensor([0.25, 1.0]).view(1, 1, 2, 1).expand(1, 3, 2, 1)

    with torch.inference_mode():
        expanded = tiny("C", head=3.0).expand(source, response=torch.ones(1, KNOTS))

    torch.testing.assert_close(expanded[0, 0, :, 0], torch.tensor([0.5, 8.0]))


def test_where_the_correction_says_less_than_the_response_the_response_stands() -> None:
    white = torch.ones(1, 3, 1, 1)

    with torch.inference_mode():
        expanded = tiny("C", head=0.5).expand(white, response=torch.full((1, KNOTS), 2.0))

    assert values(expanded) == [4.0]


def test_in_the_papers_order_the_correction_sees_what_the_linearisation_made() -> None:
    half = torch.full((1, 3, 1, 1), 0.5)

    with torch.inference_mode():
        expanded = tiny("C", head=1.0, response="pixel").expand(half, response=torch.ones(1, KNOTS))

    assert values(expanded) == [2.0]  # L takes it to the clip point, where the mask is full


@pytest.mark.parametrize(
    ("call", "name"),
    [
        pytest.param(lambda g, s: g.linearise(s), "L", id="learned linearisation"),
        pytest.param(lambda g, s: g.mask(s, learned=True), "mask", id="learned mask"),
    ],
)
def test_a_part_that_was_not_trained_is_refused_by_name(call: object, name: str) -> None:
    generator = tiny("C")

    assert not generator.has(name)  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match=f"part {name} is not in these weights"):
        call(generator, picture(16, 16))  # type: ignore[operator]


def test_a_generator_without_correction_cannot_fill() -> None:
    with pytest.raises(WeightsError, match="part C"):
        fill(tiny("L"), picture(16, 16))


def test_padding_reflects_below_and_to_the_right() -> None:
    row = torch.arange(5.0).view(1, 1, 1, 5)

    padded = pad_by_reflection(row, 4)

    assert padded.shape == (1, 1, 4, 8)
    assert padded[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 3, 2, 1]


def test_padding_may_be_longer_than_the_side() -> None:
    row = torch.arange(3.0).view(1, 1, 3, 1).expand(1, 1, 3, 16)

    padded = pad_by_reflection(row, 16)

    assert padded[0, 0, :, 0].tolist() == [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]


def test_a_fitting_picture_is_not_copied() -> None:
    source = picture(16, 32)

    assert pad_by_reflection(source) is source


def test_half_precision_networks_take_and_give_full_precision_light() -> None:
    generator = tiny("C", head=1.0).to(torch.bfloat16)

    filled = fill(generator, picture(16, 16))

    assert filled.stops.dtype == filled.mask.dtype == torch.float32
    assert values(filled.stops) == [1.0]
