"""The standalone model gives what the library gives, at every quality, in half precision, at odd sizes."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hdrvid.colour import open_config, resolve_path
from hdrvid.errors import WeightsError
from hdrvid.export import standalone as module
from hdrvid.export.cattery import gizmo
from hdrvid.export.pack import pack, standalone
from hdrvid.export.standalone import ACESCG_FROM_REC709, REC709_FROM_ACESCG, Expansion
from hdrvid.inference import LONG_SIDE, FillSettings, Machine, NetworkExpander, NetworkSpace, reduction
from hdrvid.job import ExpandJob
from hdrvid.model import GeneratorSpec, build_generator, load_generator, save_generator
from hdrvid.plate import Frame

SIZES = [(37, 53), (64, 96), (7, 90)]
IDENTITY = NetworkSpace(from_output=np.eye(3), to_output=np.eye(3))


def picture(size: tuple[int, int], seed: int = 0) -> torch.Tensor:
    """Return `1 x 3 x H x W` scene-linear, with over-exposed areas and a smooth ramp."""
    generator = torch.Generator().manual_seed(seed)
    light = torch.rand(1, 3, *size, generator=generator) * 0.9
    light[:, :, : size[0] // 2, size[1] // 3 :] = 1.0
    light[:, 0, size[0] // 2 :, : size[1] // 2] = 1.05
    return light


EDGE_TOLERANCE_STOPS = 1e-4


def hard_edge(size: tuple[int, int]) -> torch.Tensor:
    """Return a clipped white lamp beside a wall whose red alone is clipped; no working pixel ends there."""
    light = torch.full((1, 3, *size), 0.1)
    half = size[1] // 2 + 1
    light[:, :, 8:, :half] = 1.0
    light[:, :, 8:, half:] = torch.tensor([1.0, 0.3, 0.2])[:, None, None]
    return light


def expand(model: Expansion, image: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        result: torch.Tensor = model(image)
    return result


def library(weights: Path, image: torch.Tensor, *, space: NetworkSpace = IDENTITY, **settings: Any) -> Any:
    """Return `(4, H, W)`: what `hdrvid expand` would write, and the mask."""
    machine = Machine(device=torch.device("cpu"), dtype=torch.float32)
    expander = NetworkExpander(
        load_generator(str(weights)),
        machine=machine,
        space=space,
        settings=FillSettings(layers="all", **settings),
    )
    (made,) = expander.expand([Frame(number=1, pixels=image[0].numpy(), space="linear")])
    assert made.mask is not None
    return np.concatenate([made.pixels, made.mask[None]])


@pytest.mark.parametrize("name", ["stops", "mu-law"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_it_gives_what_the_library_gives(weights: dict[str, Path], name: str, size: tuple[int, int]) -> None:
    image = picture(size)

    made = expand(standalone(weights[name]), image)

    np.testing.assert_allclose(made[0].numpy(), library(weights[name], image), rtol=1e-4, atol=1e-5)


def test_the_weights_that_are_shipped_give_what_the_library_gives() -> None:
    image = picture((37, 53))

    made = expand(standalone("compact"), image)

    np.testing.assert_allclose(made[0].numpy(), library(Path("compact"), image), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("size", [(39, 1030), (803, 47)], ids=str)
@pytest.mark.parametrize(("quality", "number"), [("draft", 0), ("standard", 1), ("full", 2)])
def test_every_quality_gives_what_the_library_gives(
    weights: dict[str, Path], quality: str, number: int, size: tuple[int, int]
) -> None:
    image = picture(size)
    model = standalone(weights["stops"])

    model.quality = number

    wanted = library(weights["stops"], image, quality=quality)
    np.testing.assert_allclose(expand(model, image)[0].numpy(), wanted, rtol=2e-4, atol=1e-4)


@pytest.mark.parametrize("size", [(39, 1030), (110, 330)], ids=str)
@pytest.mark.parametrize(("quality", "number"), [("standard", 1), ("full", 2)])
def test_an_even_slope_goes_on_as_the_library_carries_it(
    size: tuple[int, int], quality: str, number: int
) -> None:
    rows, columns = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    light = (1.4 * columns / size[1] + 0.1 * rows / size[0]).clamp(max=1.0).expand(1, 3, *size).contiguous()
    model = standalone("compact")
    model.quality = number

    expected = library(Path("compact"), light, quality=quality)

    np.testing.assert_allclose(expand(model, light)[0].numpy(), expected, rtol=1e-3, atol=1e-4)
    assert (np.diff(expected[1, size[0] // 2]) > -1e-3).all()


@pytest.mark.parametrize(("quality", "number"), [("draft", 0), ("standard", 1)])
def test_beside_a_hard_edge_gains_are_carried_as_the_library_carries_them(quality: str, number: int) -> None:
    """With the weights that are shipped; a bilinear carry would differ by stops along the edge."""
    image = hard_edge((48, 960))
    model = standalone("compact")
    model.quality = number

    made = expand(model, image)[0].numpy()

    wanted = library(Path("compact"), image, quality=quality)
    apart = np.abs(np.log2(made[:3].clip(2**-12)) - np.log2(wanted[:3].clip(2**-12)))
    assert (wanted[:3] > 1.1).any()
    assert apart.max() < EDGE_TOLERANCE_STOPS


def test_its_knobs_are_the_options_of_the_command(weights: dict[str, Path]) -> None:
    image = picture((40, 56)) * 0.8
    model = standalone(weights["stops"])

    model.clip_point, model.gain, model.mix, model.max = 0.8, 1.25, 0.6, 3.0

    wanted = library(weights["stops"], image, clip_point=0.8, highlight_gain=1.25, mix=0.6, peak=3.0)
    np.testing.assert_allclose(expand(model, image)[0].numpy(), wanted, rtol=2e-4, atol=1e-4)


@pytest.mark.parametrize("partly_clipped", ["auto", "keep"])
@pytest.mark.parametrize("shoulder", [0.4, 2.5])
@pytest.mark.parametrize("quality", ["draft", "full"])
def test_a_roll_off_is_undone_as_the_library_does(
    weights: dict[str, Path], quality: str, shoulder: float, partly_clipped: str
) -> None:
    image = picture((300, 41))
    image[:, 2, :200] *= 0.85  # clouds: white, and not clipped in blue
    model = standalone(weights["stops"])

    model.quality, model.shoulder = list(LONG_SIDE).index(quality), shoulder
    model.keep_known = partly_clipped == "keep"

    wanted = library(
        weights["stops"], image, quality=quality, shoulder=shoulder, partly_clipped=partly_clipped
    )
    np.testing.assert_allclose(expand(model, image)[0].numpy(), wanted, rtol=5e-4, atol=2e-4)


def test_a_picture_in_acescg_is_expanded_as_the_library_does(weights: dict[str, Path]) -> None:
    path = resolve_path(
        open_config(), encoding="srgb", primaries="bt709", input_space=None, output_space="ACEScg"
    )
    space = NetworkSpace(from_output=path.network_from_output, to_output=path.output_from_network)
    image = module.times(ACESCG_FROM_REC709, picture((40, 56)))
    model = standalone(weights["stops"])

    model.working_acescg = True

    wanted = library(weights["stops"], image, space=space)
    np.testing.assert_allclose(expand(model, image)[0].numpy(), wanted, rtol=1e-3, atol=1e-3)


def test_the_matrices_are_inverses_and_keep_white() -> None:
    into, back = np.array(REC709_FROM_ACESCG), np.array(ACESCG_FROM_REC709)

    np.testing.assert_allclose(into @ back, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(back.sum(axis=1), 1, atol=1e-6)


def test_well_exposed_pixels_come_back_bit_for_bit(weights: dict[str, Path]) -> None:
    image = picture((40, 56))

    made = expand(standalone(weights["stops"]), image)

    dark = (image < 0.8).all(dim=1)[0]
    assert torch.equal(made[0, :3, dark], image[0, :, dark])
    assert (made[0, 3, dark] == 0).all()


def test_half_precision_is_within_half_precision_and_of_its_type(weights: dict[str, Path]) -> None:
    image = picture((37, 53)).half()
    whole = expand(standalone(weights["stops"]), image.float())

    half = expand(standalone(weights["stops"]).half(), image)

    assert half.dtype == torch.float16
    assert half.isfinite().all()
    np.testing.assert_allclose(half.float().numpy(), whole.numpy(), rtol=2e-2, atol=5e-3)


def test_light_beyond_half_float_is_held_to_it(weights: dict[str, Path]) -> None:
    model = standalone(weights["stops"])
    model.gain = 30.0

    assert expand(model.half(), picture((40, 56)).half()).isfinite().all()


def test_a_fourth_channel_is_ignored(weights: dict[str, Path]) -> None:
    image = picture((32, 32))

    with_alpha = expand(standalone(weights["stops"]), torch.cat([image, torch.ones(1, 1, 32, 32)], dim=1))

    assert torch.equal(with_alpha, expand(standalone(weights["stops"]), image))


def test_a_quality_beyond_the_list_is_the_nearest_of_it(weights: dict[str, Path]) -> None:
    model = standalone(weights["stops"])

    model.quality = 99

    assert model.reduction(2160, 3840) == 1


@pytest.mark.parametrize("quality", LONG_SIDE)
def test_working_sizes_are_those_of_the_library(weights: dict[str, Path], quality: str) -> None:
    model = standalone(weights["stops"])
    model.quality = list(LONG_SIDE).index(quality)

    for size in ((1080, 1920), (1920, 1080), (720, 1280), (240, 240), (401, 3), (2160, 3840)):
        assert model.reduction(*size) == reduction(*size, quality)


def test_a_working_size_that_changes_in_the_library_changes_in_what_is_written(
    weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LONG_SIDE, "draft", 123)

    assert standalone(weights["stops"]).long_sides[0] == 123
    assert "in pixels: 0 is 123, 1 is" in gizmo()


def test_no_working_size_is_typed_in_the_files_that_are_written() -> None:
    for path in Path(module.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for side in filter(None, LONG_SIDE.values()):
            assert not re.search(rf"(?<![\d.]){side}(?!\d)", text.replace("code 240", "")), (path, side)


def test_the_help_of_the_option_names_the_sizes_of_the_library() -> None:
    """The job lies below the network in the house, so its text cannot be made of the numbers."""
    (text,) = (item.metadata["help"] for item in fields(ExpandJob) if item.name == "quality")

    assert {int(number) for number in re.findall(r"\d+", text)} == set(filter(None, LONG_SIDE.values()))


def test_the_quality_at_rest_is_that_of_the_command(weights: dict[str, Path]) -> None:
    job = ExpandJob(source="plate.mov", out="exr")

    assert list(LONG_SIDE)[standalone(weights["stops"]).quality] == job.quality


def test_weights_without_a_correction_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mask.safetensors"
    spec = GeneratorSpec(width=4, steps=0, norm="none", nets=("mask",))
    save_generator(build_generator(spec), path, licence="test", training="none")

    with pytest.raises(WeightsError, match="cannot be exported, expected a trained C"):
        pack(path)


def test_the_file_needs_torch_alone_and_an_old_python() -> None:
    text = Path(module.__file__).read_text(encoding="utf-8")

    imported = set()
    for item in ast.walk(ast.parse(text, feature_version=(3, 7))):
        if isinstance(item, ast.Import | ast.ImportFrom):
            names = [a.name for a in item.names] if isinstance(item, ast.Import) else [item.module or ""]
            imported |= {name.partition(".")[0] for name in names}
    assert imported == {"json", "sys", "typing", "torch"}
