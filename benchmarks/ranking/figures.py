"""What orders save, with intervals: days (or nights) are drawn again whole, the same for all orders."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import NamedTuple

from benchmarks.markdown import table
from benchmarks.ranking.calls import DAY_MS, Alert, Order, Truth, work
from tuning.measures.bootstrap import Interval, day_blocks, interval

# The handbook's bank has 5,000 customers, so that few calls an hour are many there.
CALLS_AN_HOUR = (1, 2, 5, 10, 20, 50)


class Money(NamedTuple):
    """What could have been saved of a day's or night's losses, and what was; minor units."""

    at_stake: int
    saved: int


class Span(NamedTuple):
    """Alerts and truth from one moment to another, with an empty queue at the begin.

    `by_day` tells whether its days are drawn again one by one, or the span as a whole.
    """

    alerts: Sequence[Alert]
    truth: Truth
    from_ms: int
    until_ms: int
    by_day: bool = False


class Found(NamedTuple):
    """An order's money by day, and the calls that it made, right ones among them."""

    money: list[Money]
    calls: int
    right: int


def by_order(spans: Sequence[Span], orders: Sequence[Order], calls_an_hour: int | None) -> dict[str, Found]:
    """Work through all spans in each order."""
    return {order.name: _worked(spans, order, calls_an_hour) for order in orders}


def share(money: Sequence[Money]) -> float:
    """Give the share of what could be saved that was; nan where there was nothing."""
    at_stake = sum(day.at_stake for day in money)
    return sum(day.saved for day in money) / at_stake if at_stake else nan


def shares_table(found: Mapping[int, Mapping[str, Found]]) -> str:
    """Write the share that each order saves, a column for each number of calls."""
    names = list(next(iter(found.values())))
    rows = [
        (name, *(_said(interval(orders[name].money, share)) for orders in found.values())) for name in names
    ]
    return table(("order", *(f"{calls} calls an hour" for calls in found)), rows)


def differences_table(found: Mapping[int, Mapping[str, Found]], base: str) -> str:
    """Write by how many points of the share each order saves more than `base`."""
    names = [name for name in next(iter(found.values())) if name != base]
    rows = [
        (
            name,
            *(_more(day_blocks(orders[base].money, orders[name].money, share)) for orders in found.values()),
        )
        for name in names
    ]
    return table((f"against {base}", *(f"{calls} calls an hour" for calls in found)), rows)


def calls_table(found: Mapping[int, Mapping[str, Found]]) -> str:
    """Write how many of the calls were to somebody who was being robbed."""
    names = list(next(iter(found.values())))
    rows = [
        (name, *(f"{orders[name].right:,} of {orders[name].calls:,}" for orders in found.values()))
        for name in names
    ]
    return table(("right calls", *(f"{calls} calls an hour" for calls in found)), rows)


def _worked(spans: Sequence[Span], order: Order, calls_an_hour: int | None) -> Found:
    money: list[Money] = []
    calls = right = 0
    for span in spans:
        worked = work(span.alerts, span.truth, order, calls_an_hour, span.from_ms, span.until_ms)
        at_stake = span.truth.at_stake(span.from_ms, span.until_ms)
        days = range(span.from_ms // DAY_MS, -(-span.until_ms // DAY_MS))
        of_days = [Money(at_stake.get(day, 0), worked.saved.get(day, 0)) for day in days]
        money.extend(of_days if span.by_day else [_together(of_days)])
        calls, right = calls + worked.calls, right + worked.right
    return Found(money, calls, right)


def _together(money: Sequence[Money]) -> Money:
    return Money(sum(day.at_stake for day in money), sum(day.saved for day in money))


def _said(found: Interval) -> str:
    return f"{found.point:.1%} ({found.low:.1%} to {found.high:.1%})"


def _more(found: Interval) -> str:
    noise = ", noise" if found.is_noise else ""
    return f"{100 * found.point:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f}{noise})"
