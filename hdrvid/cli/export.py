"""Run `hdrvid export`."""

from __future__ import annotations

from pathlib import Path

import click

from hdrvid.errors import OptionError


@click.command(name="export")
@click.option("--model", default="compact", help="Weights: compact, or a .safetensors file.")
@click.option(
    "--torchscript", type=Path, default=None, help="TorchScript file to write, for Nuke's Inference node."
)
@click.option("--onnx", type=Path, default=None, help="ONNX file to write.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks.")
def command(*, model: str, torchscript: Path | None, onnx: Path | None, verbose: bool) -> None:  # noqa: ARG001
    """Write the network for other programs.

    Beside a TorchScript file lie the script that makes a .cat file of it in NukeX, a folder for Nuke's
    Cattery, and what makes the same file with an older torch.
    """
    if torchscript is None and onnx is None:
        message = "export: nothing to write, expected --torchscript FILE or --onnx FILE. Name one or both."
        raise OptionError(message)
    from hdrvid.export import export_onnx, export_torchscript  # heavy: --help must not wait for it

    if torchscript is not None:
        files = export_torchscript(model, torchscript)
        for path in (files.model, files.weights, files.builder, files.creator, files.cattery):
            click.echo(str(path))
        click.echo(
            f"{files.model.name} is as new as this torch. For Nuke 14, run `python {files.builder.name} "
            f"{files.weights.name} {files.model.name}` there with torch 1.12 (Python 3.9).",
            err=True,
        )
    if onnx is not None:
        click.echo(str(export_onnx(model, onnx)))
