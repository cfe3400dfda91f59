"""Machines of two branches, and alarms that are put before the desk."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cases.case import Case, Task
from cases.device_cases.annunciate import annunciate, settle_returned
from cases.policy import QueuePolicy
from cases.store import Store
from cases.who import Role, Who
from devices.registry import Device, Fleet, Site
from devices.service import ServiceWeek
from domain.alarms import Alarm
from domain.alerts import Alert
from domain.findings import Severity
from tests.cases.made import NOON_MS, alert

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
AGENT = Who("a17")
OTHER = Who("a18")
LEAD = Who("lead-1", Role.LEAD)
# Noon of the tests is 20:00 in Shanghai, when br-18 has closed.
FLEET = Fleet.of(
    [
        Site(id="br-17", effective_at=LONG_AGO, time_zone="Asia/Shanghai", region="north"),
        Site(
            id="br-18",
            effective_at=LONG_AGO,
            time_zone="Asia/Shanghai",
            open=ServiceWeek(days=(((9 * 60, 17 * 60),),) * 7),
        ),
        *(
            Device(
                id=name,
                effective_at=LONG_AGO,
                branch=branch,
                kind="atm",
                vendor="acme",
                model="m1",
                care_level=care,
            )
            for name, branch, care in (
                ("atm-4", "br-17", 2),
                ("atm-5", "br-17", 2),
                ("atm-6", "br-17", 1),
                ("atm-8", "br-18", 2),
            )
        ),
    ],
    "Asia/Shanghai",
)


def raised(name: str, code: str, device: str = "atm-4", *, at_ms: int = 0, **fields: Any) -> Alert:
    """Make an alert of a device, or of a branch where that is named; `at_ms` counts from noon."""
    component, unit = fields.pop("component", "card_reader"), fields.pop("unit", 0)
    scope = "branch" if device.startswith("br-") else "device"
    alarm = Alarm(code=code, component=component, unit=unit, since_ms=NOON_MS + at_ms)
    given = {"severity": Severity.MEDIUM, "detector": "component_down", **fields}
    return alert(name, scope=scope, key=device, at_ms=at_ms, alarm=alarm, **given)


def show(store: Store, *alerts: Alert, at_ms: int = 0, policy: QueuePolicy | None = None) -> dict[str, str]:
    """Put alarms before the desk at a time from noon, and give the case of each alert."""
    with store.db.writing():
        return annunciate(store.db, alerts, FLEET, policy or store.policy, NOON_MS + at_ms)


def one_case(store: Store, *alerts: Alert, at_ms: int = 0) -> str:
    """Put alarms before the desk that make one case, and give its id."""
    (case_id,) = set(show(store, *alerts, at_ms=at_ms).values())
    return case_id


def on_record(store: Store, case_id: str, item: Alert, state: str, at_ms: int = 0) -> None:
    """Write the alarm of an alert down as alarm management does; `at_ms` is when it returned, from noon."""
    alarm = item.alarm
    assert alarm is not None
    over = state in ("returned", "returned_unacknowledged", "closed")
    row = {
        "id": f"{item.key}-{alarm.code}",
        "place": item.key,
        "device": item.key if item.scope == "device" else None,
        "branch": None,
        "component": alarm.component,
        "unit": alarm.unit,
        "code": alarm.code,
        "detector": item.detector,
        "priority": 2,
        "state": state,
        "suppressed_by": None,
        "parent": None,
        "since_ms": alarm.since_ms,
        "raised_at_ms": item.at_ms,
        "annunciate_at_ms": None,
        "annunciated_at_ms": item.at_ms,
        "acknowledged_at_ms": None,
        "acknowledged_by": None,
        "returned_at_ms": NOON_MS + at_ms if over else None,
        "closed_at_ms": NOON_MS + at_ms if state == "closed" else None,
        "occurrences": 1,
        "shelved_until_ms": None,
        "shelved_by": None,
        "shelve_reason": None,
        "case_id": case_id,
        "alert_id": item.id,
        "words": item.reason,
        "due_ms": None,
    }
    with store.db.writing():
        store.db.run("keep_alarm", **row)


def settle(store: Store, case_id: str, at_ms: int) -> bool:
    """Tell the desk that an alarm of a case has returned, at a time from noon."""
    with store.db.writing():
        return settle_returned(store.db, case_id, NOON_MS + at_ms)


def work(store: Store, case_id: str) -> set[tuple[str, str, str]]:
    """Give what is still to be done in a case: kind, subject and skill."""
    live = ("ready", "waiting", "leased")
    found: Iterable[Task] = store.cases.show(case_id).tasks
    return {(task.kind, task.subject, task.skill) for task in found if task.state in live}


def case_of(store: Store, case_id: str) -> Case:
    return store.cases.show(case_id).case
