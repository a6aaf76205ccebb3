"""Put the plug-in on the path, as Nuke does, and find the command under test."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[2] / "nuke_plugin"
if str(PLUGIN) not in sys.path:
    sys.path.insert(0, str(PLUGIN))


@pytest.fixture(scope="session")
def hdrvid() -> str:
    """Return the path of the `hdrvid` command of this interpreter."""
    found = shutil.which("hdrvid", path=str(Path(sys.executable).parent)) or shutil.which("hdrvid")
    assert found is not None, "hdrvid is not installed: pip install -e ."
    return found


@pytest.fixture
def environ() -> dict[str, str]:
    """Return an environment as clean as the plug-in makes it."""
    from hdrvid_nuke.command import clean_environment

    return clean_environment(os.environ)
