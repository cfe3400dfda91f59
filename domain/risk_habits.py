"""What a customer usually does, in a few numbers, and how a use compares with it.

Counts and sums fade with time: a use that is one half-life old counts a half. Half-lives of 1, 7 and 30 days
stand for windows of such lengths and need no list of events. All is bounded: the way of use, or country, that
was longest unused makes room for a new one.

An amount is learnt as at most three times the usual one: what looks very unlike the customer must not become
the habit, and a lasting change is followed within weeks. A late use, older than the newest, is measured
as if it came at the newest's time, and learnt with the weight of its age.
"""

from dataclasses import dataclass, field, fields
from math import cos, exp, log, pi, sin, sqrt
from operator import attrgetter
from typing import Any

from domain.events import CARD_PRESENT, MONEY_OUT, Transaction
from domain.money import dollar_minor
from domain.risk_features import CHANNELS, COUNTRIES, ENTRIES, TYPES, Values
from domain.tables import TerminalRecord
from domain.whereabouts import Whereabouts, abroad, away_km, dump_whereabouts, load_whereabouts

# The transactions that are measured: what takes money off a card, also when it was declined.
MEASURED = MONEY_OUT
DAY_MS = 86_400_000
# Customers and ways of use that were silent for longer begin anew, and a use that comes later is not learnt.
MEMORY_MS = 180 * DAY_MS

_NEVER_MS = -(2**53)
_HOUR_MS = 3_600_000
# How fast weights fade, for each millisecond.
_1D, _7D, _30D = (-log(2) / (days * DAY_MS) for days in (1, 7, 30))
# The usual amount is known from two uses on.
_LEAST_USES = 2.0
# Amounts are pulled in to three times the usual one before they are learnt; above twice it they are large.
_PULL, _LARGE = 3.0, 2.0
# Of logs of amounts an unknown habit has a variance of 0.5, by the weight of two uses.
_PRIOR_USES, _PRIOR_SQUARES = 2.0, 2.0 * 0.5
# The least standard deviation of logs that is believed.
_LEAST_SPREAD = 0.2
_LEAST_VARIANCE = _LEAST_SPREAD * _LEAST_SPREAD
# Uses a day that are added to what is usual, so that the second use ever is no burst.
_LEAST_PACE = 0.1
_MOST_WAYS = 6

_CHANNELS = {name: float(number) for number, name in enumerate(CHANNELS)}
_TYPES = {name: float(number) for number, name in enumerate(TYPES)}
_ENTRIES = {name: float(number) for number, name in enumerate(ENTRIES)}
_COUNTRIES = {name: float(number) for number, name in enumerate(COUNTRIES)}

# For each quarter of an hour: cosine and sine of the time of day as an angle, and of twice that angle.
_QUARTER_MS = DAY_MS // 96
_TURNS = tuple((cos(a), sin(a), cos(2 * a), sin(2 * a)) for a in (pi * quarter / 48 for quarter in range(96)))


@dataclass(slots=True)  # read and written in half the time of a msgspec.Struct
class Habits:
    """What is remembered of one customer as of `last_ms`, the time of the newest use.

    `uses_*` count approved uses, `spend_*` add their amounts as multiples of the usual one, `large_7d` and
    `declined_1d` count large and declined ones. `cos_*` and `sin_*` add the times of day as angles (1) and as
    twice these (2). `ways` holds by currency, type and channel: the last use (ms), and as of then the count,
    the sum of amounts (minor units), of their logs and of the squares of these.
    """

    last_ms: int = _NEVER_MS
    uses_1d: float = 0.0
    uses_7d: float = 0.0
    uses_30d: float = 0.0
    spend_1d: float = 0.0
    spend_7d: float = 0.0
    spend_30d: float = 0.0
    large_7d: float = 0.0
    declined_1d: float = 0.0
    cos_1: float = 0.0
    sin_1: float = 0.0
    cos_2: float = 0.0
    sin_2: float = 0.0
    ways: dict[str, tuple[int, float, float, float, float]] = field(default_factory=dict)
    where: Whereabouts = field(default_factory=Whereabouts)


