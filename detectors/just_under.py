"""Amounts kept just below a limit, again and again."""

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, MinorByCurrency, Scope, Span
from domain.amounts import DAILY_CASH_LIMITS
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.windows import Boundary, end_counts, reach_ms
from domain.wording import counted, listed

# Whether the window was told of, and its uses below a limit in the order of their times.
TOLD, USES = range(2)
State = list[Any]

_MOST_USES, _MOST_NAMED = 64, 5
_AT_MS = attrgetter("at_ms")
# From which on cash is reported or declared.
_REPORTED = {
    "CNY": 5_000_000,
    "HKD": 12_000_000,
    "TWD": 50_000_000,
    "JPY": 2_000_000,
    "KRW": 10_000_000,
    "SGD": 2_000_000,
    "USD": 1_000_000,
    "EUR": 1_000_000,
    "GBP": 1_000_000,
}


class Use(Struct, frozen=True, gc=False):
    """Money that was moved below a limit; `way` says which limit and whether it can be part of a sum."""

    at_ms: int
    amount_minor: int
    currency: str
    way: str


@dataclass(frozen=True, kw_only=True)
class JustUnder(Detector[Transaction, State]):
    """Fire when sums are kept below a reporting or daily limit `times` times within `window`.

    Why: whoever launders money cuts it so that no single sum has to be reported or stopped.

    Misses: sums cut into parts below `part` of the limit, or spread over several cards or more than
    `window`; currencies without a limit.

    False alarms: a shop that pays its takings in, a craftsman who is paid in cash, an owner who takes all
    that the machine gives on three days of a week.

    Judgement: withdrawals at cash machines go by the daily limit, deposits, transfers out and withdrawals
    at the counter by the reporting limit. A sum is kept below when a single amount lies less than `band` of
    the limit below it, or when amounts below that and above `part` of the limit reach that line together
    within `split_window`: each is used once, money in and money out are never added up, and neither are
    currencies. Exactly the limit is not below it. It fires when the window holds `times` such sums, and again
    only after a later use found fewer.

    Late: a use within the window of the newest is put in its place and the window is judged anew; an older
    one is not counted.

    Prior: one in five is taken to be true; twice that where all of it was within `split_window`.

    State: 64 uses of one window; 7 bytes for an ordinary card, at most 2,500 bytes.

    Source: daily limits as for machines in mainland China (20,000 yuan). Cash is reported from 50,000 yuan
    (People's Bank of China, order 3 of 2016), above 10,000 dollars (31 CFR 1010.311), from 500,000 New Taiwan
    dollars, 10 million won and 2 million yen, and declared at the border from 10,000 euros or pounds, 20,000
    Singapore and 120,000 Hong Kong dollars.
    """

    scope = Scope.CARD
    types = frozenset({"withdrawal", "deposit", "transfer_out"})
    severity = Severity.MEDIUM
    prior = 0.2
    about_the_unusual = False
    # The use that brings the window to `times` sums is in it.
    include_current: ClassVar[bool] = True

    window: Annotated[Span, Field(description="length of the sliding window")] = timedelta(days=7)
    times: Annotated[int, Field(ge=2, le=50, description="so many sums fire")] = 3
    band: Annotated[float, Field(gt=0, lt=1, description="share of the limit that is just below it")] = 0.1
    part: Annotated[float, Field(gt=0, lt=1, description="share of the limit that may be a part")] = 0.2
    split_window: Annotated[Span, Field(description="parts so near are one sum")] = timedelta(hours=24)
    reporting_minor: Annotated[MinorByCurrency, Field(description="from here on a sum is reported")] = field(
        default_factory=_REPORTED.copy
    )
    daily_limits_minor: Annotated[
        MinorByCurrency, Field(description="most a card may take from machines in a day")
    ] = field(default_factory=DAILY_CASH_LIMITS.copy)
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"
    count_declined: Annotated[bool, Field(description="whether declined uses count")] = False

    @property
    def memory(self) -> timedelta:
        return self.window

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.window), self.boundary)

    @cached_property
    def _split_ms(self) -> int:
        return reach_ms(span_ms(self.split_window), self.boundary)

    def start(self) -> State:
        return [False, []]

    def dump(self, state: State) -> tuple[Any, ...]:
        return state[TOLD], [astuple(use) for use in state[USES]]

    def load(self, dumped: list[Any], state_version: int) -> State:
        told, uses = dumped
        return [told, [Use(*use) for use in uses]]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        at_machine = event.channel == "atm" and event.type == "withdrawal"
        limits_minor = self.daily_limits_minor if at_machine else self.reporting_minor
        limit_minor = limits_minor.get(event.currency, 0)
        if not self.part * limit_minor <= event.amount_minor < limit_minor:
            return QUIET
        if event.outcome == "declined" and not self.count_declined:
            return QUIET
        way = "machine" if at_machine else "in" if event.type == "deposit" else "out"
        use = Use(event.at_ms, event.amount_minor, event.currency, way)
        return self._judge(state, event, use) if self._put(state, use) else QUIET

    def _put(self, state: State, use: Use) -> bool:
        """Put a use in its place; say whether the window could hold enough to fire."""
        uses: list[Use] = state[USES]
        oldest_ms = max(use.at_ms, uses[-1].at_ms if uses else use.at_ms) - self._reach_ms
        if use.at_ms < oldest_ms:
            return False
        while uses and uses[0].at_ms < oldest_ms:
            del uses[0]
        insort(uses, use, key=_AT_MS)
        if len(uses) > _MOST_USES:
            del uses[0]
        if len(uses) < self.times:
            state[TOLD] = False
            return False
        return True

    def _judge(self, state: State, event: Transaction, current: Use) -> tuple[Finding, ...]:
        uses = state[USES]
        last_ms = uses[-1].at_ms - (not end_counts(self.boundary))
        sums = self._sums([use for use in uses if use.at_ms <= last_ms or use is current])
        told, state[TOLD] = state[TOLD], len(sums) >= self.times
        return (self._finding(event, sums),) if state[TOLD] and not told else QUIET

    def _limit_minor(self, use: Use) -> int:
        limits_minor = self.daily_limits_minor if use.way == "machine" else self.reporting_minor
        return limits_minor.get(use.currency, 0)

    def _sums(self, uses: list[Use]) -> list[list[Use]]:
        """Give the sums kept below a limit, each as its uses, in the order in which they were full."""
        sums: list[list[Use]] = []
        parts: defaultdict[tuple[str, str], list[Use]] = defaultdict(list)
        for use in uses:
            line_minor = (1 - self.band) * self._limit_minor(use)
            if use.amount_minor >= line_minor:
                sums.append([use])
                continue
            held = parts[use.currency, use.way]
            held.append(use)
            while use.at_ms - held[0].at_ms > self._split_ms:
                del held[0]
            if sum(one.amount_minor for one in held) >= line_minor:
                sums.append(parts.pop((use.currency, use.way)))
        return sums

    def _finding(self, event: Transaction, sums: list[list[Use]]) -> Finding:
        uses = sorted((use for one in sums for use in one), key=_AT_MS)
        span = uses[-1].at_ms - uses[0].at_ms
        limits = dict.fromkeys((use.currency, self._limit_minor(use)) for use in uses)
        limit_words = listed([money_words(limit_minor, currency) for currency, limit_minor in limits])
        named = [_sum_words(one) for one in sums[:_MOST_NAMED]]
        if len(sums) > _MOST_NAMED:
            named.append(f"{len(sums) - _MOST_NAMED:,} more")
        sums_minor: defaultdict[str, int] = defaultdict(int)
        for use in uses:
            sums_minor[use.currency] += use.amount_minor
        same_currency = [use.amount_minor for use in uses if use.currency == event.currency]
        balance = event.balance_after_minor
        quick = 2 if span <= self._split_ms else 1
        return Finding(
            reason=(
                f"{counted(len(sums), 'sum')} kept below {limit_words} within {span_words(span)}: "
                f"{listed(named)}."
            ),
            probability=round(min(0.95, self.prior * quick * len(sums) / self.times), 3),
            exposure_minor=max(0, balance) if balance is not None else max(same_currency, default=0),
            currency=event.currency,
            evidence={
                "sums": len(sums),
                "split": sum(len(one) > 1 for one in sums),
                "uses": len(uses),
                "sums_minor": dict(sums_minor),
                "limits_minor": sorted({limit_minor for _, limit_minor in limits}),
                "ways": sorted({use.way for use in uses}),
                "first_at": iso(uses[0].at_ms),
                "last_at": iso(uses[-1].at_ms),
                "band": self.band,
                "window_s": self.window.total_seconds(),
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )


def _sum_words(parts: list[Use]) -> str:
    words = money_words(sum(use.amount_minor for use in parts), parts[0].currency)
    return f"{words} in {len(parts)} parts" if len(parts) > 1 else words
