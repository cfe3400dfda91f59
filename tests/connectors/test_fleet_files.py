import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import BadReferenceError
from connectors.fleet_files import read_fleet
from devices.registry import CashThresholds, Cassette, Device, Maintenance, Site
from devices.service import ALL_DAY, ServiceWeek
from domain.events import Place

DEVICE = {
    "record": "device",
    "id": "atm-1",
    "effective_at": "2026-01-01T08:00:00+08:00",
    "branch": "b1",
    "kind": "crs",
    "vendor": "acme",
    "model": "m1",
}
SITE = {"record": "site", "id": "b1", "effective_at": "2026-01-01T00:00:00Z", "time_zone": "Asia/Shanghai"}
WORK = {
    "record": "maintenance",
    "id": "w1",
    "effective_at": "2026-01-01T00:00:00Z",
    "begins_at": "2026-02-01T00:00:00Z",
    "ends_at": "2026-02-01T04:00:00Z",
    "reason": "belts",
    "device": "atm-1",
}
T0 = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def read(tmp_path: Path):
    """Read lines, given as objects or as text."""

    def read(*lines: Any):
        path = tmp_path / "fleet.jsonl"
        path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
        return list(read_fleet([path]))

    return read


@pytest.fixture
def complaint(read):
    """Give what is said of a line with some fields changed; None takes one out."""

    def complaint(line: dict[str, Any], changes: dict[str, Any]) -> str:
        fields = {name: value for name, value in (line | changes).items() if value is not None}
        with pytest.raises(BadReferenceError) as error:
            read(fields)
        return error.value.complaints[0].partition("fleet.jsonl:1: ")[2]

    return complaint


def test_what_is_not_said_has_its_default(read):
    assert read(DEVICE, SITE, WORK) == [
        Device(id="atm-1", effective_at=T0, branch="b1", kind="crs", vendor="acme", model="m1"),
        Site(id="b1", effective_at=T0, time_zone="Asia/Shanghai"),
        Maintenance(
            id="w1",
            effective_at=T0,
            begins_at=datetime(2026, 2, 1, tzinfo=UTC),
            ends_at=datetime(2026, 2, 1, 4, tzinfo=UTC),
            reason="belts",
            device="atm-1",
        ),
    ]


def test_everything_can_be_said(read):
    more = {
        "heartbeat_s": 60,
        "care_level": 1,
        "functions": ["card", "withdraw", "deposit"],
        "in_branch": False,
        "through_wall": True,
        "demanded": "planned_stop",
        "service": {"all": ["08:30-12:00", "13:00-24:00"], "sun": [], "holiday": ["09:00-12:00"]},
        "place": {"lat": 31.2, "lon": 121.5},
        "cash": {"currency": "CNY", "low_minor": 5_000_000, "full_notes": 2000},
        "cassettes": [{"unit": 1, "denomination_minor": 10_000, "currency": "CNY", "notes_most": 2500}],
        "cash_carrier": "carrier-1",
    }
    (device,) = read(DEVICE | more)
    day = ((510, 720), (780, 1440))
    assert device == Device(
        id="atm-1",
        effective_at=T0,
        branch="b1",
        kind="crs",
        vendor="acme",
        model="m1",
        heartbeat_s=60,
        care_level=1,
        functions=("card", "withdraw", "deposit"),
        in_branch=False,
        through_wall=True,
        demanded="planned_stop",
        service=ServiceWeek((day,) * 6 + ((),), holiday=((540, 720),)),
        place=Place(lat=31.2, lon=121.5),
        cash=CashThresholds(currency="CNY", low_minor=5_000_000, full_notes=2000),
        cassettes=(Cassette(unit=1, denomination_minor=10_000, currency="CNY", notes_most=2500),),
        cash_carrier="carrier-1",
    )
    (site,) = read(
        SITE
        | {
            "region": "east",
            "link": "l1",
            "power": "p1",
            "holidays": ["2026-10-01"],
            "open": {"sat": []},
            "contact": "desk-b1",
        }
    )
    assert (site.region, site.link, site.power, site.contact) == ("east", "l1", "p1", "desk-b1")
    assert site.holidays == {date(2026, 10, 1)}
    assert site.open.days == (ALL_DAY,) * 5 + ((), ALL_DAY)


@pytest.mark.parametrize(
    ("line", "changes", "said"),
    [
        (DEVICE, {"kind": "toaster"}, "kind: Input should be 'atm', 'crs'"),
        (DEVICE, {"care_level": 4}, "care_level: Input should be less than or equal to 3"),
        (DEVICE, {"heartbeat_s": 0}, "heartbeat_s: Input should be greater than or equal to 1"),
        (DEVICE, {"heartbeat_s": "60"}, "heartbeat_s: Input should be a valid integer"),
        (DEVICE, {"branch": None}, "branch: Field required"),
        (DEVICE, {"colour": "red"}, "colour: no such field here"),
        (DEVICE, {"id": "4111111111111111"}, "id: holds a card number"),
        (DEVICE, {"effective_at": "2026-01-01T00:00:00"}, "effective_at: Input should have timezone info"),
        (DEVICE, {"service": {"mon": ["8-17"]}}, "service.mon: '8' is no time of day; write it as 08:30"),
        (DEVICE, {"service": {"mon": ["0830"]}}, "service.mon: '0830' is no window; write it as 08:30-17:00"),
        (DEVICE, {"service": {"mon": ["22:00-06:00"]}}, "ends before it begins; past midnight, end at 24:00"),
        (
            DEVICE,
            {"service": {"mon": ["08:00-12:00", "12:00-17:00"]}},
            "service.mon: windows of a day should come in order and not touch",
        ),
        (DEVICE, {"service": {"monday": []}}, "service.monday: no such field here"),
        (
            DEVICE,
            {"cassettes": [{"unit": 1, "denomination_minor": 1, "currency": "CNY"}] * 2},
            "two cassettes have the same unit",
        ),
        (DEVICE, {"cash": {"currency": "yuan", "low_minor": 1}}, "cash.currency: String should match"),
        (SITE, {"time_zone": "China"}, "time_zone: not a time zone"),
        (SITE, {"holidays": ["2026-02-30"]}, "holidays.0: Input should be a valid date"),
        (WORK, {"ends_at": "2026-02-01T00:00:00Z"}, "ends_at should be after begins_at"),
        (WORK, {"device": None}, "name a device or a branch, exactly one of them"),
        (WORK, {"branch": "b1"}, "name a device or a branch, exactly one of them"),
        (WORK, {"record": "repair"}, "does not match any of the expected tags"),
        (WORK, {"record": None}, "no `record`; it must be device, site or maintenance"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_place(complaint, line, changes, said):
    assert said in complaint(line, changes)


def test_all_bad_lines_are_told_at_once(read):
    with pytest.raises(BadReferenceError) as error:
        read(DEVICE, "{", SITE | {"time_zone": 5}, WORK, DEVICE | {"care_level": 0})
    assert [said.partition("fleet.jsonl:")[2][:2] for said in error.value.complaints] == ["2:", "3:", "5:"]
