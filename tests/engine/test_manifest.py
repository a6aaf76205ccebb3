"""The manifest grows line by line and survives a crash in the middle of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdrvid.engine.manifest import Entry, Manifest, hash_of
from hdrvid.errors import OutputError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clip.hdrvid.jsonl"


def entry(number: int, key: str = "k") -> Entry:
    return Entry(number=number, key=key, checksum=f"c{number}")


def test_a_missing_manifest_is_an_empty_one(path: Path) -> None:
    assert Manifest(path).entry(1001) is None
    assert not path.exists()


def test_entries_are_there_for_the_next_reader(path: Path) -> None:
    manifest = Manifest(path)
    manifest.describe("k", {"mix": 1.0})
    manifest.add(entry(1001))
    manifest.add(entry(1002))

    again = Manifest(path)

    assert again.entry(1001) == entry(1001)
    assert again.entry(1002) == entry(1002)
    assert again.entry(1003) is None


def test_the_latest_entry_of_a_frame_counts(path: Path) -> None:
    manifest = Manifest(path)
    manifest.add(entry(1001, key="old"))
    manifest.add(entry(1001, key="new"))

    found = Manifest(path).entry(1001)

    assert found is not None
    assert found.key == "new"


def test_a_line_torn_by_a_crash_costs_its_frame_only(path: Path) -> None:
    manifest = Manifest(path)
    for number in (1001, 1002):
        manifest.add(entry(number))
    path.write_bytes(path.read_bytes()[:-9])

    after = Manifest(path)
    after.add(entry(1003))

    again = Manifest(path)
    assert again.entry(1001) == entry(1001)
    assert again.entry(1002) is None
    assert again.entry(1003) == entry(1003)


def test_two_workers_append_to_one_manifest(path: Path) -> None:
    first, second = Manifest(path), Manifest(path)
    for number in range(1001, 1011):
        (first if number % 2 else second).add(entry(number))

    again = Manifest(path)

    assert all(again.entry(number) == entry(number) for number in range(1001, 1011))


def test_lines_of_another_kind_are_skipped(path: Path) -> None:
    path.write_text(
        '{"frame": 1}\nnot json\n[]\n{"frame": 2, "key": "k", "checksum": "c2"}\n', encoding="utf-8"
    )

    assert Manifest(path).entry(2) == entry(2)
    assert Manifest(path).entry(1) is None


def test_a_manifest_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path / "gone" / "clip.jsonl")

    with pytest.raises(OutputError, match=r"cannot be written.*are whole"):
        manifest.add(entry(1001))


def test_a_manifest_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be read"):
        Manifest(tmp_path)


def test_a_hash_depends_on_facts_and_not_on_their_order() -> None:
    assert hash_of({"a": 1, "b": [1, 2]}) == hash_of({"b": [1, 2], "a": 1})
    assert hash_of({"a": 1}) != hash_of({"a": 2})
