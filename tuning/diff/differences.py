"""What differs between the alerts of two runs: which appear, vanish, move in time, rank or read otherwise."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from domain.instants import iso, span_ms
from tuning.diff.pairs import Alert, NoAlertError, Pair, Record, Run, beside, read_run

__all__ = ["Change", "Counts", "Differences", "Kind", "NoAlertError", "Retuned", "Told", "compare"]

_RANKED_BY = frozenset({"severity", "probability", "exposure_minor", "currency"})
_IN_FORCE = frozenset({"version", "parameters"})
# What stands beside every change anyway.
_TOLD_BESIDE = frozenset({"id", "at", "reason"})
# An hour: a rule that needs one event less tells of the same thing a little earlier.
_PAIR_WITHIN = timedelta(hours=1)


class Kind(StrEnum):
    """How an alert differs."""

    APPEARED = "appeared"  # only the second run has it
    VANISHED = "vanished"  # only the first run has it
    MOVED = "moved"  # it comes at another time, or at another event of the same key shortly before or after
    RERANKED = "reranked"  # of another severity, probability or exposure
    ALTERED = "altered"  # it says something else under the same id: evidence, members, reason


class Told(Struct, frozen=True, kw_only=True):
    """An alert as one run told it.

    `place` is its position, from 1, among all of the run: the worst severity first, then the likeliest, then
    the one about the most money, then the earliest.
    """

    id: str
    at: str
    key: str
    reason: str
    severity: str
    probability: float
    exposure_minor: int
    currency: str
    place: int


class Change(Struct, frozen=True, kw_only=True):
    """One alert that differs; `a` or `b` is None where that run lacks it.

    `fields` are those that are said otherwise, with what each run says; none where one lacks the alert.
    """

    kinds: tuple[Kind, ...]
    detector: str
    a: Told | None
    b: Told | None
    fields: dict[str, tuple[Any, Any]]

    @property
    def told(self) -> Told:
        """The alert as the second run has it, or the first where it vanished."""
        return next(told for told in (self.b, self.a) if told is not None)

    def said_otherwise(self) -> Iterator[str]:
        """Say what each field was and is; of one that has entries of its own, what those were and are.

        Members and other lists are only named.
        """
        for name, (then, now) in self.fields.items():
            if isinstance(then, dict) and isinstance(now, dict):
                yield from (_was_and_is(*entry) for entry in _differing(then, now))
            elif name not in _TOLD_BESIDE:
                yield _was_and_is(name, (then, now))


class Retuned(Struct, frozen=True, kw_only=True):
    """A parameter, or the rule's version, that is another one in so many `alerts` of both runs."""

    detector: str
    name: str
    a: Any
    b: Any
    alerts: int


class Counts(Struct, frozen=True, kw_only=True):
    """How many alerts each run has, how many are the same in both, and how many differ in each way."""

    a: int
    b: int
    same: int
    appeared: int
    vanished: int
    moved: int
    reranked: int
    altered: int


class Differences(Struct, frozen=True, kw_only=True):
    """All that differs, `changes` in the order of time.

    What was in force (`retuned`) is told of, and is no difference of an alert. `repeated` is how often each
    run told an alert once more.
    """

    total: Counts
    detectors: dict[str, Counts]
    changes: tuple[Change, ...]
    retuned: tuple[Retuned, ...]
    repeated: tuple[int, int]

    @property
    def same(self) -> bool:
        """Whether both runs have the same alerts, and these say the same."""
        return not self.changes


def compare(
    a: Iterable[Record], b: Iterable[Record], *, pair_within: timedelta = _PAIR_WITHIN
) -> Differences:
    """Compare the alert records of two runs, each in any order.

    Alerts are the same by their id. Of those that only one run has, two of the same detector and key that are
    no further apart than `pair_within` are one that moved. Of an alert that a run told several times the
    first counts, as in a store. Raises NoAlertError.
    """
    run_a, run_b = read_run(a), read_run(b)
    pairs = beside(run_a, run_b, span_ms(pair_within))
    changes = [change for pair in pairs if (change := _change(pair)) is not None]
    changes.sort(key=lambda change: (change.told.at, change.told.id))
    return Differences(
        total=_counts(run_a, run_b, changes),
        detectors=dict(_by_detector(run_a, run_b, changes)),
        changes=tuple(changes),
        retuned=tuple(_retuned(pairs)),
        repeated=(run_a.repeated, run_b.repeated),
    )


