"""Different cards at one cash machine, one after another, near the limit."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from itertools import pairwise
from math import exp, inf
from typing import Annotated, Any, ClassVar

from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, MinorByCurrency, Scope, Span, Step
from domain.amounts import DAILY_CASH_LIMITS
from domain.events import Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.instants import iso, span_ms, span_words, to_ms
from domain.money import money_words
from domain.rings import CardUse, money_left, people
from domain.tables import History, SegmentAmounts, Tables
from domain.windows import Boundary, reach_ms
from domain.wording import counted

# The withdrawals of the window in the order of their times, when the run reported began (ms, None without
# one), and its cards.
USES, BEGAN_MS, RUN = range(3)
State = list[Any]

_MOST_USES, _MOST_CARDS = 64, 64
_NO_TABLES = History[SegmentAmounts]()


class Use(CardUse, frozen=True, gc=False):
    """A withdrawal: what was paid out, until when its session lasted, and whose card it was."""

    taken_minor: int
    end_ms: int
    customer: str | None
    last4: str | None


@dataclass(frozen=True, kw_only=True)
class ManyCardsOneTerminal(Detector[Transaction, State]):
    """Fire when `min_cards` cards of several customers empty one cash machine one after another.

    Why: one runner cashes out a stack of cards, at night, at one machine, as far as each card goes.

    Misses: runners who change the machine after a few cards, wait longer than `max_gap` between cards, or
    take small amounts with one card of each customer.

    False alarms: a market or a building site where all are paid by card and take all of it at once.

    Judgement: a queue on payday is many customers with one card each and what they need for the week. So
    a withdrawal speaks only when its card took `near` of the daily limit within the window, or the amount
    is above its segment's high quantile (with a table in force), or its customer has another card in
    the window. Those that speak are a run while no gap, from the end of one to the start of the next, is
    above `max_gap`. A run fires at `min_cards` cards of `min_customers` customers and again for each card
    that joins, and lists all of them each time. A card of unknown customer counts as a customer.

    Late: a withdrawal within the window of the newest is put in its place; an older one is not counted.

    Prior: six in ten are taken to be true, nine in ten when several customers have more than one card there.

    State: 64 withdrawals of one window and the cards of one run; 60 bytes for a quiet machine, at most
    100,000 bytes.

    Source: the Chinese central bank's daily limit of 20,000 yuan at cash machines.
    """

    scope = Scope.TERMINAL
    types = frozenset({"withdrawal"})
    channels = frozenset({"atm"})
    severity = Severity.CRITICAL
    # Whoever joins is told of at once.
    include_current: ClassVar[bool] = True
    prior = 0.6
    needs = ("terminal",)

    window: Annotated[Span, Field(description="length of the sliding window")] = timedelta(minutes=20)
    max_gap: Annotated[Span, Field(description="a longer pause ends the run")] = timedelta(minutes=5)
    min_cards: Annotated[int, Field(ge=2, le=50, description="so many cards fire")] = 5
    min_customers: Annotated[int, Field(ge=2, le=50, description="of so many customers")] = 3
    daily_limits_minor: Annotated[MinorByCurrency, Field(description="most a card may take in a day")] = (
        field(default_factory=DAILY_CASH_LIMITS.copy)
    )
    near: Annotated[float, Field(gt=0, le=1, description="share of the limit that is near it")] = 0.8
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"
    count_declined: Annotated[bool, Field(description="whether declined withdrawals count")] = True

    @property
    def memory(self) -> timedelta:
        return self.window

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.window), self.boundary)

    @cached_property
    def _max_gap_ms(self) -> int:
        return span_ms(self.max_gap)

    def start(self) -> State:
        return [[], None, []]

    def dump(self, state: State) -> tuple[Any, ...]:
        uses, began_ms, run = state
        members = [(member.card, member.customer, member.last4) for member in run]
        return [astuple(use) for use in uses], began_ms, members

    def load(self, dumped: list[Any], state_version: int) -> State:
        uses, began_ms, run = dumped
        members = [Member(card=card, customer=customer, last4=last4) for card, customer, last4 in run]
        return [[Use(*use) for use in uses], began_ms, members]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        return self._step(_NO_TABLES, state, event)

    def bound(self, tables: Tables) -> Step:
        return partial(self._step, tables.segment_amounts)

    def _step(
        self, published: History[SegmentAmounts], state: State, event: Transaction
    ) -> tuple[Finding, ...]:
        if event.outcome == "declined" and not self.count_declined:
            return QUIET
        at_ms = event.at_ms
        uses: list[Use] = state[USES]
        newest_ms = max(at_ms, uses[-1].at_ms) if uses else at_ms
        oldest_ms = newest_ms - self._reach_ms
        if at_ms < oldest_ms:
            return QUIET
        while uses and uses[0].at_ms < oldest_ms:
            del uses[0]
        if not uses:
            state[BEGAN_MS], state[RUN] = None, []
        use = Use(
            at_ms,
            event.card,
            event.amount_minor,
            event.currency,
            event.balance_after_minor,
            0 if event.outcome == "declined" else event.amount_minor,
            at_ms if event.ended_at is None else max(at_ms, to_ms(event.ended_at)),
            event.customer,
            event.last4,
        )
        position = len(uses)
        while position and uses[position - 1].at_ms > at_ms:
            position -= 1
        uses.insert(position, use)
        if len(uses) > _MOST_USES:
            del uses[0]
        if len(uses) < self.min_cards:
            return QUIET
        return self._judge(state, event, use, published)

    def _judge(
        self, state: State, event: Transaction, use: Use, published: History[SegmentAmounts]
    ) -> tuple[Finding, ...]:
        uses = self._run(state[USES], event, use, published)
        seen = {
            other.card: Member(card=other.card, customer=other.customer, last4=other.last4) for other in uses
        }
        run: list[Member] = state[RUN]
        known = {member.card for member in run}
        if known.isdisjoint(seen):
            if len(seen) < self.min_cards or people(seen.values()) < self.min_customers:
                return QUIET
            state[BEGAN_MS], state[RUN] = uses[0].at_ms, list(seen.values())
        else:
            new = [member for card, member in seen.items() if card not in known]
            if not new or len(run) >= _MOST_CARDS:
                return QUIET
            run += new
        return (self._finding(state, event, uses),)

    def _run(
        self, uses: list[Use], event: Transaction, use: Use, published: History[SegmentAmounts]
    ) -> list[Use]:
        """Give the withdrawals that speak and follow one another up to this one and on from it."""
        run: list[Use] = []
        for other in self._speaking(uses, event, published):
            if run and other.at_ms - run[-1].end_ms > self._max_gap_ms:
                if use in run:
                    break
                run = []
            run.append(other)
        return run if use in run else []

    def _speaking(self, uses: list[Use], event: Transaction, published: History[SegmentAmounts]) -> list[Use]:
        table = published.at(event.at_ms)
        known = table.segments.get(f"{event.currency}|withdrawal|atm") if table else None
        high_minor = exp(known.high) if known else inf
        asked_minor: defaultdict[tuple[str, str], int] = defaultdict(int)
        cards: defaultdict[str | None, set[str]] = defaultdict(set)
        for use in uses:
            asked_minor[use.card, use.currency] += use.amount_minor
            cards[use.customer].add(use.card)
        return [
            use
            for use in uses
            if asked_minor[use.card, use.currency] >= self._near_minor(use.currency)
            or (use.currency == event.currency and use.amount_minor > high_minor)
            or (use.customer is not None and len(cards[use.customer]) > 1)
        ]

    def _near_minor(self, currency: str) -> float:
        return self.near * self.daily_limits_minor.get(currency, inf)

    def _finding(self, state: State, event: Transaction, uses: list[Use]) -> Finding:
        run: list[Member] = state[RUN]
        holders = people(run)
        cards_of = Counter(member.customer for member in run if member.customer)
        several = sum(count > 1 for count in cards_of.values())
        taken_minor = sum(use.taken_minor for use in uses if use.currency == event.currency)
        gaps_ms = [later.at_ms - earlier.end_ms for earlier, later in pairwise(uses)]
        ring = f"terminal:{event.terminal}:{iso(state[BEGAN_MS])}"
        span = uses[-1].end_ms - state[BEGAN_MS]
        return Finding(
            reason=(
                f"{counted(len(run), 'card')} of {counted(holders, 'customer')} at cash machine "
                f"{event.terminal} one after another within {span_words(span)}; the last "
                f"{counted(len(uses), 'withdrawal')} took {money_words(taken_minor, event.currency)}."
            ),
            probability=0.9 if several > 1 else self.prior,
            exposure_minor=money_left(uses, event.currency),
            currency=event.currency,
            members=tuple(run),
            ring=ring,
            anchor=f"{ring}:{len(run)}",
            evidence={
                "cards": len(run),
                "customers": holders,
                "customers_with_several": several,
                "began_at": iso(state[BEGAN_MS]),
                "withdrawals": len(uses),
                "taken_minor": taken_minor,
                "longest_gap_s": max(gaps_ms, default=0) / 1000,
                "max_gap_s": self._max_gap_ms / 1000,
                "window_s": self.window.total_seconds(),
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )
