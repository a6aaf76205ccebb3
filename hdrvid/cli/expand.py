"""Run `hdrvid expand`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hdrvid.cli.options import given, job_options, run_options
from hdrvid.cli.progress import follow
from hdrvid.job import make_job, read_job_file


@click.command(name="expand")
@click.argument("source", required=False)
@job_options()
@click.option(
    "--job", "job_file", type=Path, default=None, help="JSON file with options; the command line wins."
)
@click.option("--dry-run", is_flag=True, help="Print the resolved plan and where each value came from.")
@run_options
def command(**values: Any) -> None:  # noqa: ANN401 - the options of ExpandJob
    """Expand SOURCE to scene-linear EXR frames.

    SOURCE is a video file, an image sequence (plate.####.png, plate.%04d.tif), a folder or a still. Run the
    same command again to finish what was cut short: frames that are done are kept.
    """
    filed = read_job_file(values["job_file"]) if values["job_file"] else {}
    job, origins = make_job(("job file", filed), ("command line", given(values)))
    from hdrvid.engine import prepare, start  # heavy: --help must not wait for it

    if values["dry_run"]:
        with prepare(job, origins=origins) as plan:
            for line in plan.lines():
                click.echo(line)
        return
    follow(start(job, origins=origins), progress=values["progress"], quiet=values["quiet"])
