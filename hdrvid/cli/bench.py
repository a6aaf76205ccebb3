"""Run `hdrvid bench`."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(name="bench")
@click.argument("picture", required=False, type=Path)
@click.option("--model", default="compact", help="Weights: compact, or a .safetensors file.")
@click.option("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True, help="Times in turn.")
@click.option("--dry-run", "--quick", is_flag=True, help="Print, and keep nothing.")
@click.option("--forget", is_flag=True, help="Delete what was kept, and measure nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks.")
def command(  # noqa: PLR0913 - one for each option
    picture: Path | None,
    *,
    model: str,
    device: str,
    rounds: int,
    dry_run: bool,
    forget: bool,
    as_json: bool,
    verbose: bool,  # noqa: ARG001
) -> None:
    """Find the fastest precision, threads and batch on this machine, and keep them for later jobs.

    They are timed on PICTURE, a still or a clip's first frame, or on a picture that comes with hdrvid. What
    differs too far from float32 is refused. Jobs use the choice where they leave the option open, and
    `expand --dry-run` says so. It holds for this machine, torch, the weights and the version of hdrvid. Tiles
    are not tried: which are used follows from the frame alone.
    """
    from hdrvid.engine.tuning import forget_tuning, keep_tuning, tuning_path  # heavy: --help must not wait

    path = tuning_path()
    if forget:
        click.echo(f"{path}: {'deleted' if forget_tuning(path) else 'there was none'}")
        return
    from hdrvid.bench import bench

    report = bench(picture, model=model, device=device, rounds=rounds)
    if not dry_run:
        keep_tuning(path, report.conditions, report.tuning)
    kept = "Nothing was kept." if dry_run else f"Kept in {path}."
    if as_json:
        click.echo(json.dumps({**report.to_dict(), "kept": None if dry_run else str(path)}, indent=1))
        return
    for line in (*report.lines(), kept):
        click.echo(line)
