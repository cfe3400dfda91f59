"""Whatever is reported, in whatever order and however often: the ledger adds up, and is the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.buckets import BUCKETS
from devices.ledger import Course, ledger_bytes
from devices.registry import Cassette, Fleet
from devices.service import ServiceWeek
from devices.state import state_at
from domain.instants import from_ms, to_ms
from domain.telemetry import Telemetry
from tests.devices.made import CODES, OFFICE, device, recycler, site, watch, work

# Days on which clocks change: 23, 25, 23.5 and 24.5 hours, midnight that does not exist or comes twice.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Havana", date(2026, 11, 1)),
    ("Asia/Shanghai", date(2026, 10, 5)),
]
WINDOWS = st.sampled_from([((0, 1440),), ((540, 1020),), ((0, 150), (170, 1440)), ((90, 180),), ()])
NAMES = sorted(CODES.codes)
EDGES = ["raise", "clear", "state", "count", "heartbeat"]


def minutes_of(zone: str, day: date) -> float:
    """Count a local day's minutes in another way than the product does: minute by minute on UTC clocks."""
    tz = ZoneInfo(zone)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=tz).astimezone(UTC)
    around = (noon + timedelta(minutes=minute) for minute in range(-14 * 60, 14 * 60))
    return sum(moment.astimezone(tz).date() == day for moment in around)


@st.composite
def reports(draw, around_ms):
    made = []
    for number in range(draw(st.integers(0, 25))):
        code = CODES[draw(st.sampled_from(NAMES))]
        at_ms = (
            around_ms
            + draw(st.integers(-40 * 60, 40 * 60)) * 60_000
            + draw(st.sampled_from([0, 0, 1, 59_999]))
        )
        made.append(
            {
                "event_id": draw(st.sampled_from([f"e{number}", f"e{number % 3}"])),
                "at": from_ms(at_ms),
                "at_ms": at_ms,
                "device": draw(st.sampled_from(["atm-1", "atm-1", "probe", "elsewhere"])),
                "component": draw(st.sampled_from(code.component)),
                "code": code.name,
                "edge": draw(st.sampled_from(EDGES)),
                "severity": draw(st.integers(0, 4)),
                "unit": draw(st.integers(0, 2)),
                "sequence": draw(st.sampled_from([None, number, 7])),
            }
        )
    return made


@st.composite
def days(draw):
    zone, day = draw(st.sampled_from(CHANGES))
    week = ServiceWeek((draw(WINDOWS),) * 7, holiday=draw(st.none() | WINDOWS))
    around_ms = to_ms(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)))
    moment = from_ms(around_ms + draw(st.integers(-36, 36)) * 3_600_000)
    kind = draw(st.sampled_from([device, recycler]))
    records = [
        kind(id="atm-1", service=week, cassettes=draw(st.sampled_from([(), tuple(map(cassette, (1, 2)))]))),
        device(id="probe", kind="link_probe"),
        site(time_zone=zone, link="l1", holidays=frozenset(draw(st.sets(st.just(day))))),
    ]
    if draw(st.booleans()):
        records.append(replace(records[0], effective_at=moment, service=OFFICE, heartbeat_s=900))
    if draw(st.booleans()):
        ends_at = moment + timedelta(hours=draw(st.integers(1, 30)))
        records.append(work(branch="b1", begins_at=moment, ends_at=ends_at))
    return zone, day, records, draw(reports(around_ms))


def cassette(unit: int) -> Cassette:
    return Cassette(unit=unit, denomination_minor=10_000, currency="CNY")


def make_ledger(records, said, day):
    watched = watch([Telemetry(**fields) for fields in said], *records)
    neighbours = day - timedelta(days=1), day + timedelta(days=1)
    return watched, list(Course("atm-1", watched).intervals(*neighbours))


@settings(deadline=None, max_examples=60)
@given(days())
def test_the_buckets_of_a_day_sum_to_its_minutes_and_without_out_of_window_to_the_scheduled_ones(made):
    zone, day, records, said = made
    watched, intervals = make_ledger(records, said, day)
    for before, after in pairwise(intervals):
        assert before.end_ms == after.begin_ms
    for each in (day - timedelta(days=1), day, day + timedelta(days=1)):
        sums = dict.fromkeys(BUCKETS, 0)
        for interval in intervals:
            if interval.day == each:
                assert interval.begin_ms < interval.end_ms
                sums[interval.bucket] += interval.length_ms
        assert sum(sums.values()) == minutes_of(zone, each) * 60_000
        assert sum(sums.values()) - sums["out_of_window"] == scheduled_ms(watched.fleet, intervals, each)


def scheduled_ms(fleet: Fleet, intervals, day) -> int:
    """Count the scheduled time of a day by asking the register about each of its minutes."""
    of_day = [interval for interval in intervals if interval.day == day]
    minutes = range(of_day[0].begin_ms, of_day[-1].end_ms, 60_000)
    return sum(60_000 * fleet.in_service_window("atm-1", at_ms) for at_ms in minutes)


@settings(deadline=None, max_examples=50)
@given(days(), st.randoms(use_true_random=False), st.integers(0, 3))
def test_reordered_repeated_and_late_reports_give_the_same_ledger_and_state(made, random, more):
    _, day, records, said = made
    watched, intervals = make_ledger(records, said, day)
    again = [*said, *(said * more)]
    random.shuffle(again)
    rewatched, reintervals = make_ledger(records, again, day)
    assert ledger_bytes(reintervals) == ledger_bytes(intervals)
    for interval in intervals:
        states = [
            state_at(Course("atm-1", found), interval.begin_ms, CODES) for found in (watched, rewatched)
        ]
        assert states[0] == states[1]


@settings(deadline=None, max_examples=60)
@given(days())
def test_every_minute_stands_in_the_bucket_that_its_own_moment_would_be_put_in(made):
    # Were a moment missing at which something changes, some minute would keep the bucket of the one before.
    _, day, records, said = made
    watched, intervals = make_ledger(records, said, day)
    course = Course("atm-1", watched)
    for interval in intervals:
        for at_ms in range(interval.begin_ms, interval.end_ms, 7 * 60_000):
            found = course.judged(at_ms)
            assert (found.bucket, found.cause, found.serves) == (
                interval.bucket,
                interval.cause,
                interval.serves,
            )
