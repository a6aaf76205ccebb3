"""Say what the machine is, as far as the speed and the last bits of a result depend on it."""

from __future__ import annotations

import platform
from pathlib import Path

import torch

from hdrvid.inference.devices import Machine, granted_cores, has_bf16


def identify(machine: Machine) -> dict[str, str]:
    """Return the device's model, the cores that this process is granted, and the version of torch.

    >>> from hdrvid.inference import choose_machine
    >>> sorted(identify(choose_machine("cpu", "fp32")))
    ['cores', 'device', 'torch']
    """
    on_cuda = machine.device.type == "cuda"
    name = torch.cuda.get_device_name(machine.device) if on_cuda else _processor()
    return {
        "device": f"{machine.device.type}: {name}",
        "cores": str(granted_cores()),
        "torch": str(torch.__version__),
    }


def offered_precisions(machine: Machine) -> tuple[str, ...]:
    """Return the arithmetics that the device has, float32 first; not all of them are fast there.

    >>> from hdrvid.inference import choose_machine
    >>> offered_precisions(choose_machine("cpu", "fp32"))[0]
    'fp32'
    """
    if machine.device.type == "cuda":
        return ("fp32", "fp16", "bf16") if torch.cuda.is_bf16_supported() else ("fp32", "fp16")
    if machine.device.type == "mps":
        return ("fp32", "fp16")
    return ("fp32", "bf16") if has_bf16() else ("fp32",)


def processor_name() -> str:
    """Return the name of the processor, as far as the system tells it."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return name


def _processor() -> str:
    """Return the processor's name with its widest instructions: virtual machines hide the name."""
    return f"{processor_name()}, {torch.backends.cpu.get_cpu_capability()}"
