"""The time of a packet says which frame it is; what a container states is checked against it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrvid.sources.timeline import Clock, Ending, Stamp, Timeline, fit_rate, make_timeline

FILM = Fraction(24000, 1001)
MILLISECONDS = Clock(tick=Fraction(1, 1000), rates=(Fraction(25),))


def stamps(*times: int | None, keys: tuple[int, ...] = (0,)) -> list[Stamp]:
    return [Stamp(pts, is_key=n in keys) for n, pts in enumerate(times)]


def at_25(count: int, *, first: int = 0) -> list[Stamp]:
    return stamps(*(first + 40 * n for n in range(count)))


@pytest.mark.parametrize(
    ("times", "tick", "rate"),
    [
        pytest.param(range(0, 4000, 40), Fraction(1, 1000), Fraction(25), id="25 in milliseconds"),
        pytest.param(
            [round(n * 1001 / 24) for n in range(900)], Fraction(1, 1000), FILM, id="23.976 rounded"
        ),
        pytest.param(range(7, 107), Fraction(1, 25), Fraction(25), id="a tick a frame, as in AVI"),
        pytest.param([n * 3003 for n in range(50)], Fraction(1, 90000), Fraction(30000, 1001), id="MPEG-TS"),
        pytest.param([n * 7 for n in range(50)], Fraction(1, 77), Fraction(11), id="a rate that no list has"),
    ],
)
def test_a_constant_rate_is_found_however_times_are_rounded(
    times: list[int], tick: Fraction, rate: Fraction
) -> None:
    assert fit_rate(list(times), tick) == rate


def test_a_stated_rate_is_taken_when_the_times_keep_to_it() -> None:
    times = [0, 40, 80]

    assert fit_rate(times, Fraction(1, 1000), [Fraction(50), Fraction(25)]) == 25


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([0, 33, 67, 100, 200, 233, 500], id="a screen recording"),
        pytest.param([*range(0, 400, 40), *range(440, 800, 40)], id="one frame short in the middle"),
    ],
)
def test_times_that_keep_to_no_rate_have_none(times: list[int]) -> None:
    assert fit_rate(times, Fraction(1, 1000), [Fraction(25)]) is None


def test_one_frame_has_the_rate_that_is_stated() -> None:
    timeline = make_timeline(at_25(1), MILLISECONDS, first=0, ending=Ending())

    assert (timeline.count, timeline.rate, timeline.is_variable) == (1, Fraction(25), False)


def test_stored_order_becomes_shown_order() -> None:
    timeline = make_timeline(stamps(0, 120, 80, 40), MILLISECONDS, first=0, ending=Ending())

    assert timeline.times == (0, 40, 80, 120)
    assert timeline.is_exact


@given(st.permutations(range(12)))
def test_every_time_has_a_place_of_its_own(order: list[int]) -> None:
    timeline = make_timeline(stamps(*(n * 40 for n in order)), MILLISECONDS, first=0, ending=Ending())

    assert [timeline.position(n * 40) for n in range(12)] == list(range(12))


def test_frames_shown_before_the_first_that_decodes_are_no_frames() -> None:
    timeline = make_timeline(stamps(80, 0, 40, 120), MILLISECONDS, first=80, ending=Ending())

    assert timeline.times == (80, 120)


def test_variable_times_are_met_exactly_or_not_at_all() -> None:
    timeline = make_timeline(stamps(0, 33, 67, 100, 200, 233, 500), MILLISECONDS, first=0, ending=Ending())

    assert timeline.is_variable
    assert timeline.rate == Fraction(12)
    assert timeline.position(233) == 5
    assert timeline.position(232) is None


def test_constant_times_are_met_within_half_a_frame() -> None:
    timeline = make_timeline(at_25(10), MILLISECONDS, first=0, ending=Ending())

    assert timeline.position(41) == 1
    assert timeline.position(400) is None
    assert timeline.position(-25) is None


def test_missing_time_in_a_regular_clip_is_told_by_its_place() -> None:
    times = [n * 40 for n in range(50) if n not in {20, 21}]

    timeline = make_timeline(stamps(*times), MILLISECONDS, first=0, ending=Ending())

    assert timeline.holes == (20,)
    assert timeline.count == 48


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(stamps(None, None, None), id="no times"),
        pytest.param(stamps(0, 40, 40), id="a time twice"),
    ],
)
def test_without_usable_times_frames_are_counted(found: list[Stamp]) -> None:
    timeline = make_timeline(found, MILLISECONDS, first=0, ending=Ending())

    assert (timeline.times, timeline.count, timeline.is_exact) == ((), 3, False)


CUTS = [
    pytest.param(Ending(frames=40), 40, id="its container counts more"),
    pytest.param(Ending(end_s=1.6, seen_s=0.4), 40, id="its header states a later end"),
    pytest.param(Ending(is_cut=True, frames=40), 40, id="its index reaches past its size"),
    pytest.param(Ending(is_cut=True), 11, id="its last block is half there: one frame more at least"),
]


@pytest.mark.parametrize(("ending", "count"), CUTS)
def test_a_cut_clip_has_the_count_that_it_states(ending: Ending, count: int) -> None:
    timeline = make_timeline(at_25(10), MILLISECONDS, first=0, ending=ending)

    assert (timeline.is_cut, timeline.is_exact, timeline.count) == (True, False, count)
    assert timeline.times == tuple(range(0, count * 40, 40))


def test_a_clip_that_ends_when_it_says_is_whole() -> None:
    timeline = make_timeline(at_25(10), MILLISECONDS, first=0, ending=Ending(end_s=0.41, seen_s=0.4))

    assert not timeline.is_cut


def test_a_sound_track_that_runs_on_a_little_is_no_cut() -> None:
    ending = Ending(end_s=0.48, seen_s=0.4, slack_s=0.1)

    assert not make_timeline(at_25(10), MILLISECONDS, first=0, ending=ending).is_cut


def test_frames_stored_before_their_neighbours_do_not_hide_a_cut() -> None:
    # 0 4 2 are whole, 1 and 3 were to come
    timeline = make_timeline(
        stamps(0, 160, 80, 320, 240, 200, 280, 120, 40, 480), MILLISECONDS, first=0, ending=Ending(frames=14)
    )

    assert timeline.rate == 25
    assert timeline.count == 14
    assert timeline.position(360) == 9


def test_a_packet_that_is_half_there_at_the_end_means_a_cut() -> None:
    found = [*at_25(10), Stamp(400, is_whole=False)]

    timeline = make_timeline(found, MILLISECONDS, first=0, ending=Ending())

    assert (timeline.is_cut, timeline.count) == (True, 11)


def test_a_broken_packet_in_the_middle_keeps_its_number() -> None:
    found = at_25(10)
    found[4] = Stamp(160, is_key=False, is_whole=False)

    timeline = make_timeline(found, MILLISECONDS, first=0, ending=Ending())

    assert (timeline.is_cut, timeline.count, timeline.is_variable) == (False, 10, False)


def test_a_file_with_no_whole_packet_has_no_frames_to_place() -> None:
    timeline = make_timeline([Stamp(0, is_whole=False)], MILLISECONDS, first=0, ending=Ending())

    assert timeline.times == ()


@pytest.mark.parametrize(("position", "key"), [(0, 0), (9, 0), (10, 10), (25, 20)])
def test_decoding_starts_at_the_key_frame_before(position: int, key: int) -> None:
    timeline = Timeline(times=tuple(range(30)), keys=(0, 10, 20), count=30)

    assert timeline.key_before(position) == key
