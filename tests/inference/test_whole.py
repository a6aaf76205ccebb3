"""The modes that change the whole picture do what they are named for."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from hdrvid.errors import NotFinite
from hdrvid.inference import FillSettings, Machine
from hdrvid.inference.whole import WholeExpander
from hdrvid.model import GeneratorSpec, build_generator, srgb_decode
from tests.inference.stand_in import IDENTITY, ConstantGenerator, frame_of, window

CPU = Machine(device=torch.device("cpu"), dtype=torch.float32)


class DoublingGenerator(ConstantGenerator):
    """Linearise to twice the sRGB decoding, and refine everything by a factor of eight."""

    def linearise(self, code: Tensor) -> Tensor:
        return 2 * srgb_decode(code)

    def expand(
        self,
        source: Tensor,
        *,
        linearise: Literal["given", "learned"] = "given",
        shoulder: Tensor | None = None,  # noqa: ARG002 - the protocol's
    ) -> Tensor:
        return 8 * source * (2 if linearise == "learned" else 1)


def expander(
    *, blend: str = "mask", linearise: str = "ocio", stops: float = 3.0, quality: str = "standard"
) -> WholeExpander:
    settings = FillSettings(blend=blend, linearise=linearise, layers="all", quality=quality)
    generator = DoublingGenerator(stops, parts=("C", "L", "R"))
    return WholeExpander(generator, machine=CPU, space=IDENTITY, settings=settings)


@pytest.mark.parametrize(("linearise", "factor"), [("ocio", 8.0), ("learned", 16.0)])
@pytest.mark.parametrize("size", [(40, 60), (40, 1400)])
def test_the_full_blend_takes_the_networks_picture_everywhere(
    linearise: str, factor: float, size: tuple[int, int]
) -> None:
    frame = frame_of(window(*size))

    (expanded,) = expander(blend="full", linearise=linearise).expand([frame])

    assert np.allclose(expanded.pixels, factor * frame.pixels, rtol=1e-4)


def test_learned_linearisation_replaces_the_source_and_fills_its_highlights() -> None:
    frame = frame_of(window())

    (expanded,) = expander(linearise="learned").expand([frame])

    assert expanded.mask is not None
    assert expanded.source is not None
    outside, inside = expanded.mask == 0, expanded.mask == 1
    assert np.allclose(expanded.source, 2 * frame.pixels, rtol=1e-4)
    assert np.array_equal(expanded.pixels[:, outside], expanded.source[:, outside])
    assert np.allclose(expanded.pixels[:, inside], 16.0, rtol=1e-4)


def test_a_result_that_is_not_finite_stops_at_its_frame() -> None:
    with pytest.raises(NotFinite, match="frame 1042"):
        expander(linearise="learned", stops=float("inf")).expand([frame_of(window(), 1042)])


@pytest.mark.parametrize(("blend", "linearise"), [("full", "ocio"), ("full", "learned"), ("mask", "learned")])
def test_the_real_generator_runs_in_these_modes(blend: str, linearise: str) -> None:
    torch.manual_seed(3)
    generator = build_generator(GeneratorSpec(width=2, steps=1, norm="none", nets=("L", "C", "R"))).eval()
    settings = FillSettings(blend=blend, linearise=linearise, layers="all")

    (expanded,) = WholeExpander(generator, machine=CPU, space=IDENTITY, settings=settings).expand(
        [frame_of(window(33, 47))]
    )

    assert expanded.pixels.shape == (3, 33, 47)
    assert np.isfinite(expanded.pixels).all()
