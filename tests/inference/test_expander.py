"""Only over-exposed pixels are filled; every other value stays as it lies."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hdrvid.errors import NotFinite, WeightsError
from hdrvid.inference import FillSettings, Machine, NetworkExpander, NetworkSpace, PlainExpander
from hdrvid.inference import expander as expanding
from hdrvid.model import Fill, Generator, GeneratorSpec, build_generator
from hdrvid.model.spec import NetName
from hdrvid.plate import Provenance
from tests.inference.stand_in import IDENTITY, ConstantGenerator, frame_of, window

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)
AP1 = np.array([[0.6131, 0.3395, 0.0474], [0.0702, 0.9164, 0.0134], [0.0206, 0.1096, 0.8698]])
ACESCG = NetworkSpace(from_output=np.linalg.inv(AP1), to_output=AP1)


def expander(
    generator: ConstantGenerator, *, space: NetworkSpace = IDENTITY, settings: FillSettings | None = None
) -> NetworkExpander:
    return NetworkExpander(
        generator, machine=CPU, space=space, settings=settings or FillSettings(layers="all")
    )


@pytest.mark.parametrize("space", [pytest.param(IDENTITY, id="Rec.709"), pytest.param(ACESCG, id="ACEScg")])
def test_where_the_mask_is_zero_the_plate_comes_back_bit_for_bit(space: NetworkSpace) -> None:
    frame = frame_of(window())

    (expanded,) = expander(ConstantGenerator(3.0), space=space).expand([frame])

    assert expanded.mask is not None
    untouched = expanded.mask == 0
    assert 0 < untouched.sum() < untouched.size
    assert np.array_equal(expanded.pixels[:, untouched], frame.pixels[:, untouched])


def test_clipped_pixels_gain_the_predicted_stops() -> None:
    (expanded,) = expander(ConstantGenerator(3.0)).expand([frame_of(window())])

    assert expanded.mask is not None
    assert np.allclose(expanded.pixels[:, expanded.mask == 1], 8.0)


def test_the_gain_is_made_in_the_networks_space_and_written_in_the_output_space() -> None:
    pixels = np.zeros((3, 20, 20), np.float32)
    pixels[0] = 1.0  # only red is clipped, in Rec.709
    frame = frame_of(np.einsum("ij,jhw->ihw", AP1, pixels))

    (expanded,) = expander(ConstantGenerator(2.0), space=ACESCG).expand([frame])

    assert np.allclose(expanded.pixels[:, 5, 5], AP1 @ [4.0, 0.0, 0.0], atol=1e-4)


def test_a_channel_that_is_not_clipped_is_kept_as_measured() -> None:
    pixels = np.full((3, 20, 20), 0.4, np.float32)
    pixels[0] = 1.0

    (expanded,) = expander(ConstantGenerator(2.0)).expand([frame_of(pixels)])

    assert np.array_equal(expanded.pixels[1:], pixels[1:])
    assert np.allclose(expanded.pixels[0], 4.0)
    assert expanded.provenance is not None
    assert (expanded.provenance == Provenance.PARTLY_CLIPPED).all()


def test_frames_without_a_clipped_pixel_never_reach_the_network() -> None:
    generator = ConstantGenerator(2.0)
    frames = [frame_of(window(level=0.5), 1001), frame_of(window(), 1002), frame_of(window(level=0.5), 1003)]

    expanded = expander(generator).expand(frames)

    assert generator.seen == [(1, 3, 48, 64)]  # padded to what the network takes
    assert [one.number for one in expanded] == [1001, 1002, 1003]
    assert [one.clipped > 0 for one in expanded] == [False, True, False]
    assert np.array_equal(expanded[0].pixels, frames[0].pixels)


def test_the_plate_that_came_in_is_not_written_to() -> None:
    frame = frame_of(window())
    before = frame.pixels.copy()

    (expanded,) = expander(ConstantGenerator(2.0)).expand([frame])

    assert np.array_equal(frame.pixels, before)
    assert expanded.source is frame.pixels


@settings(deadline=None)
@given(stops=st.floats(0, 8), level=st.floats(0.5, 1.3), clip_point=st.floats(0.3, 2.0))
def test_no_pixel_is_ever_lowered(stops: float, level: float, clip_point: float) -> None:
    frame = frame_of(window(level=level))
    settings = FillSettings(clip_point=clip_point)

    (expanded,) = expander(ConstantGenerator(stops), settings=settings).expand([frame])

    assert (expanded.pixels >= frame.pixels).all()


def test_a_ramp_into_the_clip_comes_out_monotone_and_without_a_step() -> None:
    ramp = np.linspace(0.2, 1.2, 400, dtype=np.float32)
    pixels = np.broadcast_to(ramp, (3, 20, 400)).copy()

    (expanded,) = expander(ConstantGenerator(2.0), settings=FillSettings()).expand([frame_of(pixels)])

    line = expanded.pixels[0, 10]
    assert (np.diff(line) >= 0).all()
    stops = np.diff(np.log2(line))
    assert stops.max() < 0.15  # 2 stops are spread over the ramp of the mask, not made in one step


def test_the_clip_point_moves_the_mask() -> None:
    frame = frame_of(window(level=0.6))

    (at_one,) = expander(ConstantGenerator(2.0)).expand([frame])
    (at_level,) = expander(ConstantGenerator(2.0), settings=FillSettings(clip_point=0.6)).expand([frame])

    assert at_one.clipped == 0
    assert at_level.clipped == pytest.approx(150 / 2400)
    assert at_level.pixels.max() == pytest.approx(2.4, rel=1e-3)


def test_super_whites_that_the_clip_point_lies_above_are_marked_and_kept() -> None:
    frame = frame_of(window(level=1.1))

    (expanded,) = expander(
        ConstantGenerator(2.0), settings=FillSettings(clip_point=2.0, layers="all")
    ).expand([frame])

    assert np.array_equal(expanded.pixels, frame.pixels)
    assert expanded.provenance is not None
    assert set(np.unique(expanded.provenance)) == {Provenance.SOURCE, Provenance.SUPER_WHITE}


def test_the_shots_shoulder_reaches_the_network() -> None:
    generator = ConstantGenerator(2.0)

    expander(generator, settings=FillSettings(shoulder=1.5)).expand([frame_of(window())])

    assert generator.shoulders == [1.5]


def test_channels_beside_a_rolled_off_one_are_raised_with_it_unless_they_are_to_be_kept() -> None:
    frame = frame_of(window(level=0.85))
    blue = frame.pixels[2]
    blue[blue == blue.max()] = 1.0  # clouds that only blue clipped
    told = {name: FillSettings(shoulder=2.0, partly_clipped=name) for name in ("auto", "keep")}

    (shared,), (kept,) = (
        expander(ConstantGenerator(2.0), settings=settings).expand([frame]) for settings in told.values()
    )

    assert np.array_equal(kept.pixels[:2], frame.pixels[:2])
    assert kept.pixels[2].max() == pytest.approx(4.0, rel=1e-3)
    assert (shared.pixels[:2, blue == 1.0] > 1.05 * frame.pixels[:2, blue == 1.0]).all()
    assert np.array_equal(shared.pixels[:, blue < 1.0], frame.pixels[:, blue < 1.0])


def test_layers_are_left_out_unless_asked_for() -> None:
    (expanded,) = expander(ConstantGenerator(2.0), settings=FillSettings(layers="rgb")).expand(
        [frame_of(window())]
    )

    assert expanded.mask is None
    assert expanded.source is None
    assert expanded.provenance is None


def test_the_plain_expander_hands_frames_on_with_an_empty_mask() -> None:
    frame = frame_of(window(level=1.1))

    (expanded,) = PlainExpander(space=IDENTITY, layers="all").expand([frame])

    assert expanded.pixels is frame.pixels
    assert expanded.mask is not None
    assert not expanded.mask.any()
    assert expanded.provenance is not None
    assert expanded.provenance.max() == np.float32(Provenance.SUPER_WHITE)


def test_a_result_that_is_not_finite_stops_at_its_frame() -> None:
    with pytest.raises(NotFinite, match="frame 1042"):
        expander(ConstantGenerator(float("nan"))).expand([frame_of(window(), 1042)])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param(FillSettings(linearise="learned"), "no trained linearisation", id="learned without L"),
        pytest.param(FillSettings(blend="full"), "no trained refinement", id="full without R"),
    ],
)
def test_a_mode_whose_part_is_not_trained_is_refused(settings: FillSettings, says: str) -> None:
    with pytest.raises(WeightsError, match=says):
        expander(ConstantGenerator(1.0), settings=settings)


@pytest.mark.parametrize("quality", ["draft", "standard", "full"])
@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 33), (600, 40), (31, 1100)])
def test_any_size_goes_through_the_real_network(quality: str, height: int, width: int) -> None:
    torch.manual_seed(1)
    generator = build_generator(GeneratorSpec(width=2, steps=1, norm="none", nets=("C",))).eval()
    frame = frame_of(window(height, width))

    (expanded,) = NetworkExpander(
        generator, machine=CPU, space=IDENTITY, settings=FillSettings(quality=quality)
    ).expand([frame])

    assert expanded.pixels.shape == (3, height, width)
    assert np.isfinite(expanded.pixels).all()


def test_frames_share_a_batch_and_those_that_did_not_change_are_not_predicted_again() -> None:
    generator = ConstantGenerator(2.0)
    network = NetworkExpander(
        generator, machine=CPU, space=IDENTITY, settings=FillSettings(layers="all"), batch=4
    )
    frames = [frame_of(window(level=level), 1001 + n) for n, level in enumerate((1.0, 1.0, 0.5, 1.1, 1.2))]

    network.expand(frames)
    network.expand([frame_of(window(level=1.2), 1006)])

    assert generator.seen == [(4, 3, 48, 64)]  # 1002 is 1001 again, 1003 has nothing, 1006 is 1005


@pytest.mark.parametrize("quality", ["standard", "full"])
def test_a_window_whose_source_did_not_change_is_not_computed_again_and_is_the_same_to_the_bit(
    quality: str,
) -> None:
    torch.manual_seed(1)
    generator = build_generator(GeneratorSpec(width=2, steps=1, norm="none", nets=("C",))).eval()
    assert generator.C is not None
    torch.nn.init.normal_(generator.C.head.weight)
    calls = Counted(generator)
    told = FillSettings(quality=quality)
    first, second = window(96, 2200, level=0.5), window(96, 2200, level=0.5)
    first[:, 30:50, 60:80] = second[:, 30:50, 60:80] = second[:, 30:50, 2100:2150] = 1.0

    held = NetworkExpander(calls, machine=CPU, space=IDENTITY, settings=told)
    (before,), (after,), (again,) = (held.expand([frame_of(pixels)]) for pixels in (first, second, second))
    taken = calls.count
    fresh = NetworkExpander(generator, machine=CPU, space=IDENTITY, settings=told)
    (anew,) = fresh.expand([frame_of(second)])

    assert taken == 2  # the first picture or window, and what the second lamp made anew
    assert np.array_equal(after.pixels, anew.pixels)
    assert np.array_equal(again.pixels, anew.pixels)
    assert not np.array_equal(before.pixels, anew.pixels)


class Counted:
    """Count the pictures that a generator fills."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.count = 0

    def has(self, name: NetName) -> bool:
        return self.generator.has(name)

    def fill(self, source: torch.Tensor, *, shoulder: torch.Tensor | None = None) -> Fill:
        self.count += len(source)
        return self.generator.fill(source, shoulder=shoulder)


