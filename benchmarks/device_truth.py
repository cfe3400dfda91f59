"""What a month of device watch was worth, judged by the truth that was written before it ran.

An alarm that the desk was shown belongs to an incident when its code is one of the incident's, it is about
its device or branch (an outage whoever tells of it), it was shown no later than the incident's end (or its
last moment to be shown in time, where that is later), and it was not closed before the incident began. What
is never to be suppressed, customer harm and security, must be shown anew: an item that stood open before
does not count for it.

An incident is found when an alarm belongs to it, and in time when one was shown within its `within_s`. An
item is right when one of its alarms belongs to an incident that asks for an item.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from domain.instants import to_ms

# Outages by how far they reach: an alarm of one stands for the branch, or for all, whoever tells of it.
_OF_ALL = frozenset({"host_down", "region_link_down"})
_OF_A_BRANCH = frozenset({"branch_link_down", "branch_power_down"})
# What has no end or no time of its own may still be shown so much later: it is late, and not lost.
_LATE_MS = 3_600_000
# Where outages are that are wider than a branch.
_EVERYWHERE = ""


class Incident(Struct, frozen=True, kw_only=True):
    """One line of the truth.

    `expect` says whether it must make an item of its own; `codes` are those any of which in an item counts,
    and `within_s` how many seconds after it begins the item must be there. It ends never (`ends` is None) by
    itself where people must deal with it. `harm`: a customer's card or money is at stake, `member` is that
    customer where known. `devices` are all that are concerned.
    """

    id: str
    kind: str
    device: str | None
    branch: str | None
    devices: tuple[str, ...]
    begins: datetime
    ends: datetime | None
    harm: bool
    expect: Literal["item", "none"]
    codes: tuple[str, ...]
    within_s: int | None
    member: str | None = None

    @property
    def begins_ms(self) -> int:
        """When it begins."""
        return to_ms(self.begins)

    @property
    def in_time_ms(self) -> int:
        """The last moment at which it is shown in time."""
        return self.begins_ms + (self.within_s or 0) * 1000

    @property
    def ends_ms(self) -> int | None:
        """When what is wrong is put right by itself or by others; None for what people must deal with."""
        return None if self.ends is None else to_ms(self.ends)

    @property
    def latest_ms(self) -> int:
        """The last moment at which an alarm that is shown can still be about it."""
        if self.ends_ms is None:
            return self.in_time_ms + _LATE_MS
        if self.within_s is None:
            return self.ends_ms + _LATE_MS
        return max(self.ends_ms, self.in_time_ms)


class Shown(NamedTuple):
    """An alarm at the moment at which the desk was shown it; what comes back after its end is shown again.

    `device` is None for what a branch as a whole has. `until_ms` is when it was closed, None while it stands.
    """

    code: str
    device: str | None
    branch: str | None
    at_ms: int
    until_ms: int | None
    item: str
    members: frozenset[str] = frozenset()


class Answer(NamedTuple):
    """An incident with the alarms that belong to it, the earliest first."""

    incident: Incident
    shown: tuple[Shown, ...]

    @property
    def delay_ms(self) -> int | None:
        """How long after the beginning it was shown; None when it never was, 0 where it stood already."""
        return max(0, self.shown[0].at_ms - self.incident.begins_ms) if self.shown else None

    @property
    def in_time(self) -> bool:
        """Whether it was shown within the time that the truth allows."""
        return bool(self.shown) and self.shown[0].at_ms <= self.incident.in_time_ms


class Tally(NamedTuple):
    """How incidents were answered; the delays are in seconds, of those found."""

    incidents: int
    found: int
    in_time: int
    delays_s: tuple[float, ...]

    @property
    def recall(self) -> float | None:
        """The share that was found; None without incidents."""
        return self.found / self.incidents if self.incidents else None

    @property
    def kept(self) -> float | None:
        """The share that was found in time; None without incidents."""
        return self.in_time / self.incidents if self.incidents else None

    @property
    def median_s(self) -> float | None:
        """The delay that half of those found do not exceed."""
        return statistics.median(self.delays_s) if self.delays_s else None

    @property
    def p90_s(self) -> float | None:
        """The delay that nine of ten of those found do not exceed."""
        ordered = sorted(self.delays_s)
        return ordered[(len(ordered) * 9 + 9) // 10 - 1] if ordered else None

    @property
    def longest_s(self) -> float | None:
        """The longest delay of those found."""
        return max(self.delays_s, default=None)


def answers(
    incidents: Iterable[Incident], shown: Iterable[Shown], never_suppressed: Callable[[str], bool]
) -> list[Answer]:
    """Give every incident with the alarms that belong to it."""
    at_place: defaultdict[str, list[Shown]] = defaultdict(list)
    for each in sorted(shown, key=lambda each: each.at_ms):
        at_place[_place(each)].append(each)
    found = []
    for incident in incidents:
        anew = incident.expect == "none" or must_be_shown_anew(incident, never_suppressed)
        near = [each for place in _places(incident) for each in at_place[place]]
        own = [each for each in near if belongs(each, incident, anew=anew)]
        found.append(Answer(incident, tuple(sorted(own, key=lambda each: each.at_ms))))
    return found


def belongs(shown: Shown, incident: Incident, *, anew: bool) -> bool:
    """Tell whether an alarm at the place of an incident is about it; `anew`: what stood before is not.

    Of an incident that names no codes, as one that asks for no item, every alarm of its place and time is.
    """
    if incident.codes and shown.code not in incident.codes:
        return False
    if shown.at_ms > incident.latest_ms:
        return False
    if incident.member and shown.members and incident.member not in shown.members:
        return False
    begins_ms = incident.begins_ms
    if anew:
        return shown.at_ms >= begins_ms
    return shown.until_ms is None or shown.until_ms >= begins_ms


def must_be_shown_anew(incident: Incident, never_suppressed: Callable[[str], bool]) -> bool:
    """Tell whether it is about customer harm or security, which nothing may hold back."""
    return incident.harm or (bool(incident.codes) and all(map(never_suppressed, incident.codes)))


def tally(answered: Iterable[Answer]) -> Tally:
    """Count those that ask for an item."""
    asked = [each for each in answered if each.incident.expect == "item"]
    delays = tuple(each.delay_ms / 1000 for each in asked if each.delay_ms is not None)
    return Tally(len(asked), len(delays), sum(each.in_time for each in asked), delays)


def tallies(answered: Iterable[Answer]) -> dict[str, Tally]:
    """Count by kind those that ask for an item, in the order of the kinds' names."""
    by_kind: defaultdict[str, list[Answer]] = defaultdict(list)
    for each in answered:
        if each.incident.expect == "item":
            by_kind[each.incident.kind].append(each)
    return {kind: tally(by_kind[kind]) for kind in sorted(by_kind)}


