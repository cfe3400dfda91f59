"""Many cards tried at one merchant, for small amounts or declined."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from math import exp
from typing import Annotated, Any, ClassVar

from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, MinorByCurrency, Scope, Span, Step
from domain.amounts import TRIAL_AMOUNTS
from domain.events import Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, span_words
from domain.rings import CardUse, money_left
from domain.tables import Tables
from domain.windows import Boundary, reach_ms
from domain.wording import counted

# When the first and the newest purchase were (ms); how many there were of late, and by habit, each counting
# less the older it is; the tries of the window in the order of their times, and how many of them were
# declined; when the run of tries that was told of began and was last seen (ms, 0 without one), how many of
# its cards were told of, and its tries, one for each card.
FIRST_MS, NEWEST_MS, RECENT, USUAL, TRIES, DECLINED, BEGAN_MS, LAST_MS, TOLD, RUN = range(10)
State = list[Any]

_MOST_TRIES, _MOST_CARDS = 256, 128
_DAY_MS = 86_400_000
# After so many times `habit` hardly anything of it is left.
_HABITS_KEPT = 3


class Try(CardUse, frozen=True, gc=False):
    """A purchase without the card that was small or declined."""

    declined: bool
    customer: str | None
    last4: str | None


@dataclass(frozen=True, kw_only=True)
class CardsTestedAtMerchant(Detector[Transaction, State]):
    """Fire when many different cards are tried at one merchant within minutes, far above its habit.

    Why: whoever bought or made up numbers of cards has a machine try them one after another, where small
    payments ask for nothing more, to see which live.

    Misses: tries that are spread over hours or over many merchants, lists so good that less than
    `declined_share` is declined, and merchants where so many pay that `times` as many are more than the 256
    tries it remembers: with the defaults some 7,000 cards of this bank in a day.

    False alarms: a sale for pennies whose payments fail, a merchant of the first day whose line is down, a
    lottery of tickets at which most ask for more than they have.

    Judgement: a try is a purchase without the card that is declined, or not above `small_minor`. It fires
    when the window holds tries of `min_cards` cards and of `times` as many as usually pay there in so long,
    and `declined_share` of all who paid of late were declined. The habit is the mean of the days before, of
    which older ones count less; a merchant's first day counts as a whole one. A sale is many who pay, an
    outage few who are declined: neither is both. It fires again each time that the run has twice as many
    cards, and for a new run once `rearm` has passed without. The members are the cards whose tries went
    through: they are known to live now. Without any it is of medium severity, and about the merchant alone.

    Late: a try within the window of the newest is put in its place; an older one is counted for the habit.

    Prior: half are taken to be true, nine in ten as the run grows. What fires is not learnt as habit.

    State: 256 tries of one window and 128 cards of one run; 60 bytes for a quiet merchant, at most
    300,000 bytes.
    """

    scope = Scope.MERCHANT
    types = frozenset({"purchase"})
    channels = frozenset({"ecom", "moto"})
    severity = Severity.HIGH
    # The try that makes them many counts.
    include_current: ClassVar[bool] = True
    prior = 0.5
    needs = ("merchant",)

    window: Annotated[Span, Field(description="length of the sliding window")] = timedelta(minutes=10)
    min_cards: Annotated[int, Field(ge=2, le=64, description="so many cards fire")] = 10
    times: Annotated[float, Field(ge=1, le=1000, description="and so many times as usual pay there")] = 5.0
    declined_share: Annotated[float, Field(ge=0, le=1, description="so many of them declined")] = 0.25
    small_minor: Annotated[MinorByCurrency, Field(description="up to this an amount is small")] = field(
        default_factory=TRIAL_AMOUNTS.copy
    )
    habit: Annotated[Span, Field(description="age at which a day counts a third for the habit")] = timedelta(
        days=7
    )
    rearm: Annotated[Span, Field(description="quiet after which it is another run")] = timedelta(hours=1)
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"
    count_declined: Annotated[bool, Field(description="whether declined purchases count")] = True

    @property
    def memory(self) -> timedelta:
        return max(self.habit * _HABITS_KEPT, self.window, self.rearm)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _window_ms(self) -> int:
        return span_ms(self.window)

    @cached_property
    def _habit_ms(self) -> int:
        return span_ms(self.habit)

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(self._window_ms, self.boundary)

    def start(self) -> State:
        return [0, 0, 0.0, 0.0, [], 0, 0, 0, 0, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        *rest, run = state
        rest[TRIES] = [astuple(one) for one in state[TRIES]]
        return *rest, [astuple(one) for one in run.values()]

    def load(self, dumped: list[Any], state_version: int) -> State:
        *rest, run = dumped
        rest[TRIES] = [Try(*one) for one in rest[TRIES]]
        return [*rest, {card: Try(at_ms, card, *told) for at_ms, card, *told in run}]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        declined = event.outcome == "declined"
        if declined and not self.count_declined:
            return QUIET
        at_ms = event.at_ms
        self._count(state, at_ms)
        if not declined and event.amount_minor > self.small_minor.get(event.currency, 0):
            return QUIET
        oldest_ms = state[NEWEST_MS] - self._reach_ms
        if at_ms < oldest_ms:
            return QUIET
        self._remember(state, event, oldest_ms)
        if len(state[TRIES]) < self.min_cards:
            return QUIET
        return self._judge(state, event)

    def bound(self, tables: Tables) -> Step:
        del tables
        facts = (self.count_declined, self._memory_ms, self._window_ms, self._habit_ms, self.small_minor)
        return quick("cards_tested_at_merchant", self.step, facts)

    def _count(self, state: State, at_ms: int) -> None:
        """Count a purchase of late and, where no run is on, for the habit."""
        gap_ms = at_ms - state[NEWEST_MS]
        if gap_ms > self._memory_ms:
            state[:] = self.start()
            state[FIRST_MS] = state[NEWEST_MS] = at_ms
            gap_ms = 0
        if gap_ms > 0:
            state[NEWEST_MS] = at_ms
            state[RECENT] *= exp(-gap_ms / self._window_ms)
            state[USUAL] *= exp(-gap_ms / self._habit_ms)
            gap_ms = 0
        state[RECENT] += exp(gap_ms / self._window_ms)
        if not state[RUN] or state[NEWEST_MS] - state[LAST_MS] > span_ms(self.rearm):
            state[USUAL] += exp(gap_ms / self._habit_ms)

    def _remember(self, state: State, event: Transaction, oldest_ms: int) -> None:
        tries: list[Try] = state[TRIES]
        one = Try(
            event.at_ms,
            event.card,
            event.amount_minor,
            event.currency,
            event.balance_after_minor,
            event.outcome == "declined",
            event.customer,
            event.last4,
        )
        position = len(tries)
        while position and tries[position - 1].at_ms > event.at_ms:
            position -= 1
        tries.insert(position, one)
        state[DECLINED] += one.declined
        gone = max(0, len(tries) - _MOST_TRIES)
        while tries[gone].at_ms < oldest_ms:
            gone += 1
        if gone:
            state[DECLINED] -= sum(one.declined for one in tries[:gone])
            del tries[:gone]

    def _usual(self, state: State) -> float:
        """Give how many usually pay there in a window, by the mean of the days before."""
        age_ms = max(state[NEWEST_MS] - state[FIRST_MS], _DAY_MS)
        # As many days as they count for.
        days_ms = self._habit_ms * (1 - exp(-age_ms / self._habit_ms))
        return float(state[USUAL] * self._window_ms / days_ms)

    def _judge(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        tries: list[Try] = state[TRIES]
        usual = self._usual(state)
        fewest = max(self.min_cards, self.times * usual)
        share = self.declined_share if self.count_declined else 0.0
        # Cheaper than counting cards, and never less than they are.
        if len(tries) < fewest or state[DECLINED] < share * state[RECENT]:
            return QUIET
        cards = {one.card for one in tries}
        refused = {one.card for one in tries if one.declined}
        if len(cards) < fewest or len(refused) < share * max(len(cards), state[RECENT]):
            return QUIET
        newest_ms = state[NEWEST_MS]
        if not state[RUN] or newest_ms - state[LAST_MS] > span_ms(self.rearm):
            state[BEGAN_MS], state[TOLD], state[RUN] = tries[0].at_ms, 0, {}
        state[LAST_MS] = newest_ms
        run: dict[str, Try] = state[RUN]
        for one in tries:
            known = run.get(one.card)
            if (known is None and len(run) < _MOST_CARDS) or (known and known.declined and not one.declined):
                run[one.card] = one
        if state[TOLD] and len(run) < 2 * state[TOLD]:
            return QUIET
        state[TOLD] = len(run)
        return (self._finding(state, event, usual, fewest),)

    def _finding(self, state: State, event: Transaction, usual: float, fewest: float) -> Finding:
        run: list[Try] = sorted(state[RUN].values(), key=lambda one: (one.at_ms, one.card))
        through = [one for one in run if not one.declined]
        began_ms, last_ms = state[BEGAN_MS], state[LAST_MS]
        ring = f"tested:{event.merchant}:{iso(began_ms)}"
        return Finding(
            reason=(
                f"{counted(len(run), 'card')} were tried at merchant {event.merchant} within "
                f"{span_words(last_ms - began_ms)}, for little or in vain: {len(run) - len(through)} were "
                f"declined and {len(through)} went through. Usually there are {usual:.1f} payments in "
                f"{span_words(self._window_ms)}."
            ),
            probability=round(min(0.9, self.prior + 0.4 * max(0.0, 1 - fewest / len(run))), 3),
            severity=None if through else Severity.MEDIUM,
            exposure_minor=money_left(through, event.currency),
            currency=event.currency,
            members=tuple(Member(card=one.card, customer=one.customer, last4=one.last4) for one in through),
            ring=ring,
            anchor=f"{ring}:{len(run)}",
            evidence={
                "cards": len(run),
                "declined": len(run) - len(through),
                "went_through": len(through),
                "began_at": iso(began_ms),
                "last_at": iso(last_ms),
                "usual": round(usual, 2),
                "limit_cards": round(fewest, 1),
                "paid_of_late": round(state[RECENT]),
                "window_s": self._window_ms / 1000,
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )
