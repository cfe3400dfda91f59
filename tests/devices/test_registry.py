from datetime import UTC, date, datetime, timedelta

import pytest

from devices.registry import Device, Fleet, FleetRecord, Maintenance, Site
from devices.service import ServiceWeek
from domain.events import Telemetry
from domain.instants import to_ms

T0 = datetime(2026, 3, 1, tzinfo=UTC)  # a Sunday, 08:00 in Shanghai
DAY = timedelta(days=1)
WEEK = ServiceWeek((((540, 1020),),) * 5 + ((),) * 2, holiday=())


def device(**fields: object) -> Device:
    known = {
        "id": "atm-1",
        "effective_at": T0,
        "branch": "b1",
        "kind": "atm",
        "vendor": "acme",
        "model": "m1",
    }
    return Device(**known | fields)


def site(**fields: object) -> Site:
    return Site(**{"id": "b1", "effective_at": T0, "time_zone": "Asia/Shanghai"} | fields)


def work(**fields: object) -> Maintenance:
    known = {
        "id": "w1",
        "effective_at": T0,
        "begins_at": T0 + DAY,
        "ends_at": T0 + 2 * DAY,
        "reason": "belts",
    }
    return Maintenance(**known | fields)


def fleet(*records: FleetRecord) -> Fleet:
    return Fleet.of(records, "UTC")


def report(at: datetime, name: str = "atm-1") -> Telemetry:
    return Telemetry(
        event_id="e", at=at, at_ms=to_ms(at), device=name, component="door", code="tamper", edge="raise"
    )


def test_a_report_is_joined_with_what_held_at_its_time():
    moved = fleet(device(), device(effective_at=T0 + DAY, branch="b2", model="m2"))
    before, after = report(T0 + DAY - timedelta(milliseconds=1)), report(T0 + DAY)
    assert moved.join(before)
    assert moved.join(after)
    assert (before.branch, before.vendor, before.model) == ("b1", "acme", "m1")
    assert (after.branch, after.model) == ("b2", "m2")


def test_a_device_that_is_not_on_record_is_told_and_its_report_stays_whole():
    event = report(T0, "stranger")
    assert not fleet(device()).join(event)
    assert event == report(T0, "stranger")
    assert not fleet(device()).join(report(T0 - DAY))
    assert fleet().empty
    assert not fleet(device()).empty


@pytest.mark.parametrize(
    ("at", "serves"),
    [
        ("2026-03-02T00:59", False),  # Monday 08:59 there
        ("2026-03-02T01:00", True),
        ("2026-03-02T08:59", True),
        ("2026-03-02T09:00", False),
        ("2026-03-03T02:00", False),  # a holiday
        ("2026-03-07T02:00", False),  # a Saturday
    ],
)
def test_a_device_should_serve_in_the_windows_of_its_branchs_local_time(at, serves):
    known = fleet(device(service=WEEK), site(holidays=frozenset({date(2026, 3, 3)})))
    at_ms = to_ms(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert known.in_service_window("atm-1", at_ms) is serves


def test_of_a_device_that_is_not_on_record_nothing_is_asked():
    assert fleet().service_ms("stranger", to_ms(T0)) == ()
    assert not fleet().in_service_window("stranger", to_ms(T0))


def test_a_branch_that_is_not_on_record_is_in_the_home_zone():
    midnight = to_ms(T0)
    assert fleet(device()).day_ms("atm-1", midnight) == (midnight, midnight + 86_400_000)
    begin, _ = fleet(device(), site()).day_ms("atm-1", midnight)
    assert begin == midnight - 8 * 3_600_000


@pytest.mark.parametrize("place", [{"device": "atm-1"}, {"branch": "b1"}])
def test_planned_work_on_a_device_or_its_branch_holds_from_its_beginning_until_its_end(place):
    known = fleet(device(), work(**place))
    begin, end = to_ms(T0 + DAY), to_ms(T0 + 2 * DAY)
    held = [known.maintenance_at("atm-1", at_ms) for at_ms in (begin - 1, begin, end - 1, end)]
    assert [found is not None for found in held] == [False, True, True, False]
    assert fleet(device(), work(device="atm-2")).maintenance_at("atm-1", begin) is None


def test_planned_work_that_was_cancelled_or_moved_holds_as_it_was_known_at_the_time():
    cancelled_at = T0 + DAY + timedelta(hours=1)
    known = fleet(
        device(), work(device="atm-1"), work(device="atm-1", effective_at=cancelled_at, cancelled=True)
    )
    assert known.maintenance_at("atm-1", to_ms(cancelled_at) - 1) is not None
    assert known.maintenance_at("atm-1", to_ms(cancelled_at)) is None
    moved = fleet(
        device(), device(id="atm-2"), work(device="atm-1"), work(device="atm-2", effective_at=cancelled_at)
    )
    assert moved.maintenance_at("atm-1", to_ms(cancelled_at)) is None
    assert moved.maintenance_at("atm-2", to_ms(cancelled_at)) is not None
