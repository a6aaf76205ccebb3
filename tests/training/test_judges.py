from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hdrvid.model import SPECS, build_generator
from hdrvid.model.generator import Generator
from hdrvid.model.response import KNOTS, ResponseNet
from hdrvid.model.spec import NetName
from hdrvid.training.bank import Bank
from hdrvid.training.config import TrainConfig
from hdrvid.training.dev import MASK_KINDS
from hdrvid.training.journal import strip, view_strip
from hdrvid.training.judges import (
    CURVES,
    NOISE_KINDS,
    full_scores,
    judge_of,
    linear_scores,
    noise_scores,
    white_scores,
)


def untrained(*nets: NetName) -> Generator:
    return build_generator(replace(SPECS["compact"], width=2, mask_width=2, nets=nets)).eval()


def test_an_untrained_linearisation_scores_as_plain_decoding(bank: Bank) -> None:
    scores = linear_scores(untrained("L"), bank, views=1)

    assert {key.removeprefix("ratio linear/").split()[0] for key in scores} == set(CURVES)
    assert all(value == pytest.approx(1.0, abs=0.02) for key, value in scores.items() if "rolled" in key)


def test_a_linearisation_in_the_right_direction_scores_below_one(bank: Bank) -> None:
    plain, better = untrained("L"), untrained("L")
    assert isinstance(better.L, ResponseNet)

    scores = []
    for gain in (-0.1, 0.1):
        better.L.usual[:] = torch.linspace(-gain, gain, KNOTS)
        scores.append(linear_scores(better, bank, views=1)["ratio linear/rolled bt709"])

    assert min(scores) < linear_scores(plain, bank, views=1)["ratio linear/rolled bt709"]


def test_an_untrained_refinement_leaves_the_picture_alone(bank: Bank) -> None:
    scores = full_scores(untrained("C", "R"), bank, views=1)

    assert scores["ratio full/inside"] == pytest.approx(1.0, abs=0.02)
    assert scores["stops full/outside"] < 0.05


def test_the_full_picture_is_scored_behind_the_linearisation_too(bank: Bank) -> None:
    generator = untrained("L", "C", "R")
    assert isinstance(generator.L, ResponseNet)
    generator.L.usual[:] = torch.linspace(-4.0, 4.0, KNOTS)

    given, learned = (
        full_scores(generator, bank, views=1, linearise=source)["stops full/outside"]
        for source in ("given", "learned")
    )

    assert learned > given + 0.5


def test_a_mask_is_scored_by_precision_recall_and_false_alarms(bank: Bank) -> None:
    scores = white_scores(untrained("mask"), bank, views=1)

    assert set(scores) == {
        f"{name}/{kind}" for name in ("precision", "recall", "false alarms") for kind in MASK_KINDS
    }
    assert scores["precision/clean"] > 0.8
    assert scores["recall/clean"] > 0.9


def test_a_mask_that_finds_everything_alarms_falsely(bank: Bank) -> None:
    generator = untrained("mask")
    assert generator.mask_net is not None
    torch.nn.init.constant_(generator.mask_net.net.head.bias, 200.0)  # type: ignore[arg-type]

    scores = white_scores(generator, bank, views=2)

    assert scores["recall/clean"] == 1.0
    assert scores["precision/clean"] < 0.3
    assert scores["false alarms/clean"] in (1.0, pytest.approx(float("nan"), nan_ok=True))


def test_a_network_that_says_nothing_leaves_all_noise_where_it_is(bank: Bank) -> None:
    scores = noise_scores(untrained("noise"), bank, views=1)

    assert {name.removeprefix("ratio noise/") for name in scores} == set(NOISE_KINDS)
    assert set(scores.values()) == {1.0}


def test_without_held_out_scenes_nothing_is_measured(bank: Bank) -> None:
    empty = replace(bank, groups={n: g for n, g in bank.groups.items() if not n.startswith("dev/")})

    assert judge_of(TrainConfig(part="LCR"), empty)(untrained("L", "C", "R")) == {}


def test_a_strip_shows_three_exposures_of_each_picture() -> None:
    picture = np.full((2, 4, 3), 1.0, np.float32)

    shown = strip([picture, picture * 16])

    assert shown.shape == (4, 12, 3)
    assert shown[0, ::4, 0].tolist() == [255, 137, 71]  # sRGB of 1, 1/4, 1/16
    assert shown[2, ::4, 0].tolist() == [255, 255, 255]


def test_a_view_is_shown_as_source_result_and_truth(bank: Bank) -> None:
    shown = view_strip(untrained("C"), bank.view("dev/held_out", 0))

    assert shown.shape == (3 * 192, 3 * 256, 3)
    np.testing.assert_allclose(shown[:192].astype(int), shown[192:384].astype(int), atol=1)
