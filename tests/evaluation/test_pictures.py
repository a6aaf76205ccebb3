"""The pictures of an evaluation can be written, and judged from there with the same result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import OutputError
from hdrvid.evaluation import Request, evaluate, write_pictures
from hdrvid.evaluation.files import read_codes
from hdrvid.evaluation.survey import survey
from hdrvid.scenes.panorama import read_scene
from tests.evaluation.material import SMALL, panorama_of, write_picture


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    path = write_picture(tmp_path / "scenes" / "hall.exr", panorama_of())
    return Request(scenes=(path,), clips=(0.08,), plan=SMALL, model="none")


def test_what_is_written_is_what_is_judged(request_: Request, tmp_path: Path) -> None:
    write_pictures(request_, tmp_path / "out")

    picture = survey(request_).shots[0].take()
    assert np.array_equal(read_codes(tmp_path / "out" / "8%" / "ldr" / "hall_0.png"), picture.code)
    assert np.array_equal(read_scene(tmp_path / "out" / "8%" / "truth" / "hall_0.exr"), picture.truth)


def test_written_pictures_are_pairs_with_the_same_scores(request_: Request, tmp_path: Path) -> None:
    write_pictures(request_, tmp_path / "out")
    pairs = Request(pairs=(tmp_path / "out" / "8%",), clip_code=254, model="none")

    made, read = (
        {row.method: row.scores.ratio for row in evaluate(asked).rows if row.scores}
        for asked in (request_, pairs)
    )

    assert read == pytest.approx(made, abs=1e-5)


def test_a_place_that_cannot_be_written_is_named(request_: Request, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "8%").write_text("a file in the way")

    with pytest.raises(OutputError, match="8%"):
        write_pictures(request_, tmp_path / "out")
