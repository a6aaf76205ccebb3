"""Nuke's own text, for the fake: nodes are written as copy and save write them, and read back as paste does.

A node is its knobs between braces; a group's nodes stand after it, up to `end_group`; inputs are taken from a
stack. What is pasted is connected to the node that is selected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.nuke_plugin import fake_knobs as k

USER_KNOBS: dict[int, Any] = {1: k.String_Knob, 2: k.File_Knob, 3: k.Int_Knob, 4: k.Enumeration_Knob,
                              6: k.Boolean_Knob, 7: k.Double_Knob, 20: k.Tab_Knob, 22: k.PyScript_Knob,
                              26: k.Text_Knob}  # fmt: skip
"""The kinds of knobs that a user can add, by the numbers of `addUserKnob`."""
_NUMBERS = {kind: number for number, kind in USER_KNOBS.items()}


# --- writing


def written(node: Any) -> str:
    """Return a node as the clipboard holds it."""
    head = ["set cut_paste_input [stack 0]", "version 15.1 v1", "push $cut_paste_input"]
    lines = [*head, *_node_lines(node, inputs=1)]
    return "\n".join([*lines, ""])


def _node_lines(node: Any, inputs: int) -> Iterator[str]:
    yield f"{node.Class()} {{"
    if inputs != 1:
        yield f" inputs {inputs}"
    for name, knob in node.knobs().items():
        if name in node._user_knobs:
            yield f" addUserKnob {{{_user_knob(knob)}}}"
        if not isinstance(knob, (k.Tab_Knob, k.Text_Knob, k.PyScript_Knob)) and knob._state() != "":
            yield f" {name} {_value(knob)}"
    yield " selected true"
    yield f" name {node.name()}"
    yield " xpos {}\n ypos {}".format(*node._position)
    yield "}"
    if node.Class() == "Group":
        yield from _inside(node)
        yield "end_group"


def _inside(group: Any) -> Iterator[str]:
    for node in _upstream_first(group.nodes()):
        above = [other for other in node._inputs if other is not None and not other._deleted]
        yield from (f" push $N{id(other)}" for other in reversed(above))
        yield from (f" {line}" for line in _node_lines(node, inputs=len(above)))
        yield f" set N{id(node)} [stack 0]"


def _upstream_first(nodes: list[Any]) -> list[Any]:
    done: list[Any] = []

    def take(node: Any) -> None:
        if node is not None and node in nodes and node not in done:
            for other in node._inputs:
                take(other)
            done.append(node)

    for node in nodes:
        take(node)
    return done


def _user_knob(knob: Any) -> str:
    parts = [str(_NUMBERS[type(knob)]), knob.name(), f"l {_quoted(knob.label())}"]
    if knob.tooltip():
        parts.append(f"t {_quoted(knob.tooltip())}")
    parts.append("+STARTLINE" if knob.getFlag(k.STARTLINE) else "-STARTLINE")
    parts += ["+HIDDEN"] if knob.getFlag(k.INVISIBLE) else []
    if isinstance(knob, k.Enumeration_Knob):
        parts.append("M {" + " ".join(map(_quoted, knob.values())) + "}")
    if isinstance(knob, (k.PyScript_Knob, k.Text_Knob)):
        parts.append(f"T {_quoted(knob.value())}")
    if isinstance(knob, k.Double_Knob) and knob._range:
        parts.append("R {:g} {:g}".format(*knob._range))
    return " ".join(parts)


def _value(knob: Any) -> str:
    if knob._expression:
        return f"{{{{{_quoted(knob._expression)}}}}}"
    state = knob._state()
    if isinstance(state, bool):
        return str(state).lower()
    return f"{state!r}" if isinstance(state, (int, float)) else _quoted(state)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'([\\"\[\]{}$])', r"\\\1", text).replace("\n", "\\n") + '"'


# --- reading


def pasted(nuke: Any, text: str) -> Any:
    """Run a text; return the last node that it makes outside of groups."""
    selected = nuke.selection[0] if nuke.selection else None
    stacks: list[list[Any]] = [[selected]]
    named: dict[str, Any] = {}
    for words in commands(text):
        _run(nuke, words, stacks, named)
    assert len(stacks) == 1, "a group has no end_group"
    return stacks[0][-1]


def _run(nuke: Any, words: list[str], stacks: list[list[Any]], named: dict[str, Any]) -> None:
    stack = stacks[-1]
    if words[0] == "add_layer":
        nuke.Layer(words[1].split()[0], words[1].split()[1:])
    elif words[0] == "version":
        return
    elif words[0] == "set":
        assert words[2] == "[stack 0]", words
        named[words[1]] = stack[-1] if stack else None
    elif words[0] == "push":
        stack.append(named[words[1][1:]])
    elif words[0] == "end_group":
        stacks.pop()
        nuke._stack[-1].end()
    else:
        node = _made(nuke, words[0], words[1], stack)
        stack.append(node)
        if words[0] == "Group":
            stacks.append([])
            node.begin()


def _made(nuke: Any, cls: str, body: str, stack: list[Any]) -> Any:
    node = nuke._make(cls)
    inputs = 0 if cls == "Input" else 1
    for name, *rest in commands(body):
        if name == "inputs":
            inputs = int(rest[0])
        elif name == "addUserKnob":
            node.addKnob(_user_knob_of(words_of(rest[0])))
        elif name == "name":
            node.setName(rest[0])
        elif name not in ("selected", "xpos", "ypos"):
            node._load(name, rest[0])
    for index in range(min(inputs, len(stack))):
        node.setInput(index, stack.pop())
    return node


def _user_knob_of(words: list[str]) -> Any:
    number, name, *rest = words
    flags = {word for word in rest if re.fullmatch(r"[+-](STARTLINE|HIDDEN)", word)}
    said = {key: rest[index + 1 :] for index, key in enumerate(rest) if key in ("l", "t", "T", "M", "R")}
    label = said["l"][0] if "l" in said else ""
    kind = USER_KNOBS[int(number)]
    more = [words_of(said["M"][0])] if "M" in said else said.get("T", [])[:1]
    knob = kind(name, label, *more)
    knob.setTooltip(said["t"][0] if "t" in said else "")
    if "-STARTLINE" in flags:
        knob.clearFlag(k.STARTLINE)
    if "+HIDDEN" in flags:
        knob.setFlag(k.INVISIBLE)
    if "R" in said:
        knob.setRange(float(said["R"][0]), float(said["R"][1]))
    return knob


def commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of a text, each as its words; a braced word may run over lines."""
    depth, quoted, start = 0, False, 0
    for match in re.finditer(r'\\.|[{}"\n]', text + "\n", re.DOTALL):
        letter = match[0]
        if letter == '"' and not depth:
            quoted = not quoted
        elif letter in "{}" and not quoted:
            depth += 1 if letter == "{" else -1
        elif letter == "\n" and not depth and not quoted:
            words = words_of(text[start : match.start()])
            start = match.end()
            if words:
                yield words
    assert not depth, "braces are not balanced"
    assert not quoted, "quotes are not balanced"


_WORD = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|(\{)|(\[[^\]]*\]|[^\s{"]\S*))', re.DOTALL)


def words_of(line: str) -> list[str]:
    """Split a command into words: quotes and escapes are taken off, what is in braces stays as it is."""
    words, place = [], 0
    while match := _WORD.match(line, place):
        place = match.end()
        if match[2]:
            end = k.closing(line, match.start(2), "{}")
            words.append(line[match.start(2) + 1 : end])
            place = end + 1
        else:
            words.append(_unescaped(match[1]) if match[1] is not None else match[3])
    assert not line[place:].strip(), f"cannot be read: {line[place:]!r}"
    return words


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text, flags=re.DOTALL)
