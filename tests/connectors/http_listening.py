"""A listener for HTTP that runs in a test, and requests to it."""

import http.client
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from connectors.event_requests import EventRequests
from connectors.http_intake import HttpIntake
from connectors.intake import Room
from connectors.request_answers import AnswerBook
from tests.connectors.senders import TOKEN, Switch, connected, received, served, taking

MOST_BYTES = 1 << 20


class Listener(NamedTuple):
    server: HttpIntake
    folder: Path
    behind: Switch
    now_ms: list[int]


class Listening:
    """Starts listeners and ends them; a folder may have one after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()

    def start(self, **options: Any) -> Listener:
        behind, now_ms = Switch(), [1_772_712_000_000]
        self._folder.mkdir(exist_ok=True)
        room = Room(self._folder, least_free_bytes=0, behind=behind, most_behind_bytes=1000)
        intake = self._open.enter_context(taking(self._folder, room))
        book = self._open.enter_context(AnswerBook(self._folder, lambda: now_ms[0]))
        requests = EventRequests(intake, book, most_bytes=MOST_BYTES)
        server = HttpIntake(("127.0.0.1", 0), requests, [TOKEN.encode()], **options)
        self._open.enter_context(served(server))
        return Listener(server, self._folder, behind, now_ms)

    def end(self) -> None:
        self._open.close()


def ask(
    listener: Listener, body: bytes = b"", method: str = "POST", path: str = "/events", **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """Send a request of its own connection; headers are named with underscores."""
    connection = http.client.HTTPConnection("127.0.0.1", listener.server.port, timeout=20)
    sent = {"Authorization": f"Bearer {TOKEN}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    try:
        connection.request(method, path, body or None, sent)
        response = connection.getresponse()
        return response.status, orjson.loads(response.read()), dict(response.headers)
    finally:
        connection.close()


def raw(listener: Listener, *parts: bytes) -> bytes:
    """Send bytes as they are, and give everything that comes back until the server hangs up."""
    with connected(listener.server) as connection:
        for part in parts:
            connection.sendall(part)
        return received(connection)


HEAD = b"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"


def until_clients(listener: Listener, count: int) -> None:
    until(lambda: listener.server.clients == count)


def until(condition: Any) -> None:
    while not condition():
        time.sleep(0.01)
