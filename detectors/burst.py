"""Many uses of a card, or much money, in a short time."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from detectors.base import Detector, MinorByCurrency, Scope, Span, Step
from domain.event_fields import MOST_MINOR
from domain.events import MONEY_OUT, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.tables import Tables
from domain.windows import Boundary, count_inside, expire, inside, put, reach_ms, windows_holding
from domain.wording import counted, listed

# Whether the newest window was over a limit, the end (ms) of the newest window that was, the times of the
# uses in order, and the money of each as amount and currency (0 of it where it was declined).
ABOVE, ABOVE_MS, TIMES, SPENT = range(4)
State = list[Any]

# More uses than any limit: beyond them the oldest go, and the count stays over.
_MOST_USES = 256
# 50,000 yuan, from which banks in China report cash, and about as much elsewhere.
_LARGE = {
    "CNY": 5_000_000,
    "HKD": 5_500_000,
    "TWD": 22_000_000,
    "JPY": 1_000_000,
    "KRW": 10_000_000,
    "SGD": 1_000_000,
    "USD": 700_000,
    "EUR": 650_000,
    "GBP": 550_000,
}


@dataclass(frozen=True, kw_only=True)
class Burst(Detector[Transaction, State]):
    """Fire when a card is used `uses` times, or for more than `sums_minor`, within `window`.

    Why: whoever holds a stolen card or its number takes what he can before it is stopped.

    Misses: slow use, a few large uses below `sum_uses`, money in currencies without a limit in
    `sums_minor`, bursts that are spread over several cards.

    False alarms: toll roads, vending machines, a market with many stalls, a traveller's first hour.

    Judgement: purchases, withdrawals and transfers out count, whatever their channel. The sum counts what
    was approved, each currency for itself, and only once there are `sum_uses` uses. It fires when a use
    brings the window over either limit, and again only after a later use found it below both, or a whole
    window passed without any.

    Late: a use up to `lateness` older than the newest is put in its place and judged in every window
    that it lies in; it fires unless an alert was given less than a window away. An older one is not counted.

    Prior: three in ten are taken to be true, more as the limit is passed further.

    State: the uses of one window and `lateness`, 256 at most; 25 bytes for an ordinary card, at most
    10,000 bytes.

    Source: 50,000 yuan is where banks in China report cash to the anti-money-laundering centre.
    """

    scope = Scope.CARD
    types = MONEY_OUT
    severity = Severity.MEDIUM
    prior = 0.3
    least_per_million = 1.0
    about_the_unusual = False

    window: Annotated[Span, Field(description="length of the sliding window")] = timedelta(minutes=10)
    uses: Annotated[int, Field(ge=1, le=200, description="this many uses fire")] = 6
    sums_minor: Annotated[MinorByCurrency, Field(description="more than this fires")] = field(
        default_factory=_LARGE.copy
    )
    sum_uses: Annotated[int, Field(ge=1, le=200, description="fewer uses make no sum")] = 3
    lateness: Annotated[Span, Field(description="how late a use may come and still count")] = timedelta(
        minutes=5
    )
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"
    include_current: Annotated[bool, Field(description="whether the use itself counts")] = True
    count_declined: Annotated[bool, Field(description="whether declined uses count")] = True

    @property
    def memory(self) -> timedelta:
        return self.window + self.lateness

    @cached_property
    def _window_ms(self) -> int:
        return span_ms(self.window)

    @cached_property
    def _lateness_ms(self) -> int:
        return span_ms(self.lateness)

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(self._window_ms, self.boundary)

    @cached_property
    def _fewest(self) -> int:
        return min(self.uses, self.sum_uses)

    def start(self) -> State:
        return [False, None, [], []]

    def dump(self, state: State) -> tuple[Any, ...]:
        return state[ABOVE], state[ABOVE_MS], state[TIMES].copy(), state[SPENT].copy()

    def load(self, dumped: list[Any], state_version: int) -> State:
        above, above_ms, times, spent = dumped
        return [above, above_ms, times, [(amount_minor, currency) for amount_minor, currency in spent]]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        declined = event.outcome == "declined"
        if declined and not self.count_declined:
            return QUIET
        at_ms = event.at_ms
        use = (0 if declined else event.amount_minor, event.currency)
        times: list[int] = state[TIMES]
        spent: list[tuple[int, str]] = state[SPENT]
        if times:
            newest_ms = times[-1]
            if at_ms < newest_ms:
                return self._put_late(state, event, use) if newest_ms - at_ms <= self._lateness_ms else QUIET
            if newest_ms < at_ms - self._reach_ms:
                state[ABOVE] = False
            if times[0] < at_ms - self._reach_ms - self._lateness_ms:
                del spent[: expire(times, at_ms - self._reach_ms - self._lateness_ms)]
                if not times:
                    state[ABOVE_MS] = None
        times.append(at_ms)
        spent.append(use)
        if len(times) < self._fewest:
            state[ABOVE] = False
            return QUIET
        if len(times) > _MOST_USES:
            del times[0], spent[0]
        return self._judge(state, event, len(times) - 1)

    def bound(self, tables: Tables) -> Step:
        del tables
        facts = (self._reach_ms, self._lateness_ms, self._fewest, self.count_declined)
        return quick("burst", self.step, facts)

    def _put_late(self, state: State, event: Transaction, use: tuple[int, str]) -> tuple[Finding, ...]:
        position = put(state[TIMES], event.at_ms)
        state[SPENT].insert(position, use)
        if len(state[TIMES]) > _MOST_USES:
            del state[TIMES][0], state[SPENT][0]
            position = max(0, position - 1)
        return self._judge(state, event, position)

    def _judge(self, state: State, event: Transaction, position: int) -> tuple[Finding, ...]:
        """Look at every window that the use at `position` lies in; for the newest that is its own alone."""
        times = state[TIMES]
        newest = len(times) - 1
        touched = windows_holding(times, position, self._window_ms, self.boundary)
        excess = {current: self._excess(state, current) for current in touched}
        over = [current for current in touched if excess[current]]
        was_above, above_ms = state[ABOVE], state[ABOVE_MS]
        if newest in touched:
            state[ABOVE] = newest in over
        if not over:
            return QUIET
        state[ABOVE_MS] = max(above_ms or 0, times[over[-1]])
        current = newest if newest in over else max(over, key=lambda current: excess[current])
        if position == newest:
            news = not was_above
        else:
            news = above_ms is None or abs(times[current] - above_ms) >= self._window_ms
        return (self._finding(state, event, current, excess[current]),) if news else QUIET

    def _excess(self, state: State, current: int) -> float:
        """Give how many times a limit the window of a use reaches, 0 when it is below all limits."""
        count = count_inside(state[TIMES], current, self._window_ms, self.boundary, self.include_current)
        excess = count / self.uses if count >= self.uses else 0.0
        if count >= self.sum_uses:
            for currency, sum_minor in self._sums(state, self._inside(state, current)).items():
                limit_minor = self.sums_minor.get(currency, MOST_MINOR)
                if sum_minor > limit_minor:
                    excess = max(excess, sum_minor / max(1, limit_minor))
        return excess

    def _inside(self, state: State, current: int) -> list[int]:
        return inside(state[TIMES], current, self._window_ms, self.boundary, self.include_current)

    def _sums(self, state: State, positions: list[int]) -> dict[str, int]:
        sums: dict[str, int] = {}
        for position in positions:
            amount_minor, currency = state[SPENT][position]
            sums[currency] = sums.get(currency, 0) + amount_minor
        return sums

    def _finding(self, state: State, event: Transaction, current: int, excess: float) -> Finding:
        times, spent = state[TIMES], state[SPENT]
        positions = self._inside(state, current)
        sums = self._sums(state, positions)
        spent_words = [money_words(sum_minor, currency) for currency, sum_minor in sums.items() if sum_minor]
        money = f"for {listed(spent_words)}" if spent_words else "and none of them approved"
        span = times[positions[-1]] - times[positions[0]]
        if len(positions) >= self.uses:
            noticed = counted(self.uses, "use")
        else:
            limits = {currency: self.sums_minor[currency] for currency in sums if currency in self.sums_minor}
            noticed = "more than " + listed([money_words(limit, name) for name, limit in limits.items()])
        same_currency = [spent[position][0] for position in positions if spent[position][1] == event.currency]
        balance = event.balance_after_minor
        return Finding(
            reason=(
                f"{counted(len(positions), 'use')} within {span_words(span)} {money}; "
                f"{noticed} in {span_words(self._window_ms)} is watched for."
            ),
            probability=round(min(0.8, self.prior * excess), 3),
            exposure_minor=max(0, balance) if balance is not None else max(same_currency, default=0),
            currency=event.currency,
            evidence={
                "uses": len(positions),
                "span_s": span / 1000,
                "first_at": iso(times[positions[0]]),
                "last_at": iso(times[positions[-1]]),
                "sums_minor": sums,
                "limit_uses": self.uses,
                "window_s": self._window_ms / 1000,
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )
