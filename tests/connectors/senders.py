"""What the tests of listeners share: events with a number, servers that run, and what lies in the folder."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from typing import Any, NamedTuple

import orjson

from connectors.client_server import ClientServer
from connectors.codec import Codec
from connectors.folder_writer import FolderWriter
from connectors.intake import Intake, Room
from tests.connectors.decoding import BOUNDS

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
TOKEN = "0123456789-a-token-of-a-test"
# Any number that passes the check digit: what must never be taken nor said again.
NUMBER = "4111 1111 1111 1111"


def event(number: int, **fields: Any) -> bytes:
    """Give the line of a transaction without its newline."""
    return orjson.dumps(
        {
            "kind": "transaction",
            "event_id": f"e{number}",
            "at": "2026-03-05T12:00:00Z",
            "card": f"c{number % 7}",
            "amount_minor": number,
            "currency": "CNY",
            "channel": "pos",
            "terminal": "t1",
            **fields,
        }
    )


def events(first: int, count: int) -> bytes:
    """Give lines of events with the numbers from `first` on."""
    return b"".join(event(number) + b"\n" for number in range(first, first + count))


def kept(folder: Path) -> list[int]:
    """Give the numbers of the events in a folder in their order; fails for a torn line.

    A blank line is what a writer makes of a line that a crash tore.
    """
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl")))
    assert content.endswith(b"\n") or not content
    return [orjson.loads(line)["amount_minor"] for line in content.splitlines() if line.strip()]


@contextmanager
def taking(folder: Path, room: Room | None = None) -> Iterator[Intake]:
    """Open an intake into a folder."""
    with FolderWriter(folder, clock=lambda: NOW) as writer:
        yield Intake(writer, Codec(BOUNDS), room or Room(folder, least_free_bytes=0))


@contextmanager
def served(server: ClientServer) -> Iterator[ClientServer]:
    """Serve in a thread until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        if thread.is_alive() and not server.ending:
            assert server.end(10)
        thread.join()


class Switch:
    """A flow that is so many bytes behind as somebody says."""

    def __init__(self) -> None:
        self.behind_bytes: int | None = 0

    def __call__(self) -> int | None:
        return self.behind_bytes


def connected(server: ClientServer) -> socket.socket:
    """Open a plain connection to a server."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def received(connection: socket.socket) -> bytes:
    """Read until the server has closed the connection."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


class Certificates(NamedTuple):
    """Files of a server, an authority that signed for a client, and that client; with their keys."""

    server: Path
    server_key: Path
    authority: Path
    client: Path
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Make certificates for this machine that hold for a day."""
    made = Certificates(*(folder / f"{name}.pem" for name in Certificates._fields))
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    name = ["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    for certificate, key in (
        (made.server, made.server_key),
        (made.client, made.client_key),
    ):
        run([*new, *name, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    made.authority.write_bytes(made.client.read_bytes())
    return made
