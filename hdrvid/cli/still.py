"""Run `hdrvid still`."""

from __future__ import annotations

from typing import Any

import click

from hdrvid.cli.options import given, job_options, run_options, split_still
from hdrvid.cli.progress import follow
from hdrvid.errors import OptionError
from hdrvid.job import make_job


@click.command(name="still")
@click.argument("source", metavar="SOURCE@FRAME")
@job_options(leave_out=("frames",))
@run_options
def command(source: str, **values: Any) -> None:  # noqa: ANN401 - the options of ExpandJob
    """Expand one frame of a clip, to the same pixels as the whole run.

    FRAME is the number in written names: the first frame of a video is 1001. A still picture needs none. The
    frame is written to --out, by default the folder you stand in.
    """
    path, number = split_still(source)
    still = {
        "source": path,
        "out": values.pop("out") or ".",
        "frames": None if number is None else str(number),
    }
    job, origins = make_job(("command line", {**given(values), **still, "strict": True}))
    from hdrvid.engine import start  # heavy: --help must not wait for it
    from hdrvid.sources import is_still

    if number is None and not is_still(path):
        message = f"{path}: has many frames, expected one of them. Write {path}@1001."
        raise OptionError(message)
    follow(start(job, origins=origins), progress=values["progress"], quiet=values["quiet"])
