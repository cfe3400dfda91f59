"""A TCP server of threads for strangers: bounds on clients, time and bytes, TLS, and a calm end."""

import io
import logging
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any

from connectors.errors import ListenError

log = logging.getLogger(__name__)

# What a client gets to open TLS, and to take an answer.
HANDSHAKE_S = 10.0
ANSWER_S = 10.0


class TooMuchError(Exception):
    """A client sent more than it may."""


class TimedReader(io.RawIOBase):
    """What a client sends, until a moment and up to a number of bytes: however slowly it drips.

    Raises TimeoutError and TooMuchError where `allow` says so.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Read from `connection`, nothing before `allow` was called."""
        self._connection = connection
        self._until_s = 0.0
        self._room_bytes = 0

    def allow(self, seconds: float, most_bytes: int) -> None:
        """From now on give it so long, and take so much."""
        self._until_s = monotonic() + seconds
        self._room_bytes = most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self._until_s - monotonic()
        if left_s <= 0:
            raise TimeoutError("the client took too long")
        if self._room_bytes <= 0:
            raise TooMuchError("the client sent too much")
        self._connection.settimeout(left_s)
        count = self._connection.recv_into(memoryview(buffer)[: self._room_bytes])
        self._room_bytes -= count
        return count


class ClientServer(ThreadingTCPServer):
    """Serves each client in a thread of its own, up to `most_clients` of them.

    One more is told `full` and sent away. With `tls` every connection begins with its handshake, in the
    client's thread. `on_client` is called for each one that is served. `end` lets those at work finish.
    """

    allow_reuse_address = True
    daemon_threads = True
    # Threads are awaited by `end`, which knows which of them only wait for a client.
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseRequestHandler],
        *,
        tls: ssl.SSLContext | None = None,
        most_clients: int = 128,
        full: bytes = b"",
    ) -> None:
        """Listen at once. Raises ListenError when the address cannot be had."""
        self.ending = False
        self.on_client: Callable[[], None] = lambda: None
        self._tls = tls
        self._most_clients = most_clients
        self._full = full
        self._clients: dict[socket.socket, bool] = {}  # whether it only waits
        self._changed = Condition()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        try:
            super().__init__(address, handler)
        except OSError as error:
            raise ListenError(
                f"cannot listen on port {address[1]} of {address[0]}: {error.strerror or error}; "
                "choose another"
            ) from None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    def waits(self, client: socket.socket, waiting: bool) -> None:
        """Say whether a client has nothing under way, so that it may be hung up on at the end."""
        with self._changed:
            if client in self._clients:
                self._clients[client] = waiting
            if waiting and self.ending:
                _hang_up(client)

    def get_request(self) -> tuple[socket.socket, Any]:
        client, address = super().get_request()
        if self._tls is not None:
            # Without the handshake, which a client can draw out: that is for its own thread.
            client = self._tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        return client, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        with self._changed:
            if len(self._clients) < self._most_clients:
                self._clients[request] = True
                self.on_client()
                return True
        log.warning("sent a client away: %d are served already", self._most_clients)
        if self._full and self._tls is None:
            request.setblocking(False)
            with suppress(OSError):
                request.send(self._full)
        return False

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self._tls is not None:
            request.settimeout(HANDSHAKE_S)
            request.do_handshake()
        super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._changed:
            self._clients.pop(request, None)
            self._changed.notify_all()
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if isinstance(error, OSError):
            # Clients leave, time out and fail at TLS all day.
            log.info("a connection broke off", extra={"error": str(error)})
        else:
            log.error("a client could not be served", exc_info=True)

    def end(self, grace_s: float) -> bool:
        """Take no more clients, let those at work finish, and say whether all did within `grace_s`."""
        self.shutdown()
        self.server_close()
        with self._changed:
            self.ending = True
            for client, waiting in self._clients.items():
                if waiting:
                    _hang_up(client)
            return self._changed.wait_for(lambda: not self._clients, grace_s)


def serve_until(server: ClientServer, stop: Event, every_s: float, tick: Callable[[], None]) -> None:
    """Serve until `stop` is set, and do `tick` every so often; the caller ends the server."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    while not stop.wait(every_s):
        tick()


def tls_context(certificate: Path, key: Path | None, client_authority: Path | None) -> ssl.SSLContext:
    """Make what serves TLS 1.2 or newer; with a `client_authority` only to clients that it signed for.

    Raises ListenError for files that are no certificates or keys.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password="")
        if client_authority is not None:
            context.load_verify_locations(client_authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except (ssl.SSLError, OSError) as error:
        raise ListenError(
            f"no TLS with {certificate}, {key or certificate} and {client_authority or 'no authority'}: "
            f"{error}; give PEM files, the key without a password"
        ) from None
    return context


def _hang_up(client: socket.socket) -> None:
    with suppress(OSError):
        # The plain socket's: that of a TLS socket would drop the encryption of what is still to be said.
        socket.socket.shutdown(client, socket.SHUT_RD)
