from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hdrvid.errors import WeightsError
from hdrvid.model import (
    SPECS,
    Generator,
    build_generator,
    load_generator,
    read_weights_info,
    save_generator,
    weights_hash,
    weights_path,
)

TINY = replace(SPECS["compact"], width=4, mask_width=2, nets=("C", "mask"))


@pytest.fixture
def trained() -> Generator:
    """Return a generator whose norms and heads are not at their start."""
    torch.manual_seed(0)
    generator = build_generator(TINY)
    assert generator.C is not None
    torch.nn.init.normal_(generator.C.head.weight)
    for _ in range(3):
        generator(torch.rand(2, 3, 32, 32))
    return generator.eval()


@pytest.fixture
def weights(trained: Generator, tmp_path: Path) -> Path:
    """Write it."""
    path = tmp_path / "tiny.safetensors"
    save_generator(trained, path, licence="CC-BY-4.0", training="three steps of noise")
    return path


def test_loaded_weights_predict_what_was_saved(trained: Generator, weights: Path) -> None:
    source = torch.rand(1, 3, 32, 48) * 1.2

    loaded = load_generator(weights)

    with torch.inference_mode():
        before, after = trained.fill(source), loaded.fill(source)
    torch.testing.assert_close(
        after.stops, before.stops, atol=0.02, rtol=0
    )  # kernels are stored in half precision
    assert torch.equal(after.mask, before.mask)


def test_loaded_weights_are_ready_for_inference_only(weights: Path) -> None:
    loaded = load_generator(weights)

    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in loaded.modules())


def test_the_precision_is_that_which_was_asked_for(weights: Path) -> None:
    loaded = load_generator(weights, dtype=torch.bfloat16)

    assert {p.dtype for p in loaded.parameters()} == {torch.bfloat16}


def test_the_header_tells_what_the_weights_are(weights: Path) -> None:
    info = read_weights_info(weights)

    assert info.spec == TINY
    assert (info.licence, info.training) == ("CC-BY-4.0", "three steps of noise")
    assert "scene-linear" in info.value_range


def test_kernels_are_stored_in_half_precision_and_statistics_in_full(weights: Path) -> None:
    kinds = {(value.ndim == 4, value.dtype) for value in load_file(weights).values()}

    assert kinds == {(True, torch.float16), (False, torch.float32)}


def test_no_partial_file_is_left_beside_the_weights(weights: Path) -> None:
    assert [path.name for path in weights.parent.iterdir()] == [weights.name]


def test_everybody_may_read_the_weights(weights: Path) -> None:
    assert weights.stat().st_mode & 0o777 == 0o644


def test_the_hash_is_that_of_the_bytes(weights: Path) -> None:
    assert weights_hash(weights) == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_the_header_is_read_without_torch(weights: Path) -> None:
    code = (
        "import sys; from hdrvid.model import read_weights_info, weights_hash; "
        f"read_weights_info({str(weights)!r}); weights_hash({str(weights)!r}); "
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0


def with_header(path: Path, header: object) -> Path:
    raw = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw)
    return path


def pickled(path: Path) -> Path:
    torch.save({"weight": torch.zeros(3)}, path)
    return path


def foreign(path: Path) -> Path:
    save_file({"conv.weight": torch.zeros(3)}, path)
    return path


def text(path: Path) -> Path:
    path.write_text("these are not weights\n")
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(lambda p: pickled(p / "a.pt"), "a pickled checkpoint is never loaded", id="a pickle"),
        pytest.param(lambda p: foreign(p / "a.safetensors"), "format None", id="another project's tensors"),
        pytest.param(lambda p: text(p / "a.safetensors"), "not safetensors", id="text"),
        pytest.param(lambda p: p, "no such weights", id="a folder"),
        pytest.param(lambda p: p / "b.safetensors", "no such weights", id="nothing"),
        pytest.param(
            lambda p: with_header(p / "a.safetensors", [1]), "not safetensors", id="a list for a header"
        ),
        pytest.param(
            lambda p: with_header(p / "a.safetensors", {"__metadata__": "x"}),
            "foreign header",
            id="a text for metadata",
        ),
        pytest.param(
            lambda p: with_header(p / "a.safetensors", {"__metadata__": {"format": "hdrvid-weights-1"}}),
            "expected spec",
            id="a header without a spec",
        ),
    ],
)
def test_what_is_not_ours_is_refused_in_one_line(make: object, told: str, tmp_path: Path) -> None:
    path: Path = make(tmp_path)  # type: ignore[operator]

    with pytest.raises(WeightsError, match=told) as caught:
        load_generator(path)

    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_was_cut_is_refused(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:-1000])

    with pytest.raises(WeightsError, match="Fetch it again"):
        load_generator(weights)


def change(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Write other tensors under the header of a weights file."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        metadata = json.loads(file.read(length))["__metadata__"]
    save_file(tensors, path, metadata)


def test_a_tensor_of_another_shape_is_named(weights: Path) -> None:
    tensors = load_file(weights)
    change(weights, {**tensors, "C.head.weight": torch.zeros(5, 4, 1, 1)})

    with pytest.raises(WeightsError, match=r"C\.head\.weight: 5x4x1x1; expected 3x4x1x1"):
        load_generator(weights)


def test_a_missing_tensor_is_named(weights: Path) -> None:
    tensors = load_file(weights)
    del tensors["C.head.bias"]
    change(weights, tensors)

    with pytest.raises(WeightsError, match=r"C\.head\.bias: absent; expected 3"):
        load_generator(weights)


def test_weights_that_are_not_finite_are_refused(weights: Path) -> None:
    change(weights, {**load_file(weights), "C.head.bias": torch.full((3,), float("nan"))})

    with pytest.raises(WeightsError, match="NaN"):
        load_generator(weights)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(WeightsError, match="compact"):
        weights_path("compakt")


def test_an_unknown_member_of_the_room_is_an_attribute_error() -> None:
    import hdrvid.model

    with pytest.raises(AttributeError, match="no attribute 'Discriminator'"):
        _ = hdrvid.model.Discriminator


def test_only_the_parts_that_are_needed_are_loaded(tmp_path: Path) -> None:
    torch.manual_seed(6)
    whole = build_generator(replace(SPECS["compact"], width=2))
    save_generator(whole, tmp_path / "four.safetensors", licence="CC0-1.0", training="a test")

    loaded = load_generator(tmp_path / "four.safetensors", parts=("L", "C"))

    assert loaded.spec.nets == ("L", "C")
    assert (loaded.R, loaded.mask_net) == (None, None)
    everything = load_generator(tmp_path / "four.safetensors")
    source = torch.rand(1, 3, 32, 48)
    with torch.inference_mode():
        assert torch.equal(loaded.fill(source).stops, everything.fill(source).stops)


def test_a_part_that_the_file_does_not_have_is_left_out_and_not_made_up(weights: Path) -> None:
    assert not load_generator(weights, parts=("C", "R")).has("R")
