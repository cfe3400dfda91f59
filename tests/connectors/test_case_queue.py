import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Timer

import pytest
from msgspec.structs import replace

from cases.errors import StoreBusy
from cases.policy import QueuePolicy
from cases.store import open_store
from connectors.case_queue import CaseQueueSink
from connectors.dead_letters import DeadLetterSink
from domain.alarms import Alarm
from domain.alerts import Reached
from observability.metrics import Metrics


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


def alarm_of(make_alert, number: int, minute: int):
    """Make the alert of a machine that a reset does not help, whose report came in some minute."""
    at_ms = 1_772_416_800_000 + minute * 60_000
    alarm = Alarm(code="cdm_fatal", component="dispenser", since_ms=at_ms)
    return replace(
        make_alert(number), scope="device", key=f"atm-{number}", at_ms=at_ms, told_ms=at_ms,
        card=None, customer=None, members=(), alarm=alarm,
    )  # fmt: skip


def test_alarms_wait_until_every_bucket_has_come_so_far_and_cards_do_not(tmp_path, build, make_alert):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    metrics = Metrics()
    partition = build(CaseQueueSink(url, metrics=metrics, clocks=["device:0", "device:1"]))
    first, second = alarm_of(make_alert, 1, 0), alarm_of(make_alert, 2, 9)
    later_ms = second.at_ms

    def shown() -> list[str]:
        with open_store(url) as desk:
            return [alarm.device for alarm in desk.alarms.list() if alarm.annunciated_at_ms is not None]

    partition.write_batch([second, Reached("device:0", later_ms), make_alert(3)])
    assert (shown(), alerts_in(url)) == ([], 1)
    # The other bucket is behind: what it has to say still comes before.
    partition.write_batch([first, Reached("device:1", first.at_ms + 60_000)])
    assert shown() == []
    partition.write_batch([Reached("device:1", later_ms)])
    assert shown() == ["atm-1"]
    partition.write_batch([Reached("device:0", later_ms + 600_000), Reached("device:1", later_ms + 600_000)])
    assert shown() == ["atm-1", "atm-2"]
    assert metrics.registry.get_sample_value("riskdesk_alarms_live") == 2


def test_what_came_again_after_a_crash_changes_no_alarm(tmp_path, build, make_alert):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    told = [alarm_of(make_alert, 1, 0), Reached("device:0", alarm_of(make_alert, 1, 5).at_ms)]
    build(CaseQueueSink(url, clocks=["device:0"])).write_batch(told)
    with open_store(url) as desk:
        before = desk.alarms.list()
    build(CaseQueueSink(url, clocks=["device:0"])).write_batch(told)
    with open_store(url) as desk:
        assert desk.alarms.list() == before
        assert len(before) == 1
