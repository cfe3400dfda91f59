"""The fleet as the Devices screen shows it: branches by what is wrong there, with their alarms."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cases.alarms.view import AlarmView
from desk.drawing.branch_map import Branch
from devices.registry import Device, Fleet

# What a branch may be in, the gravest first: the colour's class, the key of its name, and a sign.
STATES = (
    ("mark-bad", "state_urgent", "!"),
    ("mark-warn", "state_faulty", "~"),
    ("mark-good", "state_fine", ""),
)
URGENT, FAULTY, FINE = (kind for kind, _, _ in STATES)
# Alarms of these priorities are for now.
_NOW = 2
# Branches whose list a page holds.
_MOST = 100


class DeviceLine(NamedTuple):
    """A device with what is wrong with it, the worst first."""

    id: str
    branch: str
    known: Device | None
    alarms: Sequence[AlarmView]


class BranchLine(NamedTuple):
    """A branch with its devices that have something."""

    id: str
    region: str
    state: str
    devices: int
    lines: Sequence[DeviceLine]
    alarms: Sequence[AlarmView]


class FleetView(NamedTuple):
    """All branches for the map, and those that have something for the list, the worst first."""

    branches: Sequence[BranchLine]
    wrong: Sequence[BranchLine]
    devices: int
    devices_wrong: int
    hidden: int


def fleet_view(fleet: Fleet, alarms: Iterable[AlarmView], at_ms: int) -> FleetView:
    """Put the live alarms to the devices on record at a time; what is suppressed or shelved counts apart."""
    shown: defaultdict[tuple[str, str], list[AlarmView]] = defaultdict(list)
    hidden = 0
    for alarm in alarms:
        if alarm.suppressed_by is not None or alarm.shelved_until_ms is not None:
            hidden += 1
            continue
        shown[alarm.branch or "", alarm.device or ""].append(alarm)
    known = {name: device for name in fleet.devices if (device := fleet.devices.at(name, at_ms)) is not None}
    by_branch: defaultdict[str, list[str]] = defaultdict(list)
    for name, device in known.items():
        by_branch[device.branch].append(name)
    for branch, name in shown:
        if branch and name not in by_branch[branch] and name:
            by_branch[branch].append(name)
        by_branch[branch]  # a branch that has an alarm of its own is there, too
    branches = [_branch(fleet, at_ms, name, names, known, shown) for name, names in by_branch.items() if name]
    rank = {kind: place for place, (kind, _, _) in enumerate(STATES)}
    wrong = sorted(
        (branch for branch in branches if branch.state != FINE),
        key=lambda branch: (rank[branch.state], -len(branch.alarms), branch.id),
    )
    return FleetView(
        branches=sorted(branches, key=lambda branch: (branch.region, branch.id)),
        wrong=wrong[:_MOST],
        devices=len(known),
        devices_wrong=sum(1 for _, device in shown if device),
        hidden=hidden,
    )


def drawn(view: FleetView, fleet: Fleet, at_ms: int) -> list[Branch]:
    """Give the branches as the map takes them."""
    found = []
    for branch in view.branches:
        site = fleet.sites.at(branch.id, at_ms)
        place = site.place if site else None
        title = f"{branch.id}: {len(branch.alarms)}"
        found.append(
            Branch(
                branch.region, branch.state, title, place.lat if place else None, place.lon if place else None
            )
        )
    return found


def _branch(
    fleet: Fleet,
    at_ms: int,
    branch: str,
    names: Sequence[str],
    known: Mapping[str, Device],
    shown: Mapping[tuple[str, str], list[AlarmView]],
) -> BranchLine:
    site = fleet.sites.at(branch, at_ms)
    lines = [
        DeviceLine(name, branch, known.get(name), shown[branch, name])
        for name in names
        if (branch, name) in shown
    ]
    lines.sort(key=lambda line: (line.alarms[0].priority, line.id))
    alarms = [*shown.get((branch, ""), ()), *(alarm for line in lines for alarm in line.alarms)]
    worst = min((alarm.priority for alarm in alarms), default=None)
    state = FINE if worst is None else URGENT if worst <= _NOW else FAULTY
    return BranchLine(branch, (site.region if site else None) or "", state, len(names), lines, alarms)
