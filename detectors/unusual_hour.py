"""Much money at an hour of the day at which the card is never used."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from detectors.base import Detector, MinorByCurrency, Scope, Span, Step
from domain.day_profile import HOURS, SLOT_MS, add_hours, counted_hours, local_hour, no_hours, share_of_hour
from domain.event_fields import MOST_MINOR
from domain.events import MONEY_OUT, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import iso, span_ms
from domain.money import money_words
from domain.tables import Tables
from domain.time_zones import known_zone

# The newest use and the first one (ms); the visit: when it began (ms), at which hours of the day (bits), and
# whether it was told of; and the profile of the visits before.
NEWEST_MS, FIRST_MS, VISIT_MS, VISITED, TOLD, PROFILE = range(6)
State = list[Any]

# Here a person acts at that moment; the rest is often booked by machines, at night above all.
_BY_A_PERSON = frozenset({"pos", "atm", "counter", "mobile"})
_WORDS = {"purchase": "purchase", "withdrawal": "withdrawal", "transfer_out": "transfer"}
# Uses within half a day are one visit: it is learnt when it is over, so that nobody makes an hour usual by
# a small try before the large one.
_VISIT_MS = 12 * 3_600_000
_DAY_MS = 24 * 3_600_000
# A zone's clocks are seldom more than 2.5 hours from the sun's: who is 3 hours off lives by another clock.
_OTHER_CLOCK = 45
_PRIOR_HOURS = 2
# 2,000 yuan in cash and 5,000 otherwise, and about as much elsewhere.
_CASH = {
    "CNY": 200_000,
    "HKD": 220_000,
    "TWD": 900_000,
    "JPY": 40_000,
    "KRW": 400_000,
    "SGD": 40_000,
    "USD": 30_000,
    "EUR": 25_000,
    "GBP": 20_000,
}
_MUCH = {name: amount_minor * 5 // 2 for name, amount_minor in _CASH.items()}


@dataclass(frozen=True, kw_only=True)
class UnusualHour(Detector[Transaction, State]):
    """Fire when much money leaves a card at an hour of the day at which it is never used.

    Why: who holds a stolen card or telephone acts while its owner sleeps; who is talked into a
    transfer is kept up at night.

    Misses: small amounts, thieves who keep to the owner's hours, owners who keep none, the first
    `min_hours` and `min_days` of a card, uses online or over the telephone, uses in another clock's land.

    False alarms: a night at the hospital, a night train, the first weeks of a new shift, an order that is
    carried out each month at midnight and booked as if a person did it.

    Judgement: the hour is that of `time_zone`, the bank's own; a use whose place lies three hours of
    longitude or more from its clocks is neither judged nor learnt. Only uses by a person count: at a
    terminal, a machine, a counter, or by telephone app, as subscriptions are booked at night. Uses within 12
    hours of the first are one visit: its hours are learnt once each and only when the next visit begins. An
    hour is unusual when its share of the profile, smoothed over two hours to each side and drawn towards
    an even day by the weight of 2 hours, is below `share`. It fires on withdrawals of `cash_minor` or more
    and on other money out of `high_minor` or more, once a visit; nothing of a visit that fired is learnt.

    Late: order hardly matters; a late use is judged when it comes and learnt with the visit of then.

    Prior: one in ten is taken to be true, more the rarer the hour is.

    State: a count for each of the 24 hours, the visit, and three times; 61 bytes for an ordinary card, at
    most 120 bytes. Plain numbers: River has no circular profile, and a million of its objects would not fit.

    Source: binomial weights on a circle, as for any smoothed histogram of directions (N. I. Fisher,
    Statistical Analysis of Circular Data, 1993).
    """

    scope = Scope.CARD
    types = MONEY_OUT
    channels = _BY_A_PERSON
    severity = Severity.MEDIUM
    prior = 0.1

    time_zone: Annotated[
        str, AfterValidator(known_zone), Field(description="IANA name of the zone whose hours count")
    ] = "Asia/Shanghai"
    share: Annotated[float, Field(gt=0, le=0.04, description="rarer hours are unusual")] = 0.003
    min_hours: Annotated[int, Field(ge=1, le=100, description="hours learnt before it may fire")] = 20
    min_days: Annotated[int, Field(ge=0, le=1000, description="and days known")] = 14
    cash_minor: Annotated[MinorByCurrency, Field(description="withdrawals of so much are judged")] = field(
        default_factory=_CASH.copy
    )
    high_minor: Annotated[MinorByCurrency, Field(description="other money out of so much is judged")] = field(
        default_factory=_MUCH.copy
    )
    memory: Annotated[Span, Field(description="silence until the hours are forgotten")] = timedelta(days=180)
    count_declined: Annotated[bool, Field(description="whether declined uses are judged and learnt")] = False

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, 0, 0, 0, False, no_hours()]

    def dump(self, state: State) -> tuple[Any, ...]:
        *visit, profile = state
        return *visit, profile.copy()

    def load(self, dumped: list[Any], state_version: int) -> State:
        return [*dumped]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        if event.outcome == "declined" and not self.count_declined:
            return QUIET
        at_ms = event.at_ms
        hour, meridian = local_hour(self.time_zone, at_ms // SLOT_MS)
        place = event.place
        # Clocks of Pacific islands may be those across the date line: 360 degrees off is near.
        if place is not None and _OTHER_CLOCK <= abs(place.lon - meridian) <= 360 - _OTHER_CLOCK:
            return QUIET
        newest_ms = state[NEWEST_MS]
        if at_ms > newest_ms:
            if at_ms - newest_ms > self._memory_ms:
                state[:] = [at_ms, at_ms, at_ms, 0, False, no_hours()]
            else:
                state[NEWEST_MS] = at_ms
                if at_ms - state[VISIT_MS] >= _VISIT_MS:
                    self._begin_visit(state, at_ms)
        if state[TOLD]:
            return QUIET
        limits = self.cash_minor if event.type == "withdrawal" else self.high_minor
        if event.amount_minor >= limits.get(event.currency, MOST_MINOR + 1):
            found = self._judge(state, event, hour)
            if found:
                state[TOLD] = True
                return found
        state[VISITED] |= 1 << hour
        return QUIET

    def bound(self, tables: Tables) -> Step:
        del tables
        facts = (local_hour, self.time_zone, self.count_declined, self._memory_ms, _VISIT_MS)
        limits = (self.cash_minor, self.high_minor)
        return quick("unusual_hour", self.step, (*facts, *limits, _OTHER_CLOCK))

    def _begin_visit(self, state: State, at_ms: int) -> None:
        # What fires is never learnt: a thief must not become the norm.
        if not state[TOLD]:
            add_hours(state[PROFILE], state[VISITED])
        state[VISIT_MS], state[VISITED], state[TOLD] = at_ms, 0, False

    def _judge(self, state: State, event: Transaction, hour: int) -> tuple[Finding, ...]:
        profile = state[PROFILE]
        known, days = counted_hours(profile), (event.at_ms - state[FIRST_MS]) // _DAY_MS
        if known < self.min_hours or days < self.min_days:
            return QUIET
        share = share_of_hour(profile, hour, _PRIOR_HOURS)
        if share >= self.share:
            return QUIET
        usual = [one for one in range(HOURS) if share_of_hour(profile, one, _PRIOR_HOURS) >= 1 / HOURS]
        said = f"A {_WORDS[event.type]} of {money_words(event.amount_minor, event.currency)}"
        cash = event.type == "withdrawal"
        balance = event.balance_after_minor
        finding = Finding(
            reason=(
                f"{said} between {hour}:00 and {hour + 1}:00, when this card is used less than once in "
                f"{int(1 / share):,} times; mostly it is used {_hours_words(usual)}."
            ),
            probability=round(min(0.5, self.prior * self.share / share), 3),
            severity=None if cash or event.type == "transfer_out" else Severity.LOW,
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence={
                "hour": hour,
                "time_zone": self.time_zone,
                "share": round(share, 5),
                "limit_share": self.share,
                "usual_hours": usual,
                "history": known,
                "known_since": iso(state[FIRST_MS]),
                "amount_minor": event.amount_minor,
                "count_declined": self.count_declined,
            },
        )
        return (finding,)


def _hours_words(hours: list[int]) -> str:
    """Say hours of the day as spans, around midnight where need be: `from 22:00 to 1:00 and ...`."""
    starts = [hour for hour in hours if (hour - 1) % HOURS not in hours]
    spans = []
    for start in starts:
        length = next(length for length in range(1, HOURS) if (start + length) % HOURS not in hours)
        spans.append(f"from {start}:00 to {(start + length) % HOURS}:00")
    return " and ".join(spans) or "at all hours"