def right_items(answered: Iterable[Answer]) -> frozenset[str]:
    """Give the items that belong to an incident which asks for one."""
    return frozenset(
        shown.item for each in answered if each.incident.expect == "item" for shown in each.shown
    )


def precision(items: Collection[str], answered: Iterable[Answer]) -> float | None:
    """Give the share of items that are right; None without items."""
    return len(right_items(answered) & set(items)) / len(items) if items else None


def nuisances(answered: Sequence[Answer]) -> dict[str, tuple[int, int]]:
    """Give by kind how many incidents asked for no item, and how many of them made a wrong one."""
    right = right_items(answered)
    counted: dict[str, tuple[int, int]] = {}
    for each in answered:
        if each.incident.expect == "none":
            known, wrong = counted.get(each.incident.kind, (0, 0))
            made = any(shown.item not in right for shown in each.shown)
            counted[each.incident.kind] = known + 1, wrong + made
    return dict(sorted(counted.items()))


def never_suppressed_answers(
    answered: Iterable[Answer], never_suppressed: Callable[[str], bool]
) -> list[Answer]:
    """Give those about customer harm and security that ask for an item: none may be lost or come late."""
    return [
        each
        for each in answered
        if each.incident.expect == "item" and must_be_shown_anew(each.incident, never_suppressed)
    ]


def _place(shown: Shown) -> str:
    """Give where an alarm is: an outage where it reaches, anything else at its device where it has one."""
    if shown.code in _OF_ALL:
        return _EVERYWHERE
    if shown.code in _OF_A_BRANCH:
        return shown.branch or _EVERYWHERE
    return shown.device or shown.branch or _EVERYWHERE


def _places(incident: Incident) -> list[str]:
    return list(dict.fromkeys((*incident.devices, incident.device or "", incident.branch or _EVERYWHERE)))
