"""What a flow runs: the enabled detectors of a profile, grouped by the scope they watch."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any

import detectors
from detectors.base import Detector, Scope, Step
from domain.instants import span_ms
from domain.tables import Tables

# Buckets of a scope: state, exchange and recovery work on these, never on single keys.
BUCKETS = 64


@dataclass(frozen=True)
class Watcher:
    """One detector, ready to run: its name, its step with the tables bound, and what its alerts carry."""

    name: str
    detector: Detector[Any, Any]
    step: Step
    parameters: dict[str, Any]


@dataclass(frozen=True)
class ScopePlan:
    """All detectors of one scope, which run fused in one keyed step.

    `own_log`: the input is partitioned by this scope, so the buckets of each partition are its own.
    `one_log`: there is one partition. Either way a key's events have the order of their log.
    """

    scope: Scope
    watchers: tuple[Watcher, ...]
    own_log: bool
    one_log: bool

    @property
    def by_log(self) -> bool:
        """Whether the order of one log is the order of a key's events."""
        return self.own_log or self.one_log

    @cached_property
    def reads(self) -> frozenset[type]:
        """The types of events that any of the detectors reads."""
        return frozenset(kind for watcher in self.watchers for kind in watcher.detector.reads)

    @cached_property
    def key_of(self) -> Callable[[Any], Any]:
        """How the scope's key is read off an event; None where the event has none."""
        return attrgetter(self.scope.value)

    @cached_property
    def memory_ms(self) -> int:
        """How long after its last event a key still matters to any of the detectors."""
        return max(span_ms(watcher.detector.memory) for watcher in self.watchers)

    @cached_property
    def notices_silence(self) -> bool:
        """Whether any of the detectors wants to be woken when nothing happens."""
        return any(type(watcher.detector).due is not Detector.due for watcher in self.watchers)

    @cached_property
    def needs_marks(self) -> bool:
        """Whether buckets must hear of time passing although none of their keys moved."""
        return self.notices_silence or not self.by_log


def plan_scopes(
    enabled: Iterable[Detector[Any, Any]], tables: Tables, *, log_scope: Scope | None, partitions: int
) -> tuple[ScopePlan, ...]:
    """Group detectors by scope, in the order of their names.

    `log_scope` is the scope that the input is partitioned by, None when it is not partitioned by key;
    `partitions` is how many there are.
    """
    by_scope: dict[Scope, list[Watcher]] = {}
    for detector in sorted(enabled, key=detectors.name_of):
        name = detectors.name_of(detector)
        watcher = Watcher(name, detector, detector.bound(tables), _plain(asdict(detector)))
        by_scope.setdefault(detector.scope, []).append(watcher)
    return tuple(
        ScopePlan(scope, tuple(watchers), own_log=scope is log_scope, one_log=partitions == 1)
        for scope, watchers in sorted(by_scope.items())
    )


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """Write parameters as a person reads them: spans in seconds, times as ISO 8601."""
    return {name: _plain_value(value) for name, value in parameters.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    return value
