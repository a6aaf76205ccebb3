"""A fingerprint follows what is in a file, not where it lies or when it was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hdrvid.sources.fingerprint import content_key, files_fingerprint, fingerprint

MIB = 1024 * 1024


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_name_and_date_do_not_count(tmp_path: Path) -> None:
    one, other = (write(tmp_path / name, b"light" * 99) for name in ("a.mov", "b.mov"))
    os.utime(other, (0, 0))

    assert fingerprint(one) == fingerprint(other)
    assert content_key(one) == content_key(other)


@pytest.mark.parametrize("place", [0, 1000, 2 * MIB, 4 * MIB - 1])
def test_a_change_in_a_block_that_is_looked_at_shows(tmp_path: Path, place: int) -> None:
    content = bytearray(4 * MIB)
    one = write(tmp_path / "a.mov", bytes(content))
    blocks = [(4 * MIB - 65536) * n // 15 for n in range(16)]
    content[max(block for block in blocks if block <= place)] = 1
    other = write(tmp_path / "b.mov", bytes(content))

    assert fingerprint(one) != fingerprint(other)


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    one = write(tmp_path / "a.mov", bytes(200_000))
    other = write(tmp_path / "b.mov", bytes(150_000) + b"1" + bytes(49_999))

    assert fingerprint(one) != fingerprint(other)


def test_a_longer_file_is_another_one(tmp_path: Path) -> None:
    assert fingerprint(write(tmp_path / "a", bytes(4 * MIB))) != fingerprint(
        write(tmp_path / "b", bytes(5 * MIB))
    )


def test_an_empty_file_has_a_fingerprint_too(tmp_path: Path) -> None:
    assert len(fingerprint(write(tmp_path / "a", b""))) == 32


def test_every_byte_counts_for_the_key_of_a_frame(tmp_path: Path) -> None:
    one, other = write(tmp_path / "a", bytes(3 * MIB)), write(tmp_path / "b", bytes(3 * MIB - 1) + b"1")

    assert content_key(one) != content_key(other)


def test_a_sequence_is_known_by_its_numbers_and_sizes(tmp_path: Path) -> None:
    files = {n: write(tmp_path / f"{n}.png", b"x" * n) for n in (1, 2, 3)}
    renumbered = {n + 10: path for n, path in files.items()}

    assert files_fingerprint(files) == files_fingerprint(dict(reversed(files.items())))
    assert files_fingerprint(files) != files_fingerprint(renumbered)
    assert files_fingerprint(files) != files_fingerprint({n: files[n] for n in (1, 3)})
