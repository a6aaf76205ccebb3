"""Run the command as `python -m hdrvid`."""

from __future__ import annotations

from hdrvid.cli.main import run

run()
