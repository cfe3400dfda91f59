"""A customer's card or cash that the device kept, or does not know to have given."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import Condition, standing, unit_words
from domain.event_fields import Token
from domain.events import Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.telemetry import Telemetry
from domain.windows import Boundary

# The newest event (ms), the latest uses of cards in the order of their times, and the states that hold with
# the time of the newest report about each.
_NEWEST_MS, _USES, _STATES = range(3)
State = list[Any]

_MOST_USES, _MOST_STATES = 8, 16
_CODES = (
    "card_retained",
    "cash_retracted",
    "cash_trapped",
    "cash_uncertain",
    "deposit_not_credited",
    "dispense_short",
    "escrow_stuck",
    "notes_left",
)
# Codes in which no more is at stake than the card itself.
_OF_CARDS = frozenset({"card_retained"})


class Use(Struct, frozen=True, gc=False):
    """Who used the device, and for how much."""

    at_ms: int
    card: str
    customer: str | None
    last4: str | None
    amount_minor: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class CardOrCashRetained(Detector[Telemetry | Transaction, State]):
    """Fire at each report that a customer's card or money stayed in the device, or may have.

    Why: someone stands before the device without a card or without the money; the bank should call first.

    Misses: what the device only counts, or reports by a code that is not in `codes`.

    False alarms: a device that reports the same card twice under two ids, a card that its customer took
    at the last moment.

    Judgement: each report counts for itself, however many there are. Only a state that still holds is not
    told of again, until it was reported to be over. Whom it concerns is whoever used the device last, at
    most `session` before; where nobody is known it concerns the device. It is never over by
    itself: only the desk closes it.

    Late: a report counts whenever it comes. A use that comes after the report no longer names its customer.

    Prior: 95 in a hundred are taken to be true.

    State: the 8 latest uses and 16 states; 150 bytes for each use, at most 16,000 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry, Transaction)
    severity = Severity.CRITICAL
    prior = 0.95
    # Where devices report nothing but faults, each report may be one.
    most_share = 1.0
    about_the_unusual = False
    boundary: ClassVar[Boundary] = "both"
    # A declined use has inserted its card all the same.
    count_declined: ClassVar[bool] = True

    codes: Annotated[tuple[Token, ...], Field(min_length=1, description="codes that fire")] = _CODES
    session: Annotated[Span, Field(description="a use so long before the report is its cause")] = timedelta(
        minutes=5
    )
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=7)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, [], {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, uses, states = state
        held = [(*condition, *entry) for condition, entry in states.items()]
        return newest_ms, [astuple(use) for use in uses], held

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, uses, held = dumped
        return [newest_ms, [Use(*use) for use in uses], {Condition(*one[:3]): one[3:] for one in held}]

    def step(self, state: State, event: Telemetry | Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        if isinstance(event, Transaction):
            _remember(state[_USES], event)
            return QUIET
        if event.code not in self.codes:
            return QUIET
        holds = standing(event)
        if holds is None:
            return QUIET
        held_before = _note(state[_STATES], event, holds)
        if not holds or (event.edge == "state" and held_before):
            return QUIET
        return (self._finding(self._cause(state[_USES], at_ms), event),)

    def _cause(self, uses: list[Use], at_ms: int) -> Use | None:
        """Give the last use not after a report, None when it is too long ago."""
        before = [use for use in uses if at_ms - span_ms(self.session) <= use.at_ms <= at_ms]
        return before[-1] if before else None

    def _finding(self, use: Use | None, event: Telemetry) -> Finding:
        what = event.code.replace("_", " ").capitalize()
        reason = f"{what} at the {unit_words(event.component, event.unit)}"
        if use is None:
            reason += "; who used the device is not known"
        else:
            reason += f", {span_words(event.at_ms - use.at_ms)} after the last use of a card"
            if use.amount_minor:
                reason += f" for {money_words(use.amount_minor, use.currency)}"
        at_stake = use is not None and event.code not in _OF_CARDS
        return Finding(
            reason=f"{reason}.",
            probability=self.prior,
            exposure_minor=use.amount_minor if use and at_stake else 0,
            currency=use.currency if use else "",
            members=(Member(card=use.card, customer=use.customer, last4=use.last4),) if use else (),
            evidence={
                "code": event.code,
                "component": event.component,
                "unit": event.unit,
                "device": event.device,
                "reported_at": iso(event.at_ms),
                "used_at": iso(use.at_ms) if use else None,
                "amount_minor": use.amount_minor if use else None,
                "session_s": self.session.total_seconds(),
                "boundary": self.boundary,
                "count_declined": self.count_declined,
            },
            alarm=Alarm(code=event.code, component=event.component, unit=event.unit, since_ms=event.at_ms),
        )


def _remember(uses: list[Use], event: Transaction) -> None:
    uses.append(Use(event.at_ms, event.card, event.customer, event.last4, event.amount_minor, event.currency))
    uses.sort(key=lambda use: use.at_ms)
    if len(uses) > _MOST_USES:
        del uses[0]


def _note(states: dict[Condition, list[Any]], event: Telemetry, holds: bool) -> bool:
    """Keep whether a condition holds, by the newest report; give whether it held before this one."""
    condition = Condition.of(event)
    latest_ms, held = states.get(condition, (0, False))
    if event.at_ms >= latest_ms:
        states[condition] = [event.at_ms, holds]
        if len(states) > _MOST_STATES:
            del states[min(states, key=lambda known: (known != condition, states[known][0]))]
    return bool(held)
