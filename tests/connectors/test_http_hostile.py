"""Events over HTTP from whoever drips, floods or stays for ever, and the end of a listener."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.client_server import tls_context
from tests.connectors.http_listening import HEAD, Listener, Listening, ask, raw, until, until_clients
from tests.connectors.senders import (
    NUMBER,
    TOKEN,
    connected,
    events,
    kept,
    make_certificates,
    received,
)


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    found = Listening(tmp_path / "intake")
    yield found
    found.end()


@pytest.fixture
def listener(listening: Listening) -> Listener:
    return listening.start()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n{}\n", b"411"),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}\n", b"411"),
        (HEAD + b"Content-Length: -3\r\n\r\n{}\n", b"411"),
        (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}\n", b"411"),
        (HEAD + b"Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n", b"413"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", b"400"),
        (b"GET " + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET /health HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /health HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", b"431"),
        (f"GET {NUMBER} HTTP/1.1\r\n\r\n".encode(), b"400"),
    ],
)
def test_a_hostile_head_gets_one_answer_and_no_echo(listener, request_, status):
    found = raw(listener, request_)
    assert found.split(b" ")[1] == status
    assert found.count(b"HTTP/1.1") == 1
    assert NUMBER.encode() not in found


def test_a_body_is_asked_for_only_where_it_will_be_taken(listener):
    body = events(0, 1)
    with connected(listener.server) as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 202")


def test_a_client_that_drips_is_hung_up_on(listening):
    listener = listening.start(head_s=0.3, body_s=0.3, idle_s=0.3)
    for dripped in (b"", HEAD, HEAD + b"Content-Length: 100\r\n\r\n"):
        begun = time.monotonic()
        with connected(listener.server) as connection:
            connection.sendall(dripped)
            closed = threading.Event()
            drip = threading.Thread(target=_drip, args=(connection, closed, dripped))
            drip.start()
            assert received(connection) == b""
            closed.set()
            drip.join()
        assert time.monotonic() - begun < 5
    assert kept(listener.folder) == []


def _drip(connection: socket.socket, closed: threading.Event, dripped: bytes) -> None:
    while dripped and not closed.wait(0.05):
        try:
            connection.sendall(b"x")
        except OSError:
            return


def test_one_client_too_many_is_sent_away_and_the_others_are_served(listening):
    listener = listening.start(most_clients=2)
    with connected(listener.server), connected(listener.server):
        until_clients(listener, 2)
        assert raw(listener).startswith(b"HTTP/1.1 503")
    until_clients(listener, 0)
    assert ask(listener, events(0, 1))[0] == 202


def test_bodies_of_all_clients_together_have_a_bound(listening):
    listener = listening.start(most_pending_bytes=1000)
    with connected(listener.server) as connection:
        connection.sendall(HEAD + b"Content-Length: 900\r\n\r\n")
        until(lambda: listener.server.pending_bytes == 900)
        assert ask(listener, events(0, 1))[0] == 503
    until(lambda: ask(listener, events(0, 1))[0] == 202)


def test_the_end_lets_a_request_under_way_finish_and_hangs_up_on_idle_clients(listener):
    body = events(0, 2)
    with connected(listener.server) as idle, connected(listener.server) as busy:
        busy.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body[:50])
        until_clients(listener, 2)
        until(lambda: listener.server.pending_bytes > 0)
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(listener.server.end, 10)
            assert received(idle) == b""
            assert not ended.done()
            busy.sendall(body[50:])
            answer = received(busy)
            assert ended.result()
    assert answer.startswith(b"HTTP/1.1 202")
    assert b"Connection: close" in answer
    assert kept(listener.folder) == [0, 1]


def test_the_end_waits_only_so_long(listener):
    with connected(listener.server) as busy:
        busy.sendall(HEAD + b"Content-Length: 500\r\n\r\n")
        until(lambda: listener.server.pending_bytes > 0)
        assert not listener.server.end(0.2)


def test_over_tls_only_clients_with_a_certificate_are_served_where_that_is_asked(listening, tmp_path):
    made = make_certificates(tmp_path)
    tls = tls_context(made.server, made.server_key, made.authority)
    listener = listening.start(tls=tls)
    ours = ssl.create_default_context(cafile=str(made.server))
    ours.load_cert_chain(made.client, made.client_key)
    stranger = ssl.create_default_context(cafile=str(made.server))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for context, taken in ((ours, True), (stranger, False)):
        connection = http.client.HTTPSConnection("127.0.0.1", listener.server.port, context=context)
        try:
            connection.request("POST", "/events", events(0, 1), headers)
            assert taken == (connection.getresponse().status == 202)
        except (ssl.SSLError, ConnectionError):
            assert not taken
        finally:
            connection.close()
    assert raw(listener, HEAD + b"\r\n").find(b"HTTP") == -1
    assert kept(listener.folder) == [0]
