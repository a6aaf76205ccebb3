"""The knobs of the fake Nuke: what the published stubs name, and nothing else."""

from __future__ import annotations

import os
import re
from typing import Any

from tests.nuke_plugin.expressions import evaluate

INVISIBLE, STARTLINE = 0x400, 0x1000


class Knob:
    """A control of a node; every change of a value is told to the fake's undo."""

    def __init__(self, name: str = "", label: str = "", *_: Any) -> None:
        self._name, self._label = name, label
        self._value: Any = ""
        self._expression = ""
        self._tooltip = ""
        self._flags = STARTLINE
        self._enabled = True
        self._node: Any = None

    def name(self) -> str:
        return self._name

    def label(self) -> str:
        return self._label

    def node(self) -> Any:
        return self._node

    def value(self) -> Any:
        return self._value

    def setValue(self, val: Any) -> bool:  # noqa: N802
        if self._node is not None:
            self._node._alive()
            self._node._nuke._in_main_thread()
            self._node._nuke.Undo._record(f"{self._node._name}.{self._name}")
        self._value, self._expression = self._taken(val), ""
        if self._node is not None:
            self._node._tell(self)
        return True

    def _state(self) -> Any:
        """Return the value as it is saved, whatever an expression gives."""
        return self._value

    def _taken(self, val: Any) -> Any:
        return val

    def fromScript(self, script: str) -> None:  # noqa: N802
        self.setValue(script)

    def setExpression(self, expression: str) -> bool:  # noqa: N802
        self._expression = expression
        return True

    def hasExpression(self) -> bool:  # noqa: N802
        return bool(self._expression)

    def setTooltip(self, tooltip: str) -> None:  # noqa: N802
        self._tooltip = tooltip

    def tooltip(self) -> str:
        return self._tooltip

    def setFlag(self, flag: int) -> None:  # noqa: N802
        self._flags |= flag

    def clearFlag(self, flag: int) -> None:  # noqa: N802
        self._flags &= ~flag

    def getFlag(self, flag: int) -> bool:  # noqa: N802
        return bool(self._flags & flag)

    def setEnabled(self, enabled: bool) -> None:  # noqa: N802
        self._enabled = enabled

    def enabled(self) -> bool:
        return self._enabled


class Array_Knob(Knob):  # noqa: N801
    """A number, or an expression that gives one."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._value = 0.0
        self._range: tuple[float, float] | None = None

    def _taken(self, val: Any) -> Any:
        return float(val)

    def value(self) -> Any:
        if self._expression:
            return float(evaluate(self._expression, lambda name: self._node._number(name)))
        return self._value

    def setRange(self, low: float, high: float) -> None:  # noqa: N802
        self._range = (low, high)


class Double_Knob(Array_Knob):  # noqa: N801
    pass


class Int_Knob(Array_Knob):  # noqa: N801
    def _taken(self, val: Any) -> Any:
        return int(float(val))


class Boolean_Knob(Array_Knob):  # noqa: N801
    def _taken(self, val: Any) -> Any:
        return val == "true" if isinstance(val, str) else bool(val)


class Unsigned_Knob(Array_Knob):  # noqa: N801
    pass


class Enumeration_Knob(Unsigned_Knob):  # noqa: N801
    def __init__(self, name: str, label: str, values: list[str]) -> None:
        super().__init__(name, label)
        self._values, self._value = list(values), values[0]

    def _taken(self, val: Any) -> Any:
        text = self._values[val] if isinstance(val, int) else val
        assert text in self._values, f"{self._name}: {val!r} is none of {self._values}"
        return text

    def values(self) -> list[str]:
        return self._values

    def _index(self) -> int:
        return self._values.index(self._value)


class String_Knob(Knob):  # noqa: N801
    def _taken(self, val: Any) -> Any:
        assert isinstance(val, str), f"{self._name}: {val!r} is no text"
        return val


class Text_Knob(Knob):  # noqa: N801
    def __init__(self, name: str = "", label: str = "", text: str = "") -> None:
        super().__init__(name, label)
        self._value = text


class Tab_Knob(Knob):  # noqa: N801
    pass


class Script_Knob(String_Knob):  # noqa: N801
    def __init__(self, name: str = "", label: str = "", script: str = "") -> None:
        super().__init__(name, label)
        self._value = script
        self._runs = 0

    def execute(self) -> None:
        self._runs += 1
        if self._value:
            self._node._nuke._run(self._value, self._node, self)


class PyScript_Knob(Script_Knob):  # noqa: N801
    pass


class EvalString_Knob(String_Knob):  # noqa: N801
    pass


class File_Knob(EvalString_Knob):  # noqa: N801
    """A path with TCL in it: `[file dirname X]`, `[value root.name]` and `[value name]` are known."""

    def getEvaluatedValue(self) -> str:  # noqa: N802
        return technical(tcl(self._value, self._node))

    def fromUserText(self, text: str) -> None:  # noqa: N802
        match = re.fullmatch(r"(.+) (-?\d+)-(-?\d+)", text)
        assert match is not None, text
        self.setValue(match[1])
        for name, number in (("first", match[2]), ("last", match[3])):
            self._node[name].setValue(int(number))
            self._node["orig" + name].setValue(int(number))
        self._node._open()


def technical(text: str) -> str:
    """Return a path as Nuke hands it out: frame tokens in technical notation, `%04d`."""
    return re.sub("#+", lambda match: f"%0{len(match[0])}d", text)


_PART = re.compile(r"\\([\[\]$])|(\[)|(\$\w)")


def tcl(text: str, node: Any) -> str:
    """Evaluate the few TCL commands that the node's paths use; what they give is not evaluated again."""
    made, place = "", 0
    while match := _PART.search(text, place):
        assert not match[3], f"no such TCL variable: {text[match.start() :]}"
        made += text[place : match.start()]
        if match[2]:
            end = closing(text, match.start(), "[]")
            made += _command(text[match.end() : end], node)
            place = end + 1
        else:
            made, place = made + match[1], match.end()
    return made + text[place:]


def closing(text: str, start: int, pair: str) -> int:
    """Return the place of what closes the `pair`, such as `[]`, that opens at `start`."""
    depth = 0
    for match in re.finditer(rf"\\.|[{re.escape(pair)}]", text[start:], re.DOTALL):
        depth += {pair[0]: 1, pair[1]: -1}.get(match[0], 0)
        if not depth:
            return start + match.start()
    raise AssertionError(f"no closing {pair[1]}: {text!r}")


def _command(command: str, node: Any) -> str:
    words = command.split(None, 2)
    if words[:2] == ["file", "dirname"]:
        return os.path.dirname(tcl("".join(words[2:]), node)) or "."  # noqa: PTH120 - TCL's own
    assert words[0] == "value", f"TCL that the fake does not know: [{command}]"
    if words[1] == "root.name":
        return str(node._nuke.root()._name)
    assert words[1] == "name", command
    return str(node.name())
