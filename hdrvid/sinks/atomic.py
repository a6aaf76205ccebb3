"""Put a file on disk as a whole: under a temporary name first, then renamed.

The temporary name, `.clip.1001.exr.host-123.tmp`, has a leading dot and a suffix of its own, since sequence
scanners take either alone for a frame. It carries host and process, so that what a killed process leaves
can be told from what a live one is writing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import socket
import time
from pathlib import Path

from hdrvid.errors import OutputError

_TEMPORARY = re.compile(r"\.(?P<target>.+)\.(?P<host>[\w_]+)-(?P<process>\d+)\.tmp\Z")
_FOREIGN_AGE_S = 24 * 3600
"""A temporary file of another host is dead after a day: to write one takes seconds."""

_GO_ON = "The frames written so far are whole: the same command goes on from there."
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file so that it is there whole or not at all, even after a loss of power.

    An existing file is replaced. A failure raises `OutputError` and leaves neither a part nor a temporary
    file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "clip.1001.exr"), b"pixels")
    ...     [(file.name, file.read_bytes()) for file in Path(folder).iterdir()]
    [('clip.1001.exr', b'pixels')]
    """
    temporary = path.with_name(temporary_name(path.name))
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise OutputError(_why(path, error, len(content))) from error
        raise


def make_folder(folder: Path) -> None:
    """Make the folder that frames go to, with its parents; raise `OutputError` where that cannot be.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     make_folder(Path(place, "shots", "sh010"))
    ...     Path(place, "shots", "sh010").is_dir()
    True
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(_why(folder, error, 0)) from error


def check_folder(folder: Path) -> None:
    """Raise `OutputError` where `make_folder` would, as far as that shows without making anything.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     check_folder(Path(place, "shots", "sh010"))
    ...     list(Path(place).iterdir())
    []
    """
    try:
        there = next(place for place in (folder, *folder.absolute().parents) if _is_there(place))
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if there != folder and not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise OutputError(_why(folder, error, 0)) from error


def _is_there(place: Path) -> bool:
    """Tell whether a name is taken, be it by a link to nowhere."""
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def temporary_name(name: str) -> str:
    """Return the name under which this process writes a file before it is whole.

    >>> temporary_name("clip.1001.exr").startswith(".clip.1001.exr."), temporary_name("a")[-4:]
    (True, '.tmp')
    """
    return f".{name}.{_host()}-{os.getpid()}.tmp"


def remove_stale(folder: Path, pattern: re.Pattern[str]) -> tuple[Path, ...]:
    """Remove the temporary files that dead processes left for targets of a pattern; return what was removed.

    A file of a process that lives on this host stays, and so does a file of another host for a day. A file
    that cannot be removed is left: nothing reads it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, temporary_name("clip.1001.exr")).touch()  # of this process, which lives
    ...     remove_stale(Path(folder), re.compile("clip.*"))
    ()
    """
    removed = []
    for file in sorted(folder.glob(".*.tmp")):
        match = _TEMPORARY.match(file.name)
        if match is None or not pattern.fullmatch(match["target"]):
            continue
        with contextlib.suppress(OSError):
            if _is_dead(match["host"], int(match["process"]), file):
                file.unlink()
                removed.append(file)
    return tuple(removed)


def checksum_of(path: Path) -> str:
    """Return the checksum of a file's bytes: 32 hexadecimal digits of BLAKE2b.

    Equal to the `checksum` of the `Written` that the sink returned for the file. A file that cannot be read
    raises the `OSError` as it is.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "clip.1001.exr"), b"pixels")
    ...     checksum_of(Path(folder, "clip.1001.exr")) == checksum(b"pixels")
    True
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, _digest).hexdigest()


def checksum(content: bytes | memoryview) -> str:
    """Return the checksum of bytes in memory.

    >>> checksum(b"pixels")
    '7d448d65cb41c2b7821037c68e29b2db'
    """
    digest = _digest()
    digest.update(content)
    return digest.hexdigest()


def _digest() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=16)


def _host() -> str:
    return re.sub(r"\W", "_", socket.gethostname()) or "host"


def _is_dead(host: str, process: int, file: Path) -> bool:
    # os.kill(process, 0) is a question on Linux and macOS, and a kill on Windows
    if host != _host() or os.name == "nt":
        return time.time() - file.stat().st_mtime > _FOREIGN_AGE_S
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _why(path: Path, error: OSError, size: int) -> str:
    """Say in four parts why a file could not be written."""
    if error.errno in _NO_SPACE:
        return (
            f"{path}: no space left for the frame, expected {size / 1e6:.3g} MB free. {_GO_ON} Free some "
            "space, or give --out a folder on another disk."
        )
    if error.errno in _NOT_ALLOWED:
        reason = "lies on a read-only disk" if error.errno == errno.EROFS else "may not be written"
        return (
            f"{path}: {reason}, expected a folder that you may write to. Change its rights, or give --out "
            "another one."
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return (
            f"{path}: a file lies where a folder has to be or the other way round, expected --out to be a "
            "folder. Move it away, or give --out another one."
        )
    return (
        f"{path}: cannot be written ({error.strerror or error}), expected a folder on a working disk. "
        f"{_GO_ON} Check the disk."
    )
