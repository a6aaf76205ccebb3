"""Build the node, and do what its buttons say: the one module that knows Nuke.

The rest of the plug-in is plain Python. Here the knobs of a node become an order for it, and what comes back
becomes knobs again. Functions that touch the tree run in the main thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import nuke

from hdrvid_nuke import colour, command, jobs, live, nktext, panel, reads, session
from hdrvid_nuke.errors import BadKnob, PluginError, RunFailed
from hdrvid_nuke.process import Call, tail
from hdrvid_nuke.runner import Limits, Outcome

_MAKERS: dict[str, Any] = {
    "tab": lambda knob: nuke.Tab_Knob(knob.name, knob.label),
    "divider": lambda knob: nuke.Text_Knob(knob.name, knob.label, ""),
    "label": lambda knob: nuke.Text_Knob(knob.name, knob.label, str(knob.default or "")),
    "button": lambda knob: nuke.PyScript_Knob(knob.name, knob.label, knob.script),
    "file": lambda knob: nuke.File_Knob(knob.name, knob.label),
    "text": lambda knob: nuke.String_Knob(knob.name, knob.label),
    "int": lambda knob: nuke.Int_Knob(knob.name, knob.label),
    "float": lambda knob: nuke.Double_Knob(knob.name, knob.label),
    "bool": lambda knob: nuke.Boolean_Knob(knob.name, knob.label),
    "choice": lambda knob: nuke.Enumeration_Knob(knob.name, knob.label, list(knob.choices)),
}


# --- building


def create() -> Any:
    """Make a node, connect it to what is selected, and open its panel: one undo."""
    selected = nuke.selectedNodes()
    with _one_undo("Create HDRvidExpand"):
        group = nuke.nodes.Group()
        group.setName(f"{nktext.NAME}1")
        build(group)
        if selected:
            group.setInput(0, selected[0])
            group.setXYpos(selected[0].xpos(), selected[0].ypos() + 80)
    if nuke.GUI:
        group.showControlPanel()
    return group


def build(group: Any) -> None:
    """Fill a Group with the knobs and the tree of the node."""
    for layer, channels in live.LAYERS.items():
        nuke.Layer(layer, [f"{layer}.{channel}" for channel in channels])
    for knob in panel.panel():
        _add_knob(group, knob)
    group["knobChanged"].setValue(panel.changed_script())
    group.begin()
    try:
        made: dict[str, Any] = {}
        for item in live.tree():
            made[item.name] = _add_node(item, made)
    finally:
        group.end()
    _enable(group)


def _add_knob(group: Any, knob: panel.Knob) -> None:
    made = _MAKERS[knob.kind](knob)
    if knob.tooltip:
        made.setTooltip(knob.tooltip)
    if knob.kind == "float" and knob.minimum is not None and knob.maximum is not None:
        made.setRange(knob.minimum, knob.maximum)
    if knob.kind not in ("tab", "divider"):
        (made.setFlag if knob.new_line else made.clearFlag)(nuke.STARTLINE)
    if knob.hidden:
        made.setFlag(nuke.INVISIBLE)
    group.addKnob(made)
    if knob.kind in ("file", "text", "int", "float", "bool", "choice") and knob.default is not None:
        made.setValue(knob.default)


def _add_node(item: live.TreeNode, made: dict[str, Any]) -> Any:
    node = getattr(nuke.nodes, item.cls)()
    node.setName(item.name)
    node.readKnobs("\n".join(nktext.knob_lines(item)))
    for index, name in enumerate(item.inputs):
        node.setInput(index, made[name])
    return node


# --- buttons


def press(node: Any, name: str) -> None:
    """Do what a button says; errors become a message box, or an exception where there is no GUI."""
    actions: dict[str, Callable[[], Any]] = {
        "expand": lambda: expand(node),
        "expand_frame": lambda: expand(node, frames=str(int(nuke.frame()))),
        "expand_background": lambda: expand(node, background=True),
        "cancel": lambda: cancel(node),
        "reload": lambda: reload(node),
        "open_log": lambda: _say(_log_text(node)),
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
        _enable(node)


def expand(node: Any, *, frames: str | None = None, background: bool = False) -> Outcome | None:
    """Expand a node's frames, or some frames of the timeline.

    In the GUI the run has a thread of its own and this returns None at once; without one it blocks, and a run
    that fails raises `RunFailed`.
    """
    if session.session_of(node) is not None:
        raise BadKnob(f"{node.name()}: expands already, expected it to be at rest. Cancel it, or wait.")
    run = session.Session(node, _order(node, frames, background=background), edit=_edit)
    if nuke.GUI:
        _set_status(node, "Expanding ...")
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


def reload(node: Any) -> None:
    """Take up the frames that are on disk by now."""
    read = node.node(live.READ)
    if read is None:
        raise BadKnob(f"{node.name()}: has no frames yet, expected an expansion. Press Expand.")
    with _one_undo("Reload HDRvidExpand"):
        _take_up(node, read, nuke.filename(read) or "")
        _name_layers(node, read, expected=bool(node["has_layers"].value()))


def farm(node: Any) -> str:
    """Write the job file and show the command that expands its frames elsewhere."""
    task = _task(node, None)
    where = jobs.run_folder(task.out, node.name())
    text = jobs.farm_command(jobs.write_job(where / "farm.json", task.values), task.frames or "FIRST-LAST")
    if nuke.GUI:
        nuke.getInput("Expand a frame range on another machine:", text)
    else:
        nuke.tprint(text)
    return text


# --- knobs to a job


@dataclass(frozen=True)
class _Task:
    """What a node asks for: the options of the job, without their file."""

    values: dict[str, Any]
    out: Path
    frames: str
    """In written numbers; empty for all of the plate."""
    shift: int
    working: colour.Working
    note: str = ""
    notes: list[str] = field(default_factory=list)
    """What to tell when the run is over."""

    @property
    def has_layers(self) -> bool:
        """Tell whether the frames carry what the live controls need."""
        return bool(self.values.get("layers") == "all")


def _order(node: Any, frames: str | None, *, background: bool) -> session.Order:
    environ = command.clean_environment(os.environ, str(Path(nuke.EXE_PATH).parent))
    arguments = command.find_command(node["command"].getEvaluatedValue() or "", os.environ)
    task = _task(node, frames)
    where = jobs.run_folder(task.out, node.name())
    job = jobs.write_job(where / "job.json", task.values)
    with _no_undo():
        node["run_folder"].setValue(where.as_posix())
    return session.Order(
        call=Call(
            arguments=jobs.expand_arguments(arguments, job),
            environ=environ,
            events=where / "events.jsonl",
            log=where / "log.txt",
        ),
        title=f"{node.name()}: {task.note}" if task.note else node.name(),
        check=lambda: command.check_version(arguments, environ),
        show=lambda path: _show(node, path, task),
        refresh=lambda: node.node(live.READ)["reload"].execute(),
        close=lambda outcome, path, warnings: _close(node, outcome, path, (*warnings, *task.notes)),
        limits=Limits(silence=float(node["silence"].value())),
        background=background,
    )


def _task(node: Any, frames: str | None) -> _Task:
    """Read the knobs; an input that is more than a file is rendered here, and the note says so."""
    values = jobs.option_values(panel.panel(), lambda name: _value(node, name))
    out = jobs.output_folder(node["job_out"].getEvaluatedValue() or "", nuke.root().name())
    script, working = _script_colour(), _working(values)
    values.setdefault("output_space", working.space)
    if working.config and "ocio_config" not in values:
        values["ocio_config"] = working.config
    source, wanted, numbers, note = _source(node, values, frames, out)
    if isinstance(source, reads.Plain) and source.space and "input_space" not in values:
        space = colour.input_space(source.space, script)
        values.update({"input_space": space} if space else {})
    if note:
        values.update(input_space=working.space, overwrite=True)
    values.pop("start_frame", None)
    if numbers.start_frame is not None:
        values["start_frame"] = numbers.start_frame
    written = jobs.shift_range(wanted, numbers.shift) if wanted else ""
    values.update(
        source=source.file if source else node["job_source"].getEvaluatedValue(), out=out.as_posix()
    )
    values.update({"frames": written} if written else {})
    return _Task(values, out, written, numbers.shift, working, note)


def _source(
    node: Any, values: dict[str, Any], frames: str | None, out: Path
) -> tuple[reads.Plain | None, str, reads.Numbering, str]:
    """Return the plate, the frames of the timeline, their numbering, and what was done to get the plate."""
    start = values.get("start_frame")
    if node["source_from"].value() == "file":
        if not (node["job_source"].getEvaluatedValue() or "").strip():
            raise BadKnob("knob 'file': empty, expected a plate. Name one, or set source to input.")
        return None, frames or _range(node, None), reads.Numbering(start, 0), ""
    above = reads.inspect(node.input(0), nuke.filename)
    if above is None:
        raise BadKnob(f"{node.name()}: nothing is connected, expected a Read. Connect one, or name a file.")
    if isinstance(above, reads.Plain):
        wanted = frames or _range(node, above.timeline)
        return above, wanted, reads.numbering(above, start), ""
    tree = node.input(0)
    wanted = frames or _range(node, (int(tree.firstFrame()), int(tree.lastFrame())))
    rendered = _render(node, wanted, out)
    return rendered, wanted, reads.numbering(rendered, None), f"{above.reason}: its input was rendered first"


def _range(node: Any, whole: tuple[int, int] | None) -> str:
    """Return the frames of the timeline that the knobs ask for; nothing for all of a file."""
    mode = node["frame_range"].value()
    if mode == "custom":
        text = str(node["job_frames"].value()).strip()
        if not text:
            raise BadKnob("knob 'custom': empty, expected frames. Write 1001-1100.")
        return text
    if mode == "global":
        whole = int(nuke.root().firstFrame()), int(nuke.root().lastFrame())
    return f"{whole[0]}-{whole[1]}" if whole else ""


def _render(node: Any, wanted: str, out: Path) -> reads.Plain:
    """Render the input to scene-linear half float, in the working space, with a Write that goes again."""
    folder = out / ".hdrvid" / "input"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadKnob(f"{folder}: cannot be made ({error}), expected room for the rendered input.") from error
    _set_status(node, "Rendering the input first ...")
    with _no_undo(), node.parent():
        write = nuke.nodes.Write()
        try:
            write.setInput(0, node.input(0))
            write["file"].setValue(jobs.tcl_text(f"{folder.as_posix()}/input.####.exr"))
            write["file_type"].setValue("exr")
            write["channels"].setValue("rgb")
            write["raw"].setValue(True)
            for first, last, step in jobs.range_parts(wanted):
                nuke.execute(write, first, last, step)
        except RuntimeError as error:
            raise BadKnob(
                f"{node.name()}: its input did not render ({error}). Mend the tree above."
            ) from error
        finally:
            nuke.delete(write)
    first, last = jobs.range_ends(wanted)
    return reads.Plain(f"{folder.as_posix()}/input.####.exr", first, last, first)


def _value(node: Any, name: str) -> Any:
    knob = node[name]
    return knob.getEvaluatedValue() or "" if isinstance(knob, nuke.File_Knob) else knob.value()


def _script_colour() -> colour.ScriptColour:
    root = nuke.root()
    names = ("colorManagement", "OCIO_config", "customOCIOConfigPath", "workingSpaceLUT")
    texts = [str(root[name].value()) if root.knob(name) is not None else "" for name in names]
    custom = root.knob("customOCIOConfigPath")
    if isinstance(custom, nuke.File_Knob):
        texts[2] = custom.getEvaluatedValue() or ""
    return colour.ScriptColour(*texts)


def _working(values: dict[str, Any]) -> colour.Working:
    folders = [Path(nuke.EXE_PATH).parent / "plugins" / "OCIOConfigs" / "configs"]
    found = colour.working(_script_colour(), os.environ, folders)
    asked = values.get("output_space")
    return colour.Working(asked, found.config, asked) if asked else found


# --- frames to the tree


def _show(node: Any, path: str, task: _Task) -> None:
    """Let the frames appear: the internal Read, its file and its space; one undo."""
    with _one_undo(f"Expand {node.name()}"):
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
        _take_up(node, read, pattern, jobs.range_ends(task.frames) if task.frames else None)
        _name_layers(node, read, expected=task.has_layers)


def _add_read(node: Any) -> Any:
    node.begin()
    try:
        read = nuke.nodes.Read()
        read.setName(live.READ)
        node.node(live.HEAD).setInput(0, read)
    finally:
        node.end()
    return read


def _ends(numbers: list[int], task: _Task) -> str:
    ends = [*numbers, *(jobs.range_ends(task.frames) if task.frames else ())]
    return f"{min(ends)}-{max(ends)}"


def _take_up(node: Any, read: Any, pattern: str, more: tuple[int, int] | None = None) -> None:
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


def _name_layers(node: Any, read: Any, *, expected: bool) -> None:
    """Write the layers' names as this Nuke reads them into the tree; without layers it shows the frames.

    Where the current frame is not there yet, the Read knows no channels: then they are named as usual.
    """
    found = live.channel_names(read.channels())
    node["has_layers"].setValue(expected or found is not None)
    for item in live.tree(found) if node["has_layers"].value() else ():
        if item.cls == "Expression":
            node.node(item.name).readKnobs("\n".join(nktext.knob_lines(item)))


def _close(node: Any, outcome: Outcome, path: str, warnings: tuple[str, ...]) -> None:
    """Tell how a run ended, in the node and, where it went wrong, in a message box."""
    with _no_undo():
        read = node.node(live.READ)
        if path and read is not None:
            _take_up(node, read, jobs.pattern_of(path))
            read["on_error"].setValue("error" if outcome.is_good else "checkerboard")
        text = " ".join((outcome.message, *(f"Warning: {warning}" for warning in warnings)))
        _set_status(node, text[:1].upper() + text[1:])
    if nuke.GUI and outcome.kind not in ("finished", "cancelled"):
        nuke.message(f"{node.name()}: {outcome.message}")


# --- small things of Nuke's


def _enable(node: Any) -> None:
    """Grey out what has no effect as the other knobs stand."""
    node["job_source"].setEnabled(node["source_from"].value() == "file")
    node["job_frames"].setEnabled(node["frame_range"].value() == "custom")
    node["live_peak"].setEnabled(bool(node["live_limit"].value()))
    for knob in panel.panel():
        if knob.name.endswith(panel.SET):
            node[knob.name[: -len(panel.SET)]].setEnabled(bool(node[knob.name].value()))


def _set_status(node: Any, text: str) -> None:
    with _no_undo():
        node["status"].setValue(text)


def _log_text(node: Any) -> str:
    where = str(node["run_folder"].value())
    if not where:
        return f"{node.name()}: has not run yet."
    log = Path(where) / "log.txt"
    return f"{log}\n\n{tail(log, lines=30) or 'It is empty: the last run had nothing to tell.'}"


def _say(text: str) -> None:
    (nuke.message if nuke.GUI else nuke.tprint)(text)


def _bar(title: str) -> Any:
    return nuke.ProgressTask(title)


def _edit(function: Callable[[], None]) -> None:
    """Touch the tree from any thread. `executeInMainThread` from the main thread itself would hang Nuke."""
    if threading.current_thread() is threading.main_thread():
        _unless_deleted(function)
    else:
        nuke.executeInMainThread(_unless_deleted, (function,))


def _unless_deleted(function: Callable[[], None]) -> None:
    """Do nothing for a node that was deleted while it ran: Nuke raises ValueError for it."""
    try:
        function()
    except ValueError as error:
        if "not attached" not in str(error):
            raise


@contextmanager
def _one_undo(name: str) -> Iterator[None]:
    nuke.Undo.begin(name)
    try:
        yield
    finally:
        nuke.Undo.end()


@contextmanager
def _no_undo() -> Iterator[None]:
    nuke.Undo.disable()  # counted: an outer one stays
    try:
        yield
    finally:
        nuke.Undo.enable()
