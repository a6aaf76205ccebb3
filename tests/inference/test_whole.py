"""The modes that change the whole picture do what they are named for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from hdrvid.errors import NotFinite
from hdrvid.inference import FillSettings, Machine, Response
from hdrvid.inference.whole import WholeExpander
from hdrvid.model import GeneratorSpec, build_generator, srgb_encode
from hdrvid.model.response import KNOTS, read_curve
from tests.inference.stand_in import IDENTITY, ConstantGenerator, frame_of, window

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)
TWICE = Response((1.0,) * KNOTS)


class RefiningGenerator(ConstantGenerator):
    """Refine everything by a factor, after the response."""

    def expand(
        self,
        source: Tensor,
        *,
        response: Tensor | None = None,
        shoulder: Tensor | None = None,  # noqa: ARG002 - the protocol's
    ) -> Tensor:
        lifted = 0.0 if response is None else read_curve(response, srgb_encode(source))
        return source * torch.exp2(self.stops + torch.as_tensor(lifted))


def expander(
    response: Response | None = None, *, stops: float = 3.0, quality: str = "standard"
) -> WholeExpander:
    settings = FillSettings(blend="full", layers="all", quality=quality, response=response)
    generator = RefiningGenerator(stops, parts=("C", "R"))
    return WholeExpander(generator, machine=CPU, space=IDENTITY, settings=settings)


@pytest.mark.parametrize(("response", "factor"), [(None, 8.0), (TWICE, 16.0)])
@pytest.mark.parametrize("size", [(40, 60), (40, 1400)])
def test_the_full_blend_takes_the_networks_picture_everywhere(
    response: Response | None, factor: float, size: tuple[int, int]
) -> None:
    frame = frame_of(window(*size))

    (expanded,) = expander(response).expand([frame])

    assert np.allclose(expanded.pixels, factor * frame.pixels, rtol=1e-4)


def test_a_response_is_carried_to_every_pixel_and_not_across_edges() -> None:
    dark_half = Response(tuple(2.0 if knot < KNOTS // 2 else 0.0 for knot in range(KNOTS)))
    pixels = np.full((3, 64, 1400), 0.9, np.float32)
    pixels[:, :, 700:] = 0.01

    (expanded,) = expander(dark_half, stops=0.0).expand([frame_of(pixels)])

    assert np.allclose(expanded.pixels[:, :, 699], 0.9, rtol=1e-3)
    assert np.allclose(expanded.pixels[:, :, 700], 0.04, rtol=1e-3)


def test_a_result_that_is_not_finite_stops_at_its_frame() -> None:
    with pytest.raises(NotFinite, match="frame 1042"):
        expander(stops=float("inf")).expand([frame_of(window(), 1042)])


@pytest.mark.parametrize("response", [None, TWICE])
def test_the_real_generator_runs_in_this_mode(response: Response | None) -> None:
    torch.manual_seed(3)
    generator = build_generator(GeneratorSpec(width=2, steps=1, norm="none", nets=("C", "R"))).eval()
    settings = FillSettings(blend="full", layers="all", response=response)

    (expanded,) = WholeExpander(generator, machine=CPU, space=IDENTITY, settings=settings).expand(
        [frame_of(window(33, 47))]
    )

    assert expanded.pixels.shape == (3, 33, 47)
    assert np.isfinite(expanded.pixels).all()


@pytest.mark.parametrize(("told", "share"), [(2.5, 1.0), (0.0, 0.0)])
def test_a_roll_off_is_shared_among_the_channels_that_it_bent(told: float, share: float) -> None:
    """A cloud of which only blue reached the top, and a network that raises nothing else."""

    class Blue(RefiningGenerator):
        def expand(
            self,
            source: Tensor,
            *,
            response: Tensor | None = None,  # noqa: ARG002 - the protocol's
            shoulder: Tensor | None = None,  # noqa: ARG002
        ) -> Tensor:
            return source * torch.tensor([1.0, 1.0, 8.0]).view(1, 3, 1, 1)

    pixels = np.broadcast_to(np.array([0.85, 0.88, 1.0], np.float32)[:, None, None], (3, 40, 60)).copy()
    settings = FillSettings(blend="full", shoulder=told)
    whole = WholeExpander(Blue(3.0, parts=("C", "R")), machine=CPU, space=IDENTITY, settings=settings)

    (expanded,) = whole.expand([frame_of(pixels)])

    gain = np.log2(expanded.pixels[:, 20, 30] / pixels[:, 20, 30])
    luminance = np.array([0.2126, 0.7152, 0.0722])
    assert gain[0] == pytest.approx(share * gain[2], abs=0.1)
    assert luminance @ expanded.pixels[:, 20, 30] == pytest.approx(
        luminance @ (pixels[:, 20, 30] * [1, 1, 8]), rel=0.01
    )
