"""How the desk stands is told as the store has it, and a store that is away is said to be away."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from cases.store import Store, open_store
from cases.who import Who
from connectors.desk_watch import DeskWatch
from domain.findings import Severity
from observability.desk import DESCRIBED, DeskCollector
from tests.cases.made import HOUR_MS, NOON_MS, alert


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/desk.db"


def told(url: str) -> CollectorRegistry:
    """What is told of a store that nobody has asked before."""
    registry = CollectorRegistry()
    DeskCollector(DeskWatch(url), registry)
    return registry


def fill(store: Store) -> None:
    """Two cases of people, of which one is being worked."""
    store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL)], NOON_MS)
    store.cases.take_in([alert("b", "c2", "u2"), alert("c", "c2", "u2")], NOON_MS + HOUR_MS)
    store.work.next(Who("agent-1"), NOON_MS + HOUR_MS)


def test_cases_are_told_by_kind_band_and_status_with_the_oldest_and_the_first_that_is_due(url: str) -> None:
    with open_store(url) as store:
        fill(store)
        found = {case.status: case for case in store.cases.list()}
    sample = told(url).get_sample_value
    for status, ready_ms in (("working", NOON_MS), ("open", NOON_MS + HOUR_MS)):
        band = ("critical", "high", "rest")[found[status].band]
        labels = {"kind": "fraud", "band": band, "status": status}
        assert sample("riskdesk_queue_cases", labels) == 1
        assert sample("riskdesk_queue_oldest_timestamp_seconds", labels) == ready_ms / 1000
        assert sample("riskdesk_queue_next_due_timestamp_seconds", labels) == found[status].due_ms / 1000


def test_what_there_is_none_of_is_nothing_and_has_no_moment(url: str) -> None:
    open_store(url).close()
    sample = told(url).get_sample_value
    labels = {"kind": "device", "band": "high", "status": "escalated"}
    assert sample("riskdesk_store_readable") == 1
    assert sample("riskdesk_queue_cases", labels) == 0
    assert sample("riskdesk_queue_oldest_timestamp_seconds", labels) is None
    assert sample("riskdesk_alarms_unacknowledged", {"priority": "1"}) == 0
    assert sample("riskdesk_alarms_oldest_unacknowledged_timestamp_seconds", {"priority": "1"}) is None
    assert sample("riskdesk_outbox_waiting", {"topic": "core_banking"}) == 0
    assert sample("riskdesk_audit_unsealed_rows") == 0
    assert sample("riskdesk_audit_seal_timestamp_seconds") is None


def test_the_audit_is_unsealed_from_its_first_row_and_from_each_seal_on(url: str, keys_folder: Path) -> None:
    with open_store(url) as store:
        fill(store)
        rows = store.audit.verify().rows
        sample = told(url).get_sample_value
        assert sample("riskdesk_audit_unsealed_rows") == rows > 0
        assert sample("riskdesk_audit_oldest_unsealed_timestamp_seconds") >= NOON_MS / 1000
        store.audit.seal(NOON_MS + 2 * HOUR_MS)
        sample = told(url).get_sample_value
        assert sample("riskdesk_audit_unsealed_rows") == 0
        assert sample("riskdesk_audit_oldest_unsealed_timestamp_seconds") is None
        assert sample("riskdesk_audit_seal_timestamp_seconds") == (NOON_MS + 2 * HOUR_MS) / 1000
        store.work.next(Who("agent-2"), NOON_MS + 3 * HOUR_MS)
        sample = told(url).get_sample_value
        assert sample("riskdesk_audit_unsealed_rows") > 0
        assert sample("riskdesk_audit_oldest_unsealed_timestamp_seconds") == (NOON_MS + 3 * HOUR_MS) / 1000


def test_every_metric_of_the_desk_is_described_as_it_is_told(url: str) -> None:
    open_store(url).close()
    families = {family.name: family for family in told(url).collect()}
    assert {(metric.name, metric.meaning) for metric in DESCRIBED} == {
        (family.name, family.documentation) for family in families.values()
    }
    for metric in DESCRIBED:
        for sample in families[metric.name].samples:
            assert tuple(sample.labels) == metric.labels


def test_a_store_that_is_not_there_yet_is_away_and_then_there(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    watch = DeskWatch(url)
    assert watch() is None
    assert watch() is None
    assert caplog.text.count("cannot tell how the desk stands") == 1
    open_store(url).close()
    assert watch() is not None


def test_of_a_store_that_is_away_only_that_is_told(url: str) -> None:
    registry = told(url)
    samples = [sample for family in registry.collect() for sample in family.samples]
    assert [(sample.name, sample.value) for sample in samples] == [("riskdesk_store_readable", 0)]


def test_asking_waits_for_no_writer_and_holds_none_up(url: str, tmp_path: Path) -> None:
    open_store(url).close()
    watch = DeskWatch(url)
    watch()
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None, timeout=0)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert watch() is not None
        writer.execute("COMMIT")


def test_nobody_is_asked_while_the_metrics_are_put_together(tmp_path: Path) -> None:
    asked: list[None] = []
    DeskCollector(lambda: asked.append(None), CollectorRegistry())
    assert asked == []
