"""Hand the generator to other programs: TorchScript for Nuke's Inference node, ONNX for the rest."""

from __future__ import annotations

from hdrvid.export.torchscript import TorchScriptFiles, export_torchscript
from hdrvid.export.write_onnx import export_onnx

__all__ = ["TorchScriptFiles", "export_onnx", "export_torchscript"]
