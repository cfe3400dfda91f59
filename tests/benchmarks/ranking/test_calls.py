"""The desk calls in its order, in time or not, and what it saves is what would have been lost after."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ranking.calls import DAY_MS, HOUR_MS, LAPSE_MS, Alert, Case, Episode, Order, Truth, work
from domain.findings import Severity

FIFO = Order("first in, first out", lambda case, at_ms: case.first_ms)
SCORE = Order("score", lambda case, at_ms: -case.probability)
NEVER_MS = 30 * DAY_MS


def alert(at_h: float, party: str, probability: float = 0.5, exposure_minor: int = 100) -> Alert:
    return Alert(
        at_ms=round(at_h * HOUR_MS),
        party=party,
        detector="test",
        severity=Severity.MEDIUM,
        probability=probability,
        exposure_minor=exposure_minor,
        joint_minor=exposure_minor,
    )


def episode(party: str, first_h: float, *losses: tuple[float, int], days: float = 7) -> Episode:
    first_ms = round(first_h * HOUR_MS)
    return Episode(
        party,
        first_ms,
        first_ms + round(days * DAY_MS),
        tuple((round(at_h * HOUR_MS), minor) for at_h, minor in losses),
    )


def test_a_call_saves_what_would_have_been_lost_after_it_and_nothing_before() -> None:
    truth = Truth([episode("a", 0.5, (0.9, 10), (1.5, 20), (30, 40))])
    worked = work([alert(0.5, "a")], truth, FIFO, 1, 0, NEVER_MS)  # the call is at one o'clock
    assert worked.saved == {0: 20, 1: 40}
    assert (worked.calls, worked.right) == (1, 1)
    assert truth.at_stake(0, NEVER_MS) == {0: 30, 1: 40}


def test_a_call_behind_the_end_of_an_episode_is_in_vain() -> None:
    truth = Truth([episode("a", 0.5, (0.7, 10), days=0.02)])
    assert work([alert(0.5, "a")], truth, FIFO, 1, 0, NEVER_MS) == ({}, 1, 0)


def test_the_order_decides_who_is_called_when_there_is_time_for_one() -> None:
    truth = Truth([episode("late", 0, (1.5, 100))])
    alerts = [alert(0.1, "early", 0.1), alert(0.2, "late", 0.9)]
    assert work(alerts, truth, FIFO, 1, 0, NEVER_MS).saved == {}
    assert work(alerts, truth, SCORE, 1, 0, NEVER_MS).saved == {0: 100}


def test_a_further_alert_may_put_a_case_first() -> None:
    truth = Truth([episode("a", 0, (1.5, 100))])
    alerts = [alert(0.1, "b", 0.8), alert(0.2, "a", 0.1), alert(0.3, "a", 0.9)]
    worked = work(alerts, truth, SCORE, 1, 0, NEVER_MS)
    assert worked.saved == {0: 100}
    assert worked.calls == 2  # one for each party


def test_after_a_call_in_vain_a_party_is_left_alone_for_a_day() -> None:
    alerts = [alert(hour + 0.5, "a") for hour in range(48)]
    assert work(alerts, Truth([]), FIFO, 60, 0, NEVER_MS).calls == 2


def test_a_robbed_party_that_was_called_brings_no_more_alerts_while_it_lasts() -> None:
    truth = Truth([episode("a", 0, (100, 1))])
    alerts = [alert(hour + 0.5, "a") for hour in range(24 * 7)]
    assert work(alerts, truth, FIFO, 60, 0, NEVER_MS) == ({4: 1}, 1, 1)


def test_a_case_lapses_when_nobody_called() -> None:
    alerts = [alert((number + 1) / 1000, f"p{number:03}") for number in range(300)]
    worked = work(alerts, Truth([]), FIFO, 1, 0, NEVER_MS)
    assert worked.calls == LAPSE_MS // HOUR_MS  # one an hour for seven days, then the rest has lapsed


def test_keys_that_age_are_made_anew_every_hour() -> None:
    """Whose key falls with age overtakes a fresh case."""
    overtaking = Order("age", lambda case, at_ms: -(at_ms - case.first_ms), ages=True)
    seen = Order("fresh", lambda case, at_ms: at_ms - case.first_ms, ages=True)
    alerts = [alert(0.1, "old"), alert(5.5, "new")]
    truth = Truth([episode("new", 5, (7.5, 7)), episode("old", 0, (6.5, 3))])
    # At six o'clock one of them is called, the other at seven. Until then the desk is busy elsewhere.
    from_ms = 0
    busy = [alert(hour + 0.9, f"busy-{hour}", 1.0) for hour in range(5)]
    both = sorted([*alerts, *busy])
    assert work(both, truth, overtaking, 1, from_ms, 8 * HOUR_MS).saved == {0: 10}
    assert work(both, truth, seen, 1, from_ms, 8 * HOUR_MS).saved == {0: 7}


def test_without_a_limit_every_alert_is_called_about_at_once() -> None:
    truth = Truth([episode("a", 0.2, (0.3, 5), (0.5, 6))])
    assert work([alert(0.3, "a"), alert(0.31, "b")], truth, FIFO, None, 0, NEVER_MS) == ({0: 6}, 2, 1)


def test_a_case_keeps_the_worst_of_its_alerts() -> None:
    case = Case(alert(1, "a", 0.2, 50))
    case.add(alert(2, "a", 0.1, 80)._replace(severity=Severity.HIGH, cards=4, people=2))
    assert (case.probability, case.exposure_minor, case.severity) == (0.2, 80, Severity.HIGH)
    assert (case.first_ms, case.latest_ms, case.cards, case.people) == (HOUR_MS, 2 * HOUR_MS, 4, 2)


def test_detectors_that_agree_make_a_case_surer_and_one_that_repeats_itself_does_not() -> None:
    case = Case(alert(1, "a", 0.4))
    case.add(alert(2, "a", 0.3))
    assert case.probability == 0.4
    case.add(alert(3, "a", 0.3)._replace(detector="other"))
    assert 0.4 < case.probability < 1 - 0.6 * 0.7
    assert case.detector == "test"


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 9), st.floats(0, 1)), max_size=40),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50)), max_size=8, unique_by=lambda one: one[0]),
    st.sampled_from([1, 3, 60]),
)
def test_no_order_saves_more_than_there_is_nor_than_a_desk_without_limit(
    raised: list[tuple[int, int, float]], robbed: list[tuple[int, int]], calls: int
) -> None:
    alerts = sorted(alert(at_h, f"p{party}", probability) for at_h, party, probability in raised)
    truth = Truth(
        episode(f"p{party}", first_h, *((first_h + 5 * step, 10) for step in range(1, 10)))
        for party, first_h in robbed
    )
    until_ms = 200 * HOUR_MS
    most = sum(truth.at_stake(0, until_ms).values())
    for order in (FIFO, SCORE):
        saved = sum(work(alerts, truth, order, calls, 0, until_ms).saved.values())
        assert 0 <= saved <= most


@pytest.mark.parametrize("calls", [1, 5, 50])
def test_calls_are_as_many_as_there_is_time_for(calls: int) -> None:
    alerts = [alert(0, f"p{number}") for number in range(1000)]
    assert work(alerts, Truth([]), FIFO, calls, 0, 10 * HOUR_MS).calls == 10 * calls
