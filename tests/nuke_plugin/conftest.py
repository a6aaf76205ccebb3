"""Put the plug-in on the path, as Nuke does, and find the command under test."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.nuke_plugin.studio import Studio, loaded, pretend

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


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """Return a script's folder whose name has a blank and letters beyond ASCII."""
    folder = tmp_path / "shöt 010"
    folder.mkdir()
    return folder


@pytest.fixture
def studio(shot: Path) -> Iterator[Studio]:
    """Return a GUI with a quick stand-in for the command."""
    nuke = FakeNuke(str(shot / "comp.nk"))
    with loaded(nuke) as module:
        yield Studio(shot, nuke, module, pretend(shot.parent / "bin"))


@pytest.fixture
def terminal(shot: Path) -> Iterator[Studio]:
    """Return the same without a GUI: `nuke -t`."""
    nuke = FakeNuke(str(shot / "comp.nk"), gui=False)
    with loaded(nuke) as module:
        yield Studio(shot, nuke, module, pretend(shot.parent / "bin"))
