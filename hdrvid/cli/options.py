"""Make click options from the one list of options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hdrvid.errors import OptionError
from hdrvid.job import OPTIONS, OptionInfo

F = TypeVar("F", bound=Callable[..., Any])


def job_options(*, leave_out: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Decorate a command with every option of `ExpandJob` but the source and those left out.

    No option has a default here, so that a value which was not given is known as such: job files come in
    between.
    """

    def decorate(function: F) -> F:
        for info in reversed(OPTIONS.values()):
            if info.name != "source" and info.name not in leave_out:
                function = _option_of(info)(function)
        return function

    return decorate


def run_options(function: F) -> F:
    """Decorate a command with what concerns the command alone: progress, quiet, verbose."""
    function = click.option("-v", "--verbose", is_flag=True, help="Say more; show tracebacks.")(function)
    function = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")(function)
    return click.option(
        "--progress",
        type=click.Choice(["auto", "bar", "jsonl", "none"]),
        default="auto",
        help="How the run is shown; jsonl: the event protocol on standard output; auto: a bar on a terminal.",
    )(function)


def given(values: dict[str, Any]) -> dict[str, Any]:
    """Keep the options that were given on the command line.

    >>> given({"mix": 0.5, "peak": None, "progress": "bar"})
    {'mix': 0.5}
    """
    return {name: value for name, value in values.items() if name in OPTIONS and value is not None}


def _option_of(info: OptionInfo) -> Callable[[F], F]:
    if info.type is bool:
        return click.option(info.flag, info.name, is_flag=True, default=None, help=info.help)
    if info.name == "out":
        return click.option("-o", info.flag, info.name, type=str, default=None, help=info.help)
    return click.option(info.flag, info.name, type=_click_type(info), default=None, help=_help_of(info))


def _click_type(info: OptionInfo) -> click.ParamType[Any] | type:
    return click.Choice(info.choices) if info.choices else info.type


def _help_of(info: OptionInfo) -> str:
    default = "" if info.default is None else f" [default: {info.default}]"
    unit = f" [{info.unit}]" if info.unit else ""
    return info.help + unit + default


def split_still(text: str) -> tuple[str, int | None]:
    """Split `clip.mp4@1042` into the source and the frame's number; None where no number is given.

    `OptionError` where something else follows the name of a file.

    >>> split_still("clip.mp4@1042"), split_still("me@home/clip.mp4")
    (('clip.mp4', 1042), ('me@home/clip.mp4', None))
    """
    source, at, number = text.rpartition("@")
    if not at or Path(text).exists():
        return text, None
    if number.removeprefix("-").isdecimal():
        return source, int(number)
    if Path(source).exists():
        message = f"{source}: got frame {number!r}, expected a number. Write {source}@1001."
        raise OptionError(message)
    return text, None
