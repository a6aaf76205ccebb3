"""Make a task of the knobs: the job's options, its frames and its plate, rendered where it is no file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nuke

from hdrvid_nuke import colour, jobs, panel, reads
from hdrvid_nuke.errors import BadKnob
from hdrvid_nuke.node.host import file_of, full_size, label_of, no_undo, set_status


@dataclass(frozen=True)
class Task:
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


def task_on_disk(node: Any) -> Task:
    """Return the task whose frames another machine wrote, as the knobs state it; nothing is rendered."""
    values, out, working = _settled(node)
    return Task(values, out, "", int(node["written_from"].value()), working)


def _settled(node: Any) -> tuple[dict[str, Any], Path, colour.Working]:
    """Return the options, the folder and the space, all that does not depend on the input."""
    values = jobs.option_values(panel.panel(), lambda name: _value(node, name))
    out = jobs.output_folder(node["job_out"].getEvaluatedValue() or "", nuke.root().name())
    working = _working(values)
    values.setdefault("output_space", working.space)
    if working.config and "ocio_config" not in values:
        values["ocio_config"] = working.config
    return values, out, working


def read_task(node: Any, frames: str | None) -> Task:
    """Read the knobs; an input that is more than a file is rendered here, and the note says so."""
    values, out, working = _settled(node)
    source, wanted, numbers, note = _source(node, values, frames, out)
    if isinstance(source, reads.Plain) and source.space and "input_space" not in values:
        space = colour.input_space(source.space, _script_colour())
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
    return Task(values, out, written, numbers.shift, working, note)


def _source(
    node: Any, values: dict[str, Any], frames: str | None, out: Path
) -> tuple[reads.Plain | None, str, reads.Numbering, str]:
    """Return the plate, the frames of the timeline, their numbering, and what was done to get the plate."""
    start = values.get("start_frame")
    if node["source_from"].value() == "file":
        if not (node["job_source"].getEvaluatedValue() or "").strip():
            raise BadKnob("knob 'file': empty, expected a plate. Name one, or set source to input.")
        return None, frames or _range(node, None), reads.Numbering(start, 0), ""
    above = reads.inspect(node.input(0), file_of)
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
    label = label_of(node)
    folder = out / ".hdrvid" / label / "input"
    file = f"{folder.as_posix()}/{label}.####.exr"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadKnob(f"{folder}: cannot be made ({error}), expected room for the rendered input.") from error
    set_status(node, "Rendering the input first ...")
    with no_undo(), full_size(), node.parent():
        write = nuke.nodes.Write()
        try:
            write.setInput(0, node.input(0))
            write["file"].setValue(jobs.tcl_text(file))
            write["file_type"].setValue("exr")
            write["channels"].setValue("rgb")
            write["raw"].setValue(True)
            for first, last, step in jobs.range_parts(wanted):
                nuke.execute(write, first, last, step)
        except RuntimeError as error:
            set_status(node, "The input was not rendered.")
            raise BadKnob(_not_rendered(node.name(), str(error))) from error
        finally:
            nuke.delete(write)
    first, last = jobs.range_ends(wanted)
    return reads.Plain(file, first, last, first)


def _not_rendered(name: str, error: str) -> str:
    """Say why an input was not rendered; Nuke raises the same error for its Cancel."""
    if "cancel" in error.lower():
        return f"{name}: cancelled while its input was rendered. Expand again to start over."
    return f"{name}: its input did not render ({error}). Mend the tree above."


def _value(node: Any, name: str) -> Any:
    knob = node.knob(name)
    if knob is None:
        return None  # saved before this option was there
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
