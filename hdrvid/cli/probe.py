"""Run `hdrvid probe`."""

from __future__ import annotations

import json

import click


@click.command(name="probe")
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--start-frame", type=int, default=1001, show_default=True, help="Number of a video's first frame."
)
@click.option("--input-space", default=None, help="OCIO colour space of the plate, over its tags.")
@click.option("--ocio-config", default=None, help="OCIO config, instead of $OCIO or the built-in one.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks.")
def command(
    source: str,
    *,
    as_json: bool,
    start_frame: int,
    input_space: str | None,
    ocio_config: str | None,
    verbose: bool,  # noqa: ARG001
) -> None:
    """Say what SOURCE is, which colour tags it carries, and what is assumed where they are missing.

    It also counts how much of the plate is clipped, and where: that value belongs in --clip-point.
    """
    from hdrvid.engine import probe  # heavy: --help must not wait for it

    report = probe(source, start_frame=start_frame, input_space=input_space, ocio_config=ocio_config)
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=1, ensure_ascii=False))
        return
    for line in report.lines():
        click.echo(line)
