from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import fileseq
import pytest

from hdrvid.errors import OutputError
from hdrvid.sinks import ExrSettings, remove_stale, write_whole
from hdrvid.sinks.atomic import temporary_name
from tests.sinks.pictures import frame, noise, rgb, sink

ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534


def _run(program: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, **options)  # type: ignore[call-overload,no-any-return]


def _temporaries(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.name.endswith(".tmp"))


def _dead_process() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = IS_ROOT and _mount(disk, "size=64k")
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def _mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_fileseq_sees_just_the_frames_that_are_written(tmp_path: Path) -> None:
    output = sink(tmp_path)
    for number in (1001, 1002, 1003, 1005):
        output.write(frame(number))
    (tmp_path / temporary_name("clip.1004.exr")).write_bytes(b"half a frame")
    (tmp_path / temporary_name("clip.1006.exr")).write_bytes(b"half a frame")

    found = fileseq.findSequencesOnDisk(str(tmp_path))

    assert [(sequence.basename(), str(sequence.frameSet())) for sequence in found] == [
        ("clip.", "1001-1003,1005")
    ]
    assert found[0].invertedFrameRange() == "1004"


def test_fileseq_counts_a_minus_sign_among_the_four_digits_as_we_do(tmp_path: Path) -> None:
    output = sink(tmp_path)
    for number in range(-3, 3):
        output.write(frame(number))

    found = fileseq.findSequencesOnDisk(str(tmp_path))

    assert str(found[0].frameSet()) == "-3-2"
    assert [found[0].frame(number) for number in (-3, 2)] == [
        str(output.path_of(-3)),
        str(output.path_of(2)),
    ]


def test_a_frame_that_exists_is_replaced_as_a_whole(tmp_path: Path) -> None:
    output = sink(tmp_path)
    output.write(frame(pixels=noise(50, 50)))

    output.write(frame(pixels=noise(2, 2, seed=5)))

    assert rgb(output.path_of(1001)).shape == (3, 2, 2)
    assert _temporaries(tmp_path) == []


def test_the_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert sink(tmp_path / "shots" / "sh010").write(frame()).path.is_file()


def test_a_full_disk_says_how_much_is_missing_and_leaves_no_part_of_a_frame(small_disk: Path) -> None:
    output = sink(small_disk, ExrSettings(compression="none"))
    whole = output.write(frame(1001, noise(40, 40)))

    with pytest.raises(OutputError, match="no space left") as caught:
        output.write(frame(1002, noise(200, 200)))

    assert "clip.1002.exr" in str(caught.value)
    assert "expected 0.24" in str(caught.value)
    assert "The frames written so far are whole" in str(caught.value)
    assert [file.name for file in small_disk.iterdir()] == [whole.path.name]
    assert rgb(whole.path).shape == (3, 40, 40)


def test_after_a_full_disk_the_frame_can_be_written_once_there_is_space(small_disk: Path) -> None:
    output = sink(small_disk, ExrSettings(compression="none"))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(40_000))
    with pytest.raises(OutputError):
        output.write(frame(1002, noise(80, 80)))

    ballast.unlink()

    assert output.write(frame(1002, noise(80, 80))).path.is_file()


def test_a_quota_on_file_sizes_is_a_full_disk_too(tmp_path: Path) -> None:
    program = """
        import resource, signal, sys
        from pathlib import Path
        from hdrvid.errors import OutputError
        from hdrvid.sinks import write_whole
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            write_whole(Path(sys.argv[1], "clip.1001.exr"), bytes(100_000))
        except OutputError as error:
            print(error)
    """

    shown = _run(program, tmp_path)

    assert "no space left" in shown.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_the_right_to_write_is_an_error_of_ours(tmp_path: Path) -> None:
    if not IS_ROOT:
        tmp_path.chmod(0o555)
        with pytest.raises(OutputError, match="may not be written"):
            sink(tmp_path / "exr")
        return
    (tmp_path / "exr").mkdir(mode=0o555)
    message = _as_nobody(tmp_path / "exr")

    assert "may not be written, expected a folder that you may write to" in message
    assert list((tmp_path / "exr").iterdir()) == []


