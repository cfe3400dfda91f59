"""Events over HTTP: POST /events with a bearer token, and GET /health.

The standard library's handler reads requests here; what it leaves open is closed around it: how long a
request may take as a whole, how many bytes its head and body may have, how many clients there may be.
"""

import hmac
import logging
import ssl
from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedReader
from threading import Lock

import orjson

from connectors.client_server import ANSWER_S, ClientServer, TimedReader, TooMuchError
from connectors.errors import ListenError
from connectors.event_requests import EventRequests, Reply, busy, said, too_long
from connectors.request_answers import Answer

log = logging.getLogger(__name__)

SHORTEST_TOKEN = 16
EVENTS_PATH = "/events"
HEALTH_PATH = "/health"
REQUEST_ID = "Idempotency-Key"

_LONGEST_HEAD = 32 * 1024
# A request that was answered before it was read is heard out so far, or its sender may miss the answer.
_HEARD_OUT_BYTES = 1 << 20
_HEARD_OUT_S = 2.0
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class HttpIntake(ClientServer):
    """Serves senders over HTTP/1.1, each in a thread, with the answers of EventRequests.

    Before those: 401 without one of the `tokens`, 404, 405, 411 without a length, 413, 415, 431 and 503.
    A whole head must come within `head_s`, the whole body within `body_s`; a connection that stays open may
    idle for `idle_s`. The bodies of all clients together, `pending_bytes`, may have `most_pending_bytes`.
    """

    def __init__(
        self,
        address: tuple[str, int],
        requests: EventRequests,
        tokens: Collection[bytes],
        *,
        tls: ssl.SSLContext | None = None,
        most_clients: int = 128,
        most_pending_bytes: int = 64 << 20,
        head_s: float = 10.0,
        body_s: float = 60.0,
        idle_s: float = 60.0,
    ) -> None:
        """Listen at once. Raises ListenError without a token, or for one that can be guessed."""
        if not tokens or min(map(len, tokens)) < SHORTEST_TOKEN:
            raise ListenError(
                f"each token must have {SHORTEST_TOKEN} characters at least, and one must be there"
            )
        self.requests = requests
        self.head_s = head_s
        self.body_s = body_s
        self.idle_s = idle_s
        self._digests = [sha256(token).digest() for token in tokens]
        self.pending_bytes = 0
        self._most_pending_bytes = most_pending_bytes
        self._turn = Lock()
        super().__init__(address, _Handler, tls=tls, most_clients=most_clients, full=_FULL)

    def knows(self, token: bytes) -> bool:
        """Whether a token is one of ours, in the same time whichever it is or how it differs."""
        digest = sha256(token).digest()
        return any([hmac.compare_digest(digest, ours) for ours in self._digests])

    def reserve(self, size: int) -> bool:
        """Set memory aside for a body; False when others take too much of it."""
        with self._turn:
            if self.pending_bytes + size > max(self._most_pending_bytes, size):
                return False
            self.pending_bytes += size
            return True

    def release(self, size: int) -> None:
        """Give back what was set aside."""
        with self._turn:
            self.pending_bytes -= size

    def ailment(self) -> str:
        """Say why no events are taken now, "" when they are."""
        return "shutting down" if self.ending else self.requests.intake.room.lacking()


