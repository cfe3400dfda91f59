"""Wrong PINs, and then money that goes out with the right one."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span, Step
from domain.events import CARD_PRESENT, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.tables import Tables
from domain.windows import Boundary, end_counts, expire, put, reach_ms
from domain.wording import counted

# The newest use (ms), the times of the wrong PINs of `slow_window` in order, the time up to which they were
# told of together with what they led to (ms, None without), whether the many of several days were told of,
# what was taken since the wrong PINs (time, amount, currency) and the card's habits.
LAST_MS, WRONG, TOLD_MS, SLOW_TOLD, TAKEN, HABITS = range(6)
State = list[Any]
# A habit, by currency and type: how many uses made it, and their mean in minor units.
COUNT, MEAN_MINOR = range(2)

_MOST_WRONG, _MOST_TAKEN, _MOST_HABITS = 32, 8, 4
# A use weighs a twentieth of the habit once there are twenty.
_HABIT_USES = 20
# Fewer uses are no habit.
_LEAST_HABIT = 3
# Who has known the PIN all along does not need these; at a till they are taken without one.
_WITHOUT_PIN = ("contactless", "token", "manual")
_SLOW_PROBABILITY = 0.25


@dataclass(frozen=True, kw_only=True)
class PinGuessing(Detector[Transaction, State]):
    """Fire when money goes out after wrong PINs, unless its owner seems to have mistyped.

    Why: whoever found or stole a card tries birthdays and easy numbers until one is right.

    Misses: a PIN that was looked at over the shoulder, or is right at the second try; a guesser who then
    takes what the owner takes; wrong PINs that an acquirer does not report as such, unless
    `count_unexplained` is set for those that say no reason at all.

    False alarms: an owner who mixes up the PINs of several cards, a relative sent for much cash.

    Judgement: a wrong PIN counts whatever was asked for. When money then goes out within `window`, by
    machine, at a counter or at a till with a PIN, it fires after `wrong` wrong PINs, and after
    `unusual_wrong` when it is out of habit: all taken since them is above `times` the mean of the card's
    own amounts of this type, or where there is no habit yet, `drained` of what was there. Each wrong PIN is
    told of once with what it led to. A guesser who stays below the lockout of every day is found by
    `slow_wrong` wrong PINs in `slow_window` that fall into `slow_sittings` sittings, more than a
    window apart: that fires lower, once until there are fewer, and money that goes out right after one more
    of them fires at once.

    Late: a wrong PIN within `slow_window` of the newest is put in its place, an older one is not counted;
    a use is judged when it comes, by the wrong PINs before it in time.

    Prior: half are taken to be true, more with more wrong PINs; half of that where the amount is the owner's
    habit, and a quarter of those that stayed below the lockout.

    State: 32 wrong PINs, 8 uses after them and 4 habits; 55 bytes for an ordinary card, at most 1,000 bytes.
    """

    scope = Scope.CARD
    types = frozenset({"purchase", "withdrawal", "transfer_out", "balance_inquiry"})
    channels = CARD_PRESENT
    severity = Severity.HIGH
    prior = 0.5
    about_the_unusual = False
    # The money that goes out counts in what was taken, the newest wrong PIN among the many.
    include_current: ClassVar[bool] = True
    # A wrong PIN is a declined use, and no other declined use says anything.
    count_declined: ClassVar[bool] = True

    window: Annotated[Span, Field(description="money going out so soon after belongs to them")] = timedelta(
        hours=1
    )
    wrong: Annotated[int, Field(ge=1, le=32, description="wrong PINs, whatever is taken")] = 3
    unusual_wrong: Annotated[int, Field(ge=1, le=32, description="wrong PINs, out of habit")] = 2
    times: Annotated[float, Field(ge=1, le=1000, description="times the mean is out of habit")] = 2.5
    drained: Annotated[float, Field(gt=0, le=1, description="share taken, where no habit is known")] = 0.8
    slow_window: Annotated[Span, Field(description="the days for guessing below the lockout")] = timedelta(
        days=7
    )
    slow_wrong: Annotated[int, Field(ge=2, le=32, description="wrong PINs in these days fire lower")] = 6
    slow_sittings: Annotated[int, Field(ge=2, le=32, description="in so many sittings")] = 3
    memory: Annotated[Span, Field(description="a card unused so long starts anew")] = timedelta(days=180)
    count_unexplained: Annotated[
        bool, Field(description="whether declines without a reason are taken for wrong PINs")
    ] = False
    boundary: Annotated[Boundary, Field(description="which edges of the windows count")] = "end"

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.window), self.boundary)

    @cached_property
    def _slow_reach_ms(self) -> int:
        return reach_ms(span_ms(self.slow_window), self.boundary)

    def start(self) -> State:
        return [0, [], None, False, [], {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        last_ms, wrong, told_ms, slow_told, taken, habits = state
        held = [(name, *habit) for name, habit in habits.items()]
        return last_ms, wrong.copy(), told_ms, slow_told, taken.copy(), held

    def load(self, dumped: list[Any], state_version: int) -> State:
        last_ms, wrong, told_ms, slow_told, taken, held = dumped
        habits = {name: habit for name, *habit in held}
        return [last_ms, wrong, told_ms, slow_told, [tuple(use) for use in taken], habits]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        declined = event.outcome == "declined"
        if declined:
            reason = event.decline_reason
            if reason != "wrong_pin" and (reason is not None or not self.count_unexplained):
                return QUIET
        elif event.type == "balance_inquiry" or (event.channel == "pos" and event.entry in _WITHOUT_PIN):
            return QUIET
        at_ms = event.at_ms
        if at_ms > state[LAST_MS]:
            if at_ms - state[LAST_MS] > self._memory_ms:
                state[:] = self.start()
            state[LAST_MS] = at_ms
        if declined:
            return self._remember(state, event)
        if state[WRONG] and (found := self._judge(state, event)):
            return found
        habit = state[HABITS].get(event.currency + event.type)
        if habit is None:
            self._begin(state[HABITS], event)
            return QUIET
        count = habit[COUNT]
        if count < _HABIT_USES:
            count = habit[COUNT] = count + 1
        habit[MEAN_MINOR] += (event.amount_minor - habit[MEAN_MINOR]) / count
        return QUIET

    def bound(self, tables: Tables) -> Step:
        del tables
        facts = (self._memory_ms, self.count_unexplained, _HABIT_USES, _MOST_HABITS)
        return quick("pin_guessing", self.step, facts)

    def _begin(self, habits: dict[str, list[Any]], event: Transaction) -> None:
        if len(habits) >= _MOST_HABITS:
            del habits[min(habits, key=lambda other: habits[other][COUNT])]
        habits[event.currency + event.type] = [1, float(event.amount_minor)]

    def _remember(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        wrong: list[int] = state[WRONG]
        oldest_ms = max(event.at_ms, wrong[-1] if wrong else event.at_ms) - self._slow_reach_ms
        if event.at_ms < oldest_ms:
            return QUIET
        expire(wrong, oldest_ms)
        put(wrong, event.at_ms)
        if len(wrong) > _MOST_WRONG:
            del wrong[0]
        newest_ms = wrong[-1]
        days = [*self._held(wrong[:-1], newest_ms, self._slow_reach_ms), newest_ms]
        told, state[SLOW_TOLD] = state[SLOW_TOLD], self._is_slow(days)
        if told or not state[SLOW_TOLD]:
            return QUIET
        sittings = self._sittings(days)
        balance = event.balance_after_minor
        finding = Finding(
            reason=(
                f"{counted(len(days), 'wrong PIN')} in {counted(sittings, 'sitting')} within "
                f"{span_words(newest_ms - days[0])}, spread so that no day locks the card."
            ),
            probability=round(min(0.95, _SLOW_PROBABILITY * len(days) / self.slow_wrong), 3),
            severity=Severity.MEDIUM,
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence=self._evidence(days, days) | {"taken_minor": 0, "usual_minor": None},
        )
        return (finding,)

    def _held(self, wrong: list[int], end_ms: int, span_reach_ms: int) -> list[int]:
        """Give the wrong PINs in the window that ends with a use at `end_ms`."""
        first_ms, last_ms = end_ms - span_reach_ms, end_ms - (not end_counts(self.boundary))
        return [at_ms for at_ms in wrong if first_ms <= at_ms <= last_ms]

    def _sittings(self, wrong: list[int]) -> int:
        return 1 + sum(later - earlier > self._reach_ms for earlier, later in pairwise(wrong))

    def _is_slow(self, wrong: list[int]) -> bool:
        return len(wrong) >= self.slow_wrong and self._sittings(wrong) >= self.slow_sittings

    def _judge(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        at_ms, currency = event.at_ms, event.currency
        told_ms = -1 if state[TOLD_MS] is None else state[TOLD_MS]
        held = [one for one in self._held(state[WRONG], at_ms, self._reach_ms) if one > told_ms]
        if not held:
            state[TAKEN].clear()
            return QUIET
        days = self._held(state[WRONG], at_ms, self._slow_reach_ms)
        slow = self._is_slow(days)
        taken = [use for use in state[TAKEN] if use[0] >= held[0]]
        state[TAKEN] = [*taken, (at_ms, event.amount_minor, currency)][-_MOST_TAKEN:]
        taken_minor = sum(amount_minor for _, amount_minor, code in state[TAKEN] if code == currency)
        habit = state[HABITS].get(currency + event.type)
        usual_minor = round(habit[MEAN_MINOR]) if habit and habit[COUNT] >= _LEAST_HABIT else None
        unusual = self._is_unusual(event, taken_minor, usual_minor)
        if not slow and len(held) < (self.unusual_wrong if unusual else self.wrong):
            return QUIET
        state[TOLD_MS], state[TAKEN] = held[-1], []
        return (self._finding(event, (held, days), (taken_minor, usual_minor), unusual or slow),)

    def _is_unusual(self, event: Transaction, taken_minor: int, usual_minor: int | None) -> bool:
        if usual_minor is not None:
            return taken_minor > self.times * usual_minor
        balance = event.balance_after_minor
        return balance is not None and taken_minor >= self.drained * (max(0, balance) + taken_minor) > 0

    def _finding(
        self,
        event: Transaction,
        wrong: tuple[list[int], list[int]],
        amounts_minor: tuple[int, int | None],
        strong: bool,
    ) -> Finding:
        held, days = wrong
        taken_minor, usual_minor = amounts_minor
        usual = f", {money_words(usual_minor, event.currency)} being usual" if usual_minor is not None else ""
        earlier = f" and {len(days) - len(held):,} earlier" if len(days) > len(held) else ""
        balance = event.balance_after_minor
        excess = max(1.0, len(held) / (self.unusual_wrong if strong else self.wrong))
        money = money_words(taken_minor, event.currency)
        return Finding(
            reason=(
                f"{counted(len(held), 'wrong PIN')}{earlier}, then {money} taken within "
                f"{span_words(event.at_ms - held[0])}{usual}."
            ),
            probability=round(min(0.95, (self.prior if strong else self.prior / 2) * excess), 3),
            severity=None if strong else Severity.MEDIUM,
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence=self._evidence(held, days) | {"taken_minor": taken_minor, "usual_minor": usual_minor},
        )

    def _evidence(self, held: list[int], days: list[int]) -> dict[str, Any]:
        return {
            "wrong_pins": len(held),
            "wrong_pins_in_days": len(days),
            "sittings": self._sittings(days),
            "first_at": iso(held[0]),
            "last_at": iso(held[-1]),
            "window_s": self.window.total_seconds(),
            "slow_window_s": self.slow_window.total_seconds(),
            "boundary": self.boundary,
            "include_current": self.include_current,
            "count_declined": self.count_declined,
            "count_unexplained": self.count_unexplained,
        }
