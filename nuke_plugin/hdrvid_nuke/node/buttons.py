"""Do what the buttons say, and answer a change of a knob."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import nuke

from hdrvid_nuke import jobs, panel
from hdrvid_nuke.errors import PluginError
from hdrvid_nuke.node.build import enable
from hdrvid_nuke.node.frames import reload
from hdrvid_nuke.node.host import label_of, no_undo, say
from hdrvid_nuke.node.runs import cancel, expand
from hdrvid_nuke.node.task import read_task
from hdrvid_nuke.process import tail


def press(node: Any, name: str) -> None:
    """Do what a button says; errors become a message box, or an exception where there is no GUI."""
    actions: dict[str, Callable[[], Any]] = {
        "expand": lambda: expand(node),
        "expand_frame": lambda: expand(node, frames=str(int(nuke.frame()))),
        "expand_background": lambda: expand(node, background=True),
        "cancel": lambda: cancel(node),
        "reload": lambda: reload(node),
        "open_log": lambda: say(_log_text(node)),
        "farm": lambda: farm(node),
    }
    try:
        actions[name]()
    except PluginError as error:
        if not nuke.GUI:
            raise
        nuke.message(f"HDRvid: {error}")


def changed(node: Any, knob: Any) -> None:
    """Answer a change of a knob: only what can be set at all stays enabled."""
    if knob.name() in ("source_from", "frame_range", "live_limit", "showPanel") or knob.name().endswith(
        panel.SET
    ):
        enable(node)


def farm(node: Any) -> str:
    """Write the job file and show the command that expands its frames elsewhere."""
    task = read_task(node, None)
    where = jobs.run_folder(task.out, label_of(node))
    with no_undo():
        node["written_from"].setValue(task.shift)  # for Reload, which places frames that it did not write
    text = jobs.farm_command(jobs.write_job(where / "farm.json", task.values), task.frames or "FIRST-LAST")
    if nuke.GUI:
        nuke.getInput("Expand a frame range on another machine:", text)
    else:
        nuke.tprint(text)
    return text


def _log_text(node: Any) -> str:
    where = str(node["run_folder"].value())
    if not where:
        return f"{node.name()}: has not run yet."
    log = Path(where) / "log.txt"
    if not log.is_file():
        return f"{log}: is not there any more, the folder was moved or emptied. Expand again for a new one."
    return f"{log}\n\n{tail(log, lines=30) or 'It is empty: the last run had nothing to tell.'}"
