"""The plug-in is light, of Python 3.9, and never stops Nuke from starting."""

from __future__ import annotations

import ast
import doctest
import importlib
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.nuke_plugin.conftest import PLUGIN
from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.nuke_plugin.studio import unload

FILES = sorted(PLUGIN.rglob("*.py"))
PURE = [file.stem for file in FILES if file.parent.name == "hdrvid_nuke" and file.stem != "__init__"]
OLD = Path.home() / ".pyenv" / "versions"

_BLOCKED = """
import importlib.abc, sys
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("torch", "numpy", "av", "hdrvid", "OpenEXR", "click"):
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
sys.path.insert(0, PLUGIN)
class Anything:
    def __getattr__(self, name): return Anything()
    def __call__(self, *a, **k): return Anything()
sys.modules["nuke"] = Anything()
import hdrvid_nuke.node, hdrvid_nuke.nktext
print("torch" in sys.modules, "numpy" in sys.modules, "hdrvid" in sys.modules)
"""


def test_the_node_loads_with_torch_numpy_and_hdrvid_blocked() -> None:
    assert _run(sys.executable).split() == ["False", "False", "False"]


def test_the_node_loads_in_python_3_9() -> None:
    old = sorted(OLD.glob("3.9.*/bin/python3.9"))
    if not old:
        pytest.skip("needs a Python 3.9; the grammar is checked below in any case")

    assert _run(str(old[0])).split() == ["False", "False", "False"]


_EXAMPLES = """
import doctest, importlib, sys
sys.path.insert(0, PLUGIN)
failed = [name for name in NAMES if doctest.testmod(importlib.import_module("hdrvid_nuke." + name)).failed]
import hdrvid_nuke.nktext
print(failed, hdrvid_nuke.nktext.group_text() == open(TEXT, encoding="utf-8").read())
"""


def test_the_pure_modules_work_in_python_3_9() -> None:
    old = sorted(OLD.glob("3.9.*/bin/python3.9"))
    if not old:
        pytest.skip("needs a Python 3.9")
    text = str(PLUGIN / "hdrvid_nuke" / "HDRvidExpand.nk")
    program = f"PLUGIN, NAMES, TEXT = {str(PLUGIN)!r}, {PURE!r}, {text!r}\n{_EXAMPLES}"

    done = subprocess.run([old[0], "-I", "-c", program], capture_output=True, text=True, check=False)

    assert done.stdout == "[] True\n", done.stderr


_READ_ONLY = """
import os, sys
def refuse(event, arguments):
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and str(arguments[0]).startswith(PLUGIN) and (arguments[2] or 0) & writes:
        refused.append(arguments[0])
        raise PermissionError(13, "read-only", str(arguments[0]))
    if event in ("os.mkdir", "os.rename", "os.remove") and str(arguments[0]).startswith(PLUGIN):
        refused.append(arguments[0])
        raise PermissionError(13, "read-only", str(arguments[0]))
refused = []
sys.addaudithook(refuse)
"""


def test_the_plug_in_loads_from_a_folder_that_cannot_be_written_and_writes_nothing_there(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "read only"
    shutil.copytree(PLUGIN, folder, ignore=shutil.ignore_patterns("__pycache__"))

    done = _run(sys.executable, folder, _READ_ONLY, "print(len(refused))")

    assert done.split()[:3] == ["False", "False", "False"]
    assert int(done.split()[3]) > 0  # Python's own byte code, which it does without
    assert not list(folder.rglob("__pycache__"))


def _run(python: str, folder: Path = PLUGIN, before: str = "", after: str = "") -> str:
    program = f"PLUGIN = {str(folder)!r}\n{before}{_BLOCKED}{after}"
    done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PLUGIN)))
def test_a_file_is_python_3_9(file: Path) -> None:
    ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PLUGIN)))
def test_a_file_imports_the_standard_library_and_itself_and_only_node_and_menu_import_nuke(
    file: Path,
) -> None:
    allowed = {*sys.stdlib_module_names, "hdrvid_nuke"}
    if file.parent.name == "node" or file.name == "menu.py":
        allowed.add("nuke")

    for item in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(item, ast.Import | ast.ImportFrom):
            names = [a.name for a in item.names] if isinstance(item, ast.Import) else [item.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed, names


@pytest.mark.parametrize("name", PURE)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(f"hdrvid_nuke.{name}")

    assert doctest.testmod(module).failed == 0


def test_init_is_safe_in_every_mode_and_makes_the_plug_in_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(PLUGIN)])

    runpy.run_path(str(PLUGIN / "init.py"))

    assert str(PLUGIN) in sys.path


def test_init_without_a_file_of_its_own_says_so_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    exec((PLUGIN / "init.py").read_text(encoding="utf-8"), {})  # noqa: S102 - Nuke may run it so

    assert "HDRvid: not loaded" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["init.py", "menu.py"])
def test_a_failure_without_a_terminal_to_tell_it_to_never_stops_nuke(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nuke", FakeNuke())
    monkeypatch.setattr(sys, "stderr", None)  # a GUI of Windows has none
    monkeypatch.setattr(sys, "stdout", None)

    exec((PLUGIN / file).read_text(encoding="utf-8"), {})  # noqa: S102 - without __file__, without a menu


class _Menu:
    def __init__(self) -> None:
        self.commands: dict[str, str] = {}

    def addMenu(self, _name: str) -> _Menu:  # noqa: N802
        return self

    def addCommand(self, name: str, command: str) -> None:  # noqa: N802
        self.commands[name] = command


def test_the_menu_makes_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    nuke: Any = FakeNuke("/show/comp.nk")
    menu = _Menu()
    nuke.menu = lambda _name: menu
    monkeypatch.setitem(sys.modules, "nuke", nuke)
    unload()

    runpy.run_path(str(PLUGIN / "menu.py"))
    exec(menu.commands["HDRvidExpand"], {})  # noqa: S102 - as Nuke does

    unload()
    assert [node.name() for node in nuke.root().nodes()] == ["HDRvidExpand1"]


def test_a_menu_that_fails_never_stops_nuke(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nuke", FakeNuke())  # it has no menu, as in nuke -t

    runpy.run_path(str(PLUGIN / "menu.py"))

    assert "HDRvid: no menu" in capsys.readouterr().err
