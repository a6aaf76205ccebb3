"""What `hdrvid export` writes: loaded, parsed and looked at."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import nkparser
import numpy as np
import OpenImageIO as oiio  # noqa: N813 - the name that the library goes by
import pytest
import torch
from click.testing import CliRunner

from hdrvid.cli.export import command
from hdrvid.errors import OptionError, OutputError
from hdrvid.export import TorchScriptFiles, export_onnx, export_torchscript
from hdrvid.export.cattery import CHANNELS_IN, CHANNELS_OUT, knobs
from hdrvid.export.pack import standalone
from hdrvid.export.standalone import Expansion, Full
from tests.export.test_standalone import expand, picture

OLD_TORCH = os.environ.get("HDRVID_OLD_TORCH_PYTHON")
INFERENCE_CHANNELS = {
    "rgba.red", "rgba.green", "rgba.blue", "rgba.alpha", "depth.Z", "forward.u", "forward.v", "backward.u",
    "backward.v", "deep.front", "deep.back", "disparityL.x", "disparityL.y", "disparityR.x", "disparityR.y",
    "mask.a", "rotopaint_mask.a", "mask_planartrack.a", "mask_splinewarp.a",
}  # fmt: skip
"""Those that the appendix of Foundry's .cat guide lists."""


@pytest.fixture(scope="module")
def files(weights: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> TorchScriptFiles:
    """Return a written export."""
    return export_torchscript(weights["stops"], tmp_path_factory.mktemp("export") / "my model.pt")


@pytest.fixture
def loaded(files: TorchScriptFiles) -> Iterator[Any]:
    """Return the model as `torch.jit.load` gives it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield torch.jit.load(str(files.model))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("size", [(37, 53), (64, 64), (3, 5), (21, 900)], ids=str)
def test_the_loaded_model_gives_what_the_library_gives(
    loaded: Any, weights: dict[str, Path], size: tuple[int, int]
) -> None:
    image = picture(size)

    made = expand(loaded, image)

    assert made.shape == (1, 4, *size)
    torch.testing.assert_close(made, expand(standalone(weights["stops"]), image), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [(37, 53), (21, 900)], ids=str)
def test_the_loaded_model_runs_in_half_precision(
    loaded: Any, weights: dict[str, Path], size: tuple[int, int]
) -> None:
    image = picture(size).half()

    made = expand(loaded.half(), image)

    assert made.dtype == torch.float16
    wanted = expand(standalone(weights["stops"]), image.float())
    torch.testing.assert_close(made.float(), wanted, rtol=2e-2, atol=5e-3)


@pytest.mark.parametrize("name", [knob[1] for knob in knobs()])
def test_every_knob_is_an_attribute_that_can_be_set_after_loading(loaded: Any, name: str) -> None:
    before = getattr(loaded, name)

    setattr(loaded, name, type(before)(1))

    assert getattr(loaded, name) == 1
    assert expand(loaded, picture((32, 32))).isfinite().all()


def test_every_typed_attribute_of_the_model_has_a_knob() -> None:
    assert set(get_type_hints(Expansion)) - set(get_type_hints(torch.nn.Module)) == {k[1] for k in knobs()}


def test_a_knob_that_is_set_after_loading_changes_the_picture(loaded: Any) -> None:
    before = expand(loaded, picture((32, 32)))

    loaded.mix = 0.0

    after = expand(loaded, picture((32, 32)))
    assert not torch.equal(before, after)
    assert torch.equal(after[:, :3], picture((32, 32)))


def test_the_kinds_and_defaults_of_knobs_are_those_of_the_attributes(loaded: Any) -> None:
    kinds = {7: float, 3: int, 6: bool}
    for kind, name, _, _, value, _ in knobs():
        attribute = getattr(loaded, name)
        assert type(attribute) is kinds[kind], name
        assert attribute == kinds[kind](float(value or 0)), name


@pytest.mark.skipif(OLD_TORCH is None, reason="HDRVID_OLD_TORCH_PYTHON names no Python with torch 1.12")
@pytest.mark.parametrize("shoulder", [0.0, 1.5])
def test_an_old_torch_makes_and_runs_the_model(
    files: TorchScriptFiles, weights: dict[str, Path], tmp_path: Path, shoulder: float
) -> None:
    assert OLD_TORCH is not None
    image = picture((21, 900))  # larger than the network sees, so that gains are carried
    np.save(tmp_path / "image.npy", image.numpy())
    made, program = (
        tmp_path / "old.pt",
        (
            "import numpy, sys, torch; model = torch.jit.load(sys.argv[1])\n"
            f"model.shoulder, model.working_acescg = {shoulder}, {shoulder > 0}\n"
            "numpy.save(sys.argv[3], model(torch.from_numpy(numpy.load(sys.argv[2]))).detach().numpy())"
        ),
    )

    subprocess.run([OLD_TORCH, files.builder, files.weights, made], check=True)
    subprocess.run(
        [OLD_TORCH, "-c", program, made, tmp_path / "image.npy", tmp_path / "made.npy"], check=True
    )

    model = standalone(weights["stops"])
    model.shoulder, model.working_acescg = shoulder, shoulder > 0
    wanted = expand(model, image).numpy()
    np.testing.assert_allclose(np.load(tmp_path / "made.npy"), wanted, rtol=1e-4, atol=1e-5)


def test_the_creator_script_names_the_model_and_channels_that_nuke_knows(files: TorchScriptFiles) -> None:
    text = files.creator.read_text(encoding="utf-8")
    (creator,) = nkparser.Script.from_string(text).all_nodes()
    values = {knob.name: knob.value.raw for knob in creator.knobs}

    assert creator.class_name == "CatFileCreator"
    assert values["torchScriptFile"].endswith('/my model.pt"')
    assert values["catFile"].endswith('/Cattery/HDRvid/HDRvid.cat"')
    assert set(CHANNELS_IN.split(",")) | set(CHANNELS_OUT.split(",")) <= INFERENCE_CHANNELS
    assert (values["channelsIn"], values["channelsOut"]) == (CHANNELS_IN, CHANNELS_OUT)


def test_creator_and_gizmo_have_the_same_knobs(files: TorchScriptFiles) -> None:
    for path in (files.creator, files.cattery / "HDRvid.gizmo"):
        text = path.read_text(encoding="utf-8")
        for kind, name, *_ in knobs():
            assert f" addUserKnob {{{kind} {name} l " in text, path


def test_the_gizmo_is_balanced_and_its_links_name_knobs_that_it_has(files: TorchScriptFiles) -> None:
    text = (files.cattery / "HDRvid.gizmo").read_text(encoding="utf-8")
    flat = text.replace("Gizmo {", "NoOp {", 1).replace("\nend_group\n", "\n")
    script = nkparser.Script.from_string(flat)

    assert [d.code for d in script.diagnostics if d.code != "missing-root"] == []
    inference = script.find("Inference1")
    assert inference is not None
    for _, name, *_ in knobs():
        assert f"  {name} {{{{parent.{name}}}}}" in text


def test_the_cattery_entry_points_at_files_that_are_there(files: TorchScriptFiles) -> None:
    about = json.loads((files.cattery / "cat.json").read_text(encoding="utf-8"))

    (entry,) = about["cats"]
    assert (files.cattery / entry["filepath"]).is_file()
    assert (files.cattery / entry["icon"]).is_file()


@pytest.mark.parametrize(("name", "size"), [("HDRvid.png", 24), ("HDRvid@2x.png", 48)])
def test_an_icon_is_a_picture_of_its_size(files: TorchScriptFiles, name: str, size: int) -> None:
    buffer = oiio.ImageBuf(str(files.cattery / name))
    pixels = buffer.get_pixels(oiio.FLOAT)

    assert pixels is not None, buffer.geterror()
    assert pixels.shape == (size, size, 4)
    assert pixels[size // 2, size // 2].min() > 0.9
    assert pixels[0, 0, 3] == 0


def test_the_readme_states_the_licence_of_the_weights(files: TorchScriptFiles) -> None:
    assert "CC0 test" in (files.cattery / "README.md").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_told(weights: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OutputError, match="cannot be written"):
        export_torchscript(weights["stops"], tmp_path / "file" / "model.pt")


@pytest.mark.slow
def test_onnx_gives_what_the_library_gives_at_sizes_that_it_was_not_made_with(
    weights: dict[str, Path], tmp_path: Path
) -> None:
    onnxruntime = importlib.import_module("onnxruntime")

    path = export_onnx(weights["stops"], tmp_path / "model.onnx")

    session = onnxruntime.InferenceSession(str(path))
    model = Full(standalone(weights["stops"]))
    for size in ((40, 56), (37, 53), (64, 128), (3, 5)):
        image = picture(size)
        (made,) = session.run(None, {"image": image.numpy()})
        with torch.no_grad():
            wanted = model(image)
        np.testing.assert_allclose(made, wanted.numpy(), rtol=1e-3, atol=1e-4)


def test_the_picture_for_onnx_is_that_of_the_command_at_rest(weights: dict[str, Path]) -> None:
    model, image = standalone(weights["stops"]), picture((40, 56))
    model.quality = 2

    with torch.no_grad():
        full = Full(model)(image)

    torch.testing.assert_close(full, expand(model, image), rtol=1e-5, atol=1e-5)


def test_the_command_lists_what_it_wrote_and_tells_of_older_torches(
    weights: dict[str, Path], tmp_path: Path
) -> None:
    arguments = ["--model", str(weights["stops"]), "--torchscript", str(tmp_path / "m.pt")]

    done = CliRunner().invoke(command, arguments)

    assert done.exit_code == 0
    written = [Path(line) for line in done.stdout.splitlines()]
    assert len(written) == 5
    assert all(path.exists() for path in written)
    assert "torch 1.12" in done.stderr


def test_the_command_without_a_file_to_write_is_a_wrong_call() -> None:
    done = CliRunner().invoke(command, [])

    assert isinstance(done.exception, OptionError)
