"""How far a run has come: told by each of its processes, added up, and drawn for whoever waits."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from prometheus_client import Counter, Gauge

from observability.hours import Hour
from observability.metrics import Metrics


class Progress(Struct, frozen=True, kw_only=True):
    """The counts of one process, or of several together; `reached_ms` is event time, 0 before any.

    `left_bytes` of files and `left_messages` of topics are still to be read, as far as the `partitions` have
    said that have said so.
    """

    events: int = 0
    rejected: int = 0
    repeats: int = 0
    unresolved: int = 0
    alerts: int = 0
    stored: int = 0
    errors: int = 0
    read_bytes: int = 0
    left_bytes: int = 0
    left_messages: int = 0
    partitions: int = 0
    reached_ms: int = 0


class Told(Progress, frozen=True, kw_only=True):
    """What a process tells its supervisor: its progress, and its pulse (see connectors/pulse.py).

    `hours` is what it counted by the hour of event time since it last told.
    """

    epoch_ms: int = 0
    hours: tuple[Hour, ...] = ()


def read_progress(metrics: Metrics) -> Progress:
    """Read the progress of this process off its metrics."""
    return Progress(
        events=_total(metrics.events),
        rejected=_total(metrics.rejected),
        repeats=_total(metrics.repeats),
        unresolved=_total(metrics.unresolved),
        alerts=_total(metrics.alerts),
        stored=_total(metrics.alerts_stored),
        errors=_total(metrics.detector_errors),
        read_bytes=_total(metrics.bytes_read),
        left_bytes=_sum(metrics.lag_bytes),
        left_messages=_sum(metrics.lag),
        partitions=len(_samples(metrics.lag_bytes)) + len(_samples(metrics.lag)),
        reached_ms=int(max((sample.value for sample in _samples(metrics.event_time)), default=0) * 1000),
    )


def add_up(parts: Iterable[Progress]) -> Progress:
    """Give the progress of several processes as one: counts add up, time is the furthest."""
    kept = list(parts)
    counts = {
        name: sum(getattr(part, name) for part in kept)
        for name in Progress.__struct_fields__
        if name != "reached_ms"
    }
    return Progress(**counts, reached_ms=max((part.reached_ms for part in kept), default=0))


def _total(counter: Counter) -> int:
    return int(sum(sample.value for sample in _samples(counter) if sample.name.endswith("_total")))


def _sum(gauge: Gauge) -> int:
    return int(sum(sample.value for sample in _samples(gauge)))


def _samples(metric: Any) -> list[Any]:
    return [sample for family in metric.collect() for sample in family.samples]
