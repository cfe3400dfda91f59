"""Wrong PINs against windows that are counted anew, owners who mistype, and nothing told of twice."""

from datetime import timedelta
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from detectors.examples import run
from detectors.pin_guessing import PinGuessing
from domain.events import Transaction
from domain.findings import Severity
from domain.instants import from_ms
from domain.tables import Tables
from domain.windows import Boundary

START_MS = 1_772_416_800_000
DAY_S = 86_400
SECONDS = st.integers(0, 14)


def use(number: int, second: int, **fields: Any) -> Transaction:
    at_ms = START_MS + second * 1000
    given_fields: dict[str, Any] = {"amount_minor": 80_000, "type": "withdrawal", **fields}
    return Transaction(
        event_id=f"e{number}",
        at=from_ms(at_ms),
        at_ms=at_ms,
        card="c1",
        currency="CNY",
        channel="atm",
        **given_fields,
    )


def wrong(number: int, second: int) -> Transaction:
    return use(number, second, outcome="declined", decline_reason="wrong_pin")


@given(seconds=st.lists(SECONDS, max_size=6), second=SECONDS, boundary=st.sampled_from(get_args(Boundary)))
def test_money_out_fires_if_the_window_before_it_holds_enough(
    seconds: list[int], second: int, boundary: Boundary
) -> None:
    made = PinGuessing(window=timedelta(seconds=8), slow_wrong=32, boundary=boundary)
    held = {
        "end": lambda at: second - 8 < at <= second,
        "both": lambda at: second - 8 <= at <= second,
        "start": lambda at: second - 8 <= at < second,
        "neither": lambda at: second - 8 < at < second,
    }[boundary]
    inside = [at for at in seconds if held(at)]
    events = [*(wrong(number, at) for number, at in enumerate(seconds)), use(99, second)]
    fired = run(made, events, Tables())
    assert bool(fired) == (len(inside) >= 3)
    assert all(one.finding.evidence["wrong_pins"] == len(inside) for one in fired)


@given(steps=st.lists(st.tuples(SECONDS, st.booleans()), max_size=40))
def test_no_wrong_pin_is_told_of_with_two_withdrawals(steps: list[tuple[int, bool]]) -> None:
    made = PinGuessing(window=timedelta(seconds=20))
    events = [
        wrong(number, second) if mistyped else use(number, second)
        for number, (second, mistyped) in enumerate(sorted(steps))
    ]
    told = sum(fired.finding.evidence["wrong_pins"] for fired in run(made, events, Tables()))
    assert told <= sum(mistyped for _, mistyped in steps)


@given(mistyped=st.lists(st.integers(0, 2), max_size=30), amounts=st.lists(st.integers(60, 160), min_size=30))
def test_an_owner_who_mistypes_once_or_twice_in_a_visit_each_fortnight_stays_quiet(
    mistyped: list[int], amounts: list[int]
) -> None:
    events = [use(number, number * DAY_S) for number in range(3)]
    for visit, times in enumerate(mistyped):
        second = (14 * visit + 20) * DAY_S
        events += [wrong(number, second + number) for number in range(times)]
        events.append(use(9, second + 60, amount_minor=amounts[visit] * 1000, balance_after_minor=0))
    assert run(PinGuessing(), events, Tables()) == []


@given(seconds=st.lists(st.integers(0, 6 * DAY_S), min_size=6, max_size=20), order=st.randoms())
def test_guesses_of_many_days_fire_in_whatever_order_they_come(seconds: list[int], order: Any) -> None:
    events = [wrong(number, second) for number, second in enumerate(sorted(seconds))]
    shuffled = order.sample(events, len(events))
    fired = run(PinGuessing(), events, Tables())
    assert bool(run(PinGuessing(), shuffled, Tables())) >= bool(fired)
    assert all(one.severity == Severity.MEDIUM for one in fired)
    assert len(fired) <= 1
