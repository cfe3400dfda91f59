"""The register behind a simulated fleet: devices, sites and planned work, cards and terminals."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from devices.registry import CashThresholds, Cassette, Device, FleetRecord, Maintenance, Site
from devices.service import AROUND_THE_CLOCK, ServiceWeek
from domain.instants import from_ms
from domain.reference import Branch, Card, Customer, PhoneNumber, Record, Terminal
from simulation.devices.cash import (
    CASSETTE_NOTES,
    FULL_NOTES,
    LOW_NOTES,
    NOTE_MINOR,
    PAYING_UNITS,
    TAKING_UNIT,
)
from simulation.devices.estate import MODELS, PROBE_MAKER, PROBE_MODEL, Estate
from simulation.devices.plan import DevicePlan
from simulation.devices.uses import CLOSES_MS, OPENS_MS
from simulation.geography import HOME_ZONE
from simulation.hours import DAY_MS, FIXED_HOLIDAYS, MINUTE_MS, day_starts
from simulation.people import TIERS

# Everything has been as it is for longer than the stream.
_LONG_AGO = timedelta(days=3_650)
_OPEN = (OPENS_MS // MINUTE_MS, CLOSES_MS // MINUTE_MS)
_OPENING_HOURS = ServiceWeek(((_OPEN,),) * 7)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def fleet_records(plan: DevicePlan, estate: Estate, planned: Iterable[Maintenance]) -> Iterator[FleetRecord]:
    """Give sites, machines, probes and planned work."""
    since = from_ms(plan.start_ms // DAY_MS * DAY_MS) - _LONG_AGO
    holidays = frozenset(day for day, _ in day_starts(plan.window) if (day.month, day.day) in FIXED_HOLIDAYS)
    for number, branch in enumerate(estate.branches):
        yield Site(
            id=branch,
            effective_at=since,
            time_zone=HOME_ZONE,
            region=estate.region_name(int(estate.region[number])),
            link=f"link-{branch}",
            power=f"power-{branch}",
            holidays=frozenset[date](holidays),
            open=_OPENING_HOURS,
            contact=f"contact-{branch}",
            place=estate.places[number],
        )
    for number, token in enumerate(estate.tokens):
        branch_number = int(estate.branch[number])
        if number < estate.machines:
            yield _machine(plan, estate, number, branch_number)
        else:
            yield Device(
                id=token,
                effective_at=since,
                branch=estate.branches[branch_number],
                kind="link_probe",
                vendor=PROBE_MAKER,
                model=PROBE_MODEL,
                heartbeat_s=plan.heartbeat_s,
                functions=(),
            )
    yield from planned


def _machine(plan: DevicePlan, estate: Estate, number: int, branch: int) -> Device:
    vendor, model, _ = MODELS[estate.model[number]]
    recycler = bool(estate.recycler[number])
    paying = [
        Cassette(unit=unit, denomination_minor=NOTE_MINOR, currency="CNY", notes_most=CASSETTE_NOTES)
        for unit in PAYING_UNITS
    ]
    taking = Cassette(unit=TAKING_UNIT, denomination_minor=NOTE_MINOR, currency="CNY", notes_most=FULL_NOTES)
    return Device(
        id=estate.tokens[number],
        effective_at=from_ms(plan.start_ms // DAY_MS * DAY_MS) - _LONG_AGO,
        branch=estate.branches[branch],
        kind="crs" if recycler else "atm",
        vendor=vendor,
        model=model,
        heartbeat_s=plan.heartbeat_s,
        care_level=int(estate.care[number]),
        functions=("card", "withdraw", "deposit") if recycler else ("card", "withdraw"),
        through_wall=bool(estate.through_wall[number]),
        service=_OPENING_HOURS if estate.windowed[number] else AROUND_THE_CLOCK,
        place=estate.places[branch],
        cash=CashThresholds(
            currency="CNY",
            low_minor=len(PAYING_UNITS) * LOW_NOTES * NOTE_MINOR,
            full_notes=FULL_NOTES if recycler else None,
        ),
        cassettes=(*paying, taking) if recycler else tuple(paying),
        cash_carrier="carrier-1",
    )


def fleet_line(record: FleetRecord) -> bytes:
    """Write a record as the line that `connectors.fleet_files` reads it from, with its newline."""
    kind = type(record).__name__.lower()
    found: dict[str, Any] = {"record": kind, **msgspec.to_builtins(record)}
    for week in ("service", "open"):
        if week in found:
            found[week] = _week(getattr(record, week))
    return msgspec.json.encode(found) + b"\n"


def _week(week: ServiceWeek) -> dict[str, list[str]]:
    written = {
        day: [f"{_clock(begin)}-{_clock(end)}" for begin, end in windows]
        for day, windows in zip(_WEEKDAYS, week.days, strict=True)
    }
    if week.holiday is not None:
        written["holiday"] = [f"{_clock(begin)}-{_clock(end)}" for begin, end in week.holiday]
    return written


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def reference_records(plan: DevicePlan, estate: Estate) -> Iterator[Record]:
    """Give branches, terminals, customers and their cards."""
    since = from_ms(plan.start_ms // DAY_MS * DAY_MS) - _LONG_AGO
    for branch, place in zip(estate.branches, estate.places, strict=True):
        yield Branch(id=branch, effective_at=since, time_zone=HOME_ZONE, place=place)
    for number, terminal in enumerate(estate.terminals):
        branch_number = int(estate.branch[number])
        yield Terminal(
            id=terminal,
            effective_at=since,
            device=estate.tokens[number],
            branch=estate.branches[branch_number],
            place=estate.places[branch_number],
        )
    home = estate.customer_count.cumsum().searchsorted(range(len(estate.customers)), side="right").tolist()
    for number, customer in enumerate(estate.customers):
        yield Customer(
            id=customer,
            effective_at=since,
            tier=TIERS[estate.tier[number]],
            time_zone=HOME_ZONE,
            numbers=(PhoneNumber(reference=customer.replace("cus-", "num-"), kind="mobile"),),
        )
        yield Card(
            id=estate.cards[number],
            effective_at=since,
            customer=customer,
            last4=estate.last4[number],
            issued_branch=estate.branches[home[number]],
            issued_at=since,
        )
