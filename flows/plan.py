"""What a flow runs: the enabled detectors of a profile, grouped by the scope they watch."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import detectors
from detectors.base import EVERY_USE, Detector, Scope, Step, Use
from domain.events import Transaction
from domain.findings import QUIET, Finding
from domain.instants import span_ms
from domain.tables import Tables

# Buckets of a scope: state, exchange and recovery work on these, never on single keys.
BUCKETS = 64


def at_rest(state: Any, event: Any) -> tuple[Finding, ...]:
    """Stand for the step of a detector that rests on a table which can never be there: nobody need call it.

    Its scope sees the same events as ever, so that what counts as a repeat does not depend on the table.
    """
    del state, event
    return QUIET


@dataclass(frozen=True)
class Watcher:
    """One detector, ready to run: its name, its step with the tables bound, and what its alerts carry."""

    name: str
    detector: Detector[Any, Any]
    step: Step
    parameters: dict[str, Any]

    @property
    def notices_silence(self) -> bool:
        """Whether the detector wants to be woken when nothing happens."""
        return type(self.detector).due is not Detector.due

    @cached_property
    def uses(self) -> frozenset[Use]:
        """The channels and types of the transactions that the detector wants; every bucket asks for them."""
        return self.detector.wanted_uses() if Transaction in self.detector.reads else frozenset()


# Steps, each with the place of its detector's state in a cell, and what makes the first one there.
Steps = tuple[tuple[int, Step, Watcher, Callable[[], Any]], ...]


@dataclass(frozen=True, eq=False)
class ScopePlan:
    """All detectors of one scope, which run fused in one keyed step.

    `own_log`: the input is partitioned by this scope, so the buckets of each partition are its own.
    `one_log`: there is one partition. Either way a key's events have the order of their log, but where
    `lateness_ms` is given: they are then put in the order of their times. `tables` are those that the
    detectors are bound to. `lane` names the profile among those that share a pass, "" the job's own, and
    `address` what its events are sent to, which several plans that read alike have in common.
    """

    scope: Scope
    watchers: tuple[Watcher, ...]
    own_log: bool
    one_log: bool
    lateness_ms: int = 0
    tables: Tables = field(default=Tables(), repr=False)
    lane: str = ""
    address: str = ""

    def same_watch(self, other: "ScopePlan") -> bool:
        """Whether the other watches with the same detectors, set alike, so that one may stand for both."""
        return (
            self.same_events(other)
            and [each.detector for each in self.watchers] == [each.detector for each in other.watchers]
            and self.tables == other.tables
        )

    def same_events(self, other: "ScopePlan") -> bool:
        """Whether the other is handed the same events in the same way."""
        return self._events == other._events

    @property
    def _events(self) -> tuple[object, ...]:
        how = (self.own_log, self.one_log, self.lateness_ms, self.needs_marks)
        return self.scope, self.reads, self.uses, *how

    @property
    def by_log(self) -> bool:
        """Whether the order of one log will do for a key's events: nobody asks how far time has come."""
        return (self.own_log or self.one_log) and not (self.lateness_ms or self.tells_time)

    def buckets(self, partitions: Iterable[str]) -> tuple[str, ...]:
        """Give the names of the scope's buckets."""
        prefixes = [f"{name}:" for name in partitions] if self.own_log else [""]
        return tuple(f"{prefix}{bucket}" for prefix in prefixes for bucket in range(BUCKETS))

    def clock(self, bucket: str) -> str:
        """Name a bucket among those of all scopes."""
        return f"{self.scope.value}:{bucket}"

    @property
    def tells_time(self) -> bool:
        """Whether whoever takes its alerts must know up to when all were told: alarms are worked in order."""
        return self.scope in (Scope.DEVICE, Scope.BRANCH)

    def clocks(self, partitions: Iterable[str]) -> tuple[str, ...]:
        """Give who tells up to when all of the scope's alerts were told."""
        return tuple(map(self.clock, self.buckets(partitions))) if self.tells_time else ()

    @property
    def step(self) -> str:
        """The name of the step that runs it; see `watch_step`."""
        return watch_step(self.scope, self.lane)

    @cached_property
    def reads(self) -> frozenset[type]:
        """The types of events that any of the detectors reads."""
        return frozenset(kind for watcher in self.watchers for kind in watcher.detector.reads)

    @cached_property
    def uses(self) -> frozenset[Use] | None:
        """The channels and types of the transactions that any of the detectors wants, None for all."""
        wanted = frozenset(use for watcher in self.watchers for use in watcher.uses)
        return None if wanted == EVERY_USE else wanted

    @cached_property
    def types_by_channel(self) -> dict[str, frozenset[str]] | None:
        """The same by channel, where it is looked up for each event."""
        if self.uses is None:
            return None
        channels = {channel for channel, _ in self.uses}
        return {
            name: frozenset(type_ for channel, type_ in self.uses if channel == name) for name in channels
        }

    def steps(self, first: int, kind: type, use: Use | None = None) -> Steps:
        """Give the steps of those not at rest that want a kind of events, or transactions of one use.

        Each comes with the place of its state in a cell, where `first` is that of the first detector.
        """
        asked = first, kind, use
        if asked not in self._steps:
            self._steps[asked] = tuple(
                (place, watcher.step, watcher, watcher.detector.start)
                for place, watcher in enumerate(self.watchers, start=first)
                if kind in watcher.detector.reads
                and (use is None or use in watcher.uses)
                and watcher.step is not at_rest
            )
        return self._steps[asked]

    @cached_property
    def _steps(self) -> dict[tuple[int, type, Use | None], Steps]:
        """The steps by what was asked for: each of many buckets asks for all of them."""
        return {}

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
        return any(watcher.notices_silence for watcher in self.watchers)

    @cached_property
    def wakes_under(self) -> str:
        """A digest of what decides when keys are due: the detectors that notice silence, as they are set."""
        told = [
            (watcher.name, watcher.detector.version, watcher.parameters)
            for watcher in self.watchers
            if watcher.notices_silence
        ]
        return blake2b(json.dumps(told, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()

    @cached_property
    def needs_marks(self) -> bool:
        """Whether buckets must hear of time passing although none of their keys moved."""
        return self.notices_silence or not self.by_log


def watch_step(scope: Scope, lane: str = "") -> str:
    """Name the step that watches a scope in a lane; it is part of its recovery identity."""
    return f"beside_{lane}_watch_{scope.value}" if lane else f"watch_{scope.value}"


def plan_scopes(
    enabled: Iterable[Detector[Any, Any]],
    tables: Tables,
    *,
    log_scope: Scope | None,
    partitions: int,
    lateness: timedelta = timedelta(0),
    lane: str = "",
) -> tuple[ScopePlan, ...]:
    """Group detectors by scope, in the order of their names.

    `log_scope` is the scope that the input is partitioned by, None when it is not partitioned by key;
    `partitions` is how many there are, and `lateness` how long events wait for earlier ones. `lane` names
    the profile where it is not the job's own.
    """
    by_scope: dict[Scope, list[Watcher]] = {}
    for detector in sorted(enabled, key=detectors.name_of):
        name = detectors.name_of(detector)
        resting = detector.rests_on is not None and tables.never(detector.rests_on)
        step = at_rest if resting else detector.bound(tables)
        watcher = Watcher(name, detector, step, _plain(asdict(detector)))
        by_scope.setdefault(detector.scope, []).append(watcher)
    return tuple(
        ScopePlan(
            scope,
            tuple(watchers),
            own_log=scope is log_scope,
            one_log=partitions == 1,
            lateness_ms=span_ms(lateness),
            tables=tables,
            lane=lane,
            address=f"{lane}:{scope.value}" if lane else scope.value,
        )
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
