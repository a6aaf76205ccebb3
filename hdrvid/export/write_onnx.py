"""Write the generator as ONNX, for programs without torch."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch

from hdrvid.errors import OutputError
from hdrvid.export.pack import standalone
from hdrvid.export.standalone import Full

_OPSET = 18


def export_onnx(model: str | Path, out: Path) -> Path:
    """Write a model, by name or path, as ONNX: `image` 1 x 3 x H x W in, `expanded` 1 x 4 x H x W out.

    Light is scene-linear Rec.709 with the clip point at 1, height and width are free, and the last channel is
    the mask. Needs the packages `onnx` and `onnxscript`; `OutputError` where they are missing.
    """
    example = torch.rand(1, 3, 40, 56)
    free = {"image": {2: torch.export.Dim("height", min=2), 3: torch.export.Dim("width", min=2)}}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("torch.onnx", "onnxscript"):
                logging.getLogger(name).setLevel(logging.ERROR)
            torch.onnx.export(
                Full(standalone(model)),
                (example,),
                out,
                input_names=["image"],
                output_names=["expanded"],
                opset_version=_OPSET,
                dynamic_shapes=free,
                external_data=False,
                verbose=False,
                dynamo=True,
            )
    except ImportError as error:
        message = (
            f"{out}: ONNX needs a package that is missing ({error}). Install it: pip install onnx onnxscript."
        )
        raise OutputError(message) from error
    return out
