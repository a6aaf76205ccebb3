"""The whole node on the real command and the sample clip: with a network, cancelled, resumed, refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hdrvid_nuke.jobs import frames_on_disk, tcl_text

from hdrvid.model import GeneratorSpec, build_generator, save_generator
from tests.nuke_plugin.evaluate import Picture, render
from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.nuke_plugin.studio import Studio, loaded
from tests.sample import SAMPLE, read_exr

BRIGHT = 24
"""A frame of the sample, as Nuke counts, in which something is over-exposed."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a very small network that adds light: fast, and of no other worth."""
    torch.manual_seed(7)
    generator = build_generator(GeneratorSpec(width=4, steps=0, norm="none", nets=("C",)))
    assert generator.C is not None
    torch.nn.init.constant_(generator.C.get_parameter("head.bias"), 2.0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_generator(generator, path, licence="test", training="none")
    return path


@pytest.fixture
def suite(hdrvid: str, shot: Path) -> Iterator[Studio]:
    """Return a GUI with the real command, without a network."""
    nuke = FakeNuke(str(shot / "comp.nk"))
    with loaded(nuke) as module:
        studio = Studio(shot, nuke, module, hdrvid)
        studio.node["job_model"].setValue("none")
        yield studio


def picture_of(path: Path) -> Picture:
    """Return a frame's channels as Nuke names them."""
    channels, _ = read_exr(path)
    nuke = FakeNuke()
    return {nuke._renamed(name): plane.astype(np.float32) for name, plane in channels.items()}


def rgb(picture: Picture) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.stack([picture[f"rgba.{full}"] for full in ("red", "green", "blue")])


def test_live_controls_on_written_frames_give_what_the_command_writes_with_its_options(
    suite: Studio, weights: Path
) -> None:
    node = suite.node
    node["job_model"].setValue(str(weights))
    node["job_quality"].setValue("draft")
    suite.nuke.current_frame = BRIGHT
    suite.press("expand_frame")
    plain = picture_of(Path(node["job_out"].getEvaluatedValue()) / f"still_life.{BRIGHT:04d}.exr")

    for name, value in {"job_highlight_gain": 1.5, "job_mix": 0.8, "job_peak": 6.0, "job_peak_on": True,
                        "job_out": str(suite.folder / "graded")}.items():  # fmt: skip
        node[name].setValue(value)
    suite.press("expand_frame")
    wanted = picture_of(suite.folder / "graded" / f"still_life.{BRIGHT:04d}.exr")

    for name, value in {"live_gain": 1.5, "live_mix": 0.8, "live_peak": 6.0, "live_limit": True}.items():
        node[name].setValue(value)
    shown = render(node.node("Output1"), {"Read": plain, "Input": plain})
    assert suite.nuke.messages == []
    assert (plain["mask.alpha"] > 0).any()
    assert not np.allclose(rgb(plain), rgb(wanted))
    np.testing.assert_allclose(rgb(shown), rgb(wanted), rtol=4e-3, atol=2e-3)  # both were rounded to half


@pytest.mark.parametrize("name", ["日本 [v2] {x}", "$HOME 100%", "quo'te; & (1)", 'a "b" #1'])
def test_odd_paths_go_the_whole_way_to_frames_in_the_tree(hdrvid: str, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    plate = folder / f"plate {name}.mp4".replace("#", "")
    shutil.copy(SAMPLE, plate)
    nuke = FakeNuke(str(folder / f"comp {name}.nk"))
    with loaded(nuke) as module:
        studio = Studio(folder, nuke, module, hdrvid)
        studio.node["job_model"].setValue("none")
        studio.read["file"].setValue(tcl_text(str(plate)))
        studio.read["last"].setValue(2)

        studio.press("expand")
        studio.press("reload", wait=False)

        assert studio.nuke.messages == []
        assert studio.status == "2 frames on disk, 1-2."
        assert frames_on_disk(str(folder / "hdrvid" / "HDRvidExpand1" / f"{plate.stem}.####.exr")) == [1, 2]
        assert studio.node["has_layers"].value()


def test_a_run_that_is_cancelled_goes_on_from_its_frames_and_another_job_is_refused(suite: Studio) -> None:
    suite.read["last"].setValue(40)
    suite.press("expand", wait=False)
    suite.nuke.pump(lambda: suite.expanded is not None)
    suite.press("cancel")
    cancelled = suite.status
    done = len(list(Path(suite.node["job_out"].getEvaluatedValue()).glob("*.exr")))

    suite.read["last"].setValue(done + 1)
    suite.press("expand")
    resumed = suite.status
    suite.node["job_compression"].setValue("piz")
    suite.press("expand")

    assert cancelled.startswith("Cancelled: ")
    assert 1 <= done < 40
    assert resumed.startswith(f"1 frames written, {done} kept from before")
    assert "were written by another job" in suite.nuke.messages[0]
    assert suite.expanded["last"].value() == done + 1
