"""Sums below a limit against windows that are counted anew, in order and out of order."""

from datetime import timedelta
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from detectors.examples import run
from detectors.just_under import JustUnder
from domain.events import Transaction
from domain.instants import from_ms
from domain.tables import Tables
from domain.windows import Boundary

START_MS = 1_772_416_800_000
HOURS = st.lists(st.integers(0, 40), min_size=1, max_size=20)
PARTS = (1_000_000, 1_600_000, 2_300_000, 4_600_000)


def deposits(hours: list[int], amounts: list[int]) -> list[Transaction]:
    return [
        Transaction(
            event_id=f"e{number}",
            at=from_ms(START_MS + hour * 3_600_000),
            at_ms=START_MS + hour * 3_600_000,
            card="c1",
            amount_minor=amount,
            currency="CNY",
            channel="counter",
            type="deposit",
        )
        for number, (hour, amount) in enumerate(zip(hours, amounts, strict=True))
    ]


@given(hours=HOURS.map(sorted), boundary=st.sampled_from(get_args(Boundary)), times=st.integers(2, 5))
def test_in_order_it_fires_on_each_rising_edge_of_windows_counted_anew(
    hours: list[int], boundary: Boundary, times: int
) -> None:
    made = JustUnder(window=timedelta(hours=8), times=times, boundary=boundary)
    held = {
        "end": lambda at, end: end - 8 < at <= end,
        "both": lambda at, end: end - 8 <= at <= end,
        "start": lambda at, end: end - 8 <= at < end,
        "neither": lambda at, end: end - 8 < at < end,
    }[boundary]
    above = [
        1 + sum(held(at, hours[current]) for at in hours[:current]) >= times for current in range(len(hours))
    ]
    edges = [
        f"e{number}"
        for number, (now, before) in enumerate(zip(above, [False, *above], strict=False))
        if now and not before
    ]
    fired = run(made, deposits(hours, [4_900_000] * len(hours)), Tables())
    assert [one.event_id for one in fired] == edges


# No two at the same time: those are taken in the order in which they come.
@given(
    parts=st.lists(
        st.tuples(st.integers(0, 160), st.sampled_from(PARTS)), max_size=16, unique_by=lambda part: part[0]
    ),
    order=st.randoms(),
)
def test_out_of_order_it_fires_if_it_would_have_in_order(parts: list[tuple[int, int]], order: Any) -> None:
    events = deposits([hour for hour, _ in parts], [amount for _, amount in parts])
    in_order = sorted(events, key=lambda event: event.at_ms)
    shuffled = order.sample(events, len(events))
    assert bool(run(JustUnder(), shuffled, Tables())) == bool(run(JustUnder(), in_order, Tables()))


@given(parts=st.lists(st.tuples(st.integers(0, 160), st.sampled_from(PARTS)), max_size=16))
def test_every_part_is_used_once_and_all_sums_lie_within_a_day(parts: list[tuple[int, int]]) -> None:
    parts.sort()
    events = deposits([hour for hour, _ in parts], [amount for _, amount in parts])
    for fired in run(JustUnder(), events, Tables()):
        evidence = fired.finding.evidence
        assert evidence["sums"] == 3
        assert evidence["uses"] >= evidence["sums"] + evidence["split"]
        assert evidence["sums_minor"]["CNY"] >= 3 * 4_500_000
        assert evidence["uses"] <= len(parts)