def test_a_white_frame_is_filled_part_by_part_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of(np.random.default_rng(3).uniform(0.7, 1.2, (3, 60, 80)).astype(np.float32))
    generator = ConstantGenerator(2.5)
    (whole,) = expander(generator, space=ACESCG).expand([frame])

    monkeypatch.setattr(expanding, "_PART", 256)
    (parts,) = expander(generator, space=ACESCG).expand([frame])

    assert np.array_equal(parts.pixels, whole.pixels)
    assert parts.mask is not None
    assert whole.mask is not None
    assert np.array_equal(parts.mask, whole.mask)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_frame_does_not_depend_on_its_company(batch: int) -> None:
    torch.manual_seed(1)
    generator = build_generator(GeneratorSpec(width=8, steps=1, norm="none", nets=("C",))).eval()
    assert generator.C is not None
    torch.nn.init.normal_(generator.C.head.weight)
    network = NetworkExpander(generator, machine=CPU, space=IDENTITY, settings=FillSettings(), batch=batch)
    frames = [frame_of(window(96, 128, level=1.0 + n / 10) * (1 - n / 20), 1001 + n) for n in range(6)]

    together = network.expand(frames)

    for frame, one in zip(frames, together, strict=True):
        assert np.array_equal(network.expand([frame])[0].pixels, one.pixels)


def test_stops_are_carried_to_full_size_without_bleeding_into_the_rim() -> None:
    class Half(ConstantGenerator):
        def fill(self, source: torch.Tensor, *, shoulder: torch.Tensor | None = None) -> Fill:
            fill = super().fill(source, shoulder=shoulder)
            return Fill(stops=torch.where(fill.mask > 0.5, fill.stops, 99.0), mask=fill.mask)

    pixels = window(600, 1400)

    (expanded,) = expander(Half(2.0), settings=FillSettings(layers="all")).expand([frame_of(pixels)])

    assert expanded.mask is not None
    inside = expanded.pixels[:, expanded.mask == 1]
    assert inside.max() == pytest.approx(4.0, rel=1e-4)
