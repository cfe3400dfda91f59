"""Devices, their sites and what they report, made for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from devices.buckets import Bucket
from devices.codes import catalogue
from devices.history import Reports
from devices.ledger import Course, Interval, Watch
from devices.registry import Device, Fleet, FleetRecord, Maintenance, Site
from devices.service import ServiceWeek
from domain.instants import to_ms
from domain.telemetry import Telemetry

CODES = catalogue()
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 10, 4, 16, tzinfo=UTC)  # Monday, 2026-10-05 in Shanghai
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
OFFICE = ServiceWeek((((540, 1020),),) * 7)  # 09:00 to 17:00 every day


def device(**fields: object) -> Device:
    known = {
        "id": "atm-1",
        "effective_at": LONG_AGO,
        "branch": "b1",
        "kind": "atm",
        "vendor": "acme",
        "model": "m1",
    }
    return Device(**known | fields)


def recycler(**fields: object) -> Device:
    return device(**{"id": "crs-1", "kind": "crs", "functions": ("card", "withdraw", "deposit")} | fields)


def site(**fields: object) -> Site:
    return Site(**{"id": "b1", "effective_at": LONG_AGO, "time_zone": "Asia/Shanghai"} | fields)


def work(**fields: object) -> Maintenance:
    known = {
        "id": "w1",
        "effective_at": LONG_AGO,
        "begins_at": MIDNIGHT + 2 * HOUR,
        "ends_at": MIDNIGHT + 3 * HOUR,
        "reason": "belts",
    }
    return Maintenance(**known | fields)


def told(minute: float, code: str, edge: str = "raise", *, on: str = "atm-1", **fields: object) -> Telemetry:
    """Give a report so many minutes after midnight of Monday."""
    at = MIDNIGHT + minute * MINUTE
    known: dict[str, object] = {
        "event_id": f"{on}-{code}-{edge}-{minute}",
        "at": at,
        "at_ms": to_ms(at),
        "device": on,
        "component": CODES[code].component[0],
        "code": code,
        "edge": edge,
    }
    return Telemetry(**known | fields)


def alive(first: float, last: float, *, on: str = "atm-1", every: float = 5) -> list[Telemetry]:
    """Give heartbeats from one minute to another, both included."""
    count = int((last - first) // every)
    return [told(first + index * every, "heartbeat", "heartbeat", on=on) for index in range(count + 1)]


def watch(events: Iterable[Telemetry], *records: FleetRecord) -> Watch:
    reports = Reports(CODES)
    for event in events:
        reports.add(event)
    return Watch(Fleet.of(records or (device(), site()), "UTC"), reports, CODES)


def ledger(watched: Watch, *, on: str = "atm-1", days: int = 1) -> list[Interval]:
    first = datetime(2026, 10, 5, tzinfo=UTC).date()
    return list(Course(on, watched).intervals(first, first + timedelta(days=days - 1)))


def spans(intervals: Iterable[Interval]) -> list[tuple[float, float, Bucket, str]]:
    """Give intervals as minutes since midnight of Monday, with bucket and cause."""
    zero = to_ms(MIDNIGHT)
    return [
        (
            (interval.begin_ms - zero) / MINUTE_MS,
            (interval.end_ms - zero) / MINUTE_MS,
            interval.bucket,
            interval.cause,
        )
        for interval in intervals
    ]
