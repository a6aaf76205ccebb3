"""Devices and precisions are chosen once; what this machine lacks is said in one line."""

from __future__ import annotations

import pytest
import torch

from hdrvid.errors import DeviceError
from hdrvid.inference import choose_machine, granted_cores


def test_the_cpu_is_always_there() -> None:
    machine = choose_machine("cpu", "fp32")

    assert machine.device.type == "cpu"
    assert machine.dtype == torch.float32
    assert str(machine) == "cpu, fp32"


def test_auto_is_one_of_the_precisions_this_machine_is_fast_at() -> None:
    assert choose_machine("cpu", "auto").precision in ("fp32", "bf16")


@pytest.mark.parametrize(
    ("device", "precision", "says"),
    [
        pytest.param("toaster", "auto", "is no device", id="no such kind"),
        pytest.param("cuda:99", "auto", "this machine has no cuda:99", id="no such card"),
        pytest.param("cpu", "fp16", "expected fp32 or bf16", id="half precision on the CPU"),
    ],
)
def test_what_is_not_there_is_said_plainly(device: str, precision: str, says: str) -> None:
    with pytest.raises(DeviceError, match=says):
        choose_machine(device, precision)


def test_cores_are_those_granted() -> None:
    assert granted_cores() >= 1