def _change(pair: Pair) -> Change | None:
    kinds, fields = _kinds(pair)
    if not kinds:
        return None
    told_a, told_b = (None if alert is None else _told(alert) for alert in pair)
    detector = next(alert for alert in pair if alert is not None).record["detector"]
    return Change(kinds=kinds, detector=detector, a=told_a, b=told_b, fields=fields)


def _kinds(pair: Pair) -> tuple[tuple[Kind, ...], dict[str, tuple[Any, Any]]]:
    if pair.a is None:
        return (Kind.APPEARED,), {}
    if pair.b is None:
        return (Kind.VANISHED,), {}
    fields = {name: said for name, said in _differing(pair.a.record, pair.b.record) if name not in _IN_FORCE}
    moved = bool(fields.keys() & {"id", "at"})
    reranked = bool(fields.keys() & _RANKED_BY)
    # One that moved to another event has other evidence by its nature.
    altered = "id" not in fields and bool(fields.keys() - _RANKED_BY - {"at"})
    happened = {Kind.MOVED: moved, Kind.RERANKED: reranked, Kind.ALTERED: altered}
    return tuple(kind for kind, so in happened.items() if so), fields


def _differing(a: Record, b: Record) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name in dict.fromkeys((*a, *b)):
        if a.get(name) != b.get(name):
            yield name, (a.get(name), b.get(name))


def _was_and_is(name: str, said: tuple[Any, Any]) -> str:
    then, now = said
    return name if isinstance(then, list | dict) else f"{name} {then} → {now}"


def _told(alert: Alert) -> Told:
    record = alert.record
    return Told(
        id=alert.id,
        at=iso(alert.at_ms),
        key=record["key"],
        reason=record.get("reason", ""),
        severity=record["severity"],
        probability=record["probability"],
        exposure_minor=record["exposure_minor"],
        currency=record.get("currency", ""),
        place=alert.place,
    )


def _by_detector(a: Run, b: Run, changes: Iterable[Change]) -> Iterator[tuple[str, Counts]]:
    def split(run: Run) -> Mapping[str, Run]:
        found: defaultdict[str, dict[str, Alert]] = defaultdict(dict)
        for id_, alert in run.alerts.items():
            found[alert.record["detector"]][id_] = alert
        return {name: Run(alerts, 0) for name, alerts in found.items()}

    of_a, of_b, none = split(a), split(b), Run({}, 0)
    kept = list(changes)
    for name in sorted({*of_a, *of_b}):
        of_name = [change for change in kept if change.detector == name]
        yield name, _counts(of_a.get(name, none), of_b.get(name, none), of_name)


def _counts(a: Run, b: Run, changes: Iterable[Change]) -> Counts:
    kept = list(changes)
    kinds = Counter(kind.value for change in kept for kind in change.kinds)
    changed_in_b = sum(change.b is not None for change in kept)
    return Counts(
        a=len(a.alerts),
        b=len(b.alerts),
        same=len(b.alerts) - changed_in_b,
        **{kind.value: kinds[kind.value] for kind in Kind},
    )


def _retuned(pairs: Iterable[Pair]) -> Iterator[Retuned]:
    """Say what was in force otherwise, each difference once."""
    alerts: Counter[str] = Counter()
    first: dict[str, tuple[str, str, Any, Any]] = {}
    for pair in pairs:
        if pair.a is None or pair.b is None:
            continue
        detector = pair.a.record["detector"]
        for name, said in _differing(_in_force(pair.a.record), _in_force(pair.b.record)):
            change = (detector, name, *said)
            first.setdefault(repr(change), change)
            alerts[repr(change)] += 1
    for key in sorted(first):
        detector, name, then, now = first[key]
        yield Retuned(detector=detector, name=name, a=then, b=now, alerts=alerts[key])


def _in_force(record: Record) -> dict[str, Any]:
    return {"version": record.get("version"), **record.get("parameters", {})}
