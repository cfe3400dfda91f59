"""Flows of money through a card: what is told of adds up, is told of once, and takes little room."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detectors.drain import Drain
from detectors.examples import run
from domain.events import Transaction
from domain.instants import from_ms
from domain.tables import Tables
from tests.detectors.contract import declared_bound, packed
from tests.detectors.streams import long_token

START_MS = 1_772_416_800_000
MINUTES = st.integers(0, 45)
INWARD = ("transfer_in", "deposit")


def movement(number: int, minute: int, type_: Any, amount_minor: int, **fields: Any) -> Transaction:
    at_ms = START_MS + minute * 60_000
    return Transaction(
        event_id=f"e{number}",
        at=from_ms(at_ms),
        at_ms=at_ms,
        card="c1",
        amount_minor=amount_minor,
        currency="CNY",
        channel="mobile",
        type=type_,
        **fields,
    )


@given(
    outs=st.lists(st.tuples(MINUTES, st.integers(1, 12)), min_size=1, max_size=12).map(sorted),
    taken_in=st.integers(3, 20),
)
def test_it_fires_at_the_first_payment_by_which_nearly_all_of_it_left(
    outs: list[tuple[int, int]], taken_in: int
) -> None:
    events = [movement(0, 0, "transfer_in", taken_in * 100_000, counterparty="p1")]
    events += [
        movement(number, minute, "transfer_out", amount * 100_000)
        for number, (minute, amount) in enumerate(outs, 1)
    ]
    expected: list[str] = []
    left = 0
    for number, (minute, amount) in enumerate(outs, 1):
        left += amount
        if minute < 30 and not expected and 0.9 * taken_in <= left <= 2 * taken_in:
            expected.append(f"e{number}")
    assert [fired.event_id for fired in run(Drain(), events, Tables())] == expected


@given(
    steps=st.lists(
        st.tuples(
            MINUTES,
            st.sampled_from((*INWARD, "transfer_out", "withdrawal")),
            st.sampled_from((100_000, 400_000, 500_000)),
            st.sampled_from((None, 0, 40_000, 2_000_000)),
            st.sampled_from(("p1", "p2", None)),
        ),
        max_size=30,
    )
)
def test_no_money_is_told_of_twice_and_all_that_is_told_of_left(steps: list[Any]) -> None:
    events = [
        movement(number, minute, type_, amount, balance_after_minor=left, counterparty=payer)
        for number, (minute, type_, amount, left, payer) in enumerate(steps)
    ]
    told = [fired.finding.evidence for fired in run(Drain(), events, Tables())]
    for one in told:
        assert one["in_minor"] >= 300_000
        assert 0.9 * one["in_minor"] <= one["out_minor"] <= 2 * one["in_minor"]
        assert one["left_minor"] is None or one["left_minor"] <= 0.1 * one["in_minor"]
    came_in = sum(amount for _, type_, amount, *_ in steps if type_ in INWARD)
    assert sum(one["in_minor"] for one in told) <= came_in
    assert sum(one["out_minor"] for one in told) <= sum(amount for _, _, amount, *_ in steps) - came_in
    assert [one["flows"] for one in told] == list(range(1, len(told) + 1))


def test_many_payers_with_the_longest_names_stay_below_the_declared_bound() -> None:
    made = Drain()
    state = made.start()
    for number in range(2_000):
        # So little leaves that nothing fires and all is held.
        type_ = "transfer_out" if number % 2 else "transfer_in"
        made.step(
            state,
            movement(
                number,
                number // 200,
                type_,
                1 if number % 2 else 10**15,
                counterparty=long_token("p", number),
                balance_after_minor=10**15,
            ),
        )
        assert len(packed(made, state)) <= declared_bound(Drain)
    assert len(packed(made, state)) > declared_bound(Drain) / 2
