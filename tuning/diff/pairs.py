"""The alerts of two runs, put beside one another.

NoAlertError            a record lacks what makes it an alert
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from domain.findings import Severity
from domain.instants import to_ms

Record = Mapping[str, Any]
MUST_HAVE = ("id", "at", "detector", "scope", "key", "severity", "probability", "exposure_minor")
_ORDER = {severity.name.lower(): severity.value for severity in Severity}


class NoAlertError(ValueError):
    """Which record is no alert, and what it lacks."""


class Alert(NamedTuple):
    """A record with its time in ms, and its position, from 1, among all of its run in the order of rank."""

    record: Record
    at_ms: int
    place: int

    @property
    def id(self) -> str:
        """The id that is the same in every run."""
        return str(self.record["id"])


class Run(NamedTuple):
    """The alerts of a run by their id, and how often it told one again."""

    alerts: Mapping[str, Alert]
    repeated: int


class Pair(NamedTuple):
    """An alert in both runs, or in one of them."""

    a: Alert | None
    b: Alert | None


def read_run(records: Iterable[Record]) -> Run:
    """Read a run. Of an alert that it told several times the first counts. Raises NoAlertError."""
    first: dict[str, tuple[Record, int]] = {}
    count = 0
    for count, record in enumerate(records, 1):
        if lacking := [name for name in MUST_HAVE if name not in record]:
            name = record.get("id", f"number {count:,}")
            raise NoAlertError(
                f"alert {name} has no {', '.join(lacking)}; compare what a replay or a run wrote"
            )
        first.setdefault(record["id"], (record, to_ms(datetime.fromisoformat(record["at"]))))
    ranked = sorted(first, key=lambda id_: _rank(*first[id_]))
    return Run({id_: Alert(*first[id_], place) for place, id_ in enumerate(ranked, 1)}, count - len(first))


def beside(a: Run, b: Run, within_ms: int) -> list[Pair]:
    """Put alerts beside one another by their id; those that are left by detector and key, the nearest first.

    Two that are further apart than `within_ms` are left alone.
    """
    pairs = [Pair(a.alerts[id_], b.alerts[id_]) for id_ in a.alerts if id_ in b.alerts]
    only_a = {id_: alert for id_, alert in a.alerts.items() if id_ not in b.alerts}
    only_b = {id_: alert for id_, alert in b.alerts.items() if id_ not in a.alerts}
    for one, other in sorted(_near(only_a.values(), only_b.values(), within_ms), key=_nearness):
        if one.id in only_a and other.id in only_b:
            pairs.append(Pair(only_a.pop(one.id), only_b.pop(other.id)))
    pairs += [Pair(alert, None) for alert in only_a.values()]
    pairs += [Pair(None, alert) for alert in only_b.values()]
    return pairs


def _rank(record: Record, at_ms: int) -> tuple[int, float, int, int, str]:
    # Money of several currencies is compared by its figures: the position is told, and decides nothing.
    severity = _ORDER.get(record["severity"], len(_ORDER))
    return severity, -record["probability"], -record["exposure_minor"], at_ms, record["id"]


def _near(a: Iterable[Alert], b: Iterable[Alert], within_ms: int) -> Iterator[tuple[Alert, Alert]]:
    """Give those of the same detector and key that may stand for one another."""
    by_subject: defaultdict[tuple[str, ...], list[Alert]] = defaultdict(list)
    for alert in sorted(b, key=attrgetter("at_ms")):
        by_subject[_subject(alert)].append(alert)
    for alert in a:
        others: Sequence[Alert] = by_subject.get(_subject(alert), ())
        begin = bisect_left(others, alert.at_ms - within_ms, key=attrgetter("at_ms"))
        end = bisect_right(others, alert.at_ms + within_ms, key=attrgetter("at_ms"))
        yield from ((alert, other) for other in others[begin:end])


def _subject(alert: Alert) -> tuple[str, ...]:
    return tuple(alert.record[name] for name in ("detector", "scope", "key"))


def _nearness(pair: tuple[Alert, Alert]) -> tuple[int, list[int], list[str]]:
    """Order pairs in a way in which it does not matter which run is which."""
    one, other = pair
    return abs(one.at_ms - other.at_ms), sorted([one.at_ms, other.at_ms]), sorted([one.id, other.id])
