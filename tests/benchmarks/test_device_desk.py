"""A crew lives through a day of alarms in a real store, and what it was shown is read from there."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.device_crew import Crew, Repairs
from benchmarks.device_desk import Lived, live
from benchmarks.device_month import Month, alert_of
from benchmarks.device_truth import Incident
from benchmarks.raw_alarms import RawAlarms
from cases.case import DeviceItem
from cases.store import open_store
from devices.registry import Device, Site
from domain.alarms import Alarm
from domain.alerts import Alert, alert_id, alert_record
from domain.findings import Member, Severity
from domain.instants import from_ms, to_ms

NOON_MS = to_ms(datetime(2026, 9, 1, 4, tzinfo=UTC))  # by the clocks of Shanghai
MINUTE_MS = 60_000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(minute: float) -> int:
    return NOON_MS + round(minute * MINUTE_MS)


def alert(code: str, component: str, since: float, *, over: float | None = None, device: str = "d1") -> Alert:
    alarm = Alarm(code=code, component=component, since_ms=at(since), over=over is not None)
    anchor = alarm.anchor + (":over" if alarm.over else "")
    return Alert(
        id=alert_id("component_down", device, anchor),
        detector="component_down",
        version=1,
        parameters={},
        scope="device",
        key=device,
        at_ms=at(since if over is None else over),
        event_id="e1",
        severity=Severity.MEDIUM,
        probability=0.9,
        exposure_minor=0,
        currency="CNY",
        reason=f"{code} at {device}",
        evidence={},
        alarm=alarm,
    )


def incident(code: str, begins: float, ends: float | None, **fields: Any) -> Incident:
    given: dict[str, Any] = {"kind": code, "device": "d1", "branch": "b1", "harm": False, "within_s": 300}
    given |= fields
    return Incident(
        id=f"truth-{code}",
        devices=(given["device"],),
        begins=from_ms(at(begins)),
        ends=None if ends is None else from_ms(at(ends)),
        expect="item",
        codes=(code,),
        **given,
    )


def lived_through(tmp_path: Path, truth: list[Incident], alerts: list[Alert], minutes: int) -> Lived:
    url = f"sqlite:///{tmp_path}/desk.sqlite"
    site = Site(id="b1", effective_at=LONG_AGO, time_zone="Asia/Shanghai")
    devices = [
        Device(id=name, effective_at=LONG_AGO, branch="b1", kind="atm", vendor="v1", model="m1")
        for name in ("d1", "d2")
    ]
    with open_store(url) as store:
        store.reference.put([site, *devices])
    month = Month(
        truth=tuple(truth),
        raw=RawAlarms(),
        reports=0,
        alerts=tuple(alerts),
        branch_of={"d1": "b1", "d2": "b1"},
        store=url,
        begins_ms=at(0),
        ends_ms=at(minutes),
        flow_s=0.0,
    )
    return live(month, agents=1)


def test_a_fault_is_shown_after_its_hold_sent_to_the_vendor_and_closed_when_it_is_put_right(
    tmp_path: Path,
) -> None:
    broken = [alert("cdm_fatal", "dispenser", 10), alert("cdm_fatal", "dispenser", 10, over=100)]
    lived = lived_through(tmp_path, [incident("cdm_fatal", 10, 100)], broken, 180)
    (shown,) = lived.shown
    assert (shown.code, shown.device, shown.branch, shown.at_ms) == ("cdm_fatal", "d1", "b1", at(12))
    # The order was answered at minute 100, so nobody is at it when the alarm counts as over a minute later.
    assert shown.until_ms == at(101)
    assert (lived.items, lived.again, lived.left_open) == ({shown.item}, 0, 0)
    assert (lived.reasons, lived.refused, lived.floods) == (Counter({"slm_fixed": 1}), Counter(), ())


def test_what_was_nothing_is_closed_as_that(tmp_path: Path) -> None:
    lived = lived_through(tmp_path, [], [alert("note_jam", "dispenser", 10)], 60)
    assert lived.reasons == Counter({"no_fault_found": 1})
    assert lived.shown[0].until_ms is not None
    assert lived.suppressed == Counter({"handled": 1})


def test_what_is_never_over_by_itself_is_closed_by_the_crew(tmp_path: Path) -> None:
    kept = incident("card_retained", 10, None, harm=True)
    lived = lived_through(tmp_path, [kept], [alert("card_retained", "card_reader", 10)], 60)
    assert [shown.at_ms for shown in lived.shown] == [at(10)]
    assert (lived.reasons, lived.left_open) == (Counter({"customer_contacted": 1}), 0)


def test_a_condition_that_comes_and_goes_within_its_hold_is_not_shown(tmp_path: Path) -> None:
    blip = [alert("note_jam", "dispenser", 10), alert("note_jam", "dispenser", 10, over=11)]
    lived = lived_through(tmp_path, [], blip, 60)
    assert (lived.shown, lived.items, lived.raised) == ((), frozenset(), 1)


def test_what_comes_back_is_shown_again_and_counts_as_work_again(tmp_path: Path) -> None:
    alerts = [
        alert("note_jam", "dispenser", 10),
        alert("note_jam", "dispenser", 10, over=30),
        alert("note_jam", "dispenser", 45),
        alert("note_jam", "dispenser", 45, over=60),
    ]
    truth = [incident("note_jam", 10, 30), incident("note_jam", 45, 60)]
    lived = lived_through(tmp_path, truth, alerts, 120)
    assert sorted((each.at_ms, each.until_ms) for each in lived.shown) == [(at(12), at(31)), (at(47), at(61))]
    assert (len(lived.items), lived.again) == (1, 1)


def test_repairs_are_those_of_the_code_the_place_and_the_time() -> None:
    repairs = Repairs([incident("note_jam", 10, 30), incident("card_retained", 10, None, harm=True)])

    def right_ms(code: str, since: float, device: str = "d1") -> int | None:
        return repairs.right_ms(
            DeviceItem(
                case_id="C1",
                words="",
                code=code,
                device=device,
                branch="b1",
                component="dispenser",
                unit=0,
                priority=2,
                since_ms=at(since),
                due_ms=0,
                on=True,
            )
        )

    assert right_ms("note_jam", 10) == at(30)
    assert right_ms("note_jam", 35) is None  # another jam, of which the truth knows nothing
    assert right_ms("shutter_jam", 10) is None
    assert right_ms("card_retained", 10) == 0


def test_nobody_is_at_two_things(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/desk.sqlite") as store:
        crew = Crew(store, Repairs([]), agents=1)
        store.alarms.take_in(
            [alert("tamper", "sensors", 0), alert("tamper", "sensors", 0, device="d2")], at(1)
        )
        for minute in range(1, 5):
            crew.act(at(minute))
            assert sum(bool(case.leases) for case in store.cases.list()) == 1


def test_an_alert_is_read_as_it_was_written() -> None:
    told = alert("note_jam", "dispenser", 3, over=9)
    assert alert_of(alert_record(told)) == told
    other = Alert(
        **{
            **{name: getattr(told, name) for name in Alert.__struct_fields__},
            "alarm": None,
            "members": (Member(card="card-1", customer="u1", last4="4242"), Member(card="card-2")),
            "card": "card-1",
        }
    )
    assert alert_of(alert_record(other)) == other
