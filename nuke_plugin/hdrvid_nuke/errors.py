"""Name what can go wrong before and while the command runs; each message can stand in a message box."""

from __future__ import annotations


class PluginError(Exception):
    """Root of the family. A message says what, where, what was expected and how to mend it, on one line."""


class CommandMissing(PluginError):
    """The `hdrvid` command is not where it should be, or does not start."""


class ProtocolMismatch(PluginError):
    """The command speaks another version of the event protocol than this plug-in."""


class BadKnob(PluginError):
    """A knob holds a value that no job can be made of."""


class RunFailed(PluginError):
    """A run ended early; raised where there is no message box to show it in."""


def one_line(text: str) -> str:
    r"""Return a text without line breaks and runs of blanks.

    >>> one_line("  no\n   space ")
    'no space'
    """
    return " ".join(text.split())
