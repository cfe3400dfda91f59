import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Timer

import pytest

from cases.errors import StoreBusy, StoreMissing
from cases.store import open_store
from connectors.case_queue import CaseQueueSink, patiently

AT_ONCE = (timedelta(0),) * 3


def test_a_batch_is_one_transaction(tmp_path, build, make_alert):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    partition = build(CaseQueueSink(url))
    with open_store(url) as desk:
        partition.write_batch([make_alert(1), make_alert(2)])
        assert sum(case.alerts for case in desk.cases.list()) == 2
        with pytest.raises(AttributeError):
            partition.write_batch([make_alert(3), "no alert"])
        assert sum(case.alerts for case in desk.cases.list()) == 2
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
    with open_store(f"sqlite:///{path}") as desk:
        assert sum(case.alerts for case in desk.cases.list()) == 1


def test_a_busy_store_is_asked_again_after_each_pause(caplog):
    answers = iter([StoreBusy("locked"), StoreBusy("locked"), 7])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, StoreBusy):
            raise answer
        return answer

    with caplog.at_level(logging.WARNING):
        assert patiently(ask, AT_ONCE) == 7
    assert len(caplog.records) == 2


@pytest.mark.parametrize(("error", "asked"), [(StoreBusy, 4), (StoreMissing, 1)])
def test_a_store_that_stays_busy_is_given_up_and_another_fault_at_once(error, asked):
    asks = []

    def ask() -> None:
        asks.append(1)
        raise error("no")

    with pytest.raises(error):
        patiently(ask, AT_ONCE)
    assert len(asks) == asked
