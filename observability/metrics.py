"""Every number that a process of a flow tells about itself: name, labels and one sentence, in this one place.

Labels are few and closed: never a card, a customer or anything else that a stranger can make up. A partition
is named by whoever runs the flow. What the processes beside the flow tell is in `beside.py`, what the store
is asked in `desk.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from errno import EADDRINUSE
from types import MappingProxyType
from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

from domain.alerts import Alert
from domain.rejections import Reason
from observability.described import MetricSet
from observability.hours import HourCounts
from observability.probes import Probes, start_server

# Seconds of work, from what one bucket takes to what stops a flow.
_SPANS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# Seconds of waiting, from what a person cannot notice to what spoils a night.
_LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class PortTakenError(OSError):
    """The metrics cannot be served where they were asked for."""


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


class Metrics(MetricSet):
    """The metrics of one process of a flow."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        super().__init__()
        # What came by the hour of event time; the supervisor judges it, nobody scrapes it.
        self.hours = HourCounts()
        self._intake()
        self._detection()
        self._queue()
        for reason in Reason:
            # A count that begins at its first line would hide that line from every rate.
            self.rejected.labels(reason.value)

    def _intake(self) -> None:
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
            "event_timestamp_seconds",
            "Event time reached, in seconds since 1970: time() minus this is how old what is read is.",
            "partition",
        )
        self.lag_bytes = self._add(
            Gauge,
            "lag_bytes",
            "Bytes on the disk behind what was read of a file or folder, as compressed as they lie there.",
            "partition",
        )
        self.lag = self._add(
            Gauge, "lag_messages", "Messages of a topic's partition behind what was read.", "partition"
        )
        self.partition_standstill = self._add(
            Gauge,
            "partition_standstill_seconds",
            "How long no message of a topic's partition was read although there are some; else 0.",
            "partition",
        )
        self.tombstones = self._add(
            Counter, "tombstones_total", "Messages of topics without a value, which are skipped."
        )
        self.standstill = self._add(
            Histogram,
            "standstill_seconds",
            "How long reading a partition stood still until a snapshot of everything was committed.",
            buckets=_SPANS,
        )

    def _detection(self) -> None:
        self.keys_held = self._add(
            Gauge, "keys_held", "Cards, terminals and other keys whose state is in memory.", "scope"
        )
        self.state_bytes = self._add(
            Gauge, "state_bytes", "Bytes of state in the last snapshots of a scope's buckets.", "scope"
        )
        self.detector_keys = self._add(
            Gauge,
            "detector_keys",
            "Keys of which a detector remembers anything, estimated from a few keys of each bucket.",
            "detector",
        )
        self.detector_state_bytes = self._add(
            Gauge,
            "detector_state_bytes",
            "Bytes of state that a detector remembers, estimated from a few keys of each bucket.",
            "detector",
        )
        self.alerts = self._add(
            Counter, "alerts_total", "Alerts raised, before the store drops repeats.", "detector", "severity"
        )
        self.event_to_alert = self._add(
            Histogram,
            "event_to_alert_seconds",
            "From the event's time to the alert, by the desk's clock; of live runs only.",
            "detector",
            buckets=_LATENCIES,
        )
        self.detector_errors = self._add(
            Counter, "detector_errors_total", "Events at which a detector failed; others went on.", "detector"
        )
        self.tables_known = self._add(
            Gauge, "learnt_tables", "Versions of learnt tables of the store that the flow knows.", "table"
        )
        self.tables_late = self._add(
            Counter,
            "learnt_tables_late_total",
            "Learnt tables that came after events they are for; a replay will tell otherwise.",
            "table",
        )
        self.tables_away = self._add(
            Gauge,
            "learnt_tables_away",
            "Whether the store could not be asked for learnt tables at the last look: 1 if so, else 0.",
        )
        self.snapshot_seconds = self._add(
            Histogram,
            "snapshot_seconds",
            "How long it took to pack the state of one bucket for a snapshot.",
            buckets=_SPANS,
        )
        self.snapshot_bytes = self._add(
            Counter, "snapshot_bytes_total", "Bytes of state written down for recovery."
        )

    def _queue(self) -> None:
        self.alert_to_queue = self._add(
            Histogram,
            "alert_to_queue_seconds",
            "From the alert to when the case queue has kept it, by the desk's clock; of live runs only.",
            buckets=_LATENCIES,
        )
        self.alerts_stored = self._add(
            Counter, "stored_alerts_total", "Alerts that were new to the case queue and are kept there."
        )
        self.store_seconds = self._add(
            Histogram,
            "store_batch_seconds",
            "How long the case queue took to keep one batch of alerts.",
            buckets=_SPANS,
        )
        self.store_waiting = self._add(
            Gauge,
            "store_waiting",
            "Whether the flow stands still because the store is away or held by others: 1 if so, else 0.",
        )
        self.floods = self._add(
            Counter,
            "floods_total",
            "Times the alerts of a detector were put into one case because there were too many.",
            "detector",
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

    def expect(self, scope: str, detectors: Iterable[str]) -> None:
        """Begin the counts of a scope and its detectors at nothing: no rate sees a count's first step."""
        self.repeats.labels(scope)
        self.late.labels(scope)
        for name in detectors:
            self.detector_errors.labels(name)
            self.floods.labels(name)

    def count_alerts(self, alerts: list[Alert]) -> None:
        """Count alerts by detector and severity, and by the hour."""
        for alert in alerts:
            self.alerts.labels(alert.detector, alert.severity.name.lower()).inc()
        self.hours.add_alerts(alerts)

    def count_alarms(self, counts: AlarmCounts) -> None:
        """Add what happened to alarms since the last count."""
        for priority, alarms in counts.annunciated.items():
            self.alarms_annunciated.labels(str(priority)).inc(alarms)
        for reason, alarms in counts.suppressed.items():
            self.alarms_suppressed.labels(reason).inc(alarms)
        self.alarms_live.set(counts.live)
        self.alarm_flood.set(counts.in_flood)


def serve(
    metrics: MetricSet, port: int, host: str = "127.0.0.1", probes: Probes = MappingProxyType({})
) -> Callable[[], None]:
    """Serve `metrics` to Prometheus over HTTP, and `probes` at their paths, and return what stops it.

    The default `host` is reachable from this machine only: a scraper elsewhere comes through a proxy that
    knows who is asking. Raises PortTakenError when another process listens there.
    """
    try:
        server, thread = start_server(metrics.registry, probes, port, host)
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
