"""A Nuke that is not there: nodes, groups, undo, threads, written from the published stubs (types-nuke).

`FakeNuke()` stands in for the module `nuke`. What the stubs lack is not here, and a test compares the two, so
that a call which Nuke does not have fails.
"""

from __future__ import annotations

import queue
import re
import threading
from pathlib import Path
from typing import Any

from tests.nuke_plugin import fake_knobs as k
from tests.nuke_plugin import fake_script

_READ = {"file": k.File_Knob, "first": k.Int_Knob, "last": k.Int_Knob, "origfirst": k.Int_Knob,
         "origlast": k.Int_Knob, "frame": k.String_Knob, "raw": k.Boolean_Knob, "reload": k.PyScript_Knob,
         "disable": k.Boolean_Knob, "proxy": k.File_Knob}  # fmt: skip
_EXPRESSION = {f"{kind}{n}": k.String_Knob for n in range(4)
               for kind in ("channel", "expr", "temp_name", "temp_expr")}  # fmt: skip
KNOBS: dict[str, dict[str, Any]] = {
    "Input": {}, "Output": {}, "Dot": {}, "NoOp": {"disable": k.Boolean_Knob},
    "Read": _READ,
    "Write": {"file": k.File_Knob, "file_type": k.String_Knob, "channels": k.String_Knob,
              "raw": k.Boolean_Knob},
    "Expression": _EXPRESSION,
    "Dilate": {"channels": k.String_Knob, "size": k.Double_Knob},
    "Blur": {"channels": k.String_Knob, "size": k.Double_Knob},
    "Switch": {"which": k.Double_Knob},
    "Grade": {"white": k.Double_Knob, "disable": k.Boolean_Knob},
    "Group": {"knobChanged": k.Script_Knob},
    "Root": {"OCIO_config": k.String_Knob, "customOCIOConfigPath": k.File_Knob,
             "colorManagement": k.String_Knob, "workingSpaceLUT": k.String_Knob, "proxy": k.Boolean_Knob},
}  # fmt: skip
"""The node classes that the plug-in uses, and their knobs as the reference guide names them."""
CHOICES = {
    "frame_mode": ["expression", "start at", "offset"],
    "on_error": ["error", "black", "checkerboard", "nearest frame"],
    "colorspace": ["default (linear)", "linear", "sRGB", "rec709", "ACEScg", "scene_linear (ACEScg)"],
}


