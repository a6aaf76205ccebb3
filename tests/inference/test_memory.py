"""Memory is counted from above, and a limit is honoured by taking depths back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.errors import OptionError
from hdrvid.inference import Depths, choose_batch, estimate, fit_depths, free_memory, parse_size

GIB = 2**30
EIGHT_K = 8192 * 4320 * 12
START = Depths(ahead=2, writers=4, batch=8)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("6G", 6 * GIB, id="gigabytes"),
        pytest.param("800m", 800 * 2**20, id="small letters"),
        pytest.param("1.5 GiB", int(1.5 * GIB), id="a fraction and a space"),
        pytest.param("1048576", 2**20, id="bytes"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "6 X", "-1G", "G"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match=r"--memory.*6G"):
        parse_size(text)


@given(st.floats(1, 64), st.integers(10**5, 10**8), st.integers(10**4, 10**6))
def test_a_job_stays_below_its_limit_or_says_what_it_needs(limit: float, frame: int, picture: int) -> None:
    try:
        depths = fit_depths(int(limit * GIB), START, frame_bytes=frame, picture=picture)
    except OptionError as error:
        assert "or more for frames of this size" in str(error)  # noqa: PT017 - either end is right here
    else:
        assert estimate(depths, frame_bytes=frame, picture=picture) <= limit * GIB
        assert min(depths.ahead, depths.writers, depths.batch) >= 1


def test_room_enough_takes_nothing_back() -> None:
    assert fit_depths(64 * GIB, START, frame_bytes=1920 * 1080 * 12, picture=130560) == START


def test_an_8k_frame_fits_in_six_gigabytes() -> None:
    depths = fit_depths(6 * GIB, START, frame_bytes=EIGHT_K, picture=480 * 270)

    assert depths.writers >= 1


def test_a_larger_picture_takes_more() -> None:
    sizes = [estimate(START, frame_bytes=EIGHT_K, picture=n) for n in (130560, 1920 * 1088, 8192 * 4320)]

    assert sizes == sorted(set(sizes))


def test_a_limit_below_one_frame_at_a_time_says_how_much_is_needed() -> None:
    with pytest.raises(OptionError, match=r"--memory: 1\.0G, expected [3-5]\.\dG or more"):
        fit_depths(GIB, START, frame_bytes=EIGHT_K, picture=480 * 270)


@pytest.mark.parametrize(("free", "batch"), [(16 * GIB, 8), (2 * GIB, 4), (2**26, 1)])
def test_a_batch_is_what_free_memory_holds(free: int, batch: int) -> None:
    assert choose_batch(512 * 512, free) == batch


def test_there_is_some_memory() -> None:
    assert free_memory() > 2**20
