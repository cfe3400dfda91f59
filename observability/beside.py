"""What the processes beside a flow tell: its supervisor, what listens for it, the sweep and the web desk."""

from collections.abc import Callable, Mapping
from math import nan

from prometheus_client import Counter, Gauge, Histogram

from observability.described import MetricSet

# Seconds that a person waits for a page: from what nobody notices to what they complain about.
_WAITS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class SupervisorMetrics(MetricSet):
    """The metrics of a supervisor."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        super().__init__()
        self.restarts = self._add(
            Counter, "restarts_total", "Times the supervisor started the flow again after it had failed."
        )
        self._profile = self._add(
            Gauge,
            "profile_info",
            "Which version of a profile runs, of those that the store keeps: always 1.",
            "name",
            "version",
            "digest",
        )
        self._rule_problem = self._add(
            Gauge,
            "rule_problem",
            "Whether a rule is ill, going by hours of event time: 1 if so, else 0; `all` are all of them.",
            "detector",
            "problem",
        )

    def tell_profile(self, name: str, version: int, digest: str) -> None:
        """Say which version of a profile runs from now on."""
        self._profile.clear()
        self._profile.labels(name, str(version), digest).set(1)

    def tell_rule(self, detector: str, problem: str, is_there: bool) -> None:
        """Say whether a rule has a problem."""
        self._rule_problem.labels(detector, problem).set(is_there)


class ListenerMetrics(MetricSet):
    """The metrics of `riskdesk listen`."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        super().__init__()
        self.accepted = self._add(
            Counter, "listener_accepted_total", "Events of senders that were put into the folder."
        )
        self.refused = self._add(
            Counter, "listener_refused_total", "Lines or messages of senders that are no events."
        )
        self.received_bytes = self._add(
            Counter, "listener_received_bytes_total", "Bytes of lines or messages that senders brought."
        )
        self.connections = self._add(Counter, "listener_connections_total", "Connections of senders taken.")
        self._clients = self._add(Gauge, "listener_clients", "Senders that are connected.")
        self._held_up = self._add(
            Gauge,
            "listener_held_up",
            "Whether nothing is taken as the disk or the flow is behind: 1 if so, else 0.",
        )
        self._behind_bytes = self._add(
            Gauge,
            "listener_behind_bytes",
            "Bytes in the folder that the flow has not committed; NaN where that is not known.",
        )

    def look_at(
        self,
        clients: Callable[[], int],
        lacking: Callable[[], str],
        behind: Callable[[], int | None],
    ) -> None:
        """Ask at each scrape how many clients there are, what is lacking, and how far the flow is behind."""
        self._clients.set_function(clients)
        self._held_up.set_function(lambda: bool(lacking()))
        self._behind_bytes.set_function(lambda: nan if (found := behind()) is None else found)


class SweepMetrics(MetricSet):
    """The metrics of `riskdesk queue sweep --follow`."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        super().__init__()
        self.swept_at = self._add(
            Gauge, "sweep_timestamp_seconds", "When the last sweep ended, in seconds since 1970."
        )
        self.swept = self._add(
            Counter, "swept_total", "What sweeps did by themselves with tasks and cases.", "what"
        )

    def count(self, done: Mapping[str, int], now_ms: int) -> None:
        """Note that a sweep ended at `now_ms`, and how often it did what."""
        self.swept_at.set(now_ms / 1000)
        for what, times in done.items():
            self.swept.labels(what).inc(times)


class DeskMetrics(MetricSet):
    """The metrics of `riskdesk desk`."""

    def __init__(self) -> None:
        """Start every count at nothing."""
        super().__init__()
        self._requests = self._add(
            Counter,
            "desk_requests_total",
            "Requests to the web desk, by screen and status.",
            "screen",
            "status",
        )
        self._seconds = self._add(
            Histogram,
            "desk_request_seconds",
            "From a request to the beginning of its answer; streams are left out.",
            "screen",
            buckets=_WAITS,
        )
        self.streams = self._add(
            Gauge, "desk_streams", "Pages that are open and wait to be told what changed."
        )

    def count(self, screen: str, status: int, took_s: float | None) -> None:
        """Note that a request was answered, and what that took, unless it is a stream."""
        self._requests.labels(screen, str(status)).inc()
        if took_s is not None:
            self._seconds.labels(screen).observe(took_s)
