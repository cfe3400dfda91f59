"""What a device's case is about: alarms that were annunciated, with their codes, places and times."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cases.database import Row
from devices.codes import Code, catalogue
from devices.registry import Fleet
from devices.service import local_day, service_spans_ms
from domain.alerts import Alert

_MINUTE_MS = 60_000
# What is recorded and never an alarm has neither; should it come all the same, it comes last.
_LOWEST_PRIORITY, _LONGEST_DUE_MIN = 4, 24 * 60
# Where an alarm is when its condition is over.
_OVER = frozenset({"returned_unacknowledged", "returned", "closed"})


class Item(NamedTuple):
    """An alarm as its case has it; times are event times in ms since 1970.

    `device` is None for a condition of a whole branch, `branch` for a device that is not on record.
    `in_hours` is whether the branch was open when it was annunciated, `escalated_at_ms` when a lead was told.
    """

    alert_id: str
    device: str | None
    branch: str | None
    region: str | None
    component: str
    unit: int
    code: str
    since_ms: int
    annunciated_at_ms: int
    priority: int
    in_hours: bool
    due_ms: int
    escalate_at_ms: int | None
    escalated_at_ms: int | None = None

    @property
    def place(self) -> str:
        """The device, else the branch."""
        return self.device or self.branch or ""

    @property
    def about(self) -> tuple[str, str, int, str]:
        """What the alarm is about: the same for each time that it comes."""
        return self.place, self.component, self.unit, self.code

    @property
    def rule(self) -> Code:
        """The canonical code."""
        return catalogue()[self.code]

    @property
    def is_evidence(self) -> bool:
        """Whether a customer, security or attempted fraud is concerned: only people bring that to an end."""
        return catalogue().never_suppressed(self.code) or self.rule.event == "fraud_attempt"

    @property
    def halved(self) -> bool:
        """Whether the device is cared for so much that it is due in half the time."""
        return self.due_ms - self.annunciated_at_ms < _due_min(self.rule) * _MINUTE_MS

    @property
    def condition(self) -> str:
        """Say what is wrong: 'card jammed in the reader', 'cassette low (unit 2)'."""
        name = self.rule.en
        words = name if name[1:2].isupper() else name[:1].lower() + name[1:]
        return f"{words} (unit {self.unit})" if self.unit else words

    @property
    def words(self) -> str:
        """Say what is wrong where: 'card jammed in the reader at atm-4'."""
        return f"{self.condition} at {self.place if self.device else f'branch {self.branch}'}"


def item_of(alert: Alert, fleet: Fleet, at_ms: int) -> Item:
    """Make an item of an alert with an alarm, annunciated at `at_ms`.

    Raises TypeError for an alert without an alarm: it is not about a device.
    """
    alarm = alert.alarm
    if alarm is None:
        raise TypeError(f"alert {alert.id} of {alert.detector} has no alarm: it goes to the cases of cards")
    device = alarm.device or (alert.key if alert.scope == "device" else None)
    known = fleet.devices.at(device, at_ms)
    branch = known.branch if known else (alert.key if alert.scope == "branch" else None)
    site = fleet.sites.at(branch, at_ms)
    code = catalogue()[alarm.code]
    due_min = _due_min(code)
    if known is not None and known.care_level == 1 and code.handling == "out_of_service":
        due_min /= 2
    escalate_min = catalogue().handling_of(code).escalate_min
    return Item(
        alert_id=alert.id,
        device=device,
        branch=branch,
        region=site.region if site else None,
        component=alarm.component,
        unit=alarm.unit,
        code=alarm.code,
        since_ms=alarm.since_ms,
        annunciated_at_ms=at_ms,
        priority=code.priority or _LOWEST_PRIORITY,
        in_hours=_is_open(fleet, branch, at_ms),
        due_ms=at_ms + round(due_min * _MINUTE_MS),
        escalate_at_ms=None if escalate_min is None else at_ms + escalate_min * _MINUTE_MS,
    )


def items_from(rows: Iterable[Row]) -> list[Item]:
    """Read items as the store holds them."""
    return [
        Item._make(row[name] for name in Item._fields)._replace(in_hours=bool(row["in_hours"]))
        for row in rows
    ]


def still_on(items: Iterable[Item], alarms: Iterable[Row]) -> list[Item]:
    """Give the items whose condition is not over, by the alarms (rows) of the same cases.

    One that no alarm is on record for counts as on; one that came again after it was over does, too.
    """
    lasting: set[tuple[str, str, int, str]] = set()
    over_ms: dict[tuple[str, str, int, str], int] = {}
    for alarm in alarms:
        about = alarm["place"], alarm["component"], alarm["unit"], alarm["code"]
        if alarm["state"] in _OVER:
            ended_ms = alarm["returned_at_ms"] or alarm["closed_at_ms"] or 0
            over_ms[about] = max(over_ms.get(about, 0), ended_ms)
        else:
            lasting.add(about)
    return [
        item
        for item in items
        if item.about in lasting or over_ms.get(item.about, -1) <= item.annunciated_at_ms
    ]


def distinct(items: Iterable[Item]) -> list[Item]:
    """Give each thing that items are about once, the most pressing first, by the item that came last."""
    latest = {item.about: item for item in sorted(items, key=lambda item: item.annunciated_at_ms)}
    return sorted(latest.values(), key=lambda item: (item.priority, item.due_ms, item.about))


def items_words(place: str, items: Sequence[Item], most: int = 4) -> str:
    """Say the items of a place: '3 items at branch br-17: card jammed in the reader at atm-4, ...'."""
    found = distinct(items)
    if len(found) == 1:
        only = found[0]
        return f"{only.words}, branch {only.branch}" if only.device and only.branch else only.words
    here = {item.place for item in found}
    said = [item.condition if len(here) == 1 else item.words for item in found[:most]]
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return f"{len(found)} items at {place}: {', '.join(said)}{rest}"


def _due_min(code: Code) -> float:
    return catalogue().handling_of(code).due_min or _LONGEST_DUE_MIN


def _is_open(fleet: Fleet, branch: str | None, at_ms: int) -> bool:
    site = fleet.sites.at(branch, at_ms)
    if site is None:
        return True
    spans = service_spans_ms(site.open, local_day(at_ms, site.time_zone), site.holidays, site.time_zone)
    return any(begin <= at_ms < end for begin, end in spans)
