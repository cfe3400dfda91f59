"""Cards tested at a merchant: windows counted anew, any order, honest days, attacks that teach no habit."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detectors.cards_tested_at_merchant import TRIES, USUAL, CardsTestedAtMerchant
from detectors.examples import run
from domain.events import Transaction
from domain.instants import from_ms
from domain.tables import Tables

START_MS = 1_772_416_800_000
MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
# Second, card, and whether it was declined.
TRIED = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 7), st.booleans()), max_size=30)


def payment(number: int, at_ms: int, card: str, declined: bool, amount_minor: int = 100) -> Transaction:
    return Transaction(
        event_id=f"e{number}",
        at=from_ms(at_ms),
        at_ms=at_ms,
        card=card,
        merchant="m1",
        amount_minor=amount_minor,
        currency="CNY",
        channel="ecom",
        outcome="declined" if declined else "approved",
    )


def tried(drawn: Sequence[tuple[int, int, bool]]) -> list[Transaction]:
    return [
        payment(number, START_MS + second * 1000, f"c{card}", declined)
        for number, (second, card, declined) in enumerate(drawn)
    ]


@given(drawn=TRIED.map(sorted))
def test_in_order_it_fires_where_windows_counted_anew_first_hold_enough_cards(
    drawn: list[tuple[int, int, bool]],
) -> None:
    made = CardsTestedAtMerchant(window=timedelta(seconds=10), min_cards=4, declined_share=0.0)
    events = tried(drawn)
    expected = None
    for number, event in enumerate(events):
        inside = [other for other in events[: number + 1] if other.at_ms > event.at_ms - 10_000]
        if len({other.card for other in inside}) >= 4:
            expected = event.event_id
            break
    fired = run(made, events, Tables())
    assert (fired[0].event_id if fired else None) == expected


@given(drawn=TRIED, data=st.data())
def test_in_any_order_within_a_window_the_same_cards_are_known(
    drawn: list[tuple[int, int, bool]], data: st.DataObject
) -> None:
    made = CardsTestedAtMerchant(min_cards=4, declined_share=0.0)
    events = tried(drawn)
    arrived = data.draw(st.permutations(events))
    in_order = run(made, sorted(events, key=lambda event: event.at_ms), Tables())
    fired = run(made, arrived, Tables())
    assert [found.finding.evidence["cards"] for found in fired] == [
        found.finding.evidence["cards"] for found in in_order
    ]
    live = {event.card for event in events if event.outcome == "approved"}
    for found in fired:
        assert {member.card for member in found.finding.members} <= live


def honest_days(random: Random, days: int, a_day: int, declined: float) -> list[Transaction]:
    """Give days of payments, most in the evening, of which as many as usual are small."""
    times = sorted(
        START_MS + day * DAY_MS + int(min(0.99, max(0.0, random.gauss(0.6, 0.15))) * DAY_MS)
        for day in range(days)
        for _ in range(a_day)
    )
    return [
        payment(
            number,
            at_ms,
            f"c{random.randrange(5_000)}",
            random.random() < declined,
            random.choice((500, 3_000, 20_000)),
        )
        for number, at_ms in enumerate(times)
    ]


def test_shops_small_and_large_are_quiet_from_their_first_day_on() -> None:
    random = Random(3)
    for a_day in (5, 60, 600, 4_000):
        for declined in (0.02, 0.1):
            assert run(CardsTestedAtMerchant(), honest_days(random, 3, a_day, declined), Tables()) == []


def test_an_attack_on_a_shop_with_a_habit_is_found_and_not_learnt() -> None:
    random = Random(3)
    made: Any = CardsTestedAtMerchant()
    before = honest_days(random, 3, 600, 0.05)
    last_ms = before[-1].at_ms
    attack = [
        payment(90_000 + number, last_ms + number * 2_000, f"x{number}", random.random() < 0.7)
        for number in range(1_000)
    ]
    fired = run(made, [*before, *attack], Tables())
    assert len(fired) == 3
    assert fired[0].at_ms < last_ms + 2 * MINUTE_MS
    state = made.start()
    for event in before:
        made.step(state, event)
    usual = state[USUAL]
    for event in attack:
        made.step(state, event)
    # Only what came before the alert is learnt.
    assert state[USUAL] - usual < 60
    assert len(state[TRIES]) == 256
