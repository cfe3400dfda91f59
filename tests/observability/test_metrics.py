import re
import socket
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client import Counter, Gauge, Histogram

from domain.alerts import Alert
from domain.findings import Severity
from observability.metrics import Metrics, PortTakenError, serve

ROOT = Path(__file__).parents[2]


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
    for metric in Metrics().described:
        assert metric.name.startswith("riskdesk_")
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert metric.meaning[0].isupper()
        assert metric.meaning.endswith(".")


def test_no_label_can_hold_what_a_stranger_makes_up() -> None:
    labels = {label for metric in Metrics().described for label in metric.labels}
    assert labels <= {"kind", "reason", "scope", "detector", "severity", "priority"}


def test_everything_described_is_exposed_and_nothing_else() -> None:
    metrics = Metrics()
    exposed = {family.name for family in metrics.registry.collect()}
    # The client library drops the ending of a counter's family name and puts it back on its samples.
    assert exposed == {metric.name.removesuffix("_total") for metric in metrics.described}


def test_every_metric_is_fed_somewhere() -> None:
    folders = ("cli", "connectors", "flows", "observability")
    code = "".join(path.read_text("utf-8") for folder in folders for path in (ROOT / folder).glob("*.py"))
    names = [
        name for name, value in vars(Metrics()).items() if isinstance(value, Counter | Gauge | Histogram)
    ]
    assert len(names) == len(Metrics().described)
    fed = r"(?:metrics|self)\.{}\.(?:labels|inc|set|observe|time)\b"
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


def test_metrics_are_served_until_stopped() -> None:
    metrics = Metrics()
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
