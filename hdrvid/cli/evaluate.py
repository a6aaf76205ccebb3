"""Run `hdrvid evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command(name="evaluate")
@click.option("--scenes", type=Path, multiple=True, help="HDR scene, or folder of them (.exr, .hdr).")
@click.option("--pairs", type=Path, multiple=True, help="Folder of real pairs: NAME/ldr.jpg, NAME/hdr.exr.")
@click.option("--only", "names", multiple=True, help="Only the scene or pair of this name. May be repeated.")
@click.option(
    "--clip", "clips", type=float, multiple=True, default=(0.02, 0.08), show_default=True,
    help="Share of clipped pixels in the simulated pictures. May be repeated.",
)  # fmt: skip
@click.option(
    "--clip-code", type=int, default=250, show_default=True, help="Code, of 255, at which a pair is clipped."
)
@click.option("--wild", is_flag=True, help="Cameras of unknown response, noise and compression as well.")
@click.option("--grain", is_flag=True, help="A short clip of each scene as well, for flicker.")
@click.option(
    "--predictions", multiple=True, metavar="NAME=DIR", help="Score another tool's .exr or .hdr files."
)
@click.option("--model", default="compact", show_default=True, help="Weights; none for the baselines alone.")
@click.option(
    "--linearise", type=click.Choice(["ocio", "learned"]), default="ocio", show_default=True,
    help="learned: the network with its own linearisation as well, filling and everywhere.",
)  # fmt: skip
@click.option(
    "--shoulder",
    "shoulders",
    type=float,
    multiple=True,
    help="The network told of this roll-off as well [stops].",
)
@click.option("--vdp", is_flag=True, help="ColorVideoVDP as well; needs pip install 'hdrvid[evaluation]'.")
@click.option("--pictures", is_flag=True, help="Write the SDR pictures and the truth, for other tools.")
@click.option(
    "--least-share", type=click.FloatRange(0, 1), default=0.8, show_default=True,
    help="Share of the files found that must be usable.",
)  # fmt: skip
@click.option("-o", "--out", type=Path, required=True, help="Folder of report.md, .json and .html.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks.")
def command(*, out: Path, quiet: bool, verbose: bool, pictures: bool, **values: Any) -> None:  # noqa: ANN401, ARG001 - fields of Request
    """Score the network, baselines and other tools against true HDR.

    Scenes are photographed by a simulated camera; pairs are real. The table, JSON and an HTML page with
    pictures go into --out.
    """
    from tqdm import tqdm

    from hdrvid.evaluation import Album, Request, evaluate, tables, write_pictures, write_report

    values["predictions"] = tuple(_named(text) for text in values["predictions"])
    request = Request(**values)
    if pictures:
        write_pictures(request, out / "pictures")
    album = Album()
    with tqdm(total=0, disable=quiet, unit="picture") as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        judged = evaluate(request, show=album.show, progress=progress)
    write_report(judged, album, out)
    if not quiet:
        click.echo("\n".join(tables(judged)))
        for item in judged.skipped:
            click.echo(f"left out: {item.setting}, {item.name}: {item.reason}", err=True)


def _named(text: str) -> tuple[str, Path]:
    """Split NAME=DIR; a folder alone is its own name."""
    name, _, folder = text.rpartition("=")
    return name or Path(folder).name, Path(folder)
