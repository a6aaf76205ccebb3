from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hdrvid.model import SPECS, build_generator
from hdrvid.training.bank import Bank
from hdrvid.training.dev import LEAST_TO_WIN, MASK_KINDS, clipped, dev_pictures, fill_scores, mask_scores

TINY = replace(SPECS["compact"], width=2, nets=("C",))


def test_pictures_are_of_held_out_scenes_clean_and_rolled_off(bank: Bank) -> None:
    pictures = dev_pictures(bank, views=2)

    assert {p.scene for p in pictures} == {"held_out"}
    assert {p.kind for p in pictures} == {"clean", "rolled"}
    assert all(p.plain > LEAST_TO_WIN for p in pictures)


def test_pictures_are_the_same_each_time(bank: Bank) -> None:
    first, again = dev_pictures(bank, views=1), dev_pictures(bank, views=1)

    assert all((a.source == b.source).all() and a.plain == b.plain for a, b in zip(first, again, strict=True))


def test_the_clean_cut_has_no_shoulder_and_the_roll_off_has_one(bank: Bank) -> None:
    shoulders = {p.kind: p.shoulder for p in dev_pictures(bank, views=1)}

    assert shoulders["clean"] == 0.0
    assert shoulders["rolled"] > 0.5


def test_an_untrained_generator_scores_one(bank: Bank) -> None:
    scores = fill_scores(build_generator(TINY).eval(), dev_pictures(bank, views=2))

    ratios = {key: value for key, value in scores.items() if not key.endswith("corr")}
    assert ratios == {key: pytest.approx(1.0, abs=1e-3) for key in ratios}
    assert set(ratios) == {"clean", "clean/held_out", "rolled", "rolled/held_out"}
    assert -1 <= scores["clean corr"] <= 1


def test_a_gain_in_the_right_direction_scores_below_one(bank: Bank) -> None:
    generator = build_generator(TINY).eval()
    assert generator.C is not None
    torch.nn.init.constant_(generator.C.head.bias, 0.5)  # type: ignore[arg-type]

    scores = fill_scores(generator, dev_pictures(bank, views=2))

    assert scores["clean"] < 0.95


def test_no_pictures_have_no_score() -> None:
    assert fill_scores(build_generator(TINY), []) == {}


def test_clipped_means_code_250_in_any_channel() -> None:
    source = torch.tensor([[[0.95, 0.1, 0.1], [0.957, 0.1, 0.1]]]).numpy()

    assert clipped(source).tolist() == [[False, True]]


def test_an_untrained_mask_network_finds_as_much_as_a_threshold(bank: Bank) -> None:
    generator = build_generator(replace(SPECS["compact"], mask_width=2, nets=("mask",))).eval()

    scores = mask_scores(generator, bank, views=1)

    assert {key.partition("/")[2] for key in scores} == set(MASK_KINDS)
    assert scores["code 254/clean"] > 0.8
    assert scores["learned/clean"] == pytest.approx(scores["code 252/clean"], abs=0.05)
    assert scores["code 254/jpeg 80"] < scores["code 254/clean"]
