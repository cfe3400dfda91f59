"""Every number riskdesk tells about itself: name, labels and one sentence, in this one place.

Labels are few and closed (kind, reason, scope, detector, severity, priority): never a card, a customer, a
file or anything else that a stranger can make up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from errno import EADDRINUSE
from typing import Protocol, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from domain.alerts import Alert

M = TypeVar("M", Counter, Gauge, Histogram)


class PortTakenError(OSError):
    """The metrics cannot be served where they were asked for."""


@dataclass(frozen=True)
class Described:
    """What `docs/metrics.md` says of one metric."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


class AlarmCounts(Protocol):
    """Alarms annunciated by priority and held back by reason since the last count, and how things stand."""

    @property
    def annunciated(self) -> Mapping[int, int]: ...
    @property
    def suppressed(self) -> Mapping[str, int]: ...
    @property
    def live(self) -> int: ...
    @property
    def in_flood(self) -> bool: ...


class Metrics:
    """The metrics of one process, on a registry of their own so that two flows never share a count."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        self.registry = CollectorRegistry()
        self.described: list[Described] = []

        self.events = self._add(Counter, "events_total", "Events read and decoded.", "kind")
        self.bytes_read = self._add(Counter, "read_bytes_total", "Bytes of input read.")
        self.rejected = self._add(
            Counter, "rejected_lines_total", "Lines that are no event, gone to the dead letters.", "reason"
        )
        self.unresolved = self._add(
            Counter,
            "unresolved_events_total",
            "Events whose card or terminal is not in the reference data; they are watched all the same.",
        )
        self.unknown_fields = self._add(
            Counter, "unknown_fields_total", "Fields in events that no detector can read yet."
        )
        self.repeats = self._add(
            Counter, "repeated_events_total", "Events dropped because their key has just had them.", "scope"
        )
        self.late = self._add(
            Counter, "late_events_total", "Events older than what their key had already seen.", "scope"
        )
        self.event_time = self._add(
            Gauge,
            "event_time_seconds",
            "Event time reached, in seconds since 1970: now minus this is the lag.",
        )
        self.keys_held = self._add(
            Gauge, "keys_held", "Cards, terminals and other keys whose state is in memory.", "scope"
        )
        self.alerts = self._add(
            Counter, "alerts_total", "Alerts raised, before the store drops repeats.", "detector", "severity"
        )
        self.detector_errors = self._add(
            Counter, "detector_errors_total", "Events at which a detector failed; others went on.", "detector"
        )
        self.alerts_stored = self._add(
            Counter, "stored_alerts_total", "Alerts that were new to the case queue and are kept there."
        )
        self.store_seconds = self._add(
            Histogram, "store_batch_seconds", "How long the case queue took to keep one batch of alerts."
        )
        self.snapshot_seconds = self._add(
            Histogram, "snapshot_seconds", "How long it took to write down the state of one bucket."
        )
        self.snapshot_bytes = self._add(
            Counter, "snapshot_bytes_total", "Bytes of state written down for recovery."
        )
        self.restarts = self._add(
            Counter, "restarts_total", "Times the supervisor started the flow again after it had failed."
        )
        self.alarms_annunciated = self._add(
            Counter, "alarms_annunciated_total", "Alarms of devices that the desk was told of.", "priority"
        )
        self.alarms_suppressed = self._add(
            Counter,
            "alarms_suppressed_total",
            "Times an alarm of a device was held back, by what.",
            "reason",
        )
        self.alarms_live = self._add(
            Gauge, "alarms_live", "Alarms that the desk was told of and that are not closed."
        )
        self.alarm_flood = self._add(
            Gauge, "alarm_flood", "Whether the flood gate holds alarms back: 1 if so, else 0."
        )

    def count_alerts(self, alerts: list[Alert]) -> None:
        """Count alerts by detector and severity."""
        for alert in alerts:
            self.alerts.labels(alert.detector, alert.severity.name.lower()).inc()

    def count_alarms(self, counts: AlarmCounts) -> None:
        """Add what happened to alarms since the last count."""
        for priority, alarms in counts.annunciated.items():
            self.alarms_annunciated.labels(str(priority)).inc(alarms)
        for reason, alarms in counts.suppressed.items():
            self.alarms_suppressed.labels(reason).inc(alarms)
        self.alarms_live.set(counts.live)
        self.alarm_flood.set(counts.in_flood)

    def _add(self, kind: type[M], name: str, meaning: str, *labels: str) -> M:
        full_name = f"riskdesk_{name}"
        self.described.append(Described(full_name, kind.__name__.lower(), labels, meaning))
        return kind(full_name, meaning, labels, registry=self.registry)


def serve(metrics: Metrics, port: int, host: str = "127.0.0.1") -> Callable[[], None]:
    """Serve `metrics` to Prometheus over HTTP, and return what stops it.

    The default `host` is reachable from this machine only: a scraper elsewhere comes through a proxy that
    knows who is asking. Raises PortTakenError when another process listens there.
    """
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        if error.errno != EADDRINUSE:
            raise
        raise PortTakenError(
            f"port {port} of {host} is taken; choose another for the metrics, or 0 for none"
        ) from None

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
