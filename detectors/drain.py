"""Money that comes in and leaves again within minutes, until nothing is left."""

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
from domain.event_fields import MOST_MINOR
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.windows import Boundary, end_counts, reach_ms
from domain.wording import counted, listed

# The newest money in, or money out behind it (ms), what came in and what went out in one window in the order
# of their times, the balance after the newest of them (None where unknown), how often it was told of and when
# last (ms), and the payers that are remembered: since when (ms) and the most that each paid.
LAST_MS, INS, OUTS, LEFT_MINOR, FLOWS, FLOW_MS, PAYERS = range(7)
State = list[Any]
SINCE_MS, MOST_PAID = range(2)

_MOST_HELD, _MOST_PAYERS = 32, 8
_AT_MS = attrgetter("at_ms")
_INWARD = ("transfer_in", "deposit")
# Who pays in cash, for the payers that are remembered: the token of nobody.
_CASH = ""
# With more than twice of what came in, it is mainly the owner's own money that leaves.
_MOST_OF_IN = 2
# Money that is put in as cash and sent on at once pays a bill.
_FEWEST_WITH_CASH = 3
# 3,000 yuan, from which fraud is a crime in China, and about as much elsewhere.
_LEAST = {
    "CNY": 300_000,
    "HKD": 330_000,
    "TWD": 1_300_000,
    "JPY": 60_000,
    "KRW": 600_000,
    "SGD": 54_000,
    "USD": 42_000,
    "EUR": 39_000,
    "GBP": 33_000,
}


class Movement(Struct, frozen=True, gc=False):
    """Money in from strangers, or money out behind it; the payer is "" for cash and None where unknown."""

    at_ms: int
    amount_minor: int
    currency: str
    cash: bool
    party: str | None