_FIELDS = tuple(one.name for one in fields(Habits))
_as_tuple = attrgetter(*_FIELDS)


def start() -> Habits:
    """Give the habits of a customer who has not been seen."""
    return Habits()


def dump(habits: Habits) -> tuple[Any, ...]:
    """Give habits as plain values."""
    *numbers, ways, where = _as_tuple(habits)
    return (*numbers, list(ways.items()), dump_whereabouts(where))


def load(dumped: list[Any]) -> Habits:
    """Give the habits that were dumped; sequences may come back as lists."""
    *numbers, ways, where = dumped
    known = {name: tuple(way) for name, way in ways}
    return Habits(*[*numbers, known, load_whereabouts(where)])


def measure(habits: Habits, event: Transaction, record: TerminalRecord | None) -> Values:
    """Compare a use with the habits before it, and let it become part of them.

    `record` is what is known of its terminal at the event's time. Gives a value for each of
    domain.risk_features.NAMES; only for events of the types MEASURED. Of a declined use no more is
    remembered than that it was: tries that failed must not become a habit.
    """
    at_ms, channel, place = event.at_ms, event.channel, event.place
    since_ms = at_ms - habits.last_ms
    if since_ms >= 0:
        if since_ms > MEMORY_MS:
            _begin_anew(habits)
        else:
            _fade(habits, since_ms)
        habits.last_ms = at_ms
        weights = _PUNCTUAL
    else:
        weights = _late(-since_ms)
        since_ms = 0
    declined = event.outcome == "declined"
    weight = 0.0 if declined else weights[2]
    windows = _windows(habits, since_ms)
    hour_habit = _hour_habit(habits, at_ms // _QUARTER_MS % 96, weight)
    amount, ratio, deviations, way_share = _amount(habits, event, weight)
    km = share = None
    usual = country = ""
    if place is not None:
        if channel in CARD_PRESENT and event.entry != "manual":
            km = away_km(habits.where, place, habits.last_ms, weight)
        if place.country is not None:
            share, usual, country = abroad(habits.where, place.country, habits.last_ms, weight)
    _count(habits, ratio, weights, declined)
    return (
        amount,
        ratio,
        deviations,
        *windows,
        at_ms % DAY_MS / _HOUR_MS,
        hour_habit,
        km,
        share,
        _COUNTRIES.get(usual),
        _COUNTRIES.get(country),
        _CHANNELS[channel],
        _TYPES[event.type],
        _ENTRIES[event.entry],
        1.0 if declined else 0.0,
        way_share,
        *(_NO_RECORD if record is None else _terminal(record, at_ms)),
    )


def _begin_anew(habits: Habits) -> None:
    for name, value in zip(_FIELDS, _as_tuple(start()), strict=True):
        setattr(habits, name, value)


def _fade(habits: Habits, by_ms: int) -> None:
    """Let time pass; what is held of ways, places and countries fades when it is next looked at."""
    day, week, month = exp(_1D * by_ms), exp(_7D * by_ms), exp(_30D * by_ms)
    habits.uses_1d *= day
    habits.spend_1d *= day
    habits.declined_1d *= day
    habits.uses_7d *= week
    habits.spend_7d *= week
    habits.large_7d *= week
    habits.uses_30d *= month
    habits.spend_30d *= month
    habits.cos_1 *= month
    habits.sin_1 *= month
    habits.cos_2 *= month
    habits.sin_2 *= month


def _windows(habits: Habits, since_ms: int) -> tuple[float | None, ...]:
    """Give the features `uses_1d` to `hours_since`, in their order."""
    hours = since_ms / _HOUR_MS if since_ms <= MEMORY_MS else None
    day, week, month = habits.uses_1d, habits.uses_7d, habits.uses_30d
    # The day fades first: after two years of nothing but declines nothing of it is left to divide by.
    if not day:
        return (*_NO_USES, None if hours is None else habits.declined_1d, hours)
    return (
        day,
        week,
        month,
        day / (month / 30 + _LEAST_PACE),
        habits.spend_1d / day,
        habits.spend_7d / week,
        habits.spend_30d / month,
        habits.large_7d,
        habits.declined_1d,
        hours,
    )


def _late(by_ms: int) -> tuple[float, float, float]:
    """Give what a late use weighs in each window."""
    if by_ms > MEMORY_MS:
        return (0.0, 0.0, 0.0)
    return (exp(_1D * by_ms), exp(_7D * by_ms), exp(_30D * by_ms))


def _count(habits: Habits, ratio: float | None, weights: tuple[float, float, float], declined: bool) -> None:
    day, week, month = weights
    if declined:
        habits.declined_1d += day
        return
    # What is not known to be unusual counts as usual.
    spent = 1.0 if ratio is None else min(ratio, _PULL)
    habits.uses_1d += day
    habits.uses_7d += week
    habits.uses_30d += month
    habits.spend_1d += day * spent
    habits.spend_7d += week * spent
    habits.spend_30d += month * spent
    if spent > _LARGE:
        habits.large_7d += week


def _hour_habit(habits: Habits, quarter: int, weight: float) -> float | None:
    """Give how common a time of day is, 1 where all are alike: a Fejér sum of two turns, never negative."""
    cos_1, sin_1, cos_2, sin_2 = _TURNS[quarter]
    uses, habit = habits.uses_30d, None
    if uses:
        one = habits.cos_1 * cos_1 + habits.sin_1 * sin_1
        two = habits.cos_2 * cos_2 + habits.sin_2 * sin_2
        habit = 1 + (4 * one + 2 * two) / (3 * uses)
        if habit < 0:
            habit = 0.0  # by rounding alone
    habits.cos_1 += weight * cos_1
    habits.sin_1 += weight * sin_1
    habits.cos_2 += weight * cos_2
    habits.sin_2 += weight * sin_2
    return habit


def _amount(
    habits: Habits, event: Transaction, weight: float
) -> tuple[float, float | None, float | None, float | None]:
    """Give `amount`, `ratio` and `deviations` among uses of the same way, and `way_share`."""
    minor, currency, now_ms = event.amount_minor, event.currency, habits.last_ms
    name = f"{currency}|{event.type}|{event.channel}"
    ways = habits.ways
    way = ways.get(name)
    pulled: float = minor
    ratio = deviations = None
    if way is None or now_ms - way[0] > MEMORY_MS:
        count = total = logs = squares = 0.0
    else:
        last_ms, count, total, logs, squares = way
        faded = exp(_30D * (now_ms - last_ms))
        count, total, logs, squares = count * faded, total * faded, logs * faded, squares * faded
        usual = total / count
        if usual < 1:
            usual = 1.0  # the smallest unit: a habit of nothing at all could not be left
        if minor > _PULL * usual:
            pulled = _PULL * usual
        if count >= _LEAST_USES:
            ratio = minor / usual
            mean = logs / count
            # `squares - logs * mean` is count times the variance.
            variance = (squares - logs * mean + _PRIOR_SQUARES) / (count + _PRIOR_USES)
            spread = sqrt(variance) if variance > _LEAST_VARIANCE else _LEAST_SPREAD
            deviations = (log(minor or 1) - mean) / spread
    share = count / habits.uses_30d if habits.uses_30d else None
    if weight:
        value = log(pulled or 1)
        sums = total + weight * pulled, logs + weight * value, squares + weight * value * value
        ways[name] = (now_ms, count + weight, *sums)
        if len(ways) > _MOST_WAYS:
            del ways[min(ways, key=lambda name: ways[name][0])]
    return minor / dollar_minor(currency), ratio, deviations, share


def _terminal(record: TerminalRecord, at_ms: int) -> tuple[float | None, ...]:
    """Give the features of a terminal, `terminal_lately` and all after it."""
    return (
        record.lately,
        record.long,
        float(record.row),
        max(0.0, (at_ms - record.row_ms) / DAY_MS) if record.row else None,
        max(0.0, (at_ms - record.last_ms) / DAY_MS),
        float(record.genuine),
        record.uses,
    )


_PUNCTUAL = (1.0, 1.0, 1.0)
_NO_RECORD: tuple[float | None, ...] = (None,) * 7
_NO_USES: tuple[float | None, ...] = (None,) * 8
