"""Events over HTTP, with real sockets: what is taken, refused and remembered."""

import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.client_server import tls_context
from connectors.errors import ListenError
from connectors.event_requests import EventRequests
from connectors.http_intake import HttpIntake
from connectors.intake import Room
from connectors.request_answers import REMEMBERED_MS, AnswerBook
from tests.connectors.http_listening import (
    HEAD,
    MOST_BYTES,
    Listener,
    Listening,
    ask,
    raw,
)
from tests.connectors.senders import (
    NUMBER,
    TOKEN,
    event,
    events,
    kept,
    taking,
)


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    found = Listening(tmp_path / "intake")
    yield found
    found.end()


@pytest.fixture
def listener(listening: Listening) -> Listener:
    return listening.start()


def test_lines_are_taken_and_on_disk_when_the_answer_comes(listener):
    status, said, _ = ask(listener, events(0, 3))
    assert (status, said) == (202, {"taken": 3})
    assert kept(listener.folder) == [0, 1, 2]


def test_gzip_is_unpacked_also_of_several_members(listener):
    body = gzip.compress(events(0, 2)) + gzip.compress(events(2, 1))
    assert ask(listener, body, Content_Encoding="gzip")[:2] == (202, {"taken": 3})
    assert kept(listener.folder) == [0, 1, 2]


def test_a_last_line_may_lack_its_newline_and_a_byte_order_mark_is_skipped(listener):
    assert ask(listener, b"\xef\xbb\xbf" + event(0))[0] == 202
    assert ask(listener, event(1))[0] == 202
    assert kept(listener.folder) == [0, 1]


def test_of_bad_lines_number_and_reason_are_told_without_card_numbers_and_good_ones_are_taken(listener):
    body = b"\n".join((event(0), b"not json", event(1), event(2, reference=NUMBER), event(3)))
    status, said, _ = ask(listener, body)
    assert status == 207
    assert (said["taken"], said["refused_lines"]) == (3, 2)
    assert [(each["line"], each["reason"]) for each in said["refused"]] == [
        (2, "not_json"),
        (4, "card_number"),
    ]
    assert NUMBER not in str(said)
    assert kept(listener.folder) == [0, 1, 3]


def test_when_no_line_is_good_nothing_is_taken(listener):
    status, said, _ = ask(listener, b"[]\n\n" + event(0, at="2026-03-05T12:00:00"))
    assert (status, said["taken"]) == (422, 0)
    assert [each["reason"] for each in said["refused"]] == ["not_an_object", "not_json", "naive_time"]
    assert kept(listener.folder) == []


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}],
)
def test_without_the_token_nothing_is_taken(listener, headers, caplog):
    status, said, answered = ask(listener, events(0, 1), **headers)
    assert (status, answered["WWW-Authenticate"]) == (401, "Bearer")
    assert TOKEN not in str(said)
    assert kept(listener.folder) == []
    assert "without a token of ours" in caplog.text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"no gzip", {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(events(0, 9))[:-9], {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(b" " * (MOST_BYTES + 1)), {"Content_Encoding": "gzip"}, 413),
        (b" " * (MOST_BYTES + 1), {}, 413),
        (events(0, 1), {"Content_Encoding": "br"}, 415),
        (events(0, 1), {"Idempotency_Key": "x" * 201}, 400),
        (events(0, 1), {"path": "/elsewhere"}, 404),
        (events(0, 1), {"method": "PUT"}, 501),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(listener, body, headers, status):
    found, said, _ = ask(listener, body, **headers)
    assert (found, said.keys()) == (status, {"error"})
    assert kept(listener.folder) == []


def test_a_repeat_of_a_request_gets_the_first_answer_and_changes_nothing(listener, listening):
    body = events(0, 2) + b"bad\n"
    first = ask(listener, body, Idempotency_Key="r1")
    assert first[0] == 207
    assert ask(listener, body, Idempotency_Key="r1")[:2] == first[:2]
    listening.end()
    again = listening.start()
    assert ask(again, body, Idempotency_Key="r1")[:2] == first[:2]
    assert kept(again.folder) == [0, 1]
    status, said, _ = ask(again, events(5, 1), Idempotency_Key="r1")
    assert (status, "other content" in said["error"]) == (422, True)
    assert kept(again.folder) == [0, 1]


def test_a_repeat_may_be_packed_anew_or_not_at_all(listener):
    for body, encoding in (
        (gzip.compress(events(0, 2), mtime=1), "gzip"),
        (gzip.compress(events(0, 2), mtime=2), "gzip"),
        (events(0, 2), "identity"),
    ):
        assert ask(listener, body, Idempotency_Key="r1", Content_Encoding=encoding)[0] == 202
    assert kept(listener.folder) == [0, 1]


def test_after_a_day_a_request_id_is_new(listener):
    ask(listener, events(0, 1), Idempotency_Key="r1")
    listener.now_ms[0] += REMEMBERED_MS
    assert ask(listener, events(0, 1), Idempotency_Key="r1")[0] == 202
    assert kept(listener.folder) == [0, 0]


def test_many_senders_at_once_lose_and_double_nothing_though_all_send_twice(listener):
    def send(number: int) -> None:
        while ask(listener, events(number * 10, 10), Idempotency_Key=f"r{number}")[0] == 409:
            time.sleep(0.005)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send, [*range(40), *range(40)]))
    assert sorted(kept(listener.folder)) == list(range(400))


def test_while_the_flow_is_behind_senders_are_told_when_to_come_again(listener):
    listener.behind.behind_bytes = 1001
    status, said, headers = ask(listener, events(0, 1))
    assert (status, headers["Retry-After"]) == (503, "5")
    assert said["error"] == "1,001 bytes are not read yet, and 1,000 may wait"
    status, said, _ = ask(listener, method="GET", path="/health")
    assert (status, said["error"][:11]) == (503, "1,001 bytes")
    assert kept(listener.folder) == []


def test_a_disk_without_room_takes_nothing(tmp_path):
    room = Room(tmp_path, least_free_bytes=1 << 60)
    with taking(tmp_path, room) as intake, AnswerBook(tmp_path, lambda: 0) as book:
        reply = EventRequests(intake, book, most_bytes=1000).take(events(0, 1), packed=False, request_id="r")
    assert (reply.answer.status, reply.retry_after_s) == (503, 5)


def test_health_needs_no_token(listener):
    assert ask(listener, method="GET", path="/health", Authorization="")[:2] == (200, {"status": "ok"})


def test_a_connection_takes_one_request_after_the_other(listener):
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(events(0, 1)) + events(0, 1)
    found = raw(listener, request + request + request.replace(b"Host: x", b"Connection: close"))
    assert found.count(b"202 Accepted") == 3
    assert kept(listener.folder) == [0, 0, 0]


def test_what_cannot_be_served_is_refused_at_the_start(listener, listening, tmp_path):
    with pytest.raises(ListenError, match="16 characters at least"):
        HttpIntake(("127.0.0.1", 0), listener.server.requests, [b"short"])
    with pytest.raises(ListenError, match=f"cannot listen on port {listener.server.port}"):
        HttpIntake(("127.0.0.1", listener.server.port), listener.server.requests, [TOKEN.encode()])
    with pytest.raises(ListenError, match="give PEM files"):
        tls_context(Path(__file__), None, None)
