"""Signals about devices for alarm management to take in, a small fleet, and what became of both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.database import Database
from cases.policy import QueuePolicy
from devices.codes import catalogue
from devices.registry import Device, Fleet, FleetRecord, Maintenance, Site
from domain.alarms import Alarm
from domain.alerts import Alert, alert_id
from domain.findings import Severity
from domain.instants import from_ms
from tests.cases.work.raw import raw_of

NOON_MS = 1_772_712_000_000  # 12:00 UTC, 20:00 in Shanghai, of a Thursday
LONG_AGO = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def at_s(seconds: float) -> int:
    """Give a time in ms, counted in seconds from noon."""
    return NOON_MS + round(seconds * 1000)


def signal(
    code: str,
    place: str,
    at: float,
    *,
    since: float | None = None,
    over: bool = False,
    component: str | None = None,
    unit: int = 0,
    told: float | None = None,
    detector: str = "component_down",
    **fields: Any,
) -> Alert:
    """Make what a detector says about a device (`d...`) or a branch (`b...`); times are seconds from noon."""
    scope = "branch" if place.startswith("b") else "device"
    alarm = Alarm(
        code=code,
        component=component or catalogue()[code].component[0],
        unit=unit,
        since_ms=at_s(at if since is None else since),
        over=over,
    )
    given: dict[str, Any] = {
        "version": 1,
        "parameters": {},
        "event_id": f"event-{at}",
        "severity": Severity.LOW if over else Severity.HIGH,
        "probability": 0.9,
        "exposure_minor": 0,
        "currency": "",
        "reason": f"{code} at {place}",
        "evidence": {},
        **fields,
    }
    anchor = f"{alarm.anchor}:over" if over else alarm.anchor
    return Alert(
        id=alert_id(detector, place, anchor),
        detector=detector,
        scope=scope,
        key=place,
        at_ms=at_s(at),
        told_ms=at_s(at if told is None else told),
        alarm=alarm,
        **given,
    )


def device(id_: str, branch: str = "b1", **fields: Any) -> Device:
    """Make a device that has always been there."""
    given = {"kind": "atm", "vendor": "v", "model": "m", "effective_at": LONG_AGO, **fields}
    return Device(id=id_, branch=branch, **given)


def site(id_: str, **fields: Any) -> Site:
    """Make a branch that has always been there."""
    return Site(id=id_, **{"effective_at": LONG_AGO, "time_zone": "UTC", **fields})


def maintenance(id_: str, begins: float, ends: float, **fields: Any) -> Maintenance:
    """Make planned work; times are seconds from noon."""
    begins_at, ends_at = from_ms(at_s(begins)), from_ms(at_s(ends))
    return Maintenance(
        id=id_, effective_at=LONG_AGO, begins_at=begins_at, ends_at=ends_at, reason="inspection", **fields
    )


# Branch b1 has three devices, b2 one, b3 shares its line with b1; all three are of one region.
SMALL_FLEET: tuple[FleetRecord, ...] = (
    site("b1", region="north", link="l1", power="p1"),
    site("b2", region="north", link="l2", power="p2"),
    site("b3", region="north", link="l1", power="p3"),
    device("d1"),
    device("d2"),
    device("d3"),
    device("d4", "b2", heartbeat_s=60),
    device("d5", "b3"),
)


class Recorder:
    """A desk that writes down what it is shown; each alarm has a case of its own."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, str, str]] = []
        self.settled: list[tuple[int, str]] = []

    def annunciate(
        self, db: Database, alerts: Sequence[Alert], fleet: Fleet, policy: QueuePolicy, at_ms: int
    ) -> Mapping[str, str]:
        for alert in alerts:
            assert alert.alarm is not None
            self.shown.append((at_ms, alert.alarm.code, alert.id))
        return {alert.id: f"C{alert.id}" for alert in alerts}

    def settle_returned(self, db: Database, case_id: str, at_ms: int) -> bool:
        self.settled.append((at_ms, case_id))
        return True

    def take_back(self, db: Database, case_id: str, note: str, at_ms: int) -> bool:
        return True


def alarm_tables(url: str) -> dict[str, list[dict[str, Any]]]:
    """Give every row of what alarm management keeps, and of what the desk makes of it."""
    raw = raw_of(url)
    try:
        return {table: raw.ask(f"SELECT * FROM {table} ORDER BY {order}") for table, order in _TABLES.items()}
    finally:
        raw.close()


_TABLES = {
    "alarm": "id",
    "alarm_event": "id",
    "alarm_mode": "device, code",
    "alarm_clock": "id",
    "case_": "id",
    "task": "id",
    "case_event": "id",
    "alert": "id",
    "device_item": "alert_id",
    "retained_card": "id",
}


def events_in_words(url: str) -> list[str]:
    """Give what happened: seconds from noon, what, to which alarm, and of a suppression by what."""
    tables = alarm_tables(url)
    names = {row["id"]: f"{row['place']} {row['code']}" for row in tables["alarm"]}
    return [_in_words(row, names) for row in tables["alarm_event"]]


def _in_words(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    words = [f"{(row['at_ms'] - NOON_MS) / 1000:g}", row["what"], names.get(row["alarm"], "")]
    if row["what"] == "suppressed":
        reason, _, by = row["new"].partition(":")
        words += ["by", reason, names.get(by, by)]
    return " ".join(word for word in words if word)
