"""Events as lines over TCP, with real sockets."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from connectors.client_server import tls_context
from connectors.intake import Room
from connectors.tcp_lines import TcpLines
from tests.connectors.senders import (
    NUMBER,
    Switch,
    connected,
    event,
    events,
    kept,
    make_certificates,
    received,
    served,
    taking,
)


class Listener(NamedTuple):
    server: TcpLines
    folder: Path
    behind: Switch


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as opened:

        def start(**options: Any) -> Listener:
            folder, behind = tmp_path / "intake", Switch()
            folder.mkdir()
            room = Room(folder, least_free_bytes=0, behind=behind, most_behind_bytes=1000)
            server = TcpLines(("127.0.0.1", 0), opened.enter_context(taking(folder, room)), **options)
            opened.enter_context(served(server))
            return Listener(server, folder, behind)

        yield start


@pytest.fixture
def listener(start: Any) -> Listener:
    return start()


def said(listener: Listener, *parts: bytes) -> list[Any]:
    """Send parts and no more; give the answers until the server hangs up."""
    with connected(listener.server) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        return [orjson.loads(line) for line in received(connection).splitlines()]


def acknowledged(connection: socket.socket, lines: int) -> None:
    """Wait until so many lines are acknowledged."""
    answers = connection.makefile("rb")
    while orjson.loads(answers.readline())["lines"] < lines:
        pass


def test_lines_are_on_disk_when_they_are_acknowledged(listener):
    with connected(listener.server) as connection:
        connection.sendall(events(0, 3))
        acknowledged(connection, 3)
        assert kept(listener.folder) == [0, 1, 2]
        connection.sendall(events(3, 1))
        acknowledged(connection, 4)
    assert kept(listener.folder) == [0, 1, 2, 3]


def test_of_bad_lines_number_and_reason_are_told_and_good_ones_are_taken(listener):
    bad = b"no json\n" + event(1, reference=NUMBER) + b"\n"
    answers = said(listener, events(0, 1) + bad, events(2, 1) + b"\n")
    assert answers[-1]["lines"] == 5
    refused = [refused for answer in answers for refused in answer["refused"]]
    assert [(each["line"], each["reason"]) for each in refused] == [
        (2, "not_json"),
        (3, "card_number"),
        (5, "not_json"),
    ]
    assert NUMBER not in str(answers)
    assert kept(listener.folder) == [0, 2]


def test_a_line_without_its_end_is_neither_taken_nor_acknowledged(listener):
    assert said(listener, events(0, 2) + event(2))[-1]["lines"] == 2
    assert said(listener, event(3)) == []
    assert kept(listener.folder) == [0, 1]


def test_a_huge_line_is_one_refused_line_however_long(listener):
    answers = said(listener, events(0, 1), b"x" * 3_000_000, b"\n" + events(1, 1))
    refused = [(each["line"], each["reason"]) for answer in answers for each in answer["refused"]]
    assert refused == [(2, "too_long")]
    assert answers[-1]["lines"] == 3
    assert kept(listener.folder) == [0, 1]


def test_many_senders_at_once_lose_and_mix_nothing(listener):
    def send(number: int) -> int:
        lines = events(number * 1000, 1000)
        parts = [lines[at : at + 1009] for at in range(0, len(lines), 1009)]
        return int(said(listener, *parts)[-1]["lines"])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(8))) == [1000] * 8
    found = kept(listener.folder)
    assert sorted(found) == list(range(8000))
    for number in range(8):
        assert [each for each in found if each // 1000 == number] == list(
            range(number * 1000, (number + 1) * 1000)
        )


def test_while_the_flow_is_behind_nothing_is_read_and_then_it_goes_on(listener, caplog):
    listener.behind.behind_bytes = 1001
    with connected(listener.server) as connection:
        connection.sendall(events(0, 1))
        while "senders are held up: 1,001 bytes are not read yet" not in caplog.text:
            time.sleep(0.01)
        assert kept(listener.folder) == []
        listener.behind.behind_bytes = 0
        acknowledged(connection, 1)
    assert kept(listener.folder) == [0]


@pytest.mark.parametrize("dripped", [b"", b"x"])
def test_a_sender_that_drips_or_says_nothing_is_hung_up_on(start, dripped):
    listener = start(line_s=0.3, idle_s=0.3)
    stop = threading.Event()
    with connected(listener.server) as connection:

        def drip() -> None:
            while dripped and not stop.wait(0.05):
                try:
                    connection.sendall(dripped)
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        assert received(connection) == b""
        stop.set()
        dripping.join()
    assert kept(listener.folder) == []


def test_one_sender_too_many_is_told_and_sent_away(start):
    listener = start(most_clients=1)
    with connected(listener.server):
        while listener.server.clients < 1:
            time.sleep(0.01)
        with connected(listener.server) as another:
            assert orjson.loads(received(another))["error"].startswith("too many senders")


def test_the_end_takes_what_came_and_hangs_up(listener):
    with connected(listener.server) as connection, connected(listener.server) as idle:
        connection.sendall(events(0, 2) + event(2)[:20])
        acknowledged(connection, 2)
        assert listener.server.end(10)
        assert received(idle) == received(connection) == b""
    assert kept(listener.folder) == [0, 1]


def test_the_end_does_not_wait_for_a_flow_that_is_behind(listener):
    listener.behind.behind_bytes = 1001
    with connected(listener.server) as connection:
        connection.sendall(events(0, 1))
        while not listener.server.clients:
            time.sleep(0.01)
        assert listener.server.end(10)
        assert received(connection) == b""


def acknowledges(context: ssl.SSLContext, listener: Listener) -> bool:
    """Whether the server takes a line from who comes with a context's certificate."""
    try:
        with context.wrap_socket(connected(listener.server), server_hostname="127.0.0.1") as connection:
            connection.sendall(events(2, 1))
            return bool(connection.recv(100))
    except (ssl.SSLError, ConnectionError):
        return False


def test_over_tls_only_senders_with_a_certificate_are_served(start, tmp_path):
    made = make_certificates(tmp_path)
    listener = start(tls=tls_context(made.server, made.server_key, made.authority))
    ours = ssl.create_default_context(cafile=str(made.server))
    stranger = ssl.create_default_context(cafile=str(made.server))
    ours.load_cert_chain(made.client, made.client_key)
    with ours.wrap_socket(connected(listener.server), server_hostname="127.0.0.1") as connection:
        connection.sendall(events(0, 2))
        acknowledged(connection, 2)
        assert listener.server.clients == 1
        assert not acknowledges(stranger, listener)
        with connected(listener.server) as plain:
            plain.sendall(events(2, 1))
            assert b"lines" not in received(plain)
    assert kept(listener.folder) == [0, 1]
