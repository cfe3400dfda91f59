"""A card that was silent for a season, and then takes much at once."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from math import exp
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import AwareDatetime, Field

from detectors.base import Detector, MinorByCurrency, Scope, Span, Step
from domain.events import MONEY_OUT, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, span_words, to_ms
from domain.money import money_words
from domain.tables import History, SegmentAmounts, Tables
from domain.windows import Boundary, reach_ms

# The newest use (ms; 0 before the first), the habit: how much speaks for its currency, what nearly all of
# its amounts lie below (minor units), the currency; and the first day after a waking, None at other times.
LAST_MS, USES, HIGH, CURRENCY, WAKING = range(5)
# Of that day: when it began, the silence before (ms), the currency and the sum of the money out, whether it
# was told of.
WOKE_MS, SILENT_MS, SPENT_IN, SPENT, TOLD = range(5)
State = list[Any]

_TRIES = frozenset({*MONEY_OUT, "balance_inquiry"})
# An amount above lifts `HIGH` by a tenth and one below lowers it by half a hundredth, so that it comes to
# rest where one amount in twenty lies above.
_LIFTED, _LOWERED = 1.1, 0.995
# So much speaks for a currency at most: after as many uses in another one, that is the card's.
_MOST_USES = 50
# 5,000 yuan, and about as much elsewhere.
_MUCH = {
    "CNY": 500_000,
    "HKD": 550_000,
    "TWD": 2_200_000,
    "JPY": 100_000,
    "KRW": 1_000_000,
    "SGD": 100_000,
    "USD": 70_000,
    "EUR": 65_000,
    "GBP": 55_000,
}
_NO_TABLES = History[SegmentAmounts]()


class Limit(NamedTuple):
    """What is much, and by what: the card's habit, the segment of the published table, or the bank."""

    minor: int
    by: str
    table: str | None = None


