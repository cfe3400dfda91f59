"""What the way into the queue tells: how long alerts took, and whether the flow waits for the store."""

from threading import Thread
from time import sleep

from connectors.case_queue import CaseQueueSink, Stamped
from domain.alerts import Reached
from observability.metrics import Metrics

NOON_MS = 1_772_712_000_000


def test_a_live_run_tells_how_long_each_alert_took_to_be_kept(tmp_path, build, make_alert):
    metrics = Metrics()
    sink = CaseQueueSink(
        f"sqlite:///{tmp_path / 'desk.db'}", metrics=metrics, clocks=("b",), now_ms=lambda: NOON_MS + 40
    )
    partition = build(sink)
    partition.write_batch(
        [Stamped(make_alert(1), NOON_MS), Stamped(make_alert(2), NOON_MS + 30), Reached("b", 1)]
    )
    partition.write_batch([Stamped(make_alert(3), NOON_MS + 50)])
    sample = metrics.registry.get_sample_value
    assert sample("riskdesk_alert_to_queue_seconds_count") == 3
    assert sample("riskdesk_alert_to_queue_seconds_sum") == 0.05
    assert sample("riskdesk_stored_alerts_total") == 3


def test_a_replay_tells_no_such_thing(tmp_path, build, make_alert):
    metrics = Metrics()
    build(CaseQueueSink(f"sqlite:///{tmp_path / 'desk.db'}", metrics=metrics)).write_batch([make_alert(1)])
    assert metrics.registry.get_sample_value("riskdesk_alert_to_queue_seconds_count") == 0
    assert metrics.registry.get_sample_value("riskdesk_stored_alerts_total") == 1


def test_a_flow_says_that_it_waits_for_the_store_while_it_does(own_server, build, make_alert):
    metrics = Metrics()
    partition = build(CaseQueueSink(own_server.url(), metrics=metrics))
    partition.write_batch([make_alert(1)])

    def waits() -> bool:
        return metrics.registry.get_sample_value("riskdesk_store_waiting") == 1

    assert not waits()
    own_server.stop()
    writer = Thread(target=partition.write_batch, args=([make_alert(2)],))
    writer.start()
    while writer.is_alive() and not waits():
        sleep(0.01)
    assert writer.is_alive()
    own_server.start()
    writer.join()
    assert not waits()
    assert metrics.registry.get_sample_value("riskdesk_stored_alerts_total") == 2
