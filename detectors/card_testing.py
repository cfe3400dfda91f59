"""Many small or declined tries with a card's number, then one that goes through."""

from bisect import insort
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, MinorByCurrency, Scope, Span
from domain.amounts import TRIAL_AMOUNTS
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.windows import Boundary, end_counts, reach_ms
from domain.wording import counted, listed

# Whether the row of declines that lasts was told of, and the tries of one window in the order of their times.
ROW_TOLD, TRIES = range(2)
State = list[Any]

_MOST_TRIES = 32
_AT_MS = attrgetter("at_ms")
# Whoever is declined for want of money had number, date and code right: nothing was left to test.
_OF_MONEY = ("insufficient_funds", "over_limit")
_ROW_PROBABILITY, _SMALL_PROBABILITY = 0.25, 0.3


class Try(Struct, frozen=True, gc=False):
    """A small or declined purchase without the card."""

    at_ms: int
    amount_minor: int
    currency: str
    merchant: str | None
    declined: bool


@dataclass(frozen=True, kw_only=True)
class CardTesting(Detector[Transaction, State]):
    """Fire when small or declined tries without the card are followed by a purchase that goes through.

    Why: whoever bought card numbers, or guesses the rest of one, tries small before he takes much.

    Misses: numbers that are right at the first or second try, tests spread over more than `window`, tests at
    tills, purchases in currencies without an amount in `small_minor`.

    False alarms: an owner who mistypes at several shops, small payments in a game and then a large one.

    Judgement: a try is a purchase online, by post or by telephone that is declined, or is of `small_minor`
    at most. Declined for want of money is no try unless it is small. A purchase goes through when it is
    approved and `times` as much as is small; it fires after `tries` tries, one of them declined, or after
    `small_tries` small ones. An owner who is declined types the same again until it is bought: declines of
    the amount and merchant of the purchase, or of a small one that went through, do not count. What was
    told of does not count again. A row of `row` declines alone fires lower, once until the window holds
    fewer: nothing is lost yet, but the number is being worked on.

    Late: a try within the window of the newest is put in its place, an older one is not counted; a purchase
    is judged when it comes, by the tries before it in time.

    Prior: half are taken to be true, more with more tries; three in ten where none was declined, a
    quarter of the rows alone.

    State: 32 tries of one window; 5 bytes for an ordinary card, at most 10,000 bytes.
    """

    scope = Scope.CARD
    types = frozenset({"purchase"})
    channels = frozenset({"ecom", "moto", "mobile"})
    severity = Severity.HIGH
    prior = 0.5
    about_the_unusual = False
    # The decline that makes a row long counts; the purchase that goes through is no try.
    include_current: ClassVar[bool] = True

    window: Annotated[Span, Field(description="length of the sliding window")] = timedelta(hours=1)
    tries: Annotated[int, Field(ge=1, le=32, description="so many, one of them declined, are a test")] = 3
    small_tries: Annotated[int, Field(ge=2, le=32, description="so many, none of them declined, are")] = 8
    row: Annotated[int, Field(ge=2, le=32, description="so many declines alone fire lower")] = 8
    small_minor: Annotated[MinorByCurrency, Field(description="up to this an amount is small")] = field(
        default_factory=TRIAL_AMOUNTS.copy
    )
    times: Annotated[float, Field(ge=1, le=10_000, description="times what is small is worth a test")] = 20.0
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"
    count_declined: Annotated[bool, Field(description="whether declined purchases are tries")] = True

    @property
    def memory(self) -> timedelta:
        return self.window

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.window), self.boundary)

    def start(self) -> State:
        return [False, []]

    def dump(self, state: State) -> tuple[Any, ...]:
        return state[ROW_TOLD], [astuple(one) for one in state[TRIES]]

    def load(self, dumped: list[Any], state_version: int) -> State:
        row_told, tries = dumped
        return [row_told, [Try(*one) for one in tries]]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        small_minor = self.small_minor.get(event.currency, -1)
        amount_minor = event.amount_minor
        if event.outcome == "declined":
            of_money = event.decline_reason in _OF_MONEY and amount_minor > small_minor
            return QUIET if of_money or not self.count_declined else self._remember(state, event)
        if amount_minor > small_minor:
            if not state[TRIES] or small_minor < 0 or amount_minor < self.times * small_minor:
                return QUIET
            return self._judge(state, event)
        return self._remember(state, event)

    def _remember(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        tries: list[Try] = state[TRIES]
        oldest_ms = max(at_ms, tries[-1].at_ms if tries else at_ms) - self._reach_ms
        if at_ms < oldest_ms:
            return QUIET
        while tries and tries[0].at_ms < oldest_ms:
            del tries[0]
        latest = Try(at_ms, event.amount_minor, event.currency, event.merchant, event.outcome == "declined")
        insort(tries, latest, key=_AT_MS)
        if len(tries) > _MOST_TRIES:
            del tries[0]
        if len(tries) < self.row:
            state[ROW_TOLD] = False
            return QUIET
        held = self._held(tries, tries[-1].at_ms, latest)
        declined = [one for one in held if one.declined]
        told, state[ROW_TOLD] = state[ROW_TOLD], len(declined) >= self.row
        return (self._row(event, declined),) if state[ROW_TOLD] and not told else QUIET

    def _held(self, tries: list[Try], end_ms: int, current: Try | None) -> list[Try]:
        """Give the tries in the window that ends at `end_ms`."""
        first_ms, last_ms = end_ms - self._reach_ms, end_ms - (not end_counts(self.boundary))
        return [one for one in tries if first_ms <= one.at_ms <= last_ms or one is current]

    def _judge(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        inside = self._held(state[TRIES], event.at_ms, None)
        own = (event.amount_minor, event.currency, event.merchant)
        bought = {_what(one) for one in inside if not one.declined}
        held = [
            one for one in inside if (what := _what(one)) != own and not (one.declined and what in bought)
        ]
        declines = sum(one.declined for one in held)
        if len(held) < (self.tries if declines else self.small_tries):
            return QUIET
        state[ROW_TOLD], state[TRIES] = False, [one for one in state[TRIES] if one.at_ms > event.at_ms]
        return (self._gone_through(event, held, declines),)

    def _gone_through(self, event: Transaction, held: list[Try], declines: int) -> Finding:
        excess = len(held) / (self.tries if declines else self.small_tries)
        balance = event.balance_after_minor
        return Finding(
            reason=(
                f"A purchase of {money_words(event.amount_minor, event.currency)} without the card went "
                f"through {self._after(held, event.at_ms)}."
            ),
            probability=round(min(0.95, (self.prior if declines else _SMALL_PROBABILITY) * excess), 3),
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence=self._evidence(held) | {"amount_minor": event.amount_minor, "went_through": True},
        )

    def _row(self, event: Transaction, held: list[Try]) -> Finding:
        same_currency = [one.amount_minor for one in held if one.currency == event.currency]
        balance = event.balance_after_minor
        return Finding(
            reason=f"Nothing has gone through {self._after(held, held[-1].at_ms)}, all without the card.",
            probability=round(min(0.95, _ROW_PROBABILITY * len(held) / self.row), 3),
            severity=Severity.MEDIUM,
            exposure_minor=max(0, balance) if balance is not None else max(same_currency, default=0),
            currency=event.currency,
            evidence=self._evidence(held) | {"amount_minor": event.amount_minor, "went_through": False},
        )

    def _after(self, held: list[Try], end_ms: int) -> str:
        declines = sum(one.declined for one in held)
        kinds = [counted(declines, "decline")] if declines else []
        kinds += [counted(len(held) - declines, "small one")] if declines < len(held) else []
        return f"after {listed(kinds)} within {span_words(end_ms - held[0].at_ms)}"

    def _evidence(self, held: list[Try]) -> dict[str, Any]:
        return {
            "tries": len(held),
            "declined": sum(one.declined for one in held),
            "merchants": len({one.merchant for one in held if one.merchant}),
            "first_at": iso(held[0].at_ms),
            "last_at": iso(held[-1].at_ms),
            "window_s": self.window.total_seconds(),
            "boundary": self.boundary,
            "include_current": self.include_current,
            "count_declined": self.count_declined,
        }


def _what(one: Try) -> tuple[int, str, str | None]:
    return one.amount_minor, one.currency, one.merchant
