"""Threads, memory and devices change how a job runs, never what it writes."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

import hdrvid
from hdrvid.engine import prepare
from hdrvid.engine.pipeline import share_out
from hdrvid.engine.plan import choose_depths
from hdrvid.errors import DeviceError, OptionError
from hdrvid.inference import Depths, Machine, estimate
from hdrvid.job import ExpandJob


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.exr"))}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"threads": 1}, id="one thread"),
        pytest.param({"device": "cpu,cpu"}, id="two devices"),
        pytest.param({"memory": "2G"}, id="little memory"),
        pytest.param({"verify_writes": "off"}, id="nothing read back"),
    ],
)
def test_how_a_job_is_run_does_not_change_a_byte(
    clip: Path, tmp_path: Path, tiny_weights: Path, options: dict[str, Any]
) -> None:
    hdrvid.expand(clip, tmp_path / "usual", model=str(tiny_weights)).wait()
    hdrvid.expand(clip, tmp_path / "other", model=str(tiny_weights), **options).wait()

    assert content(tmp_path / "other") == content(tmp_path / "usual")
    assert len(content(tmp_path / "usual")) == 12


def test_a_limit_that_no_frame_fits_in_is_refused_before_anything_is_written(
    clip: Path, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=r"--memory.*or more for frames of this size"):
        hdrvid.expand(clip, tmp_path / "exr", memory="100M")

    assert not (tmp_path / "exr").exists()


def test_the_depths_of_a_plan_shrink_to_its_memory(clip: Path, tmp_path: Path) -> None:
    job = ExpandJob(source=str(clip), out=str(tmp_path), model="none", threads=8)
    least = Depths(ahead=1, writers=3, batch=1)
    with prepare(job) as plan:
        frame = plan.info.height * plan.info.width * 12

    limit = estimate(least, frame_bytes=frame, picture=0)
    with prepare(dataclasses.replace(job, memory=str(limit))) as plan:
        assert plan.threads.writers == 8
        assert plan.depths == least


def test_a_gpu_is_given_several_frames_at_once_and_a_cpu_one(clip: Path) -> None:
    card = Machine(device=torch.device("mps"), dtype=torch.float16)
    cpu = Machine(device=torch.device("cpu"), dtype=torch.bfloat16)
    job = ExpandJob(source=str(clip), out="exr")
    with prepare(dataclasses.replace(job, model="none")) as plan:
        assert choose_depths(job, plan.info, card).batch > 1
        assert choose_depths(job, plan.info, cpu).batch == 1
        assert choose_depths(dataclasses.replace(job, model="none"), plan.info, card).batch == 1


def test_a_list_of_devices_names_the_one_that_is_not_there(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="toaster"):
        hdrvid.expand(clip, tmp_path, device="cpu,toaster")


def test_items_are_shared_out_to_all_workers_and_come_back_in_order() -> None:
    meeting = threading.Barrier(2, timeout=20)
    used: set[str] = set()

    def worker(name: str) -> Any:
        def work(item: int) -> list[int]:
            used.add(name)
            meeting.wait()  # passes only when both are at work at once
            return [item, -item]

        return work

    results = list(share_out((n for n in range(4)), [worker("a"), worker("b")]))

    assert results == [0, 0, 1, -1, 2, -2, 3, -3]
    assert used == {"a", "b"}


def test_an_error_of_a_worker_comes_after_what_was_before_it() -> None:
    def work(item: int) -> list[int]:
        if item == 2:
            raise KeyError(item)
        return [item]

    seen: list[int] = []
    with pytest.raises(KeyError):
        keep(seen, share_out((n for n in range(9)), [work, work]))

    assert seen == [0, 1]


def keep(seen: list[int], results: Iterable[int]) -> None:
    for item in results:
        seen.append(item)  # noqa: PERF402 - what came before an error must be kept
