from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813
import pytest

from hdrvid.errors import DatasetError
from hdrvid.scenes.windows import UNKNOWN
from hdrvid.training.bank import Bank, BankPlan, draw_view, open_bank, photo_views, read_photo


def plan(root: Path) -> BankPlan:
    return BankPlan(
        hdr=root / "hdr",
        photos=None,
        scenes=("lamp",),
        dev=("held_out",),
        views=2,
        dev_views=1,
        width=32,
        height=24,
    )


def test_a_bank_holds_every_group_with_its_views(bank: Bank) -> None:
    sizes = {name: last - first for name, (first, last) in bank.groups.items()}

    assert sizes == {
        "scene/lamp": 3,
        "scene/window": 3,
        "scene/dusk_puresky": 3,
        "dev/held_out": 2,
        "photo/leaves": 2,
    }
    assert bank.views.shape == (13, 192, 256, 3)


def test_views_are_full_precision_copies_and_wrap_round(bank: Bank) -> None:
    view = bank.view("scene/window", 1)

    assert view.dtype == np.float32
    np.testing.assert_array_equal(view, bank.view("scene/window", 4))
    assert not np.array_equal(view, bank.view("scene/window", 0))


def test_a_bank_is_rendered_once(data_root: Path, tmp_path: Path) -> None:
    open_bank(tmp_path, plan(data_root))
    before = (tmp_path / "views.f16").stat().st_mtime_ns

    open_bank(tmp_path, plan(data_root))

    assert (tmp_path / "views.f16").stat().st_mtime_ns == before


def test_another_plan_renders_again(data_root: Path, tmp_path: Path) -> None:
    open_bank(tmp_path, plan(data_root))

    bank = open_bank(tmp_path, replace(plan(data_root), views=4))

    assert bank.groups["scene/lamp"] == (0, 4)
    assert json.loads((tmp_path / "bank.json").read_text())["plan"]["views"] == 4


def test_views_depend_on_the_scene_and_not_on_its_place(data_root: Path, tmp_path: Path) -> None:
    alone = open_bank(tmp_path / "a", plan(data_root))
    second = open_bank(tmp_path / "b", replace(plan(data_root), scenes=("window", "lamp")))

    np.testing.assert_array_equal(alone.view("scene/lamp", 1), second.view("scene/lamp", 1))


def test_a_missing_scene_is_named(data_root: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"scene attic: not in .*hdr; expected attic\.exr"):
        open_bank(tmp_path, replace(plan(data_root), scenes=("attic",)))


def test_skies_are_looked_at_above_the_horizon_only() -> None:
    rng = np.random.default_rng(0)

    cameras = [draw_view(rng, sky=True, aspect=0.75) for _ in range(200)]

    lowest = [c.pitch - np.degrees(np.arctan(np.tan(np.radians(c.fov) / 2) * 0.75)) for c in cameras]
    assert min(lowest) > 7


def test_other_scenes_are_looked_at_from_ground_to_sky() -> None:
    rng = np.random.default_rng(0)

    pitches = [draw_view(rng, sky=False, aspect=0.75).pitch for _ in range(300)]

    assert -35 <= min(pitches) < -20
    assert 30 < max(pitches) <= 50


def test_clipped_parts_of_photographs_are_unknown(data_root: Path) -> None:
    photo = read_photo(data_root / "photos" / "leaves.jpg")

    assert (photo[5:30, 5:30] == UNKNOWN).all()
    assert (photo[100:] >= 0).all()


def test_windows_of_a_photograph_are_its_own(data_root: Path) -> None:
    photo = read_photo(data_root / "photos" / "leaves.jpg")
    small = replace(plan(data_root), photo_views=5)

    views = photo_views(photo, "leaves", small)

    assert views.shape == (5, 24, 32, 3)
    assert len({view.tobytes() for view in views}) == 5


def test_what_is_no_photograph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("not a photograph")

    with pytest.raises(DatasetError, match=r"notes\.jpg: cannot be read as RGB"):
        read_photo(tmp_path / "notes.jpg")


def test_suns_are_limited_to_half_floats(data_root: Path, tmp_path: Path) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.full((8, 16, 3), 1e6, np.float32)}).write(str(tmp_path / "sun.exr"))

    bank = open_bank(tmp_path / "bank", replace(plan(data_root), hdr=tmp_path, scenes=("sun",), dev=()))

    assert bank.view("scene/sun", 0).max() == 65504


def test_groups_are_named_by_kind_in_order(bank: Bank) -> None:
    assert bank.names("scene") == ["scene/lamp", "scene/window", "scene/dusk_puresky"]
    assert bank.names("dev") == ["dev/held_out"]
    assert bank.names("photo") == ["photo/leaves"]
    assert bank.names("video") == []


def test_radiance_files_are_found_too(tmp_path: Path) -> None:
    picture = oiio.ImageBuf(oiio.ImageSpec(16, 8, 3, oiio.FLOAT))
    picture.set_pixels(oiio.ROI(), np.full((8, 16, 3), 2.0, np.float32))
    assert picture.write(str(tmp_path / "dusk.hdr"))
    small = BankPlan(hdr=tmp_path, photos=None, scenes=("dusk",), dev=(), views=1, width=8, height=8)

    bank = open_bank(tmp_path / "bank", small)

    np.testing.assert_allclose(bank.view("scene/dusk", 0), 2.0, rtol=0.01)


def test_a_photograph_smaller_than_a_view_is_enlarged(data_root: Path) -> None:
    photo = np.full((10, 12, 3), 0.25, np.float32)

    views = photo_views(photo, "tiny", plan(data_root))

    np.testing.assert_allclose(views, 0.25)


def test_another_seed_looks_elsewhere(data_root: Path, tmp_path: Path) -> None:
    first = open_bank(tmp_path / "a", plan(data_root))
    other = open_bank(tmp_path / "b", replace(plan(data_root), seed=1))

    assert not np.array_equal(first.view("scene/lamp", 0), other.view("scene/lamp", 0))