@dataclass(frozen=True, kw_only=True)
class Drain(Detector[Transaction, State]):
    """Fire when money from strangers leaves in cash or by transfer within minutes, until nothing is left.

    Why: a mule account hands on what victims of telecom fraud pay in, before anyone can stop it.

    Misses: money that rests longer than `window`, is spent in shops, or is left in part; mules whom a limit
    stops half way; one payer who uses the same mule again after `known_after`.

    False alarms: the first wage of a new job that is sent home at once (and the first that a cold stream
    sees), an account that only collects for another, a car that changes hands.

    Judgement: payday looks alike, so money counts only from strangers: payers seen for less than
    `known_after`, or who pay more than `times` the most they ever did. Cash paid in is a payer too, and so
    are all transfers without a counterparty. It fires when the strangers' money of one currency in
    the window is `least_minor` at least, what left since then, in cash or by transfer, is `share` of it
    (and not above twice as much: else it is mainly the owner's), and the balance after it, where
    known, is at most `left` of it. Cash sent on in one transfer pays a bill and stays quiet. Once told
    of, money does not count again, and who paid without a name stays a stranger; within `repeat_within` of
    the last time it is critical.

    Late: money that comes late by a window at most is put in its place, older money is left out; money out
    before any money in is not remembered.

    Prior: four in ten are taken to be true; six in ten with several payers or at a repeat, eight in ten with
    both; a tenth less without a balance.

    State: 32 payments in and 32 out of one window and 8 payers; 115 bytes for an ordinary card, at most
    22,000 bytes.

    Source: from 3,000 yuan on, fraud is a crime (judicial interpretation of China's Supreme People's Court
    and Procuratorate on fraud, 2011).
    """

    scope = Scope.CARD
    types = frozenset({"transfer_in", "deposit", "withdrawal", "transfer_out"})
    severity = Severity.HIGH
    prior = 0.4
    # The money that goes out now is part of what went out.
    include_current: ClassVar[bool] = True
    # What was declined has moved no money.
    count_declined: ClassVar[bool] = False

    window: Annotated[Span, Field(description="in and out within this time belong together")] = timedelta(
        minutes=30
    )
    least_minor: Annotated[MinorByCurrency, Field(description="less from strangers is nothing")] = field(
        default_factory=_LEAST.copy
    )
    share: Annotated[float, Field(gt=0, le=1, description="share of it that left")] = 0.9
    left: Annotated[float, Field(ge=0, le=1, description="share of it that may be left")] = 0.1
    known_after: Annotated[Span, Field(description="a payer seen so long ago is no stranger")] = timedelta(
        days=7
    )
    times: Annotated[float, Field(ge=1, le=1000, description="times a payer's most is strange")] = 3.0
    repeat_within: Annotated[Span, Field(description="again so soon is a repeat")] = timedelta(days=30)
    memory: Annotated[Span, Field(description="a card without payments in so long starts anew")] = timedelta(
        days=180
    )
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.window), self.boundary)

    @cached_property
    def _known_after_ms(self) -> int:
        return span_ms(self.known_after)

    def start(self) -> State:
        return [0, [], [], None, 0, 0, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        last_ms, ins, outs, left_minor, flows, flow_ms, payers = state
        held = [(payer, *seen) for payer, seen in payers.items()]
        return last_ms, list(map(astuple, ins)), list(map(astuple, outs)), left_minor, flows, flow_ms, held

    def load(self, dumped: list[Any], state_version: int) -> State:
        last_ms, ins, outs, left_minor, flows, flow_ms, held = dumped
        payers = {payer: seen for payer, *seen in held}
        ins, outs = [Movement(*one) for one in ins], [Movement(*one) for one in outs]
        return [last_ms, ins, outs, left_minor, flows, flow_ms, payers]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        if event.outcome == "declined":
            return QUIET
        inward = event.type in _INWARD
        at_ms, ins = event.at_ms, state[INS]
        if not inward and (not ins or at_ms - ins[-1].at_ms > self._reach_ms):
            return QUIET
        if at_ms >= state[LAST_MS]:
            if at_ms - state[LAST_MS] > self._memory_ms:
                state[:] = self.start()
            state[LAST_MS], state[LEFT_MINOR] = at_ms, event.balance_after_minor
            self._expire(state)
        elif state[LAST_MS] - at_ms > self._reach_ms:
            return QUIET
        cash = event.type in ("deposit", "withdrawal")
        party = _CASH if cash else event.counterparty
        if inward and not self._is_strange(state, event, party):
            return QUIET
        movement = Movement(at_ms, event.amount_minor, event.currency, cash, party)
        held = state[INS if inward else OUTS]
        if not held or at_ms >= held[-1].at_ms:
            held.append(movement)
        else:
            insort(held, movement, key=_AT_MS)
        if len(held) > _MOST_HELD:
            del held[0]
        return self._judge(state, event, movement) if state[OUTS] else QUIET

    def _expire(self, state: State) -> None:
        oldest_ms = state[LAST_MS] - self._reach_ms
        for held in (state[INS], state[OUTS]):
            while held and held[0].at_ms < oldest_ms:
                del held[0]

    def _is_strange(self, state: State, event: Transaction, payer: str | None) -> bool:
        """Say whether money comes from a stranger, and remember who paid it."""
        payers: dict[str | None, list[int]] = state[PAYERS]
        at_ms, amount_minor = event.at_ms, event.amount_minor
        seen = payers.get(payer)
        if seen is None:
            if len(payers) >= _MOST_PAYERS:
                # Who pays little is missed least: an employer stays.
                del payers[min(payers, key=lambda other: payers[other][MOST_PAID])]
            payers[payer] = [at_ms, amount_minor]
            return True
        most_minor = seen[MOST_PAID]
        if amount_minor > most_minor:
            seen[MOST_PAID] = amount_minor
        return at_ms - seen[SINCE_MS] < self._known_after_ms or amount_minor > self.times * most_minor

    def _judge(self, state: State, event: Transaction, current: Movement) -> tuple[Finding, ...]:
        last_ms = state[LAST_MS] - (not end_counts(self.boundary))
        ins, outs = (
            [
                one
                for one in held
                if one.currency == event.currency and (one.at_ms <= last_ms or one is current)
            ]
            for held in (state[INS], state[OUTS])
        )
        in_minor = sum(one.amount_minor for one in ins)
        if not in_minor or in_minor < self.least_minor.get(event.currency, MOST_MINOR):
            return QUIET
        outs = [one for one in outs if one.at_ms >= ins[0].at_ms]
        out_minor = sum(one.amount_minor for one in outs)
        if not self.share * in_minor <= out_minor <= _MOST_OF_IN * in_minor:
            return QUIET
        left_minor = state[LEFT_MINOR]
        if left_minor is not None and left_minor > self.left * in_minor:
            return QUIET
        if len(ins) + len(outs) < _FEWEST_WITH_CASH and all(one.cash for one in ins):
            return QUIET
        repeated = state[FLOWS] and abs(event.at_ms - state[FLOW_MS]) <= span_ms(self.repeat_within)
        state[FLOWS] = state[FLOWS] + 1 if repeated else 1
        state[FLOW_MS], state[INS], state[OUTS] = event.at_ms, [], []
        # Whoever pays again later is no victim; but one without a name may be somebody else each time.
        for nobody in (_CASH, None):
            state[PAYERS].pop(nobody, None)
        return (self._finding(state, event, ins, outs),)

    def _finding(
        self, state: State, event: Transaction, ins: list[Movement], outs: list[Movement]
    ) -> Finding:
        in_minor, out_minor = (sum(one.amount_minor for one in held) for held in (ins, outs))
        payers = len({one.party for one in ins})
        flows, left_minor, currency = state[FLOWS], state[LEFT_MINOR], event.currency
        probability = self.prior + 0.2 * (payers > 1) + 0.2 * (flows > 1) - 0.1 * (left_minor is None)
        span = max(ins[-1].at_ms, outs[-1].at_ms) - ins[0].at_ms
        before = f"; this happened {counted(flows - 1, 'time')} before" if flows > 1 else ""
        most_minor = max(one.amount_minor for one in ins)
        return Finding(
            reason=(
                f"{money_words(in_minor, currency)} came in from {counted(payers, 'unknown payer')} and "
                f"{money_words(out_minor, currency)} left {_ways(outs)} within {span_words(span)}{before}."
            ),
            probability=round(probability, 3),
            severity=Severity.CRITICAL if flows > 1 else None,
            exposure_minor=max(0, left_minor) if left_minor is not None else most_minor,
            currency=currency,
            evidence={
                "in_minor": in_minor,
                "out_minor": out_minor,
                "left_minor": left_minor,
                "payments_in": len(ins),
                "payments_out": len(outs),
                "cash_out_minor": sum(one.amount_minor for one in outs if one.cash),
                "payers": payers,
                "flows": flows,
                "first_at": iso(ins[0].at_ms),
                "last_at": iso(ins[0].at_ms + span),
                "window_s": self.window.total_seconds(),
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )


def _ways(outs: list[Movement]) -> str:
    cash = sum(one.cash for one in outs)
    ways = [counted(cash, "withdrawal")] if cash else []
    ways += [counted(len(outs) - cash, "transfer")] if cash < len(outs) else []
    return f"by {listed(ways)}"