class _Handler(BaseHTTPRequestHandler):
    server: HttpIntake
    protocol_version = "HTTP/1.1"
    # Of a head that cannot be read: in HTTP/0.9 an answer would have no status.
    default_request_version = "HTTP/1.0"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.rfile.close()  # that one would wait for ever
        self._timed = TimedReader(self.connection)
        self.rfile = self._buffered = BufferedReader(self._timed, _LONGEST_HEAD)

    def handle_one_request(self) -> None:
        self.close_connection = True
        if not self._has_begun():
            return
        # What an answer to a head that cannot be read is made of.
        self.command, self.requestline, self.request_version = "", "", self.protocol_version
        self._timed.allow(self.server.head_s, _LONGEST_HEAD)
        try:
            super().handle_one_request()
        except TooMuchError:
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def do_GET(self) -> None:
        if self.path != HEALTH_PATH:
            self._turn_away(said(HTTPStatus.NOT_FOUND, f"there are {EVENTS_PATH} and {HEALTH_PATH}"))
            return
        ailment = self.server.ailment()
        if ailment:
            self._answer(busy(ailment))
        else:
            self._answer(Reply(Answer(HTTPStatus.OK.value, orjson.dumps({"status": "ok"}))))

    def do_POST(self) -> None:
        refusal = self._refusal()
        if refusal is not None:
            self._turn_away(refusal)
            return
        size = self._size() or 0
        packed = self._encoding() == "gzip"
        # What is packed takes as much again as it may be, unpacked.
        memory = size + self.server.requests.most_bytes if packed else size
        if not self.server.reserve(memory):
            self._turn_away(busy("too much is under way"))
            return
        try:
            self._timed.allow(self.server.body_s, size)
            body = self.rfile.read(size)
            if len(body) < size:
                self.close_connection = True  # the sender left
                return
            request_id = self.headers.get(REQUEST_ID)
            self._answer(self.server.requests.take(body, packed=packed, request_id=request_id))
        finally:
            self.server.release(memory)

    def handle_expect_100(self) -> bool:
        """Ask for the body only where it will be read."""
        refusal = self._refusal() if self.command == "POST" else None
        if refusal is None:
            self.connection.settimeout(ANSWER_S)
            return super().handle_expect_100()
        self.close_connection = True
        self._answer(refusal)
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what cannot be read as a request; what it was is not repeated to anybody."""
        del message, explain
        self.close_connection = True
        status = HTTPStatus(code)
        self._answer(said(status, status.phrase.lower()))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Leave the log to what somebody can act on."""

    def version_string(self) -> str:
        return "riskdesk"

    def _has_begun(self) -> bool:
        """Wait for the next request; False when the client has left or says nothing for too long."""
        self._timed.allow(self.server.idle_s, _LONGEST_HEAD)
        self.server.waits(self.connection, True)
        try:
            return bool(self._buffered.peek(1))
        except TimeoutError:
            return False
        finally:
            self.server.waits(self.connection, False)

    def _refusal(self) -> Reply | None:
        """Say what is wrong with a request of which only the head was read."""
        if self.path != EVENTS_PATH:
            return said(HTTPStatus.NOT_FOUND, f"there are {EVENTS_PATH} and {HEALTH_PATH}")
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.server.knows(token.strip().encode()):
            log.warning("refused a sender without a token of ours", extra={"sender": self.client_address[0]})
            return said(HTTPStatus.UNAUTHORIZED, "send a token of ours: Authorization: Bearer ...")
        size = self._size()
        if size is None:
            return said(HTTPStatus.LENGTH_REQUIRED, "send one Content-Length, and not in chunks")
        if size > self.server.requests.most_bytes:
            error = too_long(self.server.requests.most_bytes)
            return said(error.status, str(error))
        if self._encoding() not in ("", "identity", "gzip"):
            return said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the content may be plain or gzip, nothing else")
        return busy("shutting down") if self.server.ending else None

    def _size(self) -> int | None:
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) != 1 or "Transfer-Encoding" in self.headers:
            return None
        (length,) = lengths
        return int(length) if length.isascii() and length.isdecimal() and len(length) < 20 else None

    def _encoding(self) -> str:
        return str(self.headers.get("Content-Encoding", "")).strip().lower()

    def _turn_away(self, reply: Reply) -> None:
        """Answer a request whose body was not read, and hear out a little of it."""
        self.close_connection = True
        self._answer(reply)
        with suppress(TimeoutError, TooMuchError, OSError):
            self._timed.allow(_HEARD_OUT_S, _HEARD_OUT_BYTES)
            left = min(self._size() or 0, _HEARD_OUT_BYTES)
            while left > 0 and (part := self.rfile.read1(left)):
                left -= len(part)

    def _answer(self, reply: Reply) -> None:
        if self.server.ending:
            self.close_connection = True
        self.connection.settimeout(ANSWER_S)
        self.send_response(reply.answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply.answer.body)))
        if reply.retry_after_s is not None:
            self.send_header("Retry-After", str(reply.retry_after_s))
        if reply.answer.status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        if reply.answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.answer.body)
