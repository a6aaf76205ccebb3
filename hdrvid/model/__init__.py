"""The networks and their weights: tensors in, tensors out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hdrvid.model.spec import SIZE_MULTIPLE, SPECS, GeneratorSpec
from hdrvid.model.weights import (
    BUILTIN,
    WeightsInfo,
    load_generator,
    read_weights_info,
    save_generator,
    weights_hash,
    weights_path,
)

if TYPE_CHECKING:
    from hdrvid.model.generator import Fill, Generator, build_generator
    from hdrvid.model.mask import apply_stops, ramp, srgb_decode, srgb_encode

__all__ = [
    "BUILTIN", "SIZE_MULTIPLE", "SPECS", "Fill", "Generator", "GeneratorSpec", "WeightsInfo", "apply_stops",
    "build_generator", "load_generator", "ramp", "read_weights_info", "save_generator", "srgb_decode",
    "srgb_encode", "weights_hash", "weights_path",
]  # fmt: skip

_NEEDS_TORCH = {
    "Fill": "generator", "Generator": "generator", "build_generator": "generator", "apply_stops": "mask",
    "ramp": "mask", "srgb_decode": "mask", "srgb_encode": "mask",
}  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - modules have members of any kind
    """Load torch only when one of its names is asked for: a weights file's header can be read without."""
    if name not in _NEEDS_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"hdrvid.model.{_NEEDS_TORCH[name]}"), name)
