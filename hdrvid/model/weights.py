"""Weights on disk: safetensors with a header that says what they are. The header is read without torch."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hdrvid.errors import WeightsError
from hdrvid.model.spec import NET_NAMES, GeneratorSpec, NetName

if TYPE_CHECKING:
    import torch

    from hdrvid.model.generator import Generator

FORMAT = "hdrvid-weights-1"
VALUE_RANGE = "scene-linear Rec.709 in, clip point 1.0; stops of gain out, 0 to max_stops"
BUILTIN = MappingProxyType({"compact": Path(__file__).parent / "data" / "compact.safetensors"})
"""Names of the weights that come with hdrvid."""
_PREFIXES = {"L": "L", "C": "C", "R": "R", "mask": "mask_net", "noise": "noise_net"}
"""Of the names of a part's tensors."""
_MAX_HEADER = 10_000_000
_MEND = "Use weights written by hdrvid (see hdrvid.model.save_generator)."


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsInfo:
    """What a weights file says about itself."""

    spec: GeneratorSpec
    licence: str
    training: str
    """How they were trained, in a sentence or two."""
    value_range: str = VALUE_RANGE


def weights_path(name: str | Path) -> Path:
    """Return the file of a built-in name, or the path itself; `WeightsError` if there is none.

    >>> weights_path("compact").name
    'compact.safetensors'
    >>> weights_path("compcat")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.WeightsError: compcat: no such weights; expected a .safetensors file or one of: compact...
    """
    path = BUILTIN.get(str(name), Path(name))
    if not path.is_file():
        known = ", ".join(BUILTIN)
        raise WeightsError(
            f"{name}: no such weights; expected a .safetensors file or one of: {known}. Check the path."
        )
    return path


def weights_hash(name: str | Path) -> str:
    """Return the SHA-256 of a weights file, in hex.

    >>> len(weights_hash("compact"))
    64
    """
    with weights_path(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_weights_info(name: str | Path) -> WeightsInfo:
    """Read the header of a weights file, quickly and without torch; `WeightsError` for what is not ours.

    >>> info = read_weights_info("compact")
    >>> "C" in info.spec.nets, info.value_range == VALUE_RANGE
    (True, True)
    """
    path = weights_path(name)
    metadata = _read_metadata(path)
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"{path}: format {metadata.get('format')!r}; expected {FORMAT!r}. {_MEND}")
    try:
        return WeightsInfo(spec=GeneratorSpec.from_json(metadata["spec"]), licence=metadata["licence"],
                           training=metadata["training"], value_range=metadata["value_range"])  # fmt: skip
    except (KeyError, ValueError) as error:
        raise WeightsError(
            f"{path}: header {error}; expected spec, licence, training, value_range. {_MEND}"
        ) from error


def _read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of a safetensors file: eight bytes of length, then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, _MAX_HEADER)))
        metadata = header.get("__metadata__", {})
    except (OSError, ValueError, AttributeError, struct.error) as error:
        kind = (
            "a pickled checkpoint is never loaded"
            if path.suffix in {".pt", ".pth", ".ckpt"}
            else "not safetensors"
        )
        raise WeightsError(f"{path}: cannot be read ({kind}); expected hdrvid weights. {_MEND}") from error
    if not isinstance(metadata, dict):
        raise WeightsError(f"{path}: foreign header; expected {FORMAT!r}. {_MEND}")
    return metadata


def save_generator(generator: Generator, path: Path, *, licence: str, training: str) -> None:
    """Write a generator as it is trained, before folding: kernels in half precision, the rest in full.

    The file appears whole or not at all.

    >>> import tempfile
    >>> from hdrvid.model.generator import build_generator
    >>> generator = build_generator(GeneratorSpec(width=1, steps=0, norm="none"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "tiny.safetensors")
    ...     save_generator(generator, file, licence="CC0-1.0", training="none")
    ...     read_weights_info(file).licence
    'CC0-1.0'
    """
    from safetensors.torch import save_file

    tensors = {
        name: value.detach().to("cpu", _stored(name, value)).contiguous()
        for name, value in generator.state_dict().items()
        if value.is_floating_point()
    }  # fmt: skip
    metadata = {"format": FORMAT, "spec": generator.spec.to_json(), "licence": licence, "training": training,
                "value_range": VALUE_RANGE}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    save_file(tensors, temporary, metadata)
    temporary.chmod(0o644)  # safetensors leaves it to the owner alone
    temporary.replace(path)


def _stored(name: str, value: torch.Tensor) -> torch.dtype:
    import torch

    is_kernel = value.ndim == 4 or (value.ndim == 2 and name.endswith("weight"))
    return torch.float16 if is_kernel else torch.float32


def load_generator(
    name: str | Path,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    parts: Iterable[NetName] | None = None,
) -> Generator:
    """Load weights by built-in name or path, ready for inference: eval mode, norms folded into the kernels.

    `dtype` is that of the networks (float32 if not given); what goes in and comes out is float32 in any
    case. `parts` are those that will be needed, as far as the file has them; all if not given. A broken or
    foreign file raises `WeightsError`.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from hdrvid.model.attention_r2unet import fold_norms
    from hdrvid.model.generator import build_generator, channels_last

    path = weights_path(name)
    spec = read_weights_info(path).spec
    if parts is not None:
        spec = replace(spec, nets=tuple(net for net in spec.nets if net in set(parts)))
    generator = build_generator(spec)
    left_out = tuple(f"{_PREFIXES[net]}." for net in NET_NAMES if net not in spec.nets and parts is not None)
    try:
        tensors = {
            key: value.float() for key, value in load_file(path).items() if not key.startswith(left_out)
        }
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: {error}; expected a whole file. Fetch it again.") from error
    _check_shapes(path, generator, tensors)
    generator.load_state_dict(tensors, strict=False)
    generator.eval().requires_grad_(requires_grad=False)
    fold_norms(generator)
    return channels_last(generator.to(device, dtype or torch.float32))


def _check_shapes(path: Path, generator: Generator, tensors: dict[str, torch.Tensor]) -> None:
    """Compare the file's tensors with what its own spec builds."""
    expected = {
        key: value.shape for key, value in generator.state_dict().items() if value.is_floating_point()
    }
    got = {key: value.shape for key, value in tensors.items()}
    wrong = sorted(key for key in expected.keys() | got.keys() if expected.get(key) != got.get(key))
    if wrong:
        key = wrong[0]
        raise WeightsError(
            f"{path}: {len(wrong)} tensors do not fit the spec, first {key}: {_shape(got.get(key))}; "
            f"expected {_shape(expected.get(key))}. {_MEND}"
        )
    if broken := sorted(key for key, value in tensors.items() if not bool(value.isfinite().all())):
        raise WeightsError(f"{path}: {broken[0]} holds NaN or infinity; expected finite weights. {_MEND}")


def _shape(shape: torch.Size | None) -> str:
    return "absent" if shape is None else "x".join(map(str, shape))
