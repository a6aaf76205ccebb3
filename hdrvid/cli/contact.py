"""Run `hdrvid contact`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="contact")
@click.argument("source")
@click.argument("exr_folder", type=Path)
@click.option("-o", "--out", type=Path, required=True, help="PNG file to write.")
@click.option(
    "--frames", default=None, help="Frames to show; without it the first, the middle and the last one."
)
@click.option("--ocio-config", default=None, help="OCIO config, instead of the one that the frames name.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks.")
def command(
    source: str,
    exr_folder: Path,
    *,
    out: Path,
    frames: str | None,
    ocio_config: str | None,
    verbose: bool,  # noqa: ARG001 - read by hdrvid.cli.main
) -> None:
    """Put the SDR source, the result at 0, -2 and -4 stops and the mask of a few frames in one picture.

    SOURCE is the plate, EXR_FOLDER holds the frames that `hdrvid expand` made of it.
    """
    from hdrvid.preview import contact_sheet  # heavy: --help must not wait for it

    written = contact_sheet(source, exr_folder, out, frames=frames, ocio_config=ocio_config)
    click.echo(f"hdrvid: contact sheet in {written}", err=True)
