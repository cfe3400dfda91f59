"""Bursts against windows that are counted anew each time, in order and out of order."""

from datetime import timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from detectors.burst import Burst
from detectors.examples import run
from domain.events import Transaction
from domain.instants import from_ms
from domain.tables import Tables
from domain.windows import Boundary

START_MS = 1_772_416_800_000
WINDOW_MS = 10_000
# Few and small values, so that edges and equal times are hit.
TIMES = st.lists(st.integers(0, 40), min_size=1, max_size=25)
AMOUNTS = st.sampled_from((0, 100, 400, 700))


def uses(times: list[int], amounts: list[int]) -> list[Transaction]:
    return [
        Transaction(
            event_id=f"e{number}",
            at=from_ms(START_MS + second * 1000),
            at_ms=START_MS + second * 1000,
            card="c1",
            amount_minor=amount,
            currency="CNY",
            channel="pos",
        )
        for number, (second, amount) in enumerate(zip(times, amounts, strict=False))
    ]


def over(events: list[Transaction], current: int, made: Burst) -> bool:
    """Count the window of one use among those before it, as the definitions are written."""
    end_ms = events[current].at_ms
    held = {
        "end": lambda at_ms: end_ms - WINDOW_MS < at_ms <= end_ms,
        "both": lambda at_ms: end_ms - WINDOW_MS <= at_ms <= end_ms,
        "start": lambda at_ms: end_ms - WINDOW_MS <= at_ms < end_ms,
        "neither": lambda at_ms: end_ms - WINDOW_MS < at_ms < end_ms,
    }[made.boundary]
    inside = [event for event in events[:current] if held(event.at_ms)]
    inside += [events[current]] * made.include_current
    spent = sum(event.amount_minor for event in inside)
    return len(inside) >= made.uses or (len(inside) >= made.sum_uses and spent > 1000)


@given(
    times=TIMES.map(sorted),
    amounts=st.lists(AMOUNTS, min_size=25, max_size=25),
    boundary=st.sampled_from(get_args(Boundary)),
    include_current=st.booleans(),
)
def test_in_order_it_fires_on_each_rising_edge_of_windows_counted_anew(
    times: list[int], amounts: list[int], boundary: Boundary, include_current: bool
) -> None:
    made = Burst(
        window=timedelta(seconds=10),
        uses=4,
        sum_uses=2,
        sums_minor={"CNY": 1000},
        boundary=boundary,
        include_current=include_current,
    )
    events = uses(times, amounts)
    above = [over(events, current, made) for current in range(len(events))]
    edges = [
        event.event_id
        for event, now, before in zip(events, above, [False, *above], strict=False)
        if now and not before
    ]
    assert [fired.event_id for fired in run(made, events, Tables())] == edges


@given(
    times=TIMES,
    amounts=st.lists(AMOUNTS, min_size=25, max_size=25),
    boundary=st.sampled_from(("end", "both")),
)
def test_out_of_order_it_fires_if_it_would_have_in_order(
    times: list[int], amounts: list[int], boundary: Boundary
) -> None:
    made = Burst(
        window=timedelta(seconds=10),
        uses=4,
        sum_uses=2,
        sums_minor={"CNY": 1000},
        boundary=boundary,
        lateness=timedelta(seconds=40),
    )
    events = uses(times, amounts)
    in_order = sorted(events, key=lambda event: event.at_ms)
    assert bool(run(made, events, Tables())) == bool(run(made, in_order, Tables()))
