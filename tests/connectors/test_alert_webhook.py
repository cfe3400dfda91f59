"""Alerts to an address over HTTP, with a real receiver."""

import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.alert_webhook import MOST_ALERTS, MOST_BYTES, AlertPost, AlertWebhookSink, requests_of
from connectors.errors import ReceiverAddressError, WebhookError
from connectors.stopping import StopSign
from domain.alerts import alert_record
from tests.connectors.webhooks import SECRET, receiver

NO_PAUSE = (timedelta(milliseconds=1),)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path)


def sink(path: str, secret: bytes = SECRET, **options: Any) -> AlertWebhookSink:
    post = AlertPost(receiver().url(path), secret, lambda: 1_772_712_000_000)
    return AlertWebhookSink(post, **{"pauses": NO_PAUSE, **options})


def test_alerts_come_signed_in_their_order_as_the_records_that_files_hold(path, build, make_alert):
    alerts = [make_alert(number) for number in (3, 1, 2)]
    partition = build(sink(path))
    partition.write_batch(alerts[:2])
    partition.write_batch(alerts[2:])
    first, second = receiver().requests[path]
    assert [*first.alerts, *second.alerts] == [alert_record(alert) for alert in alerts]
    assert first.key != second.key


def test_the_same_alerts_come_again_under_the_same_key(path, build, make_alert):
    for _ in range(2):
        build(sink(path)).write_batch([make_alert(1), make_alert(2)])
    first, second = receiver().requests[path]
    assert first == second


@pytest.mark.parametrize("answer", [500, 503, 429, 401, 302, 0, -1])
def test_a_receiver_in_trouble_is_asked_again_and_the_order_is_kept(path, build, make_alert, answer):
    receiver().answers[path] = [answer] * 3
    partition = build(sink(path))
    for number in range(3):
        partition.write_batch([make_alert(number)])
    assert receiver().ids(path) == [make_alert(number).id for number in range(3)]
    assert receiver().asked[path] == 6


def test_after_the_patience_the_flow_ends_and_nothing_is_skipped(path, build, make_alert):
    receiver().answers[path] = [503] * 100
    partition = build(sink(path, patience=timedelta(milliseconds=20)))
    with pytest.raises(WebhookError, match=r"could not be delivered within 0\.02 s, and none is skipped"):
        partition.write_batch([make_alert(1)])
    assert receiver().asked[path] == 21
    receiver().answers[path] = []
    build(sink(path)).write_batch([make_alert(1)])
    assert receiver().ids(path) == [make_alert(1).id]


def test_a_refusal_ends_the_flow_at_once_and_says_so(path, build, make_alert):
    receiver().answers[path] = [400]
    with pytest.raises(
        WebhookError, match="refused, and none is skipped: the receiver of alerts answered 400"
    ):
        build(sink(path)).write_batch([make_alert(1)])
    assert receiver().asked[path] == 1


def test_a_wrong_secret_delivers_nothing(path, build, make_alert):
    partition = build(sink(path, b"another secret, as long", patience=timedelta(0)))
    with pytest.raises(WebhookError, match="answered 401"):
        partition.write_batch([make_alert(1)])
    assert receiver().ids(path) == []


def test_a_stop_is_not_held_up_by_a_receiver_that_is_away(build, make_alert):
    stop = StopSign()
    post = AlertPost("http://127.0.0.1:9/alerts", SECRET, lambda: 0)
    partition = build(AlertWebhookSink(post, stop=stop, pauses=(timedelta(hours=1),)))
    threading.Timer(0.2, stop.ask, ["SIGTERM"]).start()
    begun_s = time.monotonic()
    with pytest.raises(WebhookError, match="no answer from the receiver of alerts"):
        partition.write_batch([make_alert(1)])
    assert time.monotonic() - begun_s < 60


def test_many_alerts_are_cut_into_requests_of_a_bounded_size(make_alert):
    alerts = [make_alert(number) for number in range(2 * MOST_ALERTS + 1)]
    cut = list(requests_of(alerts))
    assert [len(part) for part, _ in cut] == [MOST_ALERTS, MOST_ALERTS, 1]
    assert [alert for part, _ in cut for alert in part] == alerts
    long = [make_alert(number) for number in range(3)]
    for alert in long:
        alert.evidence["words"] = "x" * (MOST_BYTES // 2)
    assert [len(part) for part, _ in requests_of(long)] == [1, 1, 1]


@pytest.mark.parametrize("url", ["http://alerts.bank.example/", "ftp://x/", "https://me:word@x.example/"])
def test_an_address_that_is_not_safe_is_refused(url):
    with pytest.raises(ReceiverAddressError):
        AlertPost(url, SECRET, lambda: 0)
