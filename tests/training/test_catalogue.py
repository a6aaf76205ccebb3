"""Folders as studios have them: panoramas without a list, plates, sequences and real pairs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from hdrvid.errors import DatasetError
from hdrvid.scenes.curves import encode
from hdrvid.training.catalogue import open_library
from hdrvid.training.config import DataConfig, TrainConfig
from hdrvid.training.pairs import Pair, aligned, find_pairs, find_plates, held_out, scene_of
from hdrvid.training.samples import CLIPPED, SampleStyle, draw_sample, pair_shoulder
from hdrvid.training.trainer import resolved, train
from tests.training.material import small_config
from tests.training.test_survey import light, write, write_ldr

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def data(root: Path, **changes: object) -> TrainConfig:
    small = DataConfig(root=root, scenes="", photos="", splits="", bank=root / "bank", views=2, dev_views=2,
                       plate_views=3, pair_views=3, dev_share=0.0)  # fmt: skip
    return replace(small_config(root), data=replace(small, **changes))  # type: ignore[arg-type]


def write_pair(folder: Path, ldr: str, hdr: str, seed: int = 0) -> None:
    """Write a picture and what a camera with a slow roll-off makes of it."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((5, 6, 1)) ** 3 * 6 * rng.uniform(0.7, 1.0, (5, 6, 3))
    truth = coarse.repeat(16, 0).repeat(16, 1).astype(np.float32)  # patches that JPEG keeps
    for name in (ldr, hdr):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    radiance = oiio.ImageBuf(oiio.ImageSpec(96, 80, 3, oiio.FLOAT))
    radiance.set_pixels(oiio.ROI(), truth * 3)  # of another exposure
    assert radiance.write(str(folder / hdr))
    seen = np.where(truth < 0.5, truth, 0.5 + 0.5 * (1 - np.exp(-(truth - 0.5))))
    picture = oiio.ImageBuf(oiio.ImageSpec(96, 80, 3, oiio.UINT8))
    picture.set_pixels(oiio.ROI(), encode(seen, "srgb"))
    assert picture.write(str(folder / ldr))


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Write HDR-REAL's layout with four pairs."""
    for seed, name in enumerate("abcd"):
        write_pair(tmp_path / "real", f"LDR_in/{name}.jpg", f"HDR_gt/{name}.hdr", seed)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "scene"),
    [
        pytest.param("sh010.1001.exr", "sh010", id="a frame"),
        pytest.param("sh010_0007.exr", "sh010", id="underscores"),
        pytest.param("sh010/a.1001.exr", "sh010", id="a folder"),
        pytest.param("sh010/left/a.exr", "sh010", id="folders"),
        pytest.param("garden_01.v2.exr", "garden_01.v2", id="a version is no frame"),
    ],
)
def test_frames_of_a_shot_are_one_scene(file: str, scene: str) -> None:
    assert scene_of(Path("p") / file, Path("p")) == scene


def test_plates_are_found_below_the_folder(tmp_path: Path) -> None:
    for name in ("b.exr", "a/x.hdr", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert find_plates(tmp_path) == [tmp_path / "a" / "x.hdr", tmp_path / "b.exr"]


@pytest.mark.parametrize("find", [find_plates, find_pairs])
def test_an_empty_folder_is_named(tmp_path: Path, find: object) -> None:
    with pytest.raises(DatasetError, match=r"Mend data\.p"):
        find(tmp_path)  # type: ignore[operator]


def test_the_layout_of_hdr_real_is_read(pairs: Path) -> None:
    found = find_pairs(pairs / "real")

    assert [pair.name for pair in found] == list("abcd")
    assert found[0].ldr == pairs / "real" / "LDR_in" / "a.jpg"
    assert found[0].hdr == pairs / "real" / "HDR_gt" / "a.hdr"


def test_a_folder_for_each_pair_is_read_too(tmp_path: Path) -> None:
    write_pair(tmp_path, "x/ldr.jpg", "x/hdr.exr")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "ldr.png").touch()

    found = {pair.name: pair for pair in find_pairs(tmp_path)}

    assert found["x"].ldr is not None
    assert found["half"] == Pair(name="half", ldr=tmp_path / "half" / "ldr.png", hdr=None)


def test_scenes_are_held_out_by_name_and_stay_on_their_side() -> None:
    names = [f"scene{n}" for n in range(200)]

    chosen = held_out(names, 0.2)

    assert 20 < len(chosen) < 60
    assert set(held_out(names[:100], 0.2)) <= set(chosen)
    assert held_out(["only"], 0.0) == ("only",)


def test_panoramas_without_a_list_are_split_by_scene(tmp_path: Path) -> None:
    (tmp_path / "hdr").mkdir()
    for name in ("a", "b", "c"):
        write(tmp_path / "hdr" / f"{name}.exr", light())

    bank = open_library(data(tmp_path, scenes="hdr"))

    kinds = sorted(group.partition("/")[0] for group in bank.groups)
    assert kinds == ["dev", "scene", "scene"]


def test_faulty_panoramas_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "hdr").mkdir()
    for name in ("a", "b", "c"):
        write(tmp_path / "hdr" / f"{name}.exr", light())
    write(tmp_path / "hdr" / "bad.exr", light() - 1)

    bank = open_library(data(tmp_path, scenes="hdr", least_share=0.7))

    assert not any("bad" in group for group in bank.groups)
    with pytest.raises(DatasetError, match="only 3 of 4"):
        open_library(data(tmp_path, scenes="hdr", bank=tmp_path / "other"))


