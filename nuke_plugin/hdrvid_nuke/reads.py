"""Tell what the node's input is: a file that hdrvid can read, or a tree that has to be rendered first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Protocol

PASSING = ("Dot", "NoOp", "PostageStamp", "Backdrop")
"""Classes that hand their input on as it is."""

_SHIFT = re.compile(r"\s*(?:frame|t)?\s*(?:([+-])\s*(\d+))?\s*\Z")
_SEQUENCE = re.compile(r"#+|%0?\d*d")
_DEFAULT = re.compile(r"default\b")
_LONGEST_CHAIN = 1000


class KnobLike(Protocol):
    """A knob of Nuke, as far as it is read here."""

    def value(self) -> Any:
        """Return its value."""


class NodeLike(Protocol):
    """A node of Nuke, as far as it is read here."""

    def Class(self) -> str:  # noqa: N802 - Nuke's name
        """Return its class."""

    def name(self) -> str:
        """Return its name."""

    def input(self, index: int) -> Any:
        """Return what is connected."""

    def knob(self, name: str) -> Any:
        """Return a knob, None where there is none."""


@dataclass(frozen=True)
class Plain:
    """A Read whose file hdrvid can read in its place.

    Frame T of the timeline is frame T + `shift` of the file; `first` and `last` are frames of the file.
    """

    file: str
    first: int
    last: int
    file_first: int
    shift: int = 0
    space: str = ""
    """The colour space that the artist chose, empty where the Read decides by itself."""

    @property
    def is_sequence(self) -> bool:
        """Tell whether the file's frames have numbers of their own."""
        return bool(_SEQUENCE.search(self.file.replace("\\", "/").rpartition("/")[2]))

    @property
    def timeline(self) -> tuple[int, int]:
        """Return the first and the last frame on the timeline."""
        return self.first - self.shift, self.last - self.shift


@dataclass(frozen=True)
class Tree:
    """An input that is more than a file; `reason` says what."""

    reason: str


def inspect(node: NodeLike | None, filename: Callable[[Any], str]) -> Plain | Tree | None:
    """Return what lies above a node's input: a plain Read, a tree, or nothing at all.

    `filename` gives a Read's evaluated name, with its frame token.
    """
    for _ in range(_LONGEST_CHAIN):
        if node is None:
            return None
        if node.Class() == "Read" and not _is_disabled(node):
            return _read(node, filename(node))
        if node.Class() not in PASSING and not _is_disabled(node):
            return Tree(f"{node.name()} ({node.Class()}) changes the picture")
        node = node.input(0)
    return Tree("the tree is too deep")


def _is_disabled(node: NodeLike) -> bool:
    return bool(_value(node, "disable", default=False))


def _read(node: NodeLike, file: str) -> Plain | Tree:
    if not file:
        return Tree(f"{node.name()} names no file")
    first, last = int(_value(node, "first", 1)), int(_value(node, "last", 1))
    shift = _shift(str(_value(node, "frame_mode", "expression")), str(_value(node, "frame", "") or ""), first)
    if shift is None:
        return Tree(f"{node.name()} is retimed by '{_value(node, 'frame', '')}'")
    space = str(_value(node, "colorspace", "") or "")
    return Plain(
        file=file.replace("\\", "/"),
        first=first,
        last=last,
        file_first=int(_value(node, "origfirst", first)),
        shift=shift,
        space="" if _DEFAULT.match(space) else space,
    )


def _value(node: NodeLike, name: str, default: Any) -> Any:
    knob = node.knob(name)
    return default if knob is None else knob.value()


def _shift(mode: str, text: str, first: int) -> int | None:
    """Return what is added to the timeline's frame to get the file's; None for more than a shift.

    In the mode `expression` the text is evaluated; `start at` names the timeline's frame of the first one;
    `offset` moves the clip to later frames.
    """
    if mode == "expression":
        match = _SHIFT.match(text)
        return None if match is None else int((match[1] or "+") + (match[2] or "0"))
    try:
        number = int(float(text or "0"))
    except ValueError:
        return None
    if not text.strip():
        return 0
    return first - number if mode == "start at" else -number


@dataclass(frozen=True)
class Numbering:
    """How frames are written: `start_frame` for the job, `shift` from timeline to written numbers."""

    start_frame: int | None
    shift: int


def numbering(plain: Plain, start_frame: int | None) -> Numbering:
    """Agree on numbers: a sequence keeps its own, a video is numbered as on the timeline, or as asked.

    Nuke counts the frames of a video from 1, hdrvid from its start frame.

    >>> numbering(Plain(file="a.mov", first=1, last=9, file_first=1), None)
    Numbering(start_frame=1, shift=0)
    >>> numbering(Plain(file="a.mov", first=1, last=9, file_first=1), 1001)
    Numbering(start_frame=1001, shift=1000)
    """
    if plain.is_sequence:
        return Numbering(start_frame=None, shift=plain.shift)
    if start_frame is None:
        return Numbering(start_frame=plain.file_first - plain.shift, shift=0)
    return Numbering(start_frame=start_frame, shift=start_frame + plain.shift - plain.file_first)
