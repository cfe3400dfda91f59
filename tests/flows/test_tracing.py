"""Traces: one sees where the time of a block and of its alerts went, and nobody's token is among it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Thread
from typing import Any

import pytest
from msgspec.structs import replace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from config.settings import SettingsError, load_settings
from connectors.alert_file import read_alert_file
from flows.findings import Weight
from flows.job import Job
from flows.start_checks import start_findings
from flows.tracing import traces_of
from flows.worker import prepare
from observability.traces import TracesError
from tests.flows.running import PROFILE, alert_ids

Attributes = dict[str, Any]


class Span:
    """A span as the collector has it."""

    def __init__(self, sent: Any) -> None:
        self.name: str = sent.name
        self.trace: bytes = sent.trace_id
        self.id: bytes = sent.span_id
        self.parent: bytes = sent.parent_span_id
        self.began: int = sent.start_time_unix_nano
        self.ended: int = sent.end_time_unix_nano
        self.told: Attributes = {each.key: _plain(each.value) for each in sent.attributes}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(each) for each in value.array_value.values]
    return getattr(value, kind)


@contextmanager
def collector() -> Iterator[tuple[str, list[Span], list[bytes]]]:
    """An OTLP collector: its address, the spans that came, and what was sent."""
    spans: list[Span] = []
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(body)
            sent = ExportTraceServiceRequest.FromString(body) if self.path == "/v1/traces" else None
            for resource in () if sent is None else sent.resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(map(Span, scope.spans))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", spans, bodies
        finally:
            server.shutdown()


@pytest.fixture
def hour(night, tmp_path):
    """An hour or so of the night."""
    path = tmp_path / "hour.jsonl"
    with night.open("rb") as lines:
        path.write_bytes(b"".join(islice(lines, 24_000, 28_000)))
    return path


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_collector_has_the_way_of_each_alert_from_the_file_to_the_queue(
    riskdesk, store, hour, tmp_path, monkeypatch, processes
) -> None:
    alerts = tmp_path / "alerts.jsonl"
    arguments = ["replay", PROFILE, hour, "--store", store, "--alerts", alerts, "--quiet"]
    with collector() as (url, spans, bodies):
        monkeypatch.setenv("RISKDESK_TRACES", url)
        monkeypatch.setenv("RISKDESK_TRACES_SHARE", "1")
        riskdesk(*arguments, "--processes", processes).finish()
    records = list(read_alert_file(alerts))
    assert len(records) > 3
    by_id = {span.id: span for span in spans}
    blocks = [span for span in spans if span.name == "block"]
    assert sum(block.told["riskdesk.bytes"] for block in blocks) == hour.stat().st_size
    assert not any(block.parent for block in blocks)
    for record in records:
        (watch,) = [span for span in spans if record["id"] in span.told.get("riskdesk.alert_ids", ())]
        assert watch.name == f"watch {record['scope']}"
        block = by_id[watch.parent]
        (intake,) = [span for span in spans if span.parent == watch.id]
        (read,) = [span for span in spans if span.parent == block.id and span.name == "read"]
        (decode,) = [span for span in spans if span.parent == block.id and span.name == "decode"]
        assert {block.trace} == {span.trace for span in (watch, intake, read, decode)}
        assert block.began == read.began <= read.ended <= decode.began <= decode.ended == block.ended
        assert block.ended <= watch.began <= watch.ended <= intake.began <= intake.ended
    sent = b"".join(bodies)
    tokens = {record[name] for record in records for name in ("card", "customer", "key") if record[name]}
    assert not [token for token in tokens if token.encode() in sent]


@pytest.mark.slow
def test_traces_change_no_alert_and_a_share_of_none_sends_nothing(
    riskdesk, store, hour, tmp_path, monkeypatch
) -> None:
    found = {}
    with collector() as (url, spans, _):
        for share in ("", "0", "1"):
            alerts = tmp_path / f"alerts{share}.jsonl"
            if share:
                monkeypatch.setenv("RISKDESK_TRACES", url)
                monkeypatch.setenv("RISKDESK_TRACES_SHARE", share)
            riskdesk("replay", PROFILE, hour, "--alerts", alerts, "--quiet").finish()
            found[share] = alerts.read_bytes()
            assert bool(spans) == (share == "1")
    assert found[""] == found["0"] == found["1"] != b""


@pytest.mark.slow
def test_a_collector_that_is_away_changes_nothing(riskdesk, store, hour, tmp_path, monkeypatch) -> None:
    alerts = tmp_path / "alerts.jsonl"
    with collector() as (url, _, _):
        pass
    monkeypatch.setenv("RISKDESK_TRACES", url)
    monkeypatch.setenv("RISKDESK_TRACES_SHARE", "1")
    riskdesk("replay", PROFILE, hour, "--alerts", alerts, "--quiet").finish()
    assert alert_ids(alerts)


def test_without_a_collector_there_are_no_traces() -> None:
    assert traces_of(Job(profile=PROFILE)) is None


def test_without_their_library_it_is_said_before_anything_starts(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    events = tmp_path / "events.jsonl"
    events.touch()
    job = Job(
        profile=PROFILE, inputs=(events,), alerts=tmp_path / "alerts.jsonl", traces="http://127.0.0.1:4318"
    )
    with pytest.raises(TracesError, match=r"pip install 'riskdesk\[traces\]'"):
        prepare(job)
    problems = [each.text for each in start_findings(job, lambda: 0) if each.weight is Weight.PROBLEM]
    assert [text for text in problems if "OpenTelemetry" in text]
    prepare(replace(job, traces=None))


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "ftp://there", "http://me:pass@there:4318"])
def test_what_is_no_address_of_a_collector_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(traces=url)
    assert "RISKDESK_TRACES" in str(caught.value)
    assert url not in str(caught.value)
