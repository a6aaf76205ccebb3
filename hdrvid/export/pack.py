"""Take weights out of the library in the shape that the standalone model has."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from hdrvid.errors import WeightsError
from hdrvid.export.standalone import Expansion, build
from hdrvid.inference import LONG_SIDE
from hdrvid.job import ExpandJob
from hdrvid.model import load_generator


def long_sides() -> dict[str, int]:
    """Return the longest side that the network sees, by quality, in the order of the knob; 0 is all of it.

    >>> list(long_sides())
    ['draft', 'standard', 'full']
    """
    return {quality: side or 0 for quality, side in LONG_SIDE.items()}


def quality_at_rest() -> int:
    """Return the number of the quality that the command takes when none is named."""
    (default,) = (field.default for field in fields(ExpandJob) if field.name == "quality")
    return list(LONG_SIDE).index(str(default))


def pack(model: str | Path) -> dict[str, Any]:
    """Return the spec and the folded weights of a model, by name or path, and the sizes that it works at.

    Raises `WeightsError` for weights without the part C, and for the ablations, which nobody ships.
    """
    generator = load_generator(model, parts=("C",))
    spec = generator.spec
    if not (generator.has("C") and spec.recurrent and spec.attention):
        message = (
            f"{model}: cannot be exported, expected a trained C of recurrent convolutions with attention. "
            "Choose weights of the spec compact or paper."
        )
        raise WeightsError(message)
    tensors = {
        name: tensor.contiguous() for name, tensor in generator.state_dict().items() if name.startswith("C.")
    }
    return {
        "spec": spec.to_json(),
        "tensors": tensors,
        "long_sides": list(long_sides().values()),
        "quality": quality_at_rest(),
    }


def standalone(model: str | Path) -> Expansion:
    """Return a model, by name or path, as the standalone module that other programs run."""
    return build(pack(model))
