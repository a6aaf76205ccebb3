"""Bring frames back to the tree: the internal Read, its range, its space, and how the run ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import nuke

from hdrvid_nuke import colour, jobs, live, nktext, panel
from hdrvid_nuke.errors import BadKnob
from hdrvid_nuke.node.host import file_of, no_undo, one_undo, set_status
from hdrvid_nuke.node.task import Task, task_on_disk
from hdrvid_nuke.runner import FAILED, Outcome
from hdrvid_nuke.session import session_of


def show(node: Any, path: str, task: Task) -> None:
    """Let the frames appear: the internal Read, its file and its space; one undo."""
    with one_undo(f"Expand {node.name()}"):
        read = node.node(live.READ)
        if read is None:
            read = _add_read(node)
        node["written_from"].setValue(task.shift)
        for knob, weight in zip(panel.LUMA_KNOBS, colour.luma_weights(task.working.space)):
            node[knob].setValue(weight)
        pattern = jobs.pattern_of(path)
        read["file"].fromUserText(f"{jobs.tcl_text(pattern)} {_ends(jobs.frames_on_disk(pattern), task)}")
        read["file"].setValue(jobs.beside_script(pattern, nuke.root().name()))
        space = colour.pick(read["colorspace"].values(), task.working.read_space)
        if space is not None:
            read["colorspace"].setValue(space)
        else:
            task.notes.append(
                f"the Read inside has no entry for '{task.working.read_space}': set its colorspace."
            )
        read["raw"].setValue(False)
        read["on_error"].setValue("checkerboard")  # while frames are missing; 'error' when all are there
        take_up(node, read, pattern, jobs.range_ends(task.frames) if task.frames else None)
        name_layers(node, read, expected=task.has_layers)


def _add_read(node: Any) -> Any:
    node.begin()
    try:
        read = nuke.nodes.Read()
        read.setName(live.READ)
        node.node(live.HEAD).setInput(0, read)
    finally:
        node.end()
    return read


def _ends(numbers: list[int], task: Task) -> str:
    ends = [*numbers, *(jobs.range_ends(task.frames) if task.frames else ())]
    return f"{min(ends)}-{max(ends)}"


def take_up(node: Any, read: Any, pattern: str, more: tuple[int, int] | None = None) -> None:
    """Set the Read to the frames on disk and those to come, placed where they belong on the timeline."""
    numbers = [*jobs.frames_on_disk(pattern), *(more or ())]
    if not numbers:
        raise BadKnob(f"{pattern}: no frames on disk, expected some. Press Expand.")
    for name, number in (("first", min(numbers)), ("last", max(numbers))):
        read[name].setValue(number)
        read["orig" + name].setValue(number)
    shift = int(node["written_from"].value())
    read["frame_mode"].setValue("start at" if shift else "expression")
    read["frame"].setValue(str(min(numbers) - shift) if shift else "")
    read["reload"].execute()
    node["has_frames"].setValue(True)


def name_layers(node: Any, read: Any, *, expected: bool) -> None:
    """Write the layers' names as this Nuke reads them into the tree; without layers it shows the frames.

    Where the current frame is not there yet, the Read knows no channels: then they are named as usual.
    """
    found = live.channel_names(read.channels())
    node["has_layers"].setValue(expected or found is not None)
    for item in live.tree(found) if node["has_layers"].value() else ():
        if item.cls == "Expression":
            node.node(item.name).readKnobs("\n".join(nktext.knob_lines(item)))


def refresh(node: Any) -> None:
    """Look again for frames that were missing, unless the Read was taken away by an undo."""
    read = node.node(live.READ)
    if read is not None:
        read["reload"].execute()


def reload(node: Any) -> None:
    """Take up the frames that are on disk by now, also those of a node that never ran here."""
    new = None if node.node(live.READ) is not None else _first_sight(node)
    with one_undo("Reload HDRvidExpand"):
        if new is not None:
            show(node, *new)
        read = node.node(live.READ)
        pattern = file_of(read)
        take_up(node, read, pattern)
        name_layers(node, read, expected=bool(node["has_layers"].value()))
        numbers = jobs.frames_on_disk(pattern)
        if len(numbers) == numbers[-1] - numbers[0] + 1 and session_of(node) is None:
            read["on_error"].setValue("error")
    if session_of(node) is None:
        set_status(node, _with_warnings(f"{jobs.count(numbers)}.", [] if new is None else new[1].notes))


def _first_sight(node: Any) -> tuple[str, Task]:
    """Return a frame that another machine wrote, and the task that it is of."""
    task = task_on_disk(node)
    frame = jobs.newest_frame(task.out)
    if not frame:
        raise BadKnob(f"{node.name()}: has no frames yet, expected some in {task.out}. Press Expand.")
    return frame, task


def close(node: Any, outcome: Outcome, path: str, warnings: tuple[str, ...]) -> None:
    """Tell how a run ended, in the node and, where it went wrong, in a message box."""
    with no_undo():
        read = node.node(live.READ)
        if path and read is not None:
            take_up(node, read, jobs.pattern_of(path))
            read["on_error"].setValue("error" if outcome.is_good else "checkerboard")
        text = _with_warnings(outcome.message, warnings)
        is_of_hdrvid = outcome.kind == FAILED  # such a line begins with the name of a file or an option
        set_status(node, text if is_of_hdrvid else text[:1].upper() + text[1:])
    if nuke.GUI and outcome.kind not in ("finished", "cancelled"):
        nuke.message(f"{node.name()}: {outcome.message}")


def _with_warnings(text: str, warnings: Iterable[str]) -> str:
    return " ".join((text, *(f"Warning: {warning}" for warning in warnings)))
