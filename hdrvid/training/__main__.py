"""Run a training: `python -m hdrvid.training --config configs/compact.toml --set key=value --out DIR`."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import sys
from pathlib import Path

from hdrvid.errors import HdrvidError
from hdrvid.training.config import load_config, resumed_config
from hdrvid.training.trainer import train


def main(arguments: list[str] | None = None) -> int:
    """Parse, train, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hdrvid.training", description=__doc__)
    parser.add_argument("--config", type=Path, help="TOML file of the run; a resumed one has its own")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change one number of it"
    )
    parser.add_argument("--out", type=Path, help="folder of checkpoints and logs; the same folder resumes")
    parser.add_argument("--resume", type=Path, help="go on with the run in this folder; an error without one")
    given = parser.parse_args(arguments)
    if given.config is None and given.resume is None:
        parser.error("one of --config and --resume is required")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        config = (
            resumed_config(given.resume, given.config, given.set)
            if given.resume
            else load_config(given.config, given.set)
        )
        train(dataclasses.replace(config, out=given.out) if given.out else config)
    except HdrvidError as error:
        print(error, file=sys.stderr)  # noqa: T201 - this module is a command
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
