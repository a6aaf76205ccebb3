"""Run `hdrvid train`."""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hdrvid.errors import OptionError

if TYPE_CHECKING:
    from hdrvid.training import Progress, TrainConfig


@click.command(name="train")
@click.option("--config", type=Path, default=None, help="TOML file with every number of the run.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one number of the config.")
@click.option(
    "-o", "--out", type=Path, default=None, help="Folder of checkpoints and logs; the same one resumes."
)
@click.option(
    "--resume", type=Path, default=None, help="Go on with the run in this folder; an error if there is none."
)
@click.option("--quiet", is_flag=True, help="No bar and no log on the terminal.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks.")
def command(
    *,
    config: Path | None,
    changes: tuple[str, ...],
    out: Path | None,
    resume: Path | None,
    quiet: bool,
    verbose: bool,  # noqa: ARG001 - main reads it
) -> None:
    """Train the network on HDR scenes, plates, real pairs and photographs.

    Run the same command again to go on from the last checkpoint, or name the run by --resume: then its own
    settings are used, and a path without a run is an error. For several processes start it with torchrun.
    """
    from hdrvid.training import training_steps  # heavy: --help must not wait for it

    settings = _settings(config, changes, out, resume)
    bar = sys.stderr.isatty() and not quiet
    logging.basicConfig(
        level=logging.WARNING if quiet or bar else logging.INFO, format="%(asctime)s %(message)s"
    )
    follow(training_steps(settings), bar=bar)


def _settings(
    config: Path | None, changes: Iterable[str], out: Path | None, resume: Path | None
) -> TrainConfig:
    """Read the settings of a run from its TOML file, or from its folder if it is resumed."""
    from hdrvid.training import load_config, resumed_config

    if resume is not None and out is not None:
        raise OptionError(
            "train: both --out and --resume; expected one. Leave --out away to go on with a run."
        )
    if resume is not None:
        return resumed_config(resume, config, changes)
    if config is None:
        raise OptionError("train: no --config; expected a TOML file. See configs/compact.toml.")
    settings = load_config(config, changes)
    return dataclasses.replace(settings, out=out) if out else settings


def follow(steps: Iterable[Progress], *, bar: bool) -> None:
    """Take a run to its end behind a bar with the time that is left."""
    from tqdm import tqdm  # heavy: --help must not wait for it

    layout = "{percentage:5.1f}%|{bar}| {elapsed}<{remaining} {postfix}"
    with tqdm(total=1.0, disable=not bar, dynamic_ncols=True, bar_format=layout) as shown:
        for step in steps:
            shown.update(max(step.share - shown.n, 0.0))
            shown.set_postfix(images=step.images, loss=f"{step.loss:.3f}", refresh=False)