def test_plates_are_cut_into_windows_and_held_out_by_shot(tmp_path: Path) -> None:
    for shot in ("sh010", "sh020", "sh030"):
        for frame in (1001, 1002):
            (tmp_path / "plates").mkdir(exist_ok=True)
            write(tmp_path / "plates" / f"{shot}.{frame}.exr", light(200, 260))

    bank = open_library(data(tmp_path, plates="plates"))

    sizes = {name: last - first for name, (first, last) in bank.groups.items()}
    assert sorted(sizes.values()) == [4, 6, 6]  # two frames each: dev views 2, plate views 3
    assert len(bank.names("dev")) == 1


def test_a_changed_plate_is_cut_again(tmp_path: Path) -> None:
    (tmp_path / "plates").mkdir()
    for name in ("a", "b"):
        write(tmp_path / "plates" / f"{name}.exr", light(200, 260))
    first = open_library(data(tmp_path, plates="plates")).views.tobytes()

    write(tmp_path / "plates" / "a.exr", light(210, 270))
    write(tmp_path / "plates" / "b.exr", light(210, 270))

    assert open_library(data(tmp_path, plates="plates")).views.tobytes() != first


def test_banks_are_one_library(pairs: Path) -> None:
    (pairs / "plates").mkdir()
    for name in ("p", "q"):
        write(pairs / "plates" / f"{name}.exr", light(200, 260))

    bank = open_library(data(pairs, plates="plates", pairs="real"))

    assert len(bank.names("pair")) == len(bank.names("ldr")) == 3
    assert len(bank.names("scene")) == 1
    group = bank.names("pair")[0]
    assert bank.view(group, 0).shape == bank.view(group.replace("pair", "ldr"), 4).shape == (192, 256, 3)


def test_the_halves_of_a_pair_show_the_same_window(pairs: Path) -> None:
    bank = open_library(data(pairs, pairs="real"))

    for group in bank.names("pair"):
        hdr, ldr = bank.view(group, 1), bank.view(group.replace("pair", "ldr"), 1)
        well = ldr < 0.4
        assert np.corrcoef(hdr[well], ldr[well])[0, 1] > 0.98


def test_pairs_are_aligned_in_their_mid_tones() -> None:
    ldr = light(top=0.7)

    np.testing.assert_allclose(aligned(ldr * 5, ldr), ldr, rtol=1e-5)


def test_a_sample_of_a_pair_is_what_the_camera_made_of_the_light(pairs: Path) -> None:
    bank = open_library(data(pairs, pairs="real"))

    sample = draw_sample(bank, seed=0, number=0, size=80, style=SampleStyle(smooth=0.0))

    well = sample.source < 0.4
    assert np.median(sample.truth[well] / np.maximum(sample.source[well], 1e-3)) == pytest.approx(
        1.0, abs=0.1
    )
    assert sample.truth.max() > 2
    np.testing.assert_array_equal(sample.exposed >= 1, sample.source >= CLIPPED)


def test_the_shoulder_of_a_pair_is_measured() -> None:
    ldr = np.linspace(0.1, 1.0, 300, dtype=np.float32).reshape(10, 10, 3)

    assert pair_shoulder(ldr * 4, ldr) == pytest.approx(2.0)
    assert pair_shoulder(ldr, ldr * 0.5) == 0.0  # nothing near the top


def test_a_pair_that_does_not_fit_is_skipped(pairs: Path) -> None:
    write_ldr(pairs / "real" / "LDR_in" / "odd.jpg")

    bank = open_library(data(pairs, pairs="real", least_share=0.7))

    assert not any("odd" in group for group in bank.groups)


def test_a_run_keeps_its_views_while_another_renders_over_them(tmp_path: Path) -> None:
    (tmp_path / "plates").mkdir()
    for name in ("a", "b"):
        write(tmp_path / "plates" / f"{name}.exr", light(200, 260))
    used = open_library(data(tmp_path, plates="plates"))
    before = used.views[:].copy()

    open_library(data(tmp_path, plates="plates", plate_views=1))

    np.testing.assert_array_equal(used.views, before)


def test_one_pair_alone_is_held_out_and_leaves_nothing(tmp_path: Path) -> None:
    write_pair(tmp_path / "real", "LDR_in/a.jpg", "HDR_gt/a.hdr")

    with pytest.raises(DatasetError, match="all scenes are held out"):
        open_library(data(tmp_path, pairs="real"))


def test_no_data_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no scenes, plates or pairs"):
        open_library(data(tmp_path))


def test_epochs_are_passes_over_all_views(pairs: Path) -> None:
    config = data(pairs, pairs="real")
    config = replace(config, optimiser=replace(config.optimiser, epochs=2))

    images = resolved(config, open_library(config)).optimiser.images

    assert images == 2 * 3 * 3  # three pairs of three windows


def test_real_pairs_alone_train_a_network(pairs: Path) -> None:
    config = replace(data(pairs, pairs="real"), out=pairs / "run")

    train(config)

    written = json.loads((pairs / "run" / "config.json").read_text())
    assert written["data"]["pairs"] == "real"
    assert set(written["versions"]) == {"hdrvid", "torch", "numpy", "python"}