class Node:
    """A node of the fake."""

    def __init__(self, nuke: FakeNuke, cls: str, parent: Any) -> None:
        self._nuke, self._class, self._parent = nuke, cls, parent
        self._name, self._deleted, self._inputs = "", False, [None] * 10
        self._knobs: dict[str, k.Knob] = {}
        self._user_knobs: set[str] = set()
        self._channels: list[str] = []
        self._position = (0, 0)
        for name, kind in KNOBS[cls].items():
            self.addKnob(kind(name, name))
        if cls == "Read":
            for name, values in CHOICES.items():
                self.addKnob(k.Enumeration_Knob(name, name, values))
        self._user_knobs.clear()

    def _alive(self) -> None:
        if self._deleted:
            raise ValueError("A PythonObject is not attached to a node")

    def _number(self, name: str) -> float:
        """Return what a name in an expression of this node's stands for."""
        node: Any = self
        while "." in name:
            first, _, name = name.partition(".")
            node = node._parent if first == "parent" else node.node(first)
        knob = node[name]
        return float(knob._index() if isinstance(knob, k.Enumeration_Knob) else knob.value())

    def _open(self) -> None:
        """Read the channels of the first frame that exists, named as Nuke's EXR reader does."""
        self._channels = self._nuke._channels_of(self["file"].getEvaluatedValue())

    def Class(self) -> str:  # noqa: N802
        return self._class

    def name(self) -> str:
        self._alive()
        return self._name

    def setName(self, name: str) -> None:  # noqa: N802
        taken = {node._name for node in self._parent._nodes if node is not self}
        stem, number = re.fullmatch(r"(.*?)(\d*)", name).groups()  # type: ignore[union-attr]
        while name in taken:
            number = int(number or 0) + 1
            name = f"{stem}{number}"
        self._name = name

    def fullName(self) -> str:  # noqa: N802
        above = (
            self._parent.fullName() + "." if isinstance(self._parent, Node) and self._parent._parent else ""
        )
        return above + self._name

    def parent(self) -> Any:
        return self._parent

    def input(self, index: int) -> Any:
        self._alive()
        node = self._inputs[index]
        return None if node is None or node._deleted else node

    def setInput(self, i: int, node: Any) -> bool:  # noqa: N802
        self._nuke._in_main_thread()
        self._inputs[i] = node
        self._tell(k.Knob("inputChange"))
        return True

    def _tell(self, knob: k.Knob) -> None:
        """Run the node's code for a knob that changed; Nuke 17 does for any change, also one by a program."""
        script = self._knobs.get("knobChanged")
        if script is not None and script.value() and knob is not script:
            self._nuke._run(script.value(), self, knob)

    def _load(self, name: str, word: str) -> None:
        """Set a knob from a word of the script's text; nothing is told of it."""
        knob = self[name]
        if word.startswith("{"):
            knob._expression = unquoted(word[1:-1])
        else:
            knob._value = knob._taken(word)

    def addKnob(self, knob: Any) -> None:  # noqa: N802
        assert not knob.name() or knob.name() not in self._knobs, f"two knobs {knob.name()!r}"
        knob._node = self
        self._knobs[knob.name()] = knob
        self._user_knobs.add(knob.name())

    def knob(self, p: str) -> Any:
        self._alive()
        return self._knobs.get(p)

    def knobs(self) -> dict[str, Any]:
        return dict(self._knobs)

    def __getitem__(self, name: str) -> Any:
        self._alive()
        if name not in self._knobs:
            raise NameError(f"knob {name} does not exist")
        return self._knobs[name]

    def readKnobs(self, s: str) -> None:  # noqa: N802
        for name, word in fake_script.commands(s):
            self._nuke.Undo._record(f"{self._name}.{name}")
            self._load(name, word)

    def channels(self) -> list[str]:
        return list(self._channels)

    def firstFrame(self) -> int:  # noqa: N802
        above = self.input(0)
        return int(self["first"].value()) if self._class == "Read" else above.firstFrame()

    def lastFrame(self) -> int:  # noqa: N802
        above = self.input(0)
        return int(self["last"].value()) if self._class == "Read" else above.lastFrame()

    def showControlPanel(self) -> None:  # noqa: N802
        self._nuke.shown.append(self)

    def setXYpos(self, x: int, y: int) -> None:  # noqa: N802
        self._position = (x, y)

    def xpos(self) -> int:
        return self._position[0]

    def ypos(self) -> int:
        return self._position[1]


class Group(Node):
    """A group: nodes are made in the one that was begun last."""

    def __init__(self, nuke: FakeNuke, cls: str, parent: Any) -> None:
        self._nodes: list[Node] = []
        super().__init__(nuke, cls, parent)

    def begin(self) -> Group:
        self._nuke._stack.append(self)
        return self

    def end(self) -> None:
        assert self._nuke._stack.pop() is self

    def __enter__(self) -> Group:
        return self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()

    def node(self, s: str) -> Any:
        self._alive()
        return next((node for node in self._nodes if node._name == s and not node._deleted), None)

    def nodes(self) -> list[Node]:
        return [node for node in self._nodes if not node._deleted]


class Root(Group):
    """The script."""

    def name(self) -> str:
        return self._name or "Root"

    def firstFrame(self) -> int:  # noqa: N802
        return self._nuke.project_range[0]

    def lastFrame(self) -> int:  # noqa: N802
        return self._nuke.project_range[1]


