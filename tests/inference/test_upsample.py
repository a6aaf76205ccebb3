"""Gains are carried up by their mask and along the plate's edges: no halo, no step, no bleeding."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from hdrvid.inference import Coarse, guided_gain, shrink


def carry(stops: Tensor, mask: Tensor, code: Tensor, *, factor: int, full: Tensor) -> Tensor:
    """Return the gain at every pixel of `full`, the full-size code `(3, H, W)`."""
    points = torch.ones(full.shape[1:]).nonzero().T
    coarse = Coarse(stops=stops, mask=mask, code=code)
    return guided_gain(points, full.reshape(3, -1), coarse=coarse, factor=factor).reshape(full.shape)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(3, 30), st.integers(3, 30), st.integers(0, 99))
def test_a_constant_gain_stays_constant_at_every_pixel(
    factor: int, height: int, width: int, seed: int
) -> None:
    full = torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))
    code = shrink(full[None], factor)[0]

    gain = carry(torch.full_like(code, 2.5), torch.ones_like(code), code, factor=factor, full=full)

    assert torch.allclose(gain, torch.full_like(gain, 2.5), atol=1e-5)


def test_a_gain_without_mask_has_no_say_beside_one_with_mask() -> None:
    stops = torch.tensor([[[2.0, 50.0]]]).expand(3, 1, 2)
    mask = torch.tensor([[[1.0, 0.0]]]).expand(3, 1, 2)
    flat = torch.ones(3, 1, 2)

    gain = carry(stops, mask, flat, factor=2, full=torch.ones(3, 2, 3))

    assert torch.allclose(gain, torch.full_like(gain, 2.0))


def test_at_full_size_gains_are_taken_as_they_are() -> None:
    stops = torch.arange(12.0).reshape(3, 2, 2)
    coarse = Coarse(stops=stops, mask=torch.zeros(3, 2, 2), code=torch.zeros(3, 2, 2))

    gain = guided_gain(torch.tensor([[1], [0]]), torch.zeros(3, 1), coarse=coarse, factor=1)

    assert gain[:, 0].tolist() == [2.0, 6.0, 10.0]


def test_a_gain_stops_at_an_edge_of_the_plate() -> None:
    """A lamp of four stops beside a wall of none: no pixel of the wall takes from the lamp."""
    full = torch.ones(3, 8, 32)
    full[1:, :, 14:] = 0.3  # red is clipped on both sides; the wall is a red one
    code = shrink(full[None], 4)[0]
    stops = torch.where(code[1:2] > 0.6, 4.0, 0.0).expand(3, -1, -1)

    gain = carry(stops, torch.ones_like(code), code, factor=4, full=full)

    assert gain[:, :, 16:].max() < 0.15
    assert gain[:, :, :12].min() > 3.8


@settings(deadline=None)
@given(st.integers(2, 6), st.floats(0.2, 4.0))
def test_a_gain_that_rises_comes_out_monotone(factor: int, rise: float) -> None:
    width = 16 * factor
    full = torch.ones(3, factor * 2, width)
    code = shrink(full[None], factor)[0]
    stops = (torch.arange(code.shape[2]) * rise / 16).expand(3, code.shape[1], -1)

    gain = carry(stops, torch.ones_like(code), code, factor=factor, full=full)

    assert (gain.diff(dim=2) >= -1e-6).all()
    assert gain.diff(dim=2).max() <= rise / 16 / factor * 1.01
