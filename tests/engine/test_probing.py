"""Probing counts what is clipped, and finds where values pile up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import hdrvid
from hdrvid.engine.probing import measure_clipping
from hdrvid.frames import FrameRange
from tests.colour.configs import HOUSE, write_config
from tests.engine.conftest import bright_frame
from tests.sample import SAMPLE
from tests.sources.clips import BT709, cut, write_clip

ONE = FrameRange.between(1, 1)


def scene(*, ceiling: float | None, seed: int = 1) -> NDArray[np.float32]:
    """Return `(3, H, W)` light spread over four stops, cut at a ceiling, with a little noise of the codec."""
    rng = np.random.default_rng(seed)
    light = 2.0 ** rng.uniform(-4, 0.4, (3, 200, 300))
    if ceiling is not None:
        light = np.minimum(light, ceiling) * rng.normal(1, 0.002, light.shape)
    return light.astype(np.float32)


@pytest.mark.parametrize("ceiling", [0.5, 0.75, 1.19])
def test_a_plate_that_is_cut_elsewhere_suggests_its_own_clip_point(ceiling: float) -> None:
    found = measure_clipping([scene(ceiling=ceiling)], ONE)

    assert found.pile == pytest.approx(ceiling, rel=0.02)
    assert found.clip_point == pytest.approx(ceiling, rel=0.02)


def test_a_plate_that_is_cut_at_white_suggests_one() -> None:
    found = measure_clipping([scene(ceiling=1.0)], ONE)

    assert found.clip_point == 1.0
    assert found.pile == pytest.approx(1.0, rel=0.02)
    assert found.share > 0.2


def test_a_plate_without_a_cut_has_no_pile() -> None:
    found = measure_clipping([scene(ceiling=None) * np.float32(0.3)], ONE)

    assert found.pile is None
    assert found.clip_point == 1.0
    assert found.share == 0


def test_shares_are_counted_over_all_frames() -> None:
    white, black = np.ones((3, 10, 10), np.float32), np.zeros((3, 10, 10), np.float32)
    red = black.copy()
    red[0] = 1.0

    found = measure_clipping([white, black, red, black], ONE)

    assert (found.share, found.share_all) == (0.5, 0.25)


def test_the_sample_is_clipped_at_white() -> None:
    probe = hdrvid.probe(str(SAMPLE))

    assert 0.03 < probe.clipping.share < 0.08
    assert probe.clipping.clip_point == pytest.approx(1.0, abs=0.05)
    assert len(probe.clipping.frames) == 12
    assert probe.to_dict()["timecode"] == "01:00:00:00"


def test_a_cut_clip_is_described_and_its_damage_named(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "clip.mkv", [bright_frame(n) for n in range(40)], tags=BT709)

    found = hdrvid.probe(str(cut(whole, 0.6)))

    assert found.info.codec == "h264"
    assert found.clipping.share > 0
    assert found.unread
    assert all("clip" in problem for problem in found.unread)
    assert any("damaged" in line for line in found.lines())


def test_a_studio_config_needs_no_space_of_ours(tmp_path: Path) -> None:
    found = hdrvid.probe(str(SAMPLE), ocio_config=write_config(tmp_path, HOUSE))

    assert found.clipping.share == pytest.approx(hdrvid.probe(str(SAMPLE)).clipping.share, abs=1e-3)
