"""Every picture is looked at before any is judged: what is broken is named, what was lost is measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hdrvid.errors import DatasetError
from hdrvid.evaluation import Request
from hdrvid.evaluation.survey import survey
from hdrvid.scenes.panorama import Pixels
from tests.evaluation.material import SMALL, codes_of, light_of, panorama_of, write_pair, write_picture


def spoiled(value: float) -> Callable[[Pixels], Pixels]:
    def spoil(light: Pixels) -> Pixels:
        light[5, 5, 0] = value
        return light

    return spoil


BROKEN: dict[str, tuple[Callable[[Pixels], Pixels], str]] = {
    "NaN": (spoiled(np.nan), "NaN"),
    "infinity": (spoiled(np.inf), "infinite"),
    "negative": (spoiled(-1.0), "negative"),
    "monochrome": (lambda light: light[..., :1].repeat(3, -1), "three equal channels"),
    "LDR in HDR": (codes_of, "LDR picture"),
    "one channel": (lambda light: light[..., :1], "no three channels"),
    "too small": (lambda light: light[:8, :16], "expected sides of 16"),
}
EACH = pytest.mark.parametrize(("spoil", "says"), BROKEN.values(), ids=BROKEN)


@EACH
def test_a_broken_scene_is_named_and_the_others_are_judged(
    spoil: Callable[[Pixels], Pixels], says: str, tmp_path: Path
) -> None:
    for name in ("a", "b", "c", "d"):
        write_picture(tmp_path / f"{name}.exr", panorama_of())
    write_picture(tmp_path / "broken.exr", spoil(panorama_of()))

    found = survey(Request(scenes=(tmp_path,), clips=(0.08,), plan=SMALL))

    assert [shot.scene for shot in found.shots] == ["a", "b", "c", "d"]
    assert [item.name for item in found.skipped] == ["broken"]
    assert says in found.skipped[0].reason
    assert "broken.exr" in found.skipped[0].reason


@EACH
def test_a_broken_pair_is_named_and_the_others_are_judged(
    spoil: Callable[[Pixels], Pixels], says: str, tmp_path: Path
) -> None:
    write_pair(tmp_path, "whole")
    write_pair(tmp_path, "broken")
    write_picture(tmp_path / "broken" / "hdr.exr", spoil(light_of()))

    found = survey(Request(pairs=(tmp_path,), least_share=0.5))

    assert [shot.name for shot in found.shots] == ["whole"]
    assert says in found.skipped[0].reason


def test_a_pair_whose_sdr_side_is_broken_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path, "whole")
    write_pair(tmp_path, "broken")
    (tmp_path / "broken" / "ldr.png").write_bytes(b"not a picture")

    found = survey(Request(pairs=(tmp_path,), least_share=0.5))

    assert "ldr.png" in found.skipped[0].reason


def test_a_scene_that_is_broken_counts_once_in_each_setting(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        write_picture(tmp_path / f"{name}.exr", panorama_of())
    (tmp_path / "broken.exr").write_bytes(b"")

    found = survey(Request(scenes=(tmp_path,), clips=(0.02, 0.08), plan=SMALL))

    assert [(item.setting, item.name) for item in found.skipped] == [("2%", "broken"), ("8%", "broken")]


def test_the_message_of_a_run_that_fails_names_the_files(tmp_path: Path) -> None:
    write_pair(tmp_path, "whole")
    write_pair(tmp_path, "broken")
    write_picture(tmp_path / "broken" / "hdr.exr", light_of()[..., :1])

    with pytest.raises(DatasetError, match=r"1 of 2.*80%.*hdr\.exr.*--least-share"):
        survey(Request(pairs=(tmp_path,)))


def test_what_was_lost_is_measured_for_each_picture(tmp_path: Path) -> None:
    write_pair(tmp_path, "bright")
    dark = light_of() * np.float32(0.05)
    write_pair(tmp_path, "dark", dark)

    gains = survey(Request(pairs=(tmp_path,))).gains["pairs"]

    assert 0.5 < gains["bright", "bright"] < 3.0
    assert np.isnan(gains["dark", "dark"])


def test_settings_come_one_after_the_other_and_pairs_last(tmp_path: Path) -> None:
    write_picture(tmp_path / "scenes" / "hall.exr", panorama_of())
    write_pair(tmp_path / "pairs", "lamp")
    request = Request(
        scenes=(tmp_path / "scenes",), pairs=(tmp_path / "pairs",), plan=SMALL, wild=True, grain=True
    )

    settings = [shot.setting for shot in survey(request).shots]

    assert list(dict.fromkeys(settings)) == ["2%", "8%", "wild", "grain", "pairs"]


def test_a_single_file_is_a_list_of_scenes_too(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "hall.exr", panorama_of())

    assert [shot.scene for shot in survey(Request(scenes=(path,), clips=(0.08,), plan=SMALL)).shots] == [
        "hall"
    ]


def test_sources_are_told_of_scenes_and_pairs(tmp_path: Path) -> None:
    write_picture(tmp_path / "scenes" / "hall.exr", panorama_of())
    (tmp_path / "scenes" / "scenes.json").write_text(json.dumps({"hall": {"source": "a library"}}))
    write_pair(tmp_path / "pairs", "lamp")

    request = Request(scenes=(tmp_path / "scenes",), pairs=(tmp_path / "pairs",), clips=(0.08,), plan=SMALL)
    shots = survey(request).shots

    assert [shot.take().source for shot in shots] == ["a library", "pairs"]


@pytest.mark.parametrize(("code", "share"), [(254, 0.0), (250, 0.5)])
def test_the_clip_code_of_pairs_can_be_chosen(code: int, share: float, tmp_path: Path) -> None:
    write_pair(tmp_path, "lamp")
    codes = codes_of(light_of())
    codes[:24] = 252 / 255
    codes[24:] = np.minimum(codes[24:], 0.5)
    write_picture(tmp_path / "lamp" / "ldr.png", codes, "uint8")

    (shot,) = survey(Request(pairs=(tmp_path,), clip_code=code)).shots

    assert shot.take().clipped.mean() == share
