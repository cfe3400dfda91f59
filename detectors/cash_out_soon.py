"""A device that will have no cash left, or no room for more, before anyone comes."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.event_fields import MOST_MINOR
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.telemetry import Counters, Telemetry
from domain.wording import counted

# The newest event (ms), the newest counters of each unit, since when use is known (ms, None: not yet), what
# was used in each hour (its number since 1970, minor units paid out, notes taken in), and since when want of
# cash and of room are told of (ms, None: they are not).
_NEWEST_MS, _UNITS, _KNOWN_MS, _HOURS, _SINCE_MS = range(5)
State = list[Any]
# Of an hour.
_HOUR, _OUT_MINOR, _IN_NOTES = range(3)

_HOUR_MS = 3_600_000
_DAY_HOURS = 24
_MOST_UNITS = 16
# A count so long after the one before says nothing of when within it.
_LONGEST_INTERVAL_MS = 24 * _HOUR_MS
_UNITS_OF_CASH = frozenset({"cassette", "recycler", "dispenser", "acceptor"})
# Without a load, so much more than is needed must be there before it is over.
_CLEARLY = 1.5
_CODES = {_OUT_MINOR: "cash_out_soon", _IN_NOTES: "cash_full_soon"}
_WORDS = {_OUT_MINOR: "want of cash", _IN_NOTES: "want of room for deposits"}


@dataclass(frozen=True, kw_only=True)
class CashOutSoon(Detector[Telemetry, State]):
    """Fire when, by its own habit, a device runs out of cash, or of room for deposits, within `lead`.

    Why: a cash run takes hours; who is told at the empty cassette has already lost customers.

    Misses: a day unlike any of the last `days` (pay day, holiday), the one cassette that is empty while
    others are full, devices that send no counts, what is taken in and paid out again between two counts.

    False alarms: a load that was planned before the cash runs out, a busy day that ended.

    Judgement: what counts fall by between two counts of one load is used, spread evenly over the hours
    between. The use within `lead` from this hour of the day on is looked up for each of the last `days`;
    the device is taken to need the `quantile` of them. It fires when less is left in all units together,
    or when deposits need more room than their units, of `full_notes` each, have left. It says
    that it is over at the first count that is enough again after a load, or clearly enough without one, and
    only then fires again.

    Late: a count older than the newest of its unit is not counted; one older than the newest report is, but
    is not judged by.

    Prior: six in ten are taken to be true.

    State: the counters of 16 units and the use of 24 hours a day for `days`; 6,000 bytes for an ordinary
    device, at most 40,000 bytes.

    Source: the quantile of the use in the lead time is the newsvendor rule of K. J. Arrow, T. Harris,
    J. Marschak, Econometrica 19 (1951), on the device's own past instead of a distribution.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.MEDIUM
    prior = 0.6
    needs = ("counters",)
    about_the_unusual = False
    state_version = 2

    lead: Annotated[
        timedelta,
        Field(ge=timedelta(hours=1), le=timedelta(hours=24), description="a cash run takes so long"),
    ] = timedelta(hours=12)
    urgent: Annotated[Span, Field(description="within this it is of high severity")] = timedelta(hours=4)
    quantile: Annotated[float, Field(ge=0.05, le=1, description="of the use on its own past days")] = 0.8
    days: Annotated[int, Field(ge=1, le=60, description="past days that count")] = 21
    min_days: Annotated[int, Field(ge=1, le=60, description="days known before it may fire")] = 5
    note_minor: Annotated[
        int, Field(ge=1, le=MOST_MINOR, description="worth of a note whose unit does not say, minor units")
    ] = 10_000
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="of the cash that is watched")] = "CNY"
    full_notes: Annotated[int, Field(ge=1, le=100_000, description="notes that a unit takes in")] = 2_000

    @property
    def memory(self) -> timedelta:
        return timedelta(days=self.days)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _lead_hours(self) -> int:
        return span_ms(self.lead) // _HOUR_MS

    def start(self) -> State:
        return [0, {}, None, [], [None, None]]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, units, known_ms, hours, since = state
        held = [(*unit, *known) for unit, known in units.items()]
        return newest_ms, held, known_ms, [tuple(hour) for hour in hours], since.copy()

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, held, known_ms, hours, since = dumped
        if state_version < 2:
            # It only said whether they were told of, not since when.
            since = [newest_ms if told else None for told in since]
        units = {(component, unit): known for component, unit, *known in held}
        return [newest_ms, units, known_ms, hours, since]

    def step(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        late = at_ms < state[_NEWEST_MS]
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        counters = event.counters
        if event.edge != "count" or counters is None or event.component not in _UNITS_OF_CASH:
            return QUIET
        if counters.currency not in (None, self.currency):
            return QUIET
        units = state[_UNITS]
        unit = (event.component, event.unit)
        before = units.get(unit)
        if before is not None and at_ms <= before[0]:
            return QUIET
        now = units[unit] = self._worth(counters, at_ms)
        if len(units) > _MOST_UNITS:
            del units[min(units, key=lambda known: units[known][0])]
        if state[_KNOWN_MS] is None:
            state[_KNOWN_MS] = at_ms
        if before is None:
            return QUIET if late else self._judge(state, at_ms, loaded=False)
        loaded = before[3] != now[3] or _rose(before[1], now[1]) or _rose(now[2], before[2])
        self._learn(state, before, now)
        # What was left at an earlier time says nothing of whether a later condition is over.
        return QUIET if late else self._judge(state, at_ms, loaded=loaded)

    def _worth(self, counters: Counters, at_ms: int) -> list[Any]:
        """Give time, money left (minor units), notes taken in, and load of a unit."""
        left = counters.remaining
        note_minor = counters.denomination_minor or self.note_minor
        left_minor = None if left is None else min(MOST_MINOR, left * note_minor)
        return [at_ms, left_minor, counters.deposited, counters.load]

    def _learn(self, state: State, before: list[Any], now: list[Any]) -> None:
        if before[3] != now[3] or now[0] - before[0] > _LONGEST_INTERVAL_MS:
            return
        paid_minor = max(0, before[1] - now[1]) if None not in (before[1], now[1]) else 0
        taken_notes = max(0, now[2] - before[2]) if None not in (before[2], now[2]) else 0
        if paid_minor or taken_notes:
            _spread(state[_HOURS], before[0], now[0], paid_minor, taken_notes)
        oldest = state[_NEWEST_MS] // _HOUR_MS - (self.days + 1) * _DAY_HOURS
        while state[_HOURS] and state[_HOURS][0][_HOUR] < oldest:
            del state[_HOURS][0]

    def _judge(self, state: State, at_ms: int, *, loaded: bool) -> tuple[Finding, ...]:
        newest_ms = state[_NEWEST_MS]
        fresh = [known for known in state[_UNITS].values() if known[0] > newest_ms - _LONGEST_INTERVAL_MS]
        left_minor = [known[1] for known in fresh if known[1] is not None]
        taken = [known[2] for known in fresh if known[2] is not None]
        room_notes = max(0, self.full_notes * len(taken) - sum(taken))
        found: list[Finding] = []
        if left_minor:
            found += self._short(state, _OUT_MINOR, sum(left_minor), at_ms, loaded)
        if taken:
            found += self._short(state, _IN_NOTES, room_notes, at_ms, loaded)
        return tuple(found)

    def _short(self, state: State, what: int, left: int, at_ms: int, loaded: bool) -> tuple[Finding, ...]:
        """Tell when one of the two will not last as long as the lead, and when it does again."""
        days = min(self.days, (at_ms - state[_KNOWN_MS]) // (_DAY_HOURS * _HOUR_MS))
        if days < self.min_days:
            return QUIET
        used = {hour[_HOUR]: hour[what] for hour in state[_HOURS] if hour[what]}
        path = self._busy_day(used, at_ms // _HOUR_MS, days)
        needed = sum(path[: self._lead_hours])
        since_ms = state[_SINCE_MS][what - 1]
        if needed and left <= needed:
            if since_ms is not None:
                return QUIET
            state[_SINCE_MS][what - 1] = at_ms
            return (self._finding(what, left, needed, _lasts_ms(path, left), days, at_ms),)
        if since_ms is None or not (loaded or left > _CLEARLY * needed):
            return QUIET
        state[_SINCE_MS][what - 1] = None
        return (over(_alarm(what, since_ms), _WORDS[what], at_ms),)

    def _busy_day(self, used: dict[int, int], hour: int, days: int) -> list[int]:
        """Give the use of each hour of the lead on the past day that is the quantile of them."""
        paths = [
            [used.get(hour - back * _DAY_HOURS + ahead, 0) for ahead in range(self._lead_hours)]
            for back in range(1, days + 1)
        ]
        paths.sort(key=sum)
        return paths[min(days - 1, int(self.quantile * days))]

    def _finding(self, what: int, left: int, needed: int, lasts_ms: int, days: int, at_ms: int) -> Finding:
        cash = what == _OUT_MINOR
        have = money_words(left, self.currency) if cash else f"room for {counted(left, 'note')}"
        end = "The cash" if cash else "The room for deposits"
        alarm = _alarm(what, at_ms)
        return Finding(
            reason=(
                f"{end} will last {span_words(lasts_ms)}: there is {have}, and "
                f"on {self.quantile:.0%} of {counted(days, 'day')} it needed no more than "
                f"{money_words(needed, self.currency) if cash else counted(needed, 'note')} "
                f"in the {span_words(span_ms(self.lead))} from this time on."
            ),
            probability=self.prior,
            severity=Severity.HIGH if lasts_ms <= span_ms(self.urgent) else None,
            anchor=alarm.anchor,
            evidence={
                "code": alarm.code,
                "left_minor": left if cash else None,
                "room_notes": None if cash else left,
                "needed": needed,
                "hours_left": round(lasts_ms / _HOUR_MS, 1),
                "ends_at": iso(at_ms + lasts_ms),
                "lead_s": self.lead.total_seconds(),
                "quantile": self.quantile,
                "days_known": days,
            },
            alarm=alarm,
        )


def _alarm(what: int, since_ms: int) -> Alarm:
    return Alarm(code=_CODES[what], component="device", since_ms=since_ms)


def _rose(before: int | None, now: int | None) -> bool:
    return before is not None and now is not None and now > before


def _spread(hours: list[list[int]], from_ms: int, until_ms: int, paid_minor: int, taken_notes: int) -> None:
    """Add what was used between two counts to the hours between, to each as long as it lies in it."""
    by_hour = {hour[_HOUR]: hour for hour in hours}
    first, last = from_ms // _HOUR_MS, (until_ms - 1) // _HOUR_MS
    done_minor = done_notes = 0
    for number in range(first, last + 1):
        share_ms = min(until_ms, (number + 1) * _HOUR_MS) - from_ms
        upto_minor = paid_minor * share_ms // (until_ms - from_ms)
        upto_notes = taken_notes * share_ms // (until_ms - from_ms)
        hour = by_hour.get(number)
        if hour is None:
            hour = [number, 0, 0]
            hours.append(hour)
        hour[_OUT_MINOR] = min(MOST_MINOR, hour[_OUT_MINOR] + upto_minor - done_minor)
        hour[_IN_NOTES] = min(MOST_MINOR, hour[_IN_NOTES] + upto_notes - done_notes)
        done_minor, done_notes = upto_minor, upto_notes
    hours.sort()


def _lasts_ms(path: list[int], left: int) -> int:
    """Give how long what is left lasts on the path of a day."""
    for number, used in enumerate(path):
        if used and used >= left:
            return number * _HOUR_MS + _HOUR_MS * left // used
        left -= used
    return len(path) * _HOUR_MS
