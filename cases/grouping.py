"""Which alerts make one case: pure decisions, the same whatever the order in which alerts arrive.

Alerts that share a customer or a card belong together, and so does everything that hangs together through
them: a live case is a connected part of the graph of alerts and subjects. Alerts of different people with
one `ring` key are tied as well once enough people were seen with it close enough in time.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, NamedTuple

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from cases.subjects import Incoming, Subject
from domain.instants import span_ms

# How much of an alert's id names the case it opens; more only where the short name is taken.
_ID_DIGITS = (10, 16, 32)


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class GroupingPolicy:
    """When alerts of different people with the same ring key become one case.

    Sightings of a key form a run as long as each lies within `ring_window` of another; a run that
    concerns `ring_customers` different people (a card of unknown customer counts as one) is a ring.
    """

    ring_window: Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=31))] = timedelta(
        hours=2
    )
    ring_customers: Annotated[int, Field(ge=2, le=1000)] = 2


class Sighting(NamedTuple):
    """A party was seen with a ring key, without a gap above the ring window, between two event times."""

    ring: str
    subject: Subject
    first_ms: int
    last_ms: int


class Group(NamedTuple):
    """New alerts that go into one case, and the live cases that this makes one.

    `case_id` is the oldest of the live cases, or, where `opens`, a new one named after the first alert.
    Cases that a person makes one have no new alerts, and were `joined_at_ms`.
    """

    case_id: str
    opens: bool
    merged: tuple[str, ...]
    alerts: tuple[Incoming, ...]
    joined_at_ms: int = 0

    @property
    def at_ms(self) -> int:
        """When this happens: with the last of the alerts, or when a person did it."""
        return self.alerts[-1].alert.at_ms if self.alerts else self.joined_at_ms


class Plan(NamedTuple):
    """What to write: the groups, and the sightings of every ring key that the alerts touched."""

    groups: tuple[Group, ...]
    sightings: frozenset[Sighting]


def group(
    alerts: Sequence[Incoming],
    owners: Mapping[Subject, str],
    opened_ms: Mapping[str, int],
    sightings: Iterable[Sighting],
    taken: Iterable[str],
    policy: GroupingPolicy,
) -> Plan:
    """Decide where new alerts go.

    `alerts` are ordered by (at_ms, id). `owners` names the live case of each known subject of the alerts
    and sightings, `opened_ms` when each of these cases was opened, `sightings` what is on record for the
    ring keys of the alerts, and `taken` the case ids that a new case must not get.
    """
    parts = _Parts()
    seen = frozenset(_joined([*sightings, *_new_sightings(alerts)], policy))
    for subject, case_id in owners.items():
        parts.tie(subject, case_id)
    for alert in alerts:
        first, *others = alert.subjects
        for other in others:
            parts.tie(first, other)
    for run in _runs(seen, lambda sighting: sighting.ring, policy):
        people = {sighting.subject for sighting in run}
        if sum(subject.kind in ("customer", "card") for subject in people) >= policy.ring_customers:
            for subject in people:
                parts.tie(run[0].subject, subject)
    return Plan(tuple(_groups(alerts, parts, opened_ms, set(taken))), seen)


def touched_subjects(alerts: Iterable[Incoming], sightings: Iterable[Sighting]) -> set[Subject]:
    """Give every subject whose live case must be known before `group` can decide."""
    found = {subject for alert in alerts for subject in alert.subjects}
    return found | {sighting.subject for sighting in sightings}


def short_id(alert_id: str) -> str:
    """Give the id that a case opened by this alert gets, unless an older case has it."""
    return f"C{alert_id[: _ID_DIGITS[0]]}"


def _groups(
    alerts: Sequence[Incoming], parts: "_Parts", opened_ms: Mapping[str, int], taken: set[str]
) -> Iterator[Group]:
    alerts_of: defaultdict[Hashable, list[Incoming]] = defaultdict(list)
    for alert in alerts:
        alerts_of[parts.root(alert.subjects[0])].append(alert)
    cases_of: defaultdict[Hashable, list[str]] = defaultdict(list)
    for case_id in opened_ms:
        cases_of[parts.root(case_id)].append(case_id)
    for root, members in alerts_of.items():
        oldest_first = sorted(cases_of[root], key=lambda case_id: (opened_ms[case_id], case_id))
        if oldest_first:
            yield Group(oldest_first[0], False, tuple(oldest_first[1:]), tuple(members))
        else:
            new = free_id(members[0].alert.id, taken)
            taken.add(new)
            yield Group(new, True, (), tuple(members))


def free_id(digits: str, taken: Iterable[str]) -> str:
    """Give the shortest id of a case made of these 32 hexadecimal digits that is not taken."""
    names = possible_ids(digits)
    return next(name for name in names if name not in taken)


def possible_ids(digits: str) -> tuple[str, ...]:
    """Give the ids that a case made of these digits may get, the shortest first."""
    return tuple(f"C{digits[:length]}" for length in _ID_DIGITS)


def _new_sightings(alerts: Iterable[Incoming]) -> Iterator[Sighting]:
    for incoming in alerts:
        alert = incoming.alert
        if alert.ring:
            for subject in incoming.parties:
                yield Sighting(alert.ring, subject, alert.at_ms, alert.at_ms)


def _joined(sightings: Iterable[Sighting], policy: GroupingPolicy) -> Iterator[Sighting]:
    """Fold what one party showed of one key into as few sightings as possible."""
    for run in _runs(sightings, lambda sighting: (sighting.ring, sighting.subject), policy):
        ring, subject, first_ms, _ = run[0]
        yield Sighting(ring, subject, first_ms, max(sighting.last_ms for sighting in run))


def _runs(
    sightings: Iterable[Sighting], key: Callable[[Sighting], Any], policy: GroupingPolicy
) -> Iterator[list[Sighting]]:
    """Split sightings of one key where nothing was seen for longer than the ring window.

    That nearest neighbours decide, and not the distance to the first, is what makes the runs the same in
    any order of arrival.
    """
    window_ms = span_ms(policy.ring_window)
    run: list[Sighting] = []
    last_ms = 0
    for sighting in sorted(sightings, key=lambda sighting: (key(sighting), sighting.first_ms, sighting)):
        if run and (key(sighting) != key(run[0]) or sighting.first_ms - last_ms > window_ms):
            yield run
            run = []
        last_ms = max(last_ms, sighting.last_ms) if run else sighting.last_ms
        run.append(sighting)
    if run:
        yield run


class _Parts:
    """Connected parts of a graph that only grows (union by path halving)."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}

    def root(self, node: Hashable) -> Hashable:
        parent = self._parent
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = parent.setdefault(above, above)
            node = parent[node]
        return node

    def tie(self, one: Hashable, other: Hashable) -> None:
        self._parent[self.root(one)] = self.root(other)
