"""How the desk stands, asked of the store whenever Prometheus asks.

Moments are told as they are, not as ages: time() minus one is the age, and goes on growing when nobody can
be asked any more. Several processes may tell of one store, so queries take the `max` or `min` of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from observability.asked import Asked
from observability.described import PREFIX, Described

# What there is none of is told as 0 and not left out, or a query could not tell it from a store that is away.
_KINDS = ("fraud", "device", "storm")
_BANDS = ("critical", "high", "rest")
_STATUSES = ("open", "working", "waiting", "escalated")
_PRIORITIES = (1, 2, 3, 4)

_GAUGES = (
    ("store_readable", (), "Whether the store could be asked for all of these: 1 if so, else 0."),
    (
        "queue_cases",
        ("kind", "band", "status"),
        "Live cases; open ones wait for somebody to take them up, waiting ones for their time.",
    ),
    (
        "queue_oldest_timestamp_seconds",
        ("kind", "band", "status"),
        "Since when the oldest of these cases could be worked, in seconds since 1970.",
    ),
    (
        "queue_next_due_timestamp_seconds",
        ("kind", "band", "status"),
        "When the first of these cases is due, in seconds since 1970.",
    ),
    ("alarms_unacknowledged", ("priority",), "Alarms whose condition is there and that nobody has taken up."),
    (
        "alarms_oldest_unacknowledged_timestamp_seconds",
        ("priority",),
        "When the desk was told of the oldest of these alarms, in seconds since 1970.",
    ),
    ("outbox_waiting", ("topic",), "Messages to others that wait to be delivered."),
    ("outbox_given_up", ("topic",), "Messages to others that could not be delivered; somebody must decide."),
    (
        "outbox_oldest_timestamp_seconds",
        ("topic",),
        "Since when the oldest message waits to be delivered, in seconds since 1970.",
    ),
    ("audit_unsealed_rows", (), "Rows of the audit since the last seal."),
    (
        "audit_oldest_unsealed_timestamp_seconds",
        (),
        "When the first row of the audit was written that no seal covers, in seconds since 1970.",
    ),
    ("audit_seal_timestamp_seconds", (), "When the audit was last sealed, in seconds since 1970."),
)
DESCRIBED = tuple(Described(PREFIX + name, "gauge", labels, meaning) for name, labels, meaning in _GAUGES)


class _Cases(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def band(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def cases(self) -> int: ...
    @property
    def oldest_ms(self) -> int: ...
    @property
    def due_ms(self) -> int: ...


class _Alarms(Protocol):
    @property
    def priority(self) -> int: ...
    @property
    def alarms(self) -> int: ...
    @property
    def oldest_ms(self) -> int: ...


class _Messages(Protocol):
    @property
    def topic(self) -> str: ...
    @property
    def waiting(self) -> int: ...
    @property
    def given_up(self) -> int: ...
    @property
    def oldest_ms(self) -> int | None: ...


class DeskGauges(Protocol):
    """How the desk stands; times are milliseconds since 1970."""

    @property
    def cases(self) -> Sequence[_Cases]: ...
    @property
    def alarms(self) -> Sequence[_Alarms]: ...
    @property
    def messages(self) -> Sequence[_Messages]: ...
    @property
    def unsealed(self) -> int: ...
    @property
    def unsealed_since_ms(self) -> int | None: ...
    @property
    def sealed_at_ms(self) -> int | None: ...


class DeskCollector(Collector):
    """Asks how the desk stands when Prometheus asks, and tells it."""

    def __init__(self, ask: Callable[[], DeskGauges | None], registry: CollectorRegistry) -> None:
        """Tell what `ask` gives among the metrics of `registry`; None is a store that is away."""
        self._asked = Asked(ask)
        registry.register(self)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name what is told, so that nobody is asked when the metrics are put together."""
        return _Page().families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Tell how the desk stands; nothing but that it is away where there is no answer."""
        page = _Page()
        gauges = self._asked.latest()
        page.add("store_readable", gauges is not None)
        if gauges is not None:
            _cases(page, gauges.cases)
            _alarms(page, gauges.alarms)
            for topic in gauges.messages:
                page.add("outbox_waiting", topic.waiting, topic.topic)
                page.add("outbox_given_up", topic.given_up, topic.topic)
                page.add_moment("outbox_oldest_timestamp_seconds", topic.oldest_ms, topic.topic)
            page.add("audit_unsealed_rows", gauges.unsealed)
            page.add_moment("audit_oldest_unsealed_timestamp_seconds", gauges.unsealed_since_ms)
            page.add_moment("audit_seal_timestamp_seconds", gauges.sealed_at_ms)
        yield from page.families()


class _Page:
    """What is told at one time."""

    def __init__(self) -> None:
        self._families = {
            name: GaugeMetricFamily(PREFIX + name, meaning, labels=labels)
            for name, labels, meaning in _GAUGES
        }

    def add(self, name: str, value: float, *labels: str) -> None:
        self._families[name].add_metric(labels, value)

    def add_moment(self, name: str, at_ms: int | None, *labels: str) -> None:
        """Tell of a moment, unless there is none."""
        if at_ms is not None:
            self.add(name, at_ms / 1000, *labels)

    def families(self) -> Iterable[GaugeMetricFamily]:
        return self._families.values()


def _cases(page: _Page, found: Sequence[_Cases]) -> None:
    by_labels = {(each.kind, each.band, each.status): each for each in found}
    every = {(kind, band, status) for kind in _KINDS for band in _BANDS for status in _STATUSES}
    for labels in sorted(every | by_labels.keys()):
        each = by_labels.get(labels)
        page.add("queue_cases", each.cases if each else 0, *labels)
        page.add_moment("queue_oldest_timestamp_seconds", each.oldest_ms if each else None, *labels)
        page.add_moment("queue_next_due_timestamp_seconds", each.due_ms if each else None, *labels)


def _alarms(page: _Page, found: Sequence[_Alarms]) -> None:
    by_priority = {each.priority: each for each in found}
    for priority in _PRIORITIES:
        each = by_priority.get(priority)
        page.add("alarms_unacknowledged", each.alarms if each else 0, str(priority))
        oldest_ms = each.oldest_ms if each else None
        page.add_moment("alarms_oldest_unacknowledged_timestamp_seconds", oldest_ms, str(priority))