def _as_nobody(folder: Path) -> str:
    """Write into a folder as a user without rights, in a child process, and return the error's text."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.seteuid(NOBODY)
        try:
            write_whole(folder / "clip.1001.exr", b"pixels")
            text = "it was written"
        except OutputError as error:
            text = str(error)
        os.write(send, text.encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


@pytest.mark.skipif(not IS_ROOT, reason="mounting a read-only disk needs root")
def test_a_read_only_disk_is_named_as_such(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _mount(disk, "ro,size=64k"):
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(OutputError, match="lies on a read-only disk"):
            sink(disk).write(frame())
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("below", ["", "below"])
def test_a_file_in_place_of_the_folder_is_an_error_of_ours(below: str, tmp_path: Path) -> None:
    (tmp_path / "exr").write_bytes(b"")

    with pytest.raises(OutputError, match="expected --out to be a folder"):
        sink(tmp_path / "exr" / below if below else tmp_path / "exr")


def test_a_folder_in_place_of_a_frame_is_an_error_of_ours(tmp_path: Path) -> None:
    output = sink(tmp_path)
    output.path_of(1001).mkdir()

    with pytest.raises(OutputError, match="a file lies where a folder has to be or the other way round"):
        output.write(frame())

    assert _temporaries(tmp_path) == []


def test_a_folder_that_vanishes_is_an_error_that_carries_the_systems_own(tmp_path: Path) -> None:
    output = sink(tmp_path / "exr")
    (tmp_path / "exr").rmdir()

    with pytest.raises(OutputError, match="cannot be written") as caught:
        output.write(frame())

    assert isinstance(caught.value.__cause__, FileNotFoundError)
    assert caught.value.__cause__.errno == errno.ENOENT


def test_a_kill_before_the_rename_leaves_a_hidden_file_that_the_next_start_removes(tmp_path: Path) -> None:
    program = """
        import os, signal, sys
        from pathlib import Path
        from hdrvid.sinks import write_whole
        Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        write_whole(Path(sys.argv[1], "clip.1001.exr"), b"pixels")
    """

    killed = _run(program, tmp_path)

    assert killed.returncode == -signal.SIGKILL
    left = [file.name for file in tmp_path.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(".clip.1001.exr.")
    assert left[0].endswith(".tmp")
    assert fileseq.findSequencesOnDisk(str(tmp_path)) == []
    sink(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "clip.1001.exr", b"pixels")

    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_live_process_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / temporary_name("clip.1001.exr")
    mine.write_bytes(b"being written")
    parents = tmp_path / mine.name.replace(f"-{os.getpid()}.", f"-{os.getppid()}.")
    parents.write_bytes(b"being written")

    sink(tmp_path)

    assert set(_temporaries(tmp_path)) == {mine.name, parents.name}


def test_the_file_of_a_dead_process_is_removed(tmp_path: Path) -> None:
    name = temporary_name("clip.1001.exr").replace(f"-{os.getpid()}.", f"-{_dead_process()}.")
    (tmp_path / name).write_bytes(b"half a frame")

    sink(tmp_path)

    assert _temporaries(tmp_path) == []


@pytest.mark.parametrize(("age_s", "stays"), [(0, True), (3600, True), (2 * 24 * 3600, False)])
def test_the_file_of_another_host_is_left_for_a_day(age_s: int, stays: bool, tmp_path: Path) -> None:
    foreign = tmp_path / ".clip.1001.exr.farm_node_7-12.tmp"
    foreign.write_bytes(b"being written elsewhere")
    os.utime(foreign, (time.time() - age_s,) * 2)

    sink(tmp_path)

    assert foreign.exists() is stays


@pytest.mark.parametrize(
    "name",
    [
        ".other.1001.exr.{}.tmp",
        ".clip.b.1001.exr.{}.tmp",
        ".clip.1001.png.{}.tmp",
        ".clip.1001.exr.tmp",
        ".clip.1001.exr.{}.swp",
        "clip.1001.exr.{}.tmp",
        ".anything.tmp",
    ],
)
def test_files_that_are_not_this_sequences_own_are_never_removed(name: str, tmp_path: Path) -> None:
    host = temporary_name("x").removeprefix(".x.").split("-")[0]
    file = tmp_path / name.format(f"{host}-{_dead_process()}")
    file.write_bytes(b"")

    sink(tmp_path)

    assert file.exists()


def test_what_was_removed_is_told(tmp_path: Path) -> None:
    old = tmp_path / ".clip.1001.exr.gone-1.tmp"
    old.write_bytes(b"")
    os.utime(old, (0, 0))

    assert remove_stale(tmp_path, re.compile(r"clip\.1001\.exr")) == (old,)
