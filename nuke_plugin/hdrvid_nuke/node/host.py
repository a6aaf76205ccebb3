"""Ask Nuke for what every part of the node needs: the main thread, one undo, a word to the artist."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

import nuke

from hdrvid_nuke.jobs import hashed, run_label


def edit(function: Callable[[], None]) -> None:
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
def one_undo(name: str) -> Iterator[None]:
    """Make all that is done inside one step of Ctrl-Z."""
    nuke.Undo.begin(name)
    try:
        yield
    finally:
        nuke.Undo.end()


@contextmanager
def no_undo() -> Iterator[None]:
    """Keep what is done inside out of Ctrl-Z."""
    nuke.Undo.disable()  # counted: an outer one stays
    try:
        yield
    finally:
        nuke.Undo.enable()


def label_of(node: Any) -> str:
    """Return the name under which a node keeps its own files beside its frames."""
    return run_label(nuke.root().name(), node.fullName())


def file_of(read: Any) -> str:
    """Return the file of a Read, evaluated; `nuke.filename` would give the proxy's where proxies are on."""
    return hashed(read["file"].getEvaluatedValue() or "")


@contextmanager
def full_size() -> Iterator[None]:
    """Render at full size, also where the artist looks at proxies."""
    proxy = nuke.root()["proxy"]
    before = bool(proxy.value())
    proxy.setValue(False)
    try:
        yield
    finally:
        proxy.setValue(before)


def set_status(node: Any, text: str) -> None:
    """Show a line in the node."""
    with no_undo():
        node["status"].setValue(text)


def say(text: str) -> None:
    """Show a text in a box, or in the terminal where there is no GUI."""
    (nuke.message if nuke.GUI else nuke.tprint)(text)
