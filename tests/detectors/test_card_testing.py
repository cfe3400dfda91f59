"""Tests of card numbers against windows that are counted anew, and that nothing is told of twice."""

from datetime import timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from detectors.card_testing import CardTesting
from detectors.examples import run
from domain.events import Transaction
from domain.instants import from_ms
from domain.tables import Tables
from domain.windows import Boundary

START_MS = 1_772_416_800_000
# Few and small values, so that edges and equal times are hit.
SECONDS = st.integers(0, 14)
TRIES = st.lists(st.tuples(SECONDS, st.booleans()), max_size=10)


def purchase(number: int, second: int, declined: bool, amount_minor: int = 100) -> Transaction:
    at_ms = START_MS + second * 1000
    return Transaction(
        event_id=f"e{number}",
        at=from_ms(at_ms),
        at_ms=at_ms,
        card="c1",
        amount_minor=amount_minor,
        currency="CNY",
        channel="ecom",
        merchant=f"m{number}",
        outcome="declined" if declined else "approved",
    )


@given(tries=TRIES, second=SECONDS, boundary=st.sampled_from(get_args(Boundary)))
def test_what_goes_through_fires_if_the_window_before_it_holds_enough(
    tries: list[tuple[int, bool]], second: int, boundary: Boundary
) -> None:
    made = CardTesting(window=timedelta(seconds=8), tries=3, small_tries=5, row=32, boundary=boundary)
    newest = max((at for at, _ in tries), default=0)
    held = {
        "end": lambda at: second - 8 < at <= second,
        "both": lambda at: second - 8 <= at <= second,
        "start": lambda at: second - 8 <= at < second,
        "neither": lambda at: second - 8 < at < second,
    }[boundary]
    # What is more than a window older than the newest try is forgotten, whatever comes late.
    kept = newest - 8 if boundary in ("both", "start") else newest - 7
    inside = [declined for at, declined in tries if held(at) and at >= kept]
    events = [purchase(number, at, declined) for number, (at, declined) in enumerate(sorted(tries))]
    events.append(purchase(99, second, declined=False, amount_minor=500_000))
    fired = run(made, events, Tables())
    assert bool(fired) == (len(inside) >= (3 if any(inside) else 5))
    assert all(one.finding.evidence["tries"] == len(inside) for one in fired)


@given(steps=st.lists(st.tuples(SECONDS, st.sampled_from(("declined", "small", "large"))), max_size=40))
def test_no_try_is_told_of_with_two_purchases(steps: list[tuple[int, str]]) -> None:
    made = CardTesting(window=timedelta(seconds=20), row=32)
    events = [
        purchase(number, second, what == "declined", 500_000 if what == "large" else 100)
        for number, (second, what) in enumerate(steps)
    ]
    told = sum(fired.finding.evidence["tries"] for fired in run(made, events, Tables()))
    assert told <= sum(what != "large" for _, what in steps)


@given(declines=st.permutations(range(6)), row=st.integers(2, 8))
def test_a_row_fires_once_in_whatever_order_it_comes(declines: list[int], row: int) -> None:
    events = [purchase(number, second, declined=True) for number, second in enumerate(declines)]
    assert len(run(CardTesting(row=row), events, Tables())) == (row <= 6)
