"""Choose where the network runs and in which arithmetic: two values, made once and passed down."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import torch

from hdrvid.errors import DeviceError
from hdrvid.inference.memory import free_memory

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Name a device and the arithmetic of the network on it."""

    device: torch.device
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        """Return `fp32`, `bf16` or `fp16`.

        >>> Machine(device=torch.device("cpu"), dtype=torch.bfloat16).precision
        'bf16'
        """
        return next(name for name, dtype in _DTYPES.items() if dtype == self.dtype)

    def in_precision(self, precision: str) -> Machine:
        """Return the same device in another arithmetic; `auto` leaves it as it is.

        >>> str(Machine(device=torch.device("cpu"), dtype=torch.float32).in_precision("bf16"))
        'cpu, bf16'
        """
        return self if precision == "auto" else replace(self, dtype=_DTYPES[precision])

    def free_memory(self) -> int:
        """Return the bytes that could be had on the device now."""
        if self.device.type == "cuda":
            return int(torch.cuda.mem_get_info(self.device)[0])
        return free_memory()

    def __str__(self) -> str:
        """Return `cpu, bf16`."""
        return f"{self.device}, {self.precision}"


def choose_machine(device: str = "auto", precision: str = "auto") -> Machine:
    """Turn the options `--device` and `--precision` into what this machine has.

    `auto` takes a CUDA device, else MPS, else the CPU; bf16 on a CPU with the instructions for it, where it
    was measured at 2.4 times fp32, and fp16 on a GPU. What is not there raises `DeviceError`.

    >>> str(choose_machine("cpu", "fp32"))
    'cpu, fp32'
    """
    chosen = _choose_device(device)
    if precision == "auto":
        return Machine(device=chosen, dtype=_fast_dtype(chosen))
    if chosen.type == "cpu" and precision == "fp16":
        message = "option --precision: fp16 on the CPU, expected fp32 or bf16 there. Choose one of these."
        raise DeviceError(message)
    return Machine(device=chosen, dtype=_DTYPES[precision])


def choose_machines(devices: str = "auto", precision: str = "auto") -> tuple[Machine, ...]:
    """Turn `cuda:0,cuda:1` into a machine each; the frames of a clip are shared out among them.

    >>> [str(machine) for machine in choose_machines("cpu,cpu", "fp32")]
    ['cpu, fp32', 'cpu, fp32']
    """
    return tuple(choose_machine(device.strip(), precision) for device in devices.split(","))


def granted_cores() -> int:
    """Count the cores that the scheduler grants this process: on a farm often fewer than the machine has.

    >>> 1 <= granted_cores() <= os.cpu_count()
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_bf16() -> bool:
    """Tell whether torch computes in bf16 on this CPU, if slowly."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - torch has no public word


def _choose_device(device: str) -> torch.device:
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda:0")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        message = (
            f"option --device: '{device}' is no device, expected auto, cpu, cuda, cuda:N or mps. Choose one."
        )
        raise DeviceError(message) from error
    if not _is_there(chosen):
        there = ", ".join(_devices())
        message = (
            f"option --device: this machine has no {device}, expected one of its own: {there}. Choose one of "
            "these, or install the torch build for the device."
        )
        raise DeviceError(message)
    return chosen


def _is_there(device: torch.device) -> bool:
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    return device.type == "cpu" or (device.type == "mps" and torch.backends.mps.is_available())


def _devices() -> list[str]:
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return ["cpu", *(f"cuda:{n}" for n in range(torch.cuda.device_count())), *mps]


def _fast_dtype(device: torch.device) -> torch.dtype:
    if device.type != "cpu":
        return torch.float16
    native = torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001 - emulated bf16 is slower than fp32
    return torch.bfloat16 if has_bf16() and native else torch.float32
