"""Cash that a device paid out although no host had said so."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import standing
from domain.event_fields import MOST_MINOR, Token
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.telemetry import Telemetry
from domain.windows import Boundary

# The newest event (ms); the counters of each unit; counts and presented notes (ms) that wait for their
# authorisations; what was authorised lately, and before that (minor units) since the last count; until when
# (ms) what is found is only added up, and what that is (minor units).
_NEWEST_MS, _UNITS, _COUNTS, _PRESENTED, _RECENT, _BEFORE_MINOR, _TOLD_MS, _ADDED_MINOR = range(8)
State = list[Any]

_MOST_UNITS, _MOST_COUNTS, _MOST_PRESENTED, _MOST_RECENT = 16, 32, 32, 64
_DISPENSERS = frozenset({"cassette", "dispenser", "recycler"})


class Authorised(Struct, gc=False):
    """An approved withdrawal; `left_minor` is what no count has used yet."""

    at_ms: int
    currency: str
    left_minor: int


class Count(Struct, gc=False):
    """What counts of all units close together say was paid out since the counts before."""

    first_ms: int
    last_ms: int
    paid_minor: int
    note_minor: int


@dataclass(frozen=True, kw_only=True)
class DispenseWithoutAuthorisation(Detector[Telemetry | Transaction, State]):
    """Fire when a device counts or presents more notes than withdrawals at it were approved.

    Why: malware or a box on the cable (jackpotting) empties a dispenser without any host; only the notes
    that are gone tell of it.

    Misses: theft below the tolerance, from a device that sends no counts, or hidden behind withdrawals that
    paid nothing; intervals with withdrawals in another currency, which cannot be compared.

    False alarms: test notes of a technician, cassettes counted at different times, withdrawals of a host
    whose transactions do not arrive, or come later than `slack`.

    Judgement: notes that were dispensed between two counts of one load (or, where that is not counted, are
    no longer there) are compared, `slack` after the count, with what was approved up to then since the count
    before. It fires when more than `tolerance_notes` notes are not covered; and when notes were presented
    without any approved withdrawal within `slack` of it. Once it fired it adds up for `pause`, and tells the
    sum with the next. It is never over by itself: only the desk closes it.

    Late: a count older than the newest of its unit is not counted, nor is a presentation older than `slack`;
    an approval counts whenever it comes before the count is judged.

    Prior: six in ten are taken to be true.

    State: the counters of 16 units, 64 approvals, 32 counts and 32 presentations that wait; 200 bytes for an
    ordinary device, at most 15,000 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry, Transaction)
    severity = Severity.CRITICAL
    prior = 0.6
    about_the_unusual = False
    boundary: ClassVar[Boundary] = "both"
    # What was declined authorises nothing.
    count_declined: ClassVar[bool] = False

    slack: Annotated[Span, Field(description="between an approval and the notes, either way")] = timedelta(
        minutes=1
    )
    tolerance_notes: Annotated[
        int, Field(ge=0, le=10_000, description="uncovered notes that are let pass")
    ] = 4
    note_minor: Annotated[
        int, Field(ge=1, le=MOST_MINOR, description="worth of a note whose unit does not say, minor units")
    ] = 10_000
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="of notes whose unit does not say")] = (
        "CNY"
    )
    presented: Annotated[tuple[Token, ...], Field(description="codes that say that notes were presented")] = (
        "notes_presented",
    )
    pause: Annotated[Span, Field(description="after a finding, before the next")] = timedelta(minutes=10)
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=2)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _slack_ms(self) -> int:
        return span_ms(self.slack)

    def start(self) -> State:
        return [0, {}, [], [], [], 0, 0, 0]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, units, counts, presented, recent, *rest = state
        return (
            newest_ms,
            [(*unit, *known) for unit, known in units.items()],
            [astuple(count) for count in counts],
            presented.copy(),
            [astuple(one) for one in recent],
            *rest,
        )

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, units, counts, presented, recent, *rest = dumped
        known = {(component, unit): values for component, unit, *values in units}
        waiting = [Count(*count) for count in counts]
        return [newest_ms, known, waiting, presented, [Authorised(*one) for one in recent], *rest]

    def step(self, state: State, event: Telemetry | Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        if isinstance(event, Transaction):
            if event.type == "withdrawal" and event.outcome == "approved":
                self._authorise(state, event)
        elif event.edge == "count" and event.component in _DISPENSERS:
            self._count(state, event)
        elif event.code in self.presented and standing(event) and not self._too_old(state, at_ms):
            state[_PRESENTED] = sorted([*state[_PRESENTED], at_ms])[-_MOST_PRESENTED:]
        return QUIET

    def _too_old(self, state: State, at_ms: int) -> bool:
        return at_ms < int(state[_NEWEST_MS]) - self._slack_ms

    def _authorise(self, state: State, event: Transaction) -> None:
        recent: list[Authorised] = state[_RECENT]
        recent.append(Authorised(event.at_ms, event.currency, event.amount_minor))
        recent.sort(key=lambda one: one.at_ms)
        oldest_ms = state[_NEWEST_MS] - 4 * self._slack_ms
        while recent and (len(recent) > _MOST_RECENT or recent[0].at_ms < oldest_ms):
            gone = recent.pop(0)
            # Money that cannot be compared covers whatever the next count says.
            covered = gone.left_minor if gone.currency == self.currency or not gone.left_minor else MOST_MINOR
            state[_BEFORE_MINOR] = min(MOST_MINOR, state[_BEFORE_MINOR] + covered)

    def _count(self, state: State, event: Telemetry) -> None:
        counters = event.counters
        if counters is None or (counters.dispensed is None and counters.remaining is None):
            return
        at_ms, units = event.at_ms, state[_UNITS]
        unit = (event.component, event.unit)
        before = units.get(unit)
        if before is not None and at_ms <= before[0]:
            return
        units[unit] = [at_ms, counters.dispensed, counters.remaining, counters.load]
        if len(units) > _MOST_UNITS:
            del units[min(units, key=lambda known: units[known][0])]
        note_minor = counters.denomination_minor or self.note_minor
        foreign = counters.currency not in (None, self.currency)
        paid_minor = 0 if foreign else _paid_notes(before, units[unit]) * note_minor
        counts: list[Count] = state[_COUNTS]
        if counts and counts[-1].first_ms <= at_ms <= counts[-1].first_ms + self._slack_ms:
            last = counts[-1]
            last.last_ms = max(last.last_ms, at_ms)
            last.paid_minor = min(MOST_MINOR, last.paid_minor + paid_minor)
            last.note_minor = max(last.note_minor, note_minor)
        else:
            counts.append(Count(at_ms, at_ms, min(MOST_MINOR, paid_minor), note_minor))
            counts.sort(key=lambda count: count.last_ms)
            del counts[:-_MOST_COUNTS]

    def due(self, state: State) -> int | None:
        waiting = [count.last_ms for count in state[_COUNTS][:1]] + state[_PRESENTED][:1]
        return min(waiting) + self._slack_ms if waiting else None

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        until_ms = at_ms - self._slack_ms
        found: list[Finding] = []
        while state[_PRESENTED] and state[_PRESENTED][0] <= until_ms:
            presented_ms = state[_PRESENTED].pop(0)
            near = (abs(one.at_ms - presented_ms) <= self._slack_ms for one in state[_RECENT])
            if not any(near):
                found += self._told(state, presented_ms, 0, at_ms)
        while state[_COUNTS] and state[_COUNTS][0].last_ms <= until_ms:
            count = state[_COUNTS].pop(0)
            missing_minor = count.paid_minor - self._cover(state, count)
            if missing_minor > self.tolerance_notes * count.note_minor:
                found += self._told(state, count.last_ms, missing_minor, at_ms)
        return tuple(found)

    def _cover(self, state: State, count: Count) -> int:
        """Give what was approved for a count, in minor units, and keep what may belong to the next."""
        slack_ms = self._slack_ms
        usable = [one for one in state[_RECENT] if one.at_ms <= count.last_ms + slack_ms]
        covered = state[_BEFORE_MINOR] + sum(one.left_minor for one in usable)
        if any(one.currency != self.currency and one.left_minor for one in usable):
            covered = MOST_MINOR
        state[_BEFORE_MINOR] = 0
        over_minor = max(0, covered - count.paid_minor)
        for one in reversed(usable):
            one.left_minor = min(one.left_minor, over_minor) if one.at_ms >= count.first_ms - slack_ms else 0
            over_minor -= one.left_minor
        return int(covered)

    def _told(self, state: State, when_ms: int, missing_minor: int, at_ms: int) -> tuple[Finding, ...]:
        """Tell of what is missing (0: notes presented, nobody knows how many), or add it up for later."""
        state[_ADDED_MINOR] = min(MOST_MINOR, state[_ADDED_MINOR] + missing_minor)
        if at_ms < state[_TOLD_MS]:
            return QUIET
        added_minor = state[_ADDED_MINOR]
        state[_TOLD_MS], state[_ADDED_MINOR] = at_ms + span_ms(self.pause), 0
        what = (
            f"{money_words(added_minor, self.currency)} left the device"
            if added_minor
            else "Notes were presented"
        )
        slack = span_words(self._slack_ms)
        finding = Finding(
            reason=f"{what} without an approved withdrawal up to {slack} before or after.",
            probability=self.prior,
            exposure_minor=added_minor,
            currency=self.currency,
            anchor=f"{'counted' if missing_minor else 'presented'}:{when_ms}",
            evidence={
                "noticed_by": "count" if missing_minor else "presentation",
                "missing_minor": added_minor,
                "paid_until": iso(when_ms),
                "slack_s": self.slack.total_seconds(),
                "tolerance_notes": self.tolerance_notes,
                "boundary": self.boundary,
                "count_declined": self.count_declined,
            },
            alarm=Alarm(code="dispense_without_auth", component="dispenser", since_ms=when_ms),
        )
        return (finding,)


def _paid_notes(before: list[Any] | None, now: list[Any]) -> int:
    """Give the notes paid out between two counts of a unit; 0 when they are not of one load."""
    if before is None or before[3] != now[3]:
        return 0
    if before[1] is not None and now[1] is not None:
        return int(max(0, now[1] - before[1]))
    if before[2] is not None and now[2] is not None:
        return int(max(0, before[2] - now[2]))
    return 0
