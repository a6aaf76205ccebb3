"""Frame ranges speak field notation and never hold their frames one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.errors import FrameRangeError, HdrvidError, UsageError
from hdrvid.frames import FrameRange

NUMBERS = st.sets(st.integers(-3000, 3000), max_size=60)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("1001", [1001], id="one frame"),
        pytest.param("1001-1004", [1001, 1002, 1003, 1004], id="a range"),
        pytest.param("1001-1008x3", [1001, 1004, 1007], id="a step"),
        pytest.param("1001-1008:3", [1001, 1004, 1007], id="a step as Open Job Description writes it"),
        pytest.param("-5--3", [-5, -4, -3], id="negative numbers"),
        pytest.param("-2-1", [-2, -1, 0, 1], id="from a negative to a positive number"),
        pytest.param("1, 5,7-8", [1, 5, 7, 8], id="several parts"),
        pytest.param("1-5,3-8", [1, 2, 3, 4, 5, 6, 7, 8], id="parts that overlap"),
        pytest.param("10-1x4", [2, 6, 10], id="counting down"),
        pytest.param("1001-1001", [1001], id="a chunk of one"),
    ],
)
def test_field_notation_is_read(text: str, numbers: list[int]) -> None:
    frames = FrameRange.parse(text)

    assert list(frames) == numbers
    assert len(frames) == len(numbers)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("a-b", id="letters"),
        pytest.param("1-", id="missing end"),
        pytest.param("1-5x0", id="a step of zero"),
        pytest.param("1-5y2", id="the inverse that Fileseq knows"),
        pytest.param("1,,2", id="an empty part"),
        pytest.param("1.5", id="a fraction"),
    ],
)
def test_anything_else_is_an_error_that_shows_the_grammar(text: str) -> None:
    with pytest.raises(FrameRangeError, match=r"Write 1001, 1001-1100"):
        FrameRange.parse(text)


def test_the_error_belongs_to_the_family_of_wrong_calls() -> None:
    with pytest.raises(UsageError) as caught:
        FrameRange.parse("x")

    assert isinstance(caught.value, HdrvidError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.exit_status == 2


@given(NUMBERS)
def test_numbers_printed_and_read_again_are_the_same(numbers: set[int]) -> None:
    frames = FrameRange.of(numbers)

    if numbers:
        assert list(FrameRange.parse(str(frames))) == sorted(numbers)
    assert list(frames) == sorted(numbers)
    assert bool(frames) == bool(numbers)


@given(NUMBERS, st.integers(-3000, 3000), st.integers(0, 500))
def test_within_keeps_just_the_frames_between(numbers: set[int], first: int, length: int) -> None:
    cut = FrameRange.of(numbers).within(first, first + length)

    assert list(cut) == sorted(n for n in numbers if first <= n <= first + length)


@given(NUMBERS, st.integers(-100, 100))
def test_shifted_moves_every_number(numbers: set[int], by: int) -> None:
    assert list(FrameRange.of(numbers).shifted(by)) == sorted(n + by for n in numbers)


def test_a_range_of_a_thousand_million_frames_costs_nothing() -> None:
    frames = FrameRange.parse("1-1000000000x2")

    assert len(frames) == 500_000_000
    assert frames.last == 999_999_999
    assert 2 not in frames
    assert len(frames.within(5, 8)) == 2


def test_ranges_are_values() -> None:
    assert FrameRange.parse("1-5") == FrameRange.between(1, 5)
    assert hash(FrameRange.parse("1-5")) == hash(FrameRange.between(1, 5))


def test_an_empty_range_has_no_first_frame() -> None:
    with pytest.raises(FrameRangeError, match="empty"):
        _ = FrameRange().first

    assert not FrameRange.between(5, 4)
