"""What became of branches whose line or power was cut: one item each, and what else went on there its own.

Such a branch has as many items as there are whose alarms follow from the cut and belong to nothing else that
went on there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from benchmarks.device_truth import Answer, Incident, Shown

_OF_A_MISSING_LINE = frozenset(
    {
        "app_hang_suspected",
        "branch_link_down",
        "branch_power_down",
        "comms_fault",
        "device_offline",
        "host_session_lost",
        "silent_device",
        "status_stale",
    }
)
# What follows from a cut, by its kind in the truth; the outage itself is one of these.
FOLLOWS: Mapping[str, frozenset[str]] = {
    "link_cut": _OF_A_MISSING_LINE,
    "power_cut": _OF_A_MISSING_LINE | {"power_fail", "ups_low", "ups_on_battery"},
}


class Cut(NamedTuple):
    """What became of one: its items, and how long after it it was shown, None when it never was."""

    incident: Incident
    items: frozenset[str]
    delay_ms: int | None


def cuts(answered: Sequence[Answer], shown: Iterable[Shown], branch_of: Mapping[str, str]) -> list[Cut]:
    """Give every cut that asks for an item; `branch_of` gives the branch of each device."""
    asked = [each for each in answered if each.incident.expect == "item"]
    others = {own for each in asked if each.incident.kind not in FOLLOWS for own in each.shown}
    at_branch: defaultdict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        if one not in others:
            at_branch[branch_of.get(one.device or "", one.branch or "")].append(one)
    return [
        Cut(each.incident, _items_during(each.incident, at_branch), each.delay_ms)
        for each in asked
        if each.incident.kind in FOLLOWS
    ]


def harm_during(cut: Sequence[Cut], answered: Iterable[Answer]) -> tuple[int, int]:
    """Give how many harms to customers began during a cut of their branch, and how many had an own item."""
    began = own = 0
    for each in answered:
        over = [one for one in cut if each.incident.harm and _began_during(each.incident, one.incident)]
        if over:
            began += 1
            own += any(shown.item not in one.items for one in over for shown in each.shown)
    return began, own


def _began_during(incident: Incident, cut: Incident) -> bool:
    return incident.branch == cut.branch and cut.begins_ms <= incident.begins_ms < cut.latest_ms


def _items_during(cut: Incident, at_branch: Mapping[str, list[Shown]]) -> frozenset[str]:
    near = at_branch.get(cut.branch or "", [])
    return frozenset(
        each.item
        for each in near
        if each.code in FOLLOWS[cut.kind] and cut.begins_ms <= each.at_ms <= cut.latest_ms
    )
