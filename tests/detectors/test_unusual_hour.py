"""Unusual hours: the circle of the day has no beginning, and what a card always does is never unusual."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from detectors.examples import run
from detectors.unusual_hour import UnusualHour
from domain.events import Transaction
from domain.instants import from_ms
from domain.tables import Tables

# Midnight in Greenwich.
START_MS = 1_772_409_600_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Hours of a card's uses, day by day: few different ones, so that habits come about.
DAYS = st.lists(st.lists(st.sampled_from((7, 8, 9, 12, 18, 23)), max_size=2), min_size=10, max_size=45)


def uses(times: list[int], **fields: Any) -> list[Transaction]:
    given = {"card": "c1", "amount_minor": 900_000, "currency": "CNY", "channel": "pos", **fields}
    return [
        Transaction(event_id=f"e{number}", at=from_ms(at_ms), at_ms=at_ms, **given)
        for number, at_ms in enumerate(times)
    ]


def fired(events: list[Transaction], **parameters: Any) -> list[tuple[str, float]]:
    made = UnusualHour(**{"min_hours": 5, "min_days": 3, "share": 0.01, **parameters})
    return [(one.event_id, one.finding.evidence["share"]) for one in run(made, events, Tables())]


@given(days=DAYS, late=st.integers(0, 23), west=st.integers(-14, 12))
def test_zone_and_hours_shifted_alike_change_nothing(days: list[list[int]], late: int, west: int) -> None:
    times = [START_MS + day * DAY_MS + hour * HOUR_MS for day, hours in enumerate(days) for hour in hours]
    times = sorted([*times, START_MS + len(days) * DAY_MS + late * HOUR_MS])
    # Etc/GMT+5 is the zone 5 hours west of Greenwich.
    zone = f"Etc/GMT{west:+d}" if west else "Etc/GMT"
    there = [at_ms + west * HOUR_MS for at_ms in times]
    assert fired(uses(there), time_zone=zone) == fired(uses(times), time_zone="Etc/GMT")


@given(days=DAYS, late=st.integers(0, 23), west=st.integers(-14, 12))
def test_which_hour_a_day_begins_at_does_not_matter(days: list[list[int]], late: int, west: int) -> None:
    times = [START_MS + day * DAY_MS + hour * HOUR_MS for day, hours in enumerate(days) for hour in hours]
    events = uses(sorted([*times, START_MS + len(days) * DAY_MS + late * HOUR_MS]))
    assert fired(events, time_zone=f"Etc/GMT{west:+d}") == fired(events, time_zone="Etc/GMT")


@given(
    hours=st.lists(st.integers(0, 23), min_size=1, max_size=5, unique=True),
    gaps=st.lists(st.integers(1, 4), min_size=20, max_size=300),
    minutes=st.integers(0, 59),
)
def test_an_unchanging_habit_never_fires(hours: list[int], gaps: list[int], minutes: int) -> None:
    times, day = [], 0
    for number, gap in enumerate(gaps):
        day += gap
        hour = hours[number % len(hours)]
        times.append(START_MS + day * DAY_MS + hour * HOUR_MS + minutes * 60_000)
    made = UnusualHour()
    assert run(made, uses(times), Tables()) == []
    assert run(made, uses(times, type="withdrawal", channel="atm"), Tables()) == []


@given(
    days=st.lists(st.lists(st.sampled_from((9, 12, 18)), min_size=1, max_size=3), min_size=30, max_size=45),
    hour=st.integers(13, 30),
)
def test_it_fires_where_no_use_was_near_and_nowhere_else(days: list[list[int]], hour: int) -> None:
    times = [START_MS + day * DAY_MS + hour * HOUR_MS for day, hours in enumerate(days) for hour in hours]
    at_ms = START_MS + len(days) * DAY_MS + hour * HOUR_MS
    events = [*uses(sorted(times), amount_minor=100), *uses([at_ms], amount_minor=900_000)]
    used = {hour for hours in days for hour in hours}
    # The last visit is learnt as well: that of the day before is over by 13:00.
    near = any(min((hour - one) % 24, (one - hour) % 24) <= 2 for one in used)
    made = UnusualHour(time_zone="Etc/GMT")
    assert bool(run(made, events, Tables())) == (not near)


def test_a_change_of_the_clock_moves_the_hours_of_the_day_with_it() -> None:
    summer = uses([START_MS + day * DAY_MS + 8 * HOUR_MS for day in range(60)], amount_minor=100)
    berlin = UnusualHour(time_zone="Europe/Berlin", share=0.03)
    state = berlin.start()
    for event in summer:
        berlin.step(state, event)
    # Clocks went forward on the 29th of March: 8:00 in Greenwich was 9:00 in Berlin, then 10:00.
    assert [hour for hour, count in enumerate(state[-1]) if count] == [9, 10]


@pytest.mark.parametrize("name", ["Asia/Shangai", "localtime", "", "Asia", "../etc/passwd", "CST8"])
def test_a_zone_that_is_none_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValidationError, match="should be the name of a time zone in the IANA database"):
        TypeAdapter(UnusualHour).validate_python({"time_zone": name})


def test_what_was_perhaps_meant_is_said() -> None:
    with pytest.raises(ValidationError, match="perhaps Asia/Shanghai"):
        TypeAdapter(UnusualHour).validate_python({"time_zone": "Asia/Shangai"})


def test_the_state_of_years_stays_small() -> None:
    made = UnusualHour(memory=timedelta(days=3650))
    state = made.start()
    for event in uses([START_MS + number * 13 * HOUR_MS for number in range(3000)], amount_minor=100):
        made.step(state, event)
    assert sum(state[-1]) <= 1024
    assert len(state[-1]) == 24
