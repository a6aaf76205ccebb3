"""Start a run of a node, follow it to the tree, and cancel it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nuke

from hdrvid_nuke import command, jobs, session
from hdrvid_nuke.errors import BadKnob, RunFailed
from hdrvid_nuke.node.frames import close, refresh, show
from hdrvid_nuke.node.host import edit, label_of, no_undo, set_status
from hdrvid_nuke.node.task import Task, read_task
from hdrvid_nuke.process import Call
from hdrvid_nuke.runner import Limits, Outcome


def expand(node: Any, *, frames: str | None = None, background: bool = False) -> Outcome | None:
    """Expand a node's frames, or some frames of the timeline.

    In the GUI the run has a thread of its own and this returns None at once; without one it blocks, and a run
    that fails raises `RunFailed`.
    """
    _check_rest(node)
    run = session.Session(node, _order(node, frames, background=background), edit=edit)
    if nuke.GUI:
        set_status(node, "Expanding ...")
        run.start(None if background else _bar)
        return None
    outcome = run.work()
    if not outcome.is_good:
        raise RunFailed(f"{node.name()}: {outcome.message}")
    return outcome


def execute(node: Any, first: int, last: int, incr: int = 1) -> None:
    """Expand frames of the timeline, as `nuke.execute` renders them: blocks, raises `RunFailed`."""
    found = nuke.toNode(node) if isinstance(node, str) else node
    if found is None:
        raise BadKnob(f"{node}: no such node, expected an HDRvidExpand. Name one of the script.")
    _check_rest(found)
    run = session.Session(
        found, _order(found, f"{first}-{last}x{incr}", background=False), edit=lambda e: e()
    )
    outcome = run.work()
    if not outcome.is_good:
        raise RunFailed(f"{found.name()}: {outcome.message}")


def cancel(node: Any) -> None:
    """Stop a node's run within two seconds."""
    running = session.session_of(node)
    if running is None:
        raise BadKnob(f"{node.name()}: does not expand, so there is nothing to cancel.")
    running.cancel()


def _check_rest(node: Any) -> None:
    if session.session_of(node) is not None:
        raise BadKnob(f"{node.name()}: expands already, expected it to be at rest. Cancel it, or wait.")


def _order(node: Any, frames: str | None, *, background: bool) -> session.Order:
    environ = command.clean_environment(os.environ, str(Path(nuke.EXE_PATH).parent))
    arguments = command.find_command(node["command"].getEvaluatedValue() or "", os.environ)
    task = read_task(node, frames)
    where = jobs.run_folder(task.out, label_of(node))
    job = jobs.write_job(where / "job.json", task.values)
    with no_undo():
        node["run_folder"].setValue(where.as_posix())
    return session.Order(
        call=Call(
            arguments=jobs.expand_arguments(arguments, job),
            environ=environ,
            events=where / "events.jsonl",
            log=where / "log.txt",
        ),
        title=f"{node.name()}: {task.note}" if task.note else node.name(),
        check=lambda cancelled: command.check_version(arguments, environ, cancelled),
        show=lambda path: show(node, path, task),
        refresh=lambda: refresh(node),
        close=lambda outcome, path, warnings: close(node, outcome, path, (*warnings, *_notes(task, outcome))),
        limits=Limits(silence=float(node["silence"].value())),
        background=background,
    )


def _notes(task: Task, outcome: Outcome) -> list[str]:
    """Return what there is to tell at the end: a rendered input is a new plate, no run goes on from it."""
    starts_over = ["the input is rendered anew for the next run, which starts over."]
    return [*task.notes, *(starts_over if task.note and not outcome.is_good else [])]


def _bar(title: str) -> Any:
    return nuke.ProgressTask(title)
