import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Timer

import pytest

from cases.errors import StoreBusy
from cases.policy import QueuePolicy
from cases.store import open_store
from connectors.case_queue import CaseQueueSink
from connectors.dead_letters import DeadLetterSink


def alerts_in(url: str) -> int:
    with open_store(url) as desk:
        return sum(case.alerts for case in desk.cases.list())


def test_a_batch_is_one_transaction(tmp_path, build, make_alert):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    partition = build(CaseQueueSink(url))
    partition.write_batch([make_alert(1), make_alert(2)])
    assert alerts_in(url) == 2
    with pytest.raises(AttributeError):
        partition.write_batch([make_alert(3), "no alert"])
    assert alerts_in(url) == 2
    assert partition.snapshot() is None


def test_the_store_is_opened_by_the_worker_that_writes(tmp_path):
    sink = CaseQueueSink(f"sqlite:///{tmp_path / 'desk.db'}")
    assert sink.list_parts() == ["cases"]
    assert list(tmp_path.iterdir()) == []


def test_a_flow_waits_while_another_process_holds_the_store(tmp_path, build, make_alert):
    path = tmp_path / "desk.db"
    partition = build(CaseQueueSink(f"sqlite:///{path}"))
    with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = Timer(0.2, lambda: other.execute("ROLLBACK"))
        release.start()
        partition.write_batch([make_alert(1)])
        release.join()
    assert alerts_in(f"sqlite:///{path}") == 1


def test_a_flow_waits_while_postgresql_is_away_and_goes_on_when_it_is_back(
    own_server, build, make_alert, make_rejected, caplog
):
    url = own_server.url()
    partition, letters = build(CaseQueueSink(url)), build(DeadLetterSink(url))
    partition.write_batch([make_alert(1), make_alert(2)])
    own_server.stop()
    back = Timer(0.7, own_server.start)
    back.start()
    with caplog.at_level(logging.WARNING):
        # The engine hands in nothing more while a batch is not written.
        partition.write_batch([make_alert(2), make_alert(3)])
        letters.write_batch([make_rejected(1)])
    back.join()
    assert "is away" in caplog.text
    assert alerts_in(url) == 3
    with open_store(url) as desk:
        assert len(desk.dead_letters.list()) == 1


def test_a_flow_that_starts_before_its_database_waits_for_it(own_server, build, make_alert):
    own_server.stop()
    back = Timer(0.3, own_server.start)
    back.start()
    build(CaseQueueSink(own_server.url())).write_batch([make_alert(1)])
    back.join()
    assert alerts_in(own_server.url()) == 1


def test_a_bank_may_have_the_flow_end_when_the_database_stays_away(tmp_path, build):
    policy = QueuePolicy(store_patience=timedelta(milliseconds=1))
    with pytest.raises(StoreBusy, match="is away"):
        build(CaseQueueSink(f"postgresql:///desk?host={tmp_path}", policy))
