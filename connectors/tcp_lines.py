"""Events as lines over TCP, with an acknowledgement of every line that is on disk.

A sender writes JSON lines, as many as it likes without waiting. The server answers with JSON lines, such as
`{"lines": 1200, "refused": []}`: the first 1,200 lines of this connection are dealt with, the events among
them are on disk, and what was wrong with the others is said, each with its number counted from the
connection's beginning. A sender whose connection breaks off sends again what was not acknowledged.
"""

import logging
import socket
import ssl
from contextlib import suppress
from socketserver import BaseRequestHandler
from time import monotonic, sleep

import orjson

from connectors.client_server import ANSWER_S, ClientServer
from connectors.event_requests import told
from connectors.intake import Intake
from connectors.lines import LineCutter

log = logging.getLogger(__name__)

# One turn of a client: read, judged, on disk and acknowledged together.
_TURN_BYTES = 256 * 1024
_LOOK_FOR_ROOM_S = 0.2
_FULL = orjson.dumps({"error": "too many senders; come again later"}) + b"\n"


class TcpLines(ClientServer):
    """Serves senders of lines, each in a thread.

    A line must be whole within `line_s` of its beginning, and a sender may be silent for `idle_s`. Where the
    disk or the flow that follows is behind, nothing is read: the sender's own connection holds it up. At the
    end of a connection a last line without its newline is not taken, nor acknowledged.

    Guarantee: what was acknowledged is on disk. What was not may be kept or not: sent again, it may come
    twice, which detectors know by the event's id.
    """

    def __init__(
        self,
        address: tuple[str, int],
        intake: Intake,
        *,
        tls: ssl.SSLContext | None = None,
        most_clients: int = 128,
        line_s: float = 30.0,
        idle_s: float = 600.0,
    ) -> None:
        """Listen at once. Raises ListenError when the address cannot be had."""
        self.intake = intake
        self.line_s = line_s
        self.idle_s = idle_s
        super().__init__(address, _Handler, tls=tls, most_clients=most_clients, full=_FULL)


class _Handler(BaseRequestHandler):
    server: TcpLines
    request: socket.socket

    def handle(self) -> None:
        # At the end nothing more is read: what came already is taken and acknowledged.
        self.server.waits(self.request, True)
        cutter = LineCutter(_TURN_BYTES)
        lines = 0
        begun_s: float | None = None  # when the line that is not whole yet began
        with suppress(TimeoutError):
            while self._await_room() and (chunk := self._receive(begun_s)):
                data = b"".join(run.data for run in cutter.feed(chunk))
                if data:
                    lines += data.count(b"\n")
                    if not self._take(data, lines):
                        return
                if chunk.endswith(b"\n"):
                    begun_s = None
                elif begun_s is None or data:
                    begun_s = monotonic()

    def _await_room(self) -> bool:
        """Wait until more can be taken; False when the server ends meanwhile."""
        told_once = False
        while lacking := self.server.intake.room.lacking():
            if self.server.ending:
                return False
            if not told_once:
                log.warning("senders are held up: %s", lacking)
                told_once = True
            sleep(_LOOK_FOR_ROOM_S)
        return True

    def _receive(self, begun_s: float | None) -> bytes:
        until_s = monotonic() + self.server.idle_s if begun_s is None else begun_s + self.server.line_s
        self.request.settimeout(max(0.001, until_s - monotonic()))
        return self.request.recv(_TURN_BYTES)

    def _take(self, data: bytes, lines: int) -> bool:
        """Take whole lines, the last of which is number `lines` of the connection, and acknowledge them."""
        intake = self.server.intake
        good, refused = intake.judge(data)
        try:
            intake.keep(good)
        except OSError as error:
            log.error("lines could not be kept", extra={"error": error.strerror or str(error)})
            self._say({"error": "the disk does not take them; send again later what was not acknowledged"})
            return False
        before = lines - data.count(b"\n")
        numbered = [refusal._replace(line=before + refusal.line) for refusal in refused]
        self._say({"lines": lines, "refused_lines": len(numbered), "refused": told(numbered)})
        return True

    def _say(self, record: dict[str, object]) -> None:
        self.request.settimeout(ANSWER_S)
        self.request.sendall(orjson.dumps(record) + b"\n")
