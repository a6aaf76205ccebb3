"""Write the generator for Nuke's Inference node, with what makes a Cattery entry of it."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch

from hdrvid.errors import OutputError
from hdrvid.export import standalone as standalone_file
from hdrvid.export.cattery import write_cattery, write_creator
from hdrvid.export.pack import pack
from hdrvid.export.standalone import build
from hdrvid.model import read_weights_info


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchScriptFiles:
    """Name what was written."""

    model: Path
    """The TorchScript file, by this torch."""
    weights: Path
    builder: Path
    """With `weights` makes the model where an older torch is: `python BUILDER WEIGHTS MODEL`."""
    creator: Path
    """A Nuke script with the CatFileCreator set up."""
    cattery: Path
    """The folder for Nuke's Cattery, but for the .cat file."""


def export_torchscript(model: str | Path, out: Path) -> TorchScriptFiles:
    """Write a model, by name or path, as TorchScript, and beside it what Nuke needs.

    The model takes `1 x 3 x H x W`, scene-linear, and gives `1 x 4 x H x W`: the expanded picture and the
    mask. A folder that cannot be written raises `OutputError`.
    """
    packed = pack(model)
    files = TorchScriptFiles(
        model=out,
        weights=out.with_name(f"{out.stem}.weights.pt"),
        builder=out.with_name("standalone.py"),
        creator=out.with_name(f"{out.stem}_CatFileCreator.nk"),
        cattery=out.with_name("Cattery") / "HDRvid",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's own of TorchScript, which Nuke runs
        scripted = torch.jit.script(build(packed))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        scripted.save(str(out))  # type: ignore[no-untyped-call]
        torch.save(packed, files.weights)
        shutil.copyfile(standalone_file.__file__, files.builder)
        write_creator(files.creator, model=out, cattery=files.cattery)
        write_cattery(files.cattery, licence=read_weights_info(model).licence)
    except (OSError, RuntimeError) as error:
        message = f"{out}: cannot be written ({error}), expected a folder with room. Choose another place."
        raise OutputError(message) from error
    return files
