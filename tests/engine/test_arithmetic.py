"""Frames that were computed in different ways are never taken for one another, and never mixed unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hdrvid
from hdrvid.engine import prepare
from hdrvid.engine.tuning import Tuning, conditions_of, keep_tuning, tuning_path
from hdrvid.errors import OutputConflict
from hdrvid.inference import choose_machine
from hdrvid.job import ExpandJob
from tests.sample import read_exr


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HDRVID_CONFIG", str(tmp_path / "settings"))


def tune(model: Path, precision: str, batch: int = 0) -> None:
    conditions = conditions_of(choose_machine("cpu"), str(model))
    keep_tuning(tuning_path(), conditions, Tuning(precision=precision, batch=batch))


def key(clip: Path, model: Path | str, **options: Any) -> str:
    with prepare(ExpandJob(source=str(clip), out="exr", model=str(model), device="cpu", **options)) as plan:
        return plan.key


def test_a_key_holds_what_the_open_choices_came_to(clip: Path, tiny_weights: Path) -> None:
    fp32, bf16 = (key(clip, tiny_weights, precision=name) for name in ("fp32", "bf16"))

    tune(tiny_weights, "fp32")
    assert key(clip, tiny_weights) == fp32
    tune(tiny_weights, "bf16")
    assert key(clip, tiny_weights) == bf16
    assert fp32 != bf16


def test_a_batch_is_in_the_key_because_the_last_bits_depend_on_it(clip: Path, tiny_weights: Path) -> None:
    plain = key(clip, tiny_weights, precision="fp32")

    assert key(clip, tiny_weights, precision="fp32", batch=1) == plain
    assert key(clip, tiny_weights, precision="fp32", batch=2) != plain
    tune(tiny_weights, "fp32", batch=2)
    assert key(clip, tiny_weights) == key(clip, tiny_weights, precision="fp32", batch=2)


def test_without_a_network_arithmetic_is_in_no_key(clip: Path) -> None:
    assert key(clip, "none", precision="fp32") == key(clip, "none", precision="bf16", batch=2)


def test_the_header_says_what_was_computed_in(clip: Path, tmp_path: Path, tiny_weights: Path) -> None:
    tune(tiny_weights, "bf16")

    hdrvid.expand(clip, tmp_path / "exr", model=str(tiny_weights), device="cpu", frames="1001").wait()

    _, spec = read_exr(tmp_path / "exr" / "shot.1001.exr")
    assert '"precision": "bf16"' in spec.get_string_attribute("hdrvid/settings")


def test_resuming_under_another_tuning_is_refused(clip: Path, tmp_path: Path, tiny_weights: Path) -> None:
    call: dict[str, Any] = {"model": str(tiny_weights), "device": "cpu", "frames": "1001-1002"}
    tune(tiny_weights, "fp32")
    hdrvid.expand(clip, tmp_path / "exr", **call).wait()

    tune(tiny_weights, "bf16")
    with pytest.raises(OutputConflict):
        hdrvid.expand(clip, tmp_path / "exr", **call).wait()


def test_a_chunk_under_another_tuning_is_refused_and_goes_on_when_told(
    clip: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    call: dict[str, Any] = {"model": str(tiny_weights), "device": "cpu"}
    tune(tiny_weights, "fp32")
    hdrvid.expand(clip, tmp_path / "exr", frames="1001-1002", **call).wait()

    tune(tiny_weights, "bf16")
    with pytest.raises(
        OutputConflict, match=r"1001-1002.*precision fp32.*chooses precision bf16.*--precision"
    ):
        hdrvid.expand(clip, tmp_path / "exr", frames="1003-1004", **call).wait()
    assert not (tmp_path / "exr" / "shot.1003.exr").exists()

    told = hdrvid.expand(clip, tmp_path / "exr", frames="1003-1004", precision="fp32", **call).wait()
    asked = hdrvid.expand(clip, tmp_path / "exr", frames="1005", precision="bf16", **call).wait()
    assert (told.written, asked.written) == (2, 1)


def test_frames_of_another_look_or_long_gone_are_no_mixture(
    clip: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    call: dict[str, Any] = {"model": str(tiny_weights), "device": "cpu"}
    tune(tiny_weights, "fp32")
    hdrvid.expand(clip, tmp_path / "exr", frames="1001", **call).wait()
    hdrvid.expand(clip, tmp_path / "exr", frames="1002", mix=0.5, **call).wait()
    (tmp_path / "exr" / "shot.1001.exr").unlink()

    tune(tiny_weights, "bf16")

    assert hdrvid.expand(clip, tmp_path / "exr", frames="1003", **call).wait().written == 1
