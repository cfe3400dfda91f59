"""The clock of the home city: when people of each way of life are up, and when branches are open.

All of the simulation keeps one clock, UTC+8, which is right for China and an hour or two off in the other
places people travel to.
"""

from dataclasses import dataclass
from datetime import date, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from simulation.errors import DoesNotFitError

Ints = NDArray[np.int64]

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
UTC_OFFSET_MS = 8 * HOUR_MS
LOCAL = timezone(timedelta(hours=8))

OPENS_MS = 9 * HOUR_MS
CLOSES_MS = 16 * HOUR_MS + 30 * MINUTE_MS

# Holidays with a fixed date; those of the lunar calendar are left out.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))})

# How much someone uses a card in each hour of a working day and of a day of rest, as one digit an hour.
LIVES = ("office", "shift", "retired", "night_owl")
_DIGITS = (
    ("100000255335853335997532", "210000012456776667898764"),
    ("433333454333445555666665", "432222333445555555666665"),
    ("000001367887653556642100", "000001257887653556643100"),
    ("641000001346764556788998", "874210000135665556789999"),
)
# Nobody is never up.
_LEAST = 0.1
_BIN_MS = 10 * MINUTE_MS


@dataclass(frozen=True)
class Window:
    """The simulated stretch of time, in milliseconds since 1970; `end_ms` is not part of it."""

    start_ms: int
    end_ms: int


def since_midnight_ms(at_ms: Ints) -> Ints:
    """Give the local time of day in ms."""
    return (at_ms + UTC_OFFSET_MS) % DAY_MS


def local_day(at_ms: Ints) -> Ints:
    """Give the local day as days since 1970."""
    return (at_ms + UTC_OFFSET_MS) // DAY_MS


def day_starts(window: Window) -> list[tuple[date, int]]:
    """Give each local day that the window touches, with its midnight in ms."""
    first, last = local_day(np.array([window.start_ms, window.end_ms - 1])).tolist()
    epoch = date(1970, 1, 1)
    return [(epoch + timedelta(days=day), day * DAY_MS - UTC_OFFSET_MS) for day in range(first, last + 1)]


def is_rest_day(at_ms: Ints) -> NDArray[np.bool_]:
    """Tell whether each moment lies on a weekend or a holiday."""
    days, where = np.unique(local_day(at_ms), return_inverse=True)
    dates = [date(1970, 1, 1) + timedelta(days=day) for day in days.tolist()]
    rest = [day.weekday() >= 5 or (day.month, day.day) in FIXED_HOLIDAYS for day in dates]
    return np.array(rest, dtype=bool)[where]


def is_open(at_ms: Ints) -> NDArray[np.bool_]:
    """Tell whether branches are open; they are, every day of the week."""
    clock = since_midnight_ms(at_ms)
    return (clock >= OPENS_MS) & (clock < CLOSES_MS)


def _activity(window: Window, life: int) -> tuple[Ints, NDArray[np.float64]]:
    """Give the edges of bins over the window, and the weight of each bin; a working day weighs 1."""
    edges = np.append(np.arange(window.start_ms, window.end_ms, _BIN_MS), window.end_ms)
    starts = edges[:-1]
    digits = np.array([[float(digit) for digit in day] for day in _DIGITS[life]])
    hour = since_midnight_ms(starts) // HOUR_MS
    weight = np.maximum(digits[is_rest_day(starts).astype(int), hour], _LEAST)
    return edges, weight / digits[0].mean() * np.diff(edges) / DAY_MS


def activity(window: Window) -> NDArray[np.float64]:
    """Give for each way of life how much card use the window holds; a whole working day holds 1."""
    return np.array([_activity(window, life)[1].sum() for life in range(len(LIVES))])


def draw_times(rng: np.random.Generator, window: Window, life: Ints) -> Ints:
    """Draw a moment of the window for each row, by the hours of its way of life."""
    at_ms = np.empty(len(life), dtype=np.int64)
    for number in range(len(LIVES)):
        rows = np.flatnonzero(life == number)
        edges, weight = _activity(window, number)
        filled = np.concatenate(([0.0], np.cumsum(weight) / weight.sum()))
        at_ms[rows] = np.interp(rng.random(len(rows)), filled, edges)
    return np.minimum(at_ms, window.end_ms - 1)


def pick_moment(
    rng: np.random.Generator, window: Window, span_ms: int, from_hour: int = 0, to_hour: int = 24
) -> int:
    """Draw the start of something that lasts `span_ms`, between two local hours where the window has them.

    The hours may wrap around midnight. Raises DoesNotFitError when the window is shorter than the span.
    """
    starts = np.arange(window.start_ms, window.end_ms - span_ms - MINUTE_MS, MINUTE_MS)
    if not len(starts):
        raise DoesNotFitError(
            f"the window of {(window.end_ms - window.start_ms) / HOUR_MS:g} h is too short for what should"
            f" happen in it ({span_ms / HOUR_MS:.1f} h); simulate more hours or plan no incidents"
        )
    hour = since_midnight_ms(starts) // HOUR_MS
    wanted = (hour - from_hour) % 24 < (to_hour - from_hour - 1) % 24 + 1
    return int(rng.choice(starts[wanted] if wanted.any() else starts)) + int(rng.integers(MINUTE_MS))
