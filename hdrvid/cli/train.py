"""Run `hdrvid train`."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import click


@click.command(name="train")
@click.option("--config", type=Path, required=True, help="TOML file with every number of the run.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one number of the config.")
@click.option(
    "-o", "--out", type=Path, default=None, help="Folder of checkpoints and logs; the same one resumes."
)
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks.")
def command(*, config: Path, changes: tuple[str, ...], out: Path | None, verbose: bool) -> None:  # noqa: ARG001
    """Train the network on HDR scenes and photographs.

    Run the same command again to go on from the last checkpoint. For several processes start it with
    torchrun.
    """
    from hdrvid.training import load_config, train  # heavy: --help must not wait for it

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = load_config(config, list(changes))
    train(dataclasses.replace(settings, out=out) if out else settings)
