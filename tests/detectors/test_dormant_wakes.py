"""Dormant cards: how the first day's money is cut into uses does not matter; who keeps awake is quiet."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detectors.dormant_wakes import DormantWakes
from detectors.examples import run
from domain.events import Issued, Transaction
from domain.instants import from_ms
from domain.tables import Tables

START_MS = 1_772_416_800_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
AMOUNTS = st.integers(0, 2_000_000)


def use(number: int, at_ms: int, amount_minor: int, **fields: Any) -> Transaction:
    given = {"card": "c1", "currency": "CNY", "channel": "pos", **fields}
    return Transaction(
        event_id=f"e{number}", at=from_ms(at_ms), at_ms=at_ms, amount_minor=amount_minor, **given
    )


@given(uses=st.lists(st.tuples(st.integers(0, 90 * DAY_MS - 1), AMOUNTS), max_size=30))
def test_a_card_that_never_rests_so_long_is_never_reported(uses: list[tuple[int, int]]) -> None:
    events, at_ms = [], START_MS
    for number, (gap_ms, amount_minor) in enumerate(uses):
        at_ms += gap_ms
        events.append(use(number, at_ms, amount_minor))
    assert run(DormantWakes(), events, Tables()) == []


@given(
    silence_days=st.integers(90, 400),
    parts=st.lists(st.tuples(AMOUNTS, st.integers(0, HOUR_MS)), min_size=1, max_size=12),
)
def test_the_first_day_fires_once_where_its_sum_passes_the_limit(
    silence_days: int, parts: list[tuple[int, int]]
) -> None:
    at_ms = START_MS + silence_days * DAY_MS
    events, total, expected = [use(0, START_MS, 100)], 0, []
    for number, (amount_minor, gap_ms) in enumerate(parts, 1):
        events.append(use(number, at_ms, amount_minor))
        total += amount_minor
        if total > 500_000 and not expected:
            expected = [(f"e{number}", total)]
        at_ms += gap_ms
    fired = run(DormantWakes(), events, Tables())
    assert [(one.event_id, one.finding.evidence["spent_minor"]) for one in fired] == expected


@given(
    rounds=st.lists(
        st.tuples(st.integers(1, 399), st.booleans(), st.integers(1, 5)), min_size=1, max_size=10
    ),
)
def test_each_waking_of_a_card_with_much_fires_and_nothing_else(rounds: list[tuple[int, bool, int]]) -> None:
    events, expected, at_ms = [use(0, START_MS, 100)], [], START_MS
    for number, (days, much, small) in enumerate(rounds, 1):
        at_ms += days * DAY_MS
        amount_minor = 50_000_000 if much else 100
        events.append(use(number, at_ms, amount_minor))
        if days >= 90 and much:
            expected.append(f"e{number}")
        # Two days later small uses go on.
        for one in range(small):
            at_ms += 2 * DAY_MS
            events.append(use(1000 * number + one, at_ms, 100))
    made = DormantWakes(min_history=50)
    assert [one.event_id for one in run(made, events, Tables())] == expected


@given(opened_days=st.integers(0, 500), watched_days=st.integers(0, 500))
def test_of_a_card_never_seen_the_silence_is_as_long_as_is_certain(
    opened_days: int, watched_days: int
) -> None:
    opened = Issued(branch="b1", at=from_ms(START_MS - opened_days * DAY_MS))
    made = DormantWakes(all_seen_since=from_ms(START_MS - watched_days * DAY_MS))
    fired = run(made, [use(0, START_MS, 900_000, issued=opened)], Tables())
    silent_days = min(opened_days, watched_days, 400)
    told = [one.finding.evidence["silent_s"] / 86_400 for one in fired]
    assert told == ([silent_days] if silent_days >= 90 else [])


@given(amounts=st.lists(st.integers(1, 10**15), min_size=5, max_size=300))
def test_the_habit_stays_among_the_cards_own_amounts(amounts: list[int]) -> None:
    made = DormantWakes()
    state = made.start()
    for number, amount_minor in enumerate(amounts):
        made.step(state, use(number, START_MS + number * DAY_MS, amount_minor))
    usual = made.dump(state)[2]
    # An amount above lifts by a tenth, so at most a tenth above the largest.
    assert min(amounts) * 0.99 <= usual <= max(amounts) * 1.1


def test_nineteen_in_twenty_amounts_lie_below_the_habit() -> None:
    made = DormantWakes()
    state = made.start()
    # Every amount from 1 to 100 yuan equally often, in an order without a pattern: 37 has no factor of 100.
    for number in range(3000):
        made.step(state, use(number, START_MS + number * HOUR_MS, 100 * (1 + number * 37 % 100)))
    assert 8_800 <= made.dump(state)[2] <= 10_200


def test_a_silence_longer_than_the_memory_is_not_known() -> None:
    made = DormantWakes(memory=timedelta(days=30))
    events = [use(0, START_MS, 100), use(1, START_MS + 95 * DAY_MS, 900_000)]
    assert run(made, events, Tables()) == []
