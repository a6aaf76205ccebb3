"""What a job leaves to the plate's highlights is found once, and is then a constant of the job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import OpenImageIO
import pytest
import torch
from numpy.typing import NDArray

import hdrvid
from hdrvid.engine.plan import Plan, prepare
from hdrvid.engine.shot import look_at_shot
from hdrvid.inference import find_shoulder
from hdrvid.inference.expander import Predictor
from hdrvid.job import ExpandJob, make_job
from hdrvid.model import SPECS, build_generator, save_generator
from hdrvid.model.evidence import Evidence
from hdrvid.model.response import KNOTS, ResponseNet
from hdrvid.scenes.curves import CLEAN_CUT, ToneCurve, decode
from tests.lamps import PHONE, picture


@pytest.fixture
def phone_plate(tmp_path: Path) -> Path:
    return write_plate(tmp_path / "phone", PHONE)


def write_plate(folder: Path, curve: ToneCurve, *, frames: int = 7) -> Path:
    folder.mkdir()
    for number in range(frames):
        codes = picture(curve, seed=number)
        height, width = codes.shape[:2]
        image = OpenImageIO.ImageBuf(OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.UINT8))
        image.set_pixels(OpenImageIO.ROI(), codes)
        image.write(str(folder / f"lamps.{number + 1:04d}.png"))
    return folder


def planned(source: Path, tmp_path: Path, **options: object) -> Plan:
    job, origins = make_job(("call", {"source": str(source), "out": str(tmp_path / "exr"), **options}))
    with prepare(job, origins=origins) as plan:
        return plan


def test_a_roll_off_is_found_and_told(phone_plate: Path, tmp_path: Path, tiny_weights: Path) -> None:
    plan = planned(phone_plate, tmp_path, model=str(tiny_weights))

    assert plan.job.shoulder is not None
    assert 1.5 <= plan.job.shoulder <= 2.75
    line = next(line for line in plan.lines() if line.startswith("--shoulder"))
    assert "found: highlights bend into the clip" in line
    assert hdrvid.probe(str(phone_plate)).shoulder.stops == plan.job.shoulder


def test_each_chunk_of_a_farm_finds_the_same(phone_plate: Path, tmp_path: Path, tiny_weights: Path) -> None:
    plans = [
        planned(phone_plate, tmp_path, model=str(tiny_weights), frames=f) for f in (None, "1-2", "3", "6-7")
    ]

    assert len({plan.job.shoulder for plan in plans}) == 1
    assert len({plan.key for plan in plans}) == 1


def test_what_was_found_is_in_the_key_as_if_it_was_given(
    phone_plate: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    model = str(tiny_weights)
    found = planned(phone_plate, tmp_path, model=model)

    given = planned(phone_plate, tmp_path, model=model, shoulder=found.job.shoulder)
    other = planned(phone_plate, tmp_path, model=model, shoulder=0.0)

    assert given.key == found.key != other.key
    assert other.job.shoulder == 0.0


def test_a_cut_has_none(tmp_path: Path, tiny_weights: Path) -> None:
    plan = planned(write_plate(tmp_path / "cut", CLEAN_CUT), tmp_path, model=str(tiny_weights))

    assert plan.job.shoulder == 0.0


@pytest.mark.parametrize("options", [{"model": "none"}, {"method": "dome"}])
def test_jobs_that_know_no_shoulder_do_not_look_for_one(
    phone_plate: Path, tmp_path: Path, options: dict[str, str]
) -> None:
    assert planned(phone_plate, tmp_path, **options).job.shoulder is None


def test_frames_that_cannot_be_read_are_left_out(
    phone_plate: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    (phone_plate / "lamps.0004.png").write_bytes(b"")

    assert planned(phone_plate, tmp_path, model=str(tiny_weights)).job.shoulder


def test_one_picture_in_memory_finds_its_own(tiny_weights: Path) -> None:
    model = str(tiny_weights)
    codes = picture(PHONE)
    found = hdrvid.expand_image(codes, model=model)
    cut = hdrvid.expand_image(codes, model=model, shoulder=0.0)
    told = hdrvid.expand_image(codes, model=model, shoulder=shoulder_of(codes))

    assert np.array_equal(found.hdr, told.hdr)
    assert not np.array_equal(found.hdr, cut.hdr)
    assert np.array_equal(found.linear, cut.linear)


def shoulder_of(codes: NDArray[np.uint8]) -> float:
    return find_shoulder([np.ascontiguousarray(decode(codes / 255, "srgb").transpose(2, 0, 1))]).stops


@pytest.fixture
def learned_weights(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    generator = build_generator(replace(SPECS["compact"], width=2, nets=("L", "C")))
    assert isinstance(generator.L, ResponseNet)
    for reader in generator.L.each_reader():
        torch.nn.init.normal_(reader.head.weight, std=0.05)
    save_generator(generator, tmp_path / "l.safetensors", licence="CC0-1.0", training="a test")
    return tmp_path / "l.safetensors"


def test_a_learned_response_is_one_for_the_plate_and_part_of_the_key(
    phone_plate: Path, tmp_path: Path, learned_weights: Path
) -> None:
    options = {"model": str(learned_weights), "linearise": "learned"}
    plans = [planned(phone_plate, tmp_path, frames=frames, **options) for frames in (None, "2-3", "7")]

    assert plans[0].response is not None
    assert len(set(plans[0].response.stops)) > 1
    assert len({plan.response for plan in plans}) == 1
    assert len({plan.key for plan in plans}) == 1
    assert plans[0].facts["response"] == plans[0].response.stops


def test_a_learned_response_tells_the_shoulder_unless_the_job_does(
    phone_plate: Path, tmp_path: Path, learned_weights: Path
) -> None:
    options = {"model": str(learned_weights), "linearise": "learned"}

    found = planned(phone_plate, tmp_path, **options)
    told = planned(phone_plate, tmp_path, shoulder=1.5, **options)

    assert found.response is not None
    assert found.job.shoulder == max(found.response.shoulder, 2.75)  # lamps
    assert (told.job.shoulder, told.response) == (1.5, found.response)


@pytest.mark.parametrize(
    ("stops", "shoulder", "reason"),
    [(0.5, 2.75, "usual for cameras of unknown response"), (3.5, 3.5, "as the learned response has it")],
)
def test_an_unknown_camera_rolls_off_as_usual_or_as_far_as_its_response(
    stops: float, shoulder: float, reason: str
) -> None:
    class Known(ResponseNet):
        def curve(self, seen: Evidence) -> torch.Tensor:
            return torch.full((len(seen.sums), KNOTS), stops)

    job = ExpandJob(source="a.mp4", out="exr", linearise="learned")
    lamps = np.full((3, 40, 60), 0.1, np.float32)

    shot = look_at_shot(job, cast("Predictor", Known()), [lamps])

    assert shot.job.shoulder == shoulder
    assert shot.chosen == {"shoulder": f"found: {reason}"}


def test_a_plate_whose_colour_space_is_trusted_has_no_learned_response(
    phone_plate: Path, tmp_path: Path, learned_weights: Path
) -> None:
    plan = planned(phone_plate, tmp_path, model=str(learned_weights))

    assert plan.response is None
    assert "response" not in plan.facts
