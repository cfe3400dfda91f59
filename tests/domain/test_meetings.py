"""Where two cards met, and how often that counts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.meetings import Visit, meetings

VISITS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from("ab")), max_size=6)


def visits(drawn: list[tuple[int, str]]) -> list[Visit]:
    return [Visit(at_ms, terminal, 0, "CNY", None) for at_ms, terminal in drawn]


@given(one=VISITS, other=VISITS, within_ms=st.integers(0, 5), apart_ms=st.integers(1, 20))
def test_meetings_are_the_same_from_both_sides_and_in_any_order(
    one: list[tuple[int, str]], other: list[tuple[int, str]], within_ms: int, apart_ms: int
) -> None:
    met = meetings(visits(one), visits(other), within_ms, apart_ms)
    assert met == meetings(visits(other[::-1]), visits(one[::-1]), within_ms, apart_ms)
    assert all(later.at_ms - earlier.at_ms >= apart_ms for earlier, later in pairwise(met))


@given(one=VISITS, other=VISITS, more=VISITS)
def test_more_visits_never_make_fewer_meetings(
    one: list[tuple[int, str]], other: list[tuple[int, str]], more: list[tuple[int, str]]
) -> None:
    assert len(meetings(visits(one), visits(other), 3, 10)) <= len(
        meetings(visits(one + more), visits(other), 3, 10)
    )


def test_who_queued_at_one_machine_and_goes_on_to_the_next_met_once() -> None:
    met = meetings(visits([(0, "a"), (7, "b"), (11, "a")]), visits([(2, "a"), (8, "b"), (12, "a")]), 3, 10)
    assert [(meeting.at_ms, meeting.terminal) for meeting in met] == [(2, "a"), (12, "a")]
