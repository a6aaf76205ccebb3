"""PSNR, SSIM, mu-law and PU21 against values worked out by hand or by other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.metrics.fidelity import MOST_DECIBELS, mu_law, psnr, pu21, ssim, window_mean

SCIKIT_IMAGE = 0.7328022634685988
"""Mean map of `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
data_range=1, full=True)` of scikit-image 0.26, which mirrors the edge pixel as well."""


@pytest.mark.parametrize(
    ("nits", "value"),
    [
        pytest.param(100.0, 256.0, id="100 cd/m2 is the peak of SDR"),
        pytest.param(0.005, 0.0, id="the darkest that was fitted"),
        pytest.param(10000.0, 595.4, id="the brightest that was fitted"),
        pytest.param(1e6, 595.4, id="brighter than that is cut off"),
    ],
)
def test_pu21_has_the_values_that_its_authors_state(nits: float, value: float) -> None:
    assert float(pu21(nits)) == pytest.approx(value, abs=0.5)


@given(st.floats(0.005, 9000))
def test_pu21_rises_with_light(nits: float) -> None:
    assert pu21(nits * 1.05) > pu21(nits)


def test_the_mu_law_has_the_values_of_its_formula() -> None:
    assert mu_law(np.array([0.0, 0.01, 1.0])).tolist() == pytest.approx([0, np.log(51) / np.log(5001), 1])


@pytest.mark.parametrize(("error", "peak"), [(0.1, 1.0), (25.6, 256.0)])
def test_a_tenth_of_the_peak_is_twenty_decibels(error: float, peak: float) -> None:
    assert psnr(np.zeros(9), np.full(9, error), peak) == pytest.approx(20.0)


def test_equal_pictures_have_the_most_decibels_there_are() -> None:
    assert psnr(np.ones(9), np.ones(9)) == MOST_DECIBELS


def test_the_ssim_of_two_flat_greys_is_that_of_their_means() -> None:
    expected = (2 * 0.25 * 0.5 + 1e-4) / (0.25**2 + 0.5**2 + 1e-4)

    assert ssim(np.full((20, 20, 1), 0.25), np.full((20, 20, 1), 0.5)) == pytest.approx(expected, abs=1e-4)


def test_the_ssim_of_a_board_and_its_negative_is_almost_minus_one() -> None:
    board = 0.5 + 0.4 * ((np.indices((40, 40)).sum(0) % 2) * 2 - 1)[..., None]
    expected = (-0.32 + 9e-4) / (0.32 + 9e-4)  # means 0.5, variances 0.16, covariance -0.16

    assert ssim(board, 1 - board) == pytest.approx(expected, abs=1e-3)


def test_a_picture_is_like_itself() -> None:
    noise = np.random.default_rng(0).random((32, 48, 3))

    assert ssim(noise, noise) == pytest.approx(1.0)


def test_the_ssim_agrees_with_scikit_image() -> None:
    y, x = np.mgrid[:40, :56]
    truth = 0.5 + 0.3 * np.sin(x / 3) * np.cos(y / 5)
    seen = truth + 0.1 * np.cos(x * y / 40)

    assert ssim(seen[..., None], truth[..., None]) == pytest.approx(SCIKIT_IMAGE, abs=1e-3)


def test_a_window_s_mean_keeps_a_constant_up_to_the_edge() -> None:
    assert np.allclose(window_mean(np.full((12, 15, 2), 0.3, np.float32)), 0.3)


def test_a_window_s_mean_is_a_gaussian_about_a_point() -> None:
    point = np.zeros((21, 21, 1), np.float32)
    point[10, 10] = 1
    weights = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    weights /= weights.sum()

    mean = window_mean(point)[..., 0]

    assert np.allclose(mean[5:16, 5:16], np.outer(weights, weights), atol=1e-6)
    assert mean[4].max() == 0