class Nodes:
    """Make nodes without a dialog: `nuke.nodes.Read()`."""

    def __init__(self, nuke: FakeNuke) -> None:
        self._nuke = nuke

    def __getattr__(self, item: str) -> Any:
        assert item in KNOBS, f"node class {item}"
        return lambda: self._nuke._make(item)


class Undo:
    """Count what a user would have to undo; changes outside of a group are entries of their own."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.depth = self.off = 0

    def begin(self, name: str = "") -> None:
        if not self.depth and not self.off:
            self.entries.append(name)
        self.depth += 1

    def end(self) -> None:
        self.depth -= 1

    def disable(self) -> None:
        self.off += 1

    def enable(self) -> None:
        self.off -= 1
        assert self.off >= 0

    def _record(self, what: str) -> None:
        if not self.depth and not self.off:
            self.entries.append(what)


class ProgressTask:
    """A progress bar; `press_cancel` stands for its button."""

    made: list[ProgressTask]

    def __init__(self, title: str) -> None:
        self.title, self.pressed = title, False
        self.texts: list[str] = []
        self.percents: list[int] = []
        self.thread = threading.current_thread()

    def setMessage(self, text: str) -> None:  # noqa: N802
        self.texts.append(text)

    def setProgress(self, percent: int) -> None:  # noqa: N802
        assert isinstance(percent, int)
        assert 0 <= percent <= 100
        self.percents.append(percent)

    def isCancelled(self) -> bool:  # noqa: N802
        return self.pressed


class FakeNuke:
    """The module `nuke`."""

    Tab_Knob, Text_Knob, PyScript_Knob = k.Tab_Knob, k.Text_Knob, k.PyScript_Knob
    File_Knob, String_Knob, Int_Knob = k.File_Knob, k.String_Knob, k.Int_Knob
    Double_Knob, Boolean_Knob, Enumeration_Knob = k.Double_Knob, k.Boolean_Knob, k.Enumeration_Knob
    STARTLINE, INVISIBLE = k.STARTLINE, k.INVISIBLE
    EXE_PATH = "/usr/local/Nuke15.1v1/Nuke15.1"

    def __init__(self, script: str = "", *, gui: bool = True, layer_names: str = "nuke") -> None:
        self.GUI, self.Undo, self.nodes = gui, Undo(), Nodes(self)
        self._layer_names = layer_names
        self._root = Root(self, "Root", None)
        self._root._name = script
        self._root["colorManagement"].setValue("Nuke")
        self._root["OCIO_config"].setValue("nuke-default")
        self._root["workingSpaceLUT"].setValue("linear")
        self._stack: list[Group] = [self._root]
        self._this: tuple[Any, Any] = (None, None)
        self._clipboards: dict[str, str] = {}
        self._calls: queue.Queue[tuple[Any, tuple[Any, ...]]] = queue.Queue()
        self.project_range = (1, 4)
        self.shown: list[Node] = []
        self.messages: list[str] = []
        self.printed: list[str] = []
        self.bars: list[ProgressTask] = []
        self.layers: dict[str, list[str]] = {}
        self.executed: list[tuple[str, int, int, int]] = []
        self.current_frame = 1
        self.selection: list[Node] = []
        self.render: Any = None
        self.Undo.entries.clear()

    # what the plug-in calls

    def root(self) -> Root:
        return self._root

    def toNode(self, s: str) -> Any:  # noqa: N802
        node: Any = self._root
        for name in s.split("."):
            node = node.node(name) if node is not None else None
        return node

    def selectedNodes(self) -> list[Node]:  # noqa: N802
        return list(self.selection)

    def nodeCopy(self, s: str) -> bool:  # noqa: N802
        self._clipboards[s] = "".join(fake_script.written(node) for node in self.selection)
        return bool(self.selection)

    def nodePaste(self, s: str) -> Any:  # noqa: N802
        text = self._clipboards[s] if s in self._clipboards else Path(s).read_text(encoding="utf-8")
        self.Undo.begin("paste")
        node = fake_script.pasted(self, text)
        self.Undo.end()
        return node

    def delete(self, n: Any) -> None:
        self._in_main_thread()
        n._deleted = True

    def filename(self, node: Any) -> str | None:
        """Return the file in use, that of the proxy where proxies are on."""
        proxy = node.knob("proxy") if self._root["proxy"].value() else None
        knob = proxy if proxy is not None and proxy.value() else node.knob("file")
        return knob.getEvaluatedValue() if knob is not None else None

    def frame(self) -> int:
        return self.current_frame

    def thisNode(self) -> Any:  # noqa: N802
        return self._this[0]

    def thisKnob(self) -> Any:  # noqa: N802
        return self._this[1]

    def message(self, prompt: str) -> None:
        self._in_main_thread()
        self.messages.append(prompt)

    def getInput(self, prompt: str, default: str = "") -> str:  # noqa: N802
        self.messages.append(f"{prompt} {default}")
        return default

    def tprint(self, *args: Any) -> None:
        self.printed.append(" ".join(map(str, args)))

    def Layer(self, name: str, channels: list[str]) -> None:  # noqa: N802
        self.layers[name] = channels

    def ProgressTask(self, title: str) -> ProgressTask:  # noqa: N802
        self.bars.append(ProgressTask(title))
        return self.bars[-1]

    def execute(self, name: Any, start: int, end: int, incr: int = 1) -> None:
        self._in_main_thread()
        self.executed.append((name["file"].getEvaluatedValue(), start, end, incr))
        if self.render is not None:
            self.render(name["file"].getEvaluatedValue(), range(start, end + 1, incr))

    def executeInMainThread(self, call: Any, args: Any = (), kwargs: Any = None) -> None:  # noqa: N802, ARG002
        assert threading.current_thread() is not threading.main_thread(), "this would hang Nuke"
        self._calls.put((call, args if isinstance(args, tuple) else (args,)))

    # what tests call

    def pump(self, until: Any, seconds: float = 60.0) -> None:
        """Be Nuke's main loop until something is so."""
        for _ in range(int(seconds / 0.02)):
            if until() and self._calls.empty():
                return
            try:
                call, arguments = self._calls.get(timeout=0.02)
            except queue.Empty:
                continue
            call(*arguments)
        raise AssertionError("it did not come to that")

    def _make(self, cls: str) -> Node:
        self._in_main_thread()
        parent = self._stack[-1]
        node = (Group if cls == "Group" else Node)(self, cls, parent)
        parent._nodes.append(node)
        node.setName(cls + "1")
        self.Undo._record(f"create {cls}")
        return node

    def _run(self, script: str, node: Any, knob: Any) -> None:
        before, self._this = self._this, (node, knob)
        try:
            exec(script, {"nuke": self, "__name__": "button"})  # noqa: S102 - as Nuke does
        finally:
            self._this = before

    def _in_main_thread(self) -> None:
        assert threading.current_thread() is threading.main_thread(), "the tree was touched from a thread"

    def _channels_of(self, pattern: str) -> list[str]:
        import OpenEXR

        stem = pattern.partition("%04d")
        frames = sorted(Path(stem[0]).parent.glob(Path(stem[0]).name + "*" + stem[2]))
        if not frames:
            return []
        raw = OpenEXR.File(str(frames[0]), separate_channels=True).channels()
        return sorted(self._renamed(name) for name in raw)

    def _renamed(self, name: str) -> str:
        """Name a channel as Nuke's EXR reader does: R of any layer is red."""
        if self._layer_names == "plain":
            return name if "." in name else "rgba." + name
        layer, _, channel = name.rpartition(".")
        full = {"R": "red", "G": "green", "B": "blue", "A": "alpha"}
        return f"{layer or 'rgba'}.{full.get(channel, channel)}"


def unquoted(word: str) -> str:
    """Return a TCL word without its quotes and escapes."""
    if word.startswith('"') and word.endswith('"'):
        word = word[1:-1]
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], word)