@dataclass(frozen=True, kw_only=True)
class DormantWakes(Detector[Transaction, State]):
    """Fire when a card that was not used for `silence` takes much within the first day of its waking.

    Why: cards that were bought or opened for later lie still until the day they are needed; and whoever
    finds the data of a forgotten card meets an owner who does not look.

    Misses: cards that are woken by small uses for a day first, silence of less than `silence`, small
    amounts, currencies that `high_minor` does not name; and cards last used before the watch began, until
    it has lasted for `memory` (unless `all_seen_since` says that they were not used).

    False alarms: the second home, the yearly premium, a student's card in the holidays, an account kept for
    a journey; each time anew, as nothing of the first day is learnt.

    Judgement: any try to use the card breaks the silence, an inquiry and a declined one too; money coming in,
    refunds and deposits do not. Silence of exactly `silence` is enough. It counts from the last use, or from
    the card's opening where that is later: a new card's first use is no waking. Of a card never seen it is
    not known, unless `all_seen_since` is set: then it counts from its opening or from that time. Much is
    more than `high_minor`, and also more than `times_habit` times what nineteen in twenty of the card's own
    amounts lie below, or, before there are `min_history` of these, than the high quantile of the table for
    such a use. Approved money out is summed up within `first_day` of the waking, in the currency of its
    first, and in any other one each use is judged alone; it fires once for each waking.

    Late: a use older than the newest wakes nothing and ends no silence; one of the first day is summed up.

    Prior: one in seven is taken to be true, more the further the limit is passed.

    State: the newest use, a habit of three values, and on the first day five more; 25 bytes for an ordinary
    card, at most 120 bytes. It is `memory` that costs: the cell of a card, with its last event ids and what
    every detector of cards last held of it, lies there for the longest memory of them all. What the others
    hold is outdated by then, yet leaves at the card's next use or with the cell. Such a cell takes some 800
    bytes: each million of cards that sleep 0.8 GB, for 400 days where it would be the next longest memory.

    Source: the habit is a quantile followed in steps up and down, as in Q. Ma, S. Muthukrishnan, M. Sandler,
    Frugal Streaming for Estimating Quantiles (2013), in ratios instead of units.
    """

    scope = Scope.CARD
    types = _TRIES
    severity = Severity.MEDIUM
    prior = 0.15
    include_current: ClassVar[bool] = True

    silence: Annotated[Span, Field(description="not used for so long, or longer, is dormant")] = timedelta(
        days=90
    )
    first_day: Annotated[Span, Field(description="uses are summed up so long after the waking")] = timedelta(
        days=1
    )
    times_habit: Annotated[float, Field(ge=1, le=1000, description="times the card's own high amount")] = 2.0
    min_history: Annotated[int, Field(ge=1, le=_MOST_USES, description="uses that make a habit")] = 5
    high_minor: Annotated[MinorByCurrency, Field(description="less is never much")] = field(
        default_factory=_MUCH.copy
    )
    all_seen_since: Annotated[
        AwareDatetime | None, Field(description="since then every use was seen; of cards never seen too")
    ] = None
    memory: Annotated[Span, Field(description="silence until the card counts as never seen")] = timedelta(
        days=400
    )
    boundary: Annotated[Boundary, Field(description="which edges of the first day count")] = "end"
    count_declined: Annotated[bool, Field(description="whether declined uses are summed up")] = False

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _silence_ms(self) -> int:
        return span_ms(self.silence)

    @cached_property
    def _rare_ms(self) -> int:
        """Shorter silence than this changes nothing."""
        return min(self._silence_ms, self._memory_ms)

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.first_day), self.boundary)

    def start(self) -> State:
        return [0, 0, 0.0, "", None]

    def dump(self, state: State) -> tuple[Any, ...]:
        last_ms, uses, high, currency, waking = state
        return last_ms, uses, high, currency, waking and tuple(waking)

    def load(self, dumped: list[Any], state_version: int) -> State:
        return [*dumped]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        return self._step(_NO_TABLES, state, event)

    def bound(self, tables: Tables) -> Step:
        facts = (self._rare_ms, self._memory_ms, self.all_seen_since, self.min_history)
        learning = (_MOST_USES, _LIFTED, _LOWERED)
        return quick("dormant_wakes", partial(self._step, tables.segment_amounts), (*facts, *learning))

    def _step(
        self, published: History[SegmentAmounts], state: State, event: Transaction
    ) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        last_ms = state[LAST_MS]
        if at_ms - last_ms >= self._rare_ms or state[WAKING] is not None:
            return self._use_of_a_waking(published, state, event)
        if at_ms > last_ms:
            state[LAST_MS] = at_ms
        self._learn(state, event)
        return QUIET

    def _learn(self, state: State, event: Transaction) -> None:
        if event.type not in MONEY_OUT or event.outcome == "declined":
            return
        if event.currency != state[CURRENCY]:
            if state[USES]:
                state[USES] -= 1
                return
            state[CURRENCY], state[HIGH] = event.currency, 0.0
        above = event.amount_minor > state[HIGH]
        if state[USES] < self.min_history:
            if above:
                state[HIGH] = float(event.amount_minor)
        else:
            state[HIGH] *= _LIFTED if above else _LOWERED
        if state[USES] < _MOST_USES:
            state[USES] += 1

    def _use_of_a_waking(
        self, published: History[SegmentAmounts], state: State, event: Transaction
    ) -> tuple[Finding, ...]:
        """Take a use after a long silence, the first one known, or one on the first day after a waking."""
        at_ms, last_ms = event.at_ms, state[LAST_MS]
        since_last_ms = at_ms - last_ms
        if since_last_ms > self._memory_ms:
            state[:] = self.start()
        state[LAST_MS] = max(at_ms, last_ms)
        waking = state[WAKING]
        if since_last_ms >= self._silence_ms:
            silent_ms = self._silent_ms(last_ms, event)
            state[WAKING] = waking = (
                [at_ms, silent_ms, "", 0, False] if silent_ms >= self._silence_ms else None
            )
        elif waking is not None and at_ms - waking[WOKE_MS] > self._reach_ms:
            state[WAKING] = waking = None
        if waking is None:
            self._learn(state, event)
            return QUIET
        return self._sum_up(published, state, event) if at_ms >= waking[WOKE_MS] else QUIET

    def _silent_ms(self, last_ms: int, event: Transaction) -> int:
        """Give how long the card was certainly silent before a use."""
        at_ms, opened = event.at_ms, event.issued
        seen = at_ms - last_ms <= self._memory_ms
        if seen:
            since_ms = last_ms
        elif self.all_seen_since is None or opened is None:
            return 0
        else:
            since_ms = to_ms(self.all_seen_since)
        if opened is not None:
            since_ms = max(since_ms, to_ms(opened.at))
        # Of a card not seen, no more is known than that it was silent for longer than anything is remembered.
        return at_ms - since_ms if seen else min(at_ms - since_ms, self._memory_ms)

    def _sum_up(
        self, published: History[SegmentAmounts], state: State, event: Transaction
    ) -> tuple[Finding, ...]:
        if event.type not in MONEY_OUT or (event.outcome == "declined" and not self.count_declined):
            return QUIET
        waking, spent = state[WAKING], event.amount_minor
        if waking[SPENT_IN] in ("", event.currency):
            waking[SPENT_IN] = event.currency
            waking[SPENT] = spent = min(waking[SPENT] + spent, 1 << 60)
        if waking[TOLD]:
            return QUIET
        limit = self._limit(published, state, event)
        if limit is None or spent <= limit.minor:
            return QUIET
        waking[TOLD] = True
        return (self._finding(state, event, spent, limit),)

    def _limit(self, published: History[SegmentAmounts], state: State, event: Transaction) -> Limit | None:
        """Give what is much for this card; None where nobody said what is much in the currency."""
        much = self.high_minor.get(event.currency)
        if much is None:
            return None
        limit = Limit(much, "bank")
        if self._has_habit(state, event.currency):
            own = Limit(round(self.times_habit * state[HIGH]), "habit")
        else:
            table = published.at(event.at_ms)
            known = table.segments.get(f"{event.currency}|{event.type}|{event.channel}") if table else None
            if table is None or known is None:
                return limit
            own = Limit(round(exp(known.high)), "segment", table.version)
        return own if own.minor > limit.minor else limit

    def _has_habit(self, state: State, currency: str) -> bool:
        uses: int = state[USES]
        return uses >= self.min_history and currency == state[CURRENCY]

    def _finding(self, state: State, event: Transaction, spent: int, limit: Limit) -> Finding:
        waking = state[WAKING]
        within_ms = event.at_ms - waking[WOKE_MS]
        so_fast = f"within {span_words(within_ms)}" if within_ms else "at once"
        bound = money_words(limit.minor, event.currency)
        of = {"habit": "for this card", "segment": "for such a use", "bank": "for any card"}[limit.by]
        balance = event.balance_after_minor
        return Finding(
            reason=(
                f"Not used for {span_words(waking[SILENT_MS])}, then {money_words(spent, event.currency)} "
                f"{so_fast}; more than {bound} is much {of}."
            ),
            probability=round(min(0.6, self.prior * spent / max(1, limit.minor)), 3),
            # A purchase may be the owner's errand; cash and transfers are what a card is woken for.
            severity=None if event.type == "purchase" else Severity.HIGH,
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence={
                "silent_s": waking[SILENT_MS] / 1000,
                "silence_s": self._silence_ms / 1000,
                "woke_at": iso(waking[WOKE_MS]),
                "opened_at": None if event.issued is None else iso(to_ms(event.issued.at)),
                "spent_minor": spent,
                "limit_minor": limit.minor,
                "limit_by": limit.by,
                "usual_minor": round(state[HIGH]) if self._has_habit(state, event.currency) else None,
                "table": limit.table,
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )
