import re
import socket
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client import Counter, Gauge, Histogram, generate_latest

from domain.alerts import Alert
from domain.findings import Severity
from observability.beside import ListenerMetrics, SupervisorMetrics, SweepMetrics
from observability.catalogue import catalogue
from observability.described import MetricSet
from observability.metrics import Metrics, PortTakenError, serve

ROOT = Path(__file__).parents[2]
EVERY = [metric for metrics in catalogue().values() for metric in metrics]
SETS = (Metrics, SupervisorMetrics, ListenerMetrics, SweepMetrics)


def alert(detector: str, severity: Severity) -> Alert:
    return Alert(
        id="0" * 32,
        detector=detector,
        version=1,
        parameters={},
        scope="card",
        key="c1",
        at_ms=0,
        event_id="e1",
        severity=severity,
        probability=0.5,
        exposure_minor=0,
        currency="CNY",
        reason="",
        evidence={},
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_every_metric_is_named_by_the_one_pattern_and_described_in_a_sentence() -> None:
    assert len({metric.name for metric in EVERY}) == len(EVERY)
    for metric in EVERY:
        assert metric.name.startswith("riskdesk_")
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert metric.meaning[0].isupper()
        assert metric.meaning.endswith(".")


def test_units_are_those_that_prometheus_asks_for_and_a_moment_is_no_age() -> None:
    for metric in EVERY:
        assert not re.search(r"_(ms|minutes|hours|kb|mb|age|ago|since)(_|$)", metric.name), metric.name
        assert metric.name.endswith("_timestamp_seconds") == ("in seconds since 1970" in metric.meaning)


def test_no_label_can_hold_what_a_stranger_makes_up() -> None:
    closed = {
        "kind",
        "reason",
        "scope",
        "screen",
        "detector",
        "severity",
        "priority",
        "problem",
        "band",
        "status",
        "table",
        "topic",
        "what",
    }
    of_the_operator = {"partition", "name", "version", "digest"}
    assert {label for metric in EVERY for label in metric.labels} <= closed | of_the_operator


@pytest.mark.parametrize("make", SETS)
def test_everything_described_is_exposed_and_nothing_else(make: type[MetricSet]) -> None:
    metrics = make()
    exposed = {family.name for family in metrics.registry.collect()}
    # The client library drops the ending of a counter's family name and puts it back on its samples.
    assert exposed == {metric.name.removesuffix("_total") for metric in metrics.described}


@pytest.mark.parametrize("make", SETS)
def test_every_metric_is_fed_somewhere(make: type[MetricSet]) -> None:
    metrics = make()
    folders = ("cli", "connectors", "flows", "observability")
    code = "".join(path.read_text("utf-8") for folder in folders for path in (ROOT / folder).glob("*.py"))
    names = [name for name, value in vars(metrics).items() if isinstance(value, Counter | Gauge | Histogram)]
    assert len(names) == len(metrics.described)
    fed = r"(?:metrics|self)\.{}\.(?:labels|inc|set|set_function|observe|time)\b"
    assert [name for name in names if not re.search(fed.format(name), code)] == []


def test_two_sets_of_metrics_share_no_count() -> None:
    one, other = Metrics(), Metrics()
    one.bytes_read.inc(7)
    assert one.registry.get_sample_value("riskdesk_read_bytes_total") == 7
    assert other.registry.get_sample_value("riskdesk_read_bytes_total") == 0


def test_alerts_are_counted_by_detector_and_severity() -> None:
    metrics = Metrics()
    metrics.count_alerts(
        [alert("burst", Severity.HIGH), alert("burst", Severity.HIGH), alert("burst", Severity.LOW)]
    )
    count = metrics.registry.get_sample_value
    assert count("riskdesk_alerts_total", {"detector": "burst", "severity": "high"}) == 2
    assert count("riskdesk_alerts_total", {"detector": "burst", "severity": "low"}) == 1


def test_counts_that_may_never_move_are_there_from_the_start() -> None:
    metrics = Metrics()
    metrics.expect("card", ["burst"])
    count = metrics.registry.get_sample_value
    assert count("riskdesk_rejected_lines_total", {"reason": "not_json"}) == 0
    assert count("riskdesk_detector_errors_total", {"detector": "burst"}) == 0
    assert count("riskdesk_late_events_total", {"scope": "card"}) == 0
    assert count("riskdesk_repeated_events_total", {"scope": "card"}) == 0


def test_a_page_has_no_lines_on_when_a_count_began() -> None:
    assert b"_created" not in generate_latest(Metrics().registry)


def test_a_sweep_tells_when_it_ended_and_what_it_did_in_all() -> None:
    metrics = SweepMetrics()
    metrics.count({"woken": 2, "expired": 0}, 5_000)
    metrics.count({"woken": 1, "expired": 0}, 6_500)
    count = metrics.registry.get_sample_value
    assert count("riskdesk_sweep_timestamp_seconds") == 6.5
    assert count("riskdesk_swept_total", {"what": "woken"}) == 3
    assert count("riskdesk_swept_total", {"what": "expired"}) == 0


def test_metrics_are_served_until_stopped() -> None:
    metrics = SupervisorMetrics()
    metrics.restarts.inc()
    port = free_port()
    stop = serve(metrics, port)
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            page = answer.read().decode()
    finally:
        stop()
    assert "riskdesk_restarts_total 1.0" in page
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port}/metrics")


def test_a_taken_port_is_said_to_be_taken() -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} of 127.0.0.1 is taken"):
            serve(Metrics(), port)
