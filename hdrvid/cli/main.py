"""Start `hdrvid`: find the command, run it, turn errors into one line and an exit status.

Exit status: 0 done, 1 a failed run, 2 a wrong call, 130 cancelled.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import NoReturn

import click

from hdrvid.errors import HdrvidError
from hdrvid.version import __version__

COMMANDS = {
    "expand": "Expand a clip to scene-linear EXR frames.",
    "still": "Expand one frame of a clip: clip.mp4@1042.",
    "probe": "Say what a clip is, and what would be assumed of it.",
    "contact": "Put source, result and mask of a few frames in one picture.",
    "bench": "Find the fastest way to run the network on this machine, and keep it.",
    "train": "Train the network.",
    "export": "Write the network for other programs: Nuke's Inference node, ONNX.",
    "evaluate": "Score the network, baselines and other tools against true HDR.",
}
"""Every command with its short help, so that `hdrvid --help` imports none of them."""


class LazyGroup(click.Group):
    """Import a command's module when it is run, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"hdrvid.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="hdrvid")
def main() -> None:
    """Give SDR footage its light back: expand clips to scene-linear HDR.

    Only over-exposed pixels are filled; all others are left exactly as the plate has them.
    """


def run(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status; the one place where errors become messages."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        main(arguments, standalone_mode=False)
        status = 0
    except click.exceptions.Exit as leaving:
        status = leaving.exit_code
    except click.ClickException as error:
        click.echo(f"hdrvid: {_click_message(error)}", err=True)
        status = 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("hdrvid: cancelled", err=True)
        status = 130
    except HdrvidError as error:
        status = _report(error, arguments, error.exit_status)
    except Exception as error:  # noqa: BLE001 - the outermost line: a message, not a traceback
        status = _report(error, arguments, 1)
    sys.exit(status)


def _click_message(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    usage = f" See {context.command_path} --help." if context else ""
    return " ".join(error.format_message().split()) + usage


def _report(error: Exception, arguments: list[str], status: int) -> int:
    """Print an error as one line, after its traceback where `-v` is among the arguments."""
    if _wants_traceback(arguments):
        traceback.print_exception(error)
    text = " ".join(str(error).split()) or "no message"
    if not isinstance(error, HdrvidError):
        text = f"{type(error).__name__}: {text} (unexpected; run with -v for the traceback)"
    click.echo(f"hdrvid: {text}", err=True)
    return status


def _wants_traceback(arguments: list[str]) -> bool:
    return any(a == "--verbose" or (a[:1] == "-" and a[1:2] != "-" and "v" in a[1:]) for a in arguments)
