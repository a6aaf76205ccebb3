"""Start a run from a job, or from a source and options."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from os import PathLike
from typing import Any

from hdrvid.engine.plan import Plan, fill_settings, open_generator, parts_of, prepare
from hdrvid.engine.run import Run
from hdrvid.inference import (
    Expander,
    Machine,
    NetworkExpander,
    NetworkSpace,
    PlainExpander,
    Response,
)
from hdrvid.inference.expander import Predictor
from hdrvid.inference.whole import WholeExpander
from hdrvid.job import ExpandJob, Origin, make_job
from hdrvid.model import Generator, load_generator


def expand(source: str | PathLike[str], out: str | PathLike[str], **options: Any) -> Run:  # noqa: ANN401
    """Expand a plate to scene-linear EXR frames in a folder, in the background.

    The options are those of `hdrvid.job.ExpandJob`. Returns a run: iterate over its events, `cancel()` it,
    or `wait()` for it. A wrong call raises at once; what goes wrong later is raised by the run.
    """
    job, origins = make_job(("call", {**options, "source": str(source), "out": str(out)}))
    return start(job, origins=origins)


def start(job: ExpandJob, *, origins: Mapping[str, Origin] | None = None) -> Run:
    """Resolve a job and start its run."""
    plan = prepare(job, origins=origins)
    try:
        return Run(plan, expanders_of(plan))
    except BaseException:
        plan.source.close()
        raise


def make_expander(
    job: ExpandJob,
    generator: Predictor | None,
    *,
    machine: Machine,
    space: NetworkSpace,
    batch: int = 1,
    response: Response | None = None,
) -> Expander:
    """Return what expands a job's frames: the network, a formula, or neither: the frames as they are."""
    if generator is None:
        return PlainExpander(space=space, layers=job.layers)
    settings = dataclasses.replace(fill_settings(job), response=response, from_rim=job.has_network)
    if isinstance(generator, Generator) and job.blend == "full":
        return WholeExpander(generator, machine=machine, space=space, settings=settings)

    @functools.cache
    def exact() -> Generator:
        return load_generator(job.model, device=machine.device, parts=parts_of(job))

    return NetworkExpander(
        generator, machine=machine, space=space, settings=settings, batch=batch, exact=exact
    )


def expanders_of(plan: Plan) -> list[Expander]:
    """Return an expander for each device of the job; the first has the plan's own generator."""
    job = plan.job
    machines = plan.machines if job.has_network else plan.machines[:1]
    return [
        make_expander(
            job,
            plan.generator if n == 0 else open_generator(job, machine),
            machine=machine,
            space=plan.network_space,
            batch=plan.depths.batch,
            response=plan.response,
        )
        for n, machine in enumerate(machines)
    ]
