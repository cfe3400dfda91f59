"""Card messages over TCP, each behind its length, as events in a folder that a flow follows."""

import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from socketserver import BaseRequestHandler
from threading import Lock
from time import monotonic, sleep
from typing import NamedTuple

import msgspec
import orjson

from connectors.client_server import ANSWER_S, ClientServer
from connectors.dead_letter_lines import dead_letter_record
from connectors.folder_writer import FolderWriter
from connectors.intake import Room
from connectors.iso8583_frames import MAX_MESSAGE_BYTES, Frame, FrameCutter, Framing
from connectors.iso8583_network import NetworkAnswers
from connectors.iso8583_translator import CardTranslator
from domain.rejections import Reason, Rejected
from observability.beside import ListenerMetrics

log = logging.getLogger(__name__)

_CHUNK_BYTES = 64 * 1024
_TRY_AGAIN_S = 1.0
_encode = msgspec.json.Encoder().encode


class Bounds(NamedTuple):
    """What a sender may do: how large a message is, how long one may take to come, and a silence last."""

    message_bytes: int = MAX_MESSAGE_BYTES
    message_s: float = 30.0
    idle_s: float = 600.0


class CardIntake:
    """Translates what all senders send, and appends it: events to one folder, refusals to another.

    Senders may call at once. Nothing of a message but its event is ever on disk.
    """

    def __init__(
        self,
        translator: CardTranslator,
        events: FolderWriter,
        refused: FolderWriter,
        room: Room,
        clock: Callable[[], datetime],
        metrics: ListenerMetrics | None = None,
    ) -> None:
        """Write with `events` and `refused` while there is `room`; `clock` gives messages their year."""
        self.room = room
        self.metrics = metrics or ListenerMetrics()
        self.counts: Counter[str] = Counter()
        self._translator = translator
        self._events = events
        self._refused = refused
        self._clock = clock
        self._turn = Lock()
        self._unwritten: list[bytes] = []
        self._unwritten_refused: list[bytes] = []

    def take(self, sender: str, frames: Sequence[Frame]) -> list[Frame]:
        """Take messages in, for `write` to write; gives those of network management that ask something."""
        asking = []
        self.metrics.received_bytes.inc(sum(len(each.data) for each in frames))
        with self._turn:
            received = self._clock()
            for each in frames:
                told = self._translator.translate(each.data, received, monotonic(), sender, each.offset)
                self._unwritten += map(_encode, told.events)
                if told.rejected is not None:
                    self._unwritten_refused.append(_refusal(told.rejected))
                if told.message is not None and told.message.asks_of_network:
                    asking.append(each)
        return asking

    def refuse(self, sender: str, offset: int, detail: str) -> None:
        """Take in what is wrong with a connection, for `write` to write."""
        rejected = Rejected(
            partition=sender, offset=offset, reason=Reason.NOT_A_MESSAGE, detail=detail, raw=b""
        )
        with self._turn:
            self._unwritten_refused.append(_refusal(rejected))

    def write(self) -> None:
        """Write what was taken in. Raises OSError while the disk refuses: nothing is lost, try again."""
        with self._turn:
            self._events.append(self._unwritten)
            self.metrics.accepted.inc(len(self._unwritten))
            self._unwritten = []
            self._refused.append(self._unwritten_refused)
            self.metrics.refused.inc(len(self._unwritten_refused))
            self._unwritten_refused = []

    def keep(self) -> None:
        """Write what has waited long enough, and bring all to the disk; raises OSError as `write` does."""
        with self._turn:
            self._unwritten += map(_encode, self._translator.expired(monotonic()))
        self.write()
        for writer in (self._events, self._refused):
            writer.sync()
            writer.rotate_aged()

    def end(self) -> None:
        """Write all that still waits for a response: it will not be seen. Raises OSError as `write` does."""
        with self._turn:
            self._unwritten += map(_encode, self._translator.rest())
        self.write()

    def count(self, what: str, by: int = 1) -> None:
        """Count what senders do."""
        with self._turn:
            self.counts[what] += by

    def started(self) -> str:
        """Give the time, for the names of connections."""
        return self._clock().isoformat(timespec="milliseconds")


class CardMessages(ClientServer):
    """Serves senders of card messages, each in a thread.

    Guarantee: a message that was read is in the folder, or waits in memory for its response, when the next
    one is read, and on disk as the folder's writer says. Nothing is acknowledged: at a crash the requests
    that waited are lost, unless their responses come later; those then make events by themselves.

    Bad input: a message that cannot be read is refused, and the next one read. A length that cannot be right
    ends the connection. While the disk refuses or is full nothing is read, which holds senders up.
    """

    def __init__(
        self,
        address: tuple[str, int],
        intake: CardIntake,
        *,
        framing: Framing,
        answers: NetworkAnswers | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 immutable
        tls: ssl.SSLContext | None = None,
        most_clients: int = 64,
    ) -> None:
        """Listen at once. Raises ListenError when the address cannot be had."""
        self.intake = intake
        self.framing = framing
        self.answers = answers
        self.bounds = bounds
        super().__init__(address, _Handler, tls=tls, most_clients=most_clients)


class _Handler(BaseRequestHandler):
    server: CardMessages
    request: socket.socket

    def handle(self) -> None:
        # At the end nothing more is read; what came already is taken.
        self.server.waits(self.request, True)
        host, port = self.client_address[:2]
        intake = self.server.intake
        intake.count("connections")
        sender = f"{host}:{port} {intake.started()}"
        cutter = FrameCutter(self.server.framing, self.server.bounds.message_bytes)
        begun_s: float | None = None  # when the message that is not whole yet began
        try:
            while self._await_room() and (chunk := self._receive(begun_s)):
                before = cutter.offset
                frames, fault = cutter.feed(chunk)
                self._take(sender, frames)
                if fault is not None:
                    self._refuse(sender, cutter.offset, str(fault))
                    return
                if not cutter.torn_bytes:
                    begun_s = None
                elif begun_s is None or cutter.offset > before:
                    begun_s = monotonic()
        except TimeoutError:
            intake.count("timed_out")
        finally:
            intake.count("heartbeats", cutter.heartbeats)
        if cutter.torn_bytes:
            detail = f"the connection ended within a message, of which there are {cutter.torn_bytes} bytes"
            self._refuse(sender, cutter.offset, detail)

    def _await_room(self) -> bool:
        """Wait until more can be taken; False when the server ends meanwhile."""
        said = False
        while lacking := self.server.intake.room.lacking():
            if self.server.ending:
                return False
            if not said:
                log.warning("senders are held up: %s", lacking)
                said = True
            sleep(_TRY_AGAIN_S)
        return True

    def _receive(self, begun_s: float | None) -> bytes:
        bounds = self.server.bounds
        until_s = monotonic() + bounds.idle_s if begun_s is None else begun_s + bounds.message_s
        self.request.settimeout(max(0.001, until_s - monotonic()))
        return self.request.recv(_CHUNK_BYTES)

    def _take(self, sender: str, frames: Sequence[Frame]) -> None:
        intake = self.server.intake
        asking = intake.take(sender, frames)
        self._write()
        for each in asking:
            answer = self.server.answers and self.server.answers.answer(each.data)
            if answer:
                intake.count("answered")
                self._say(answer)

    def _refuse(self, sender: str, offset: int, detail: str) -> None:
        self.server.intake.refuse(sender, offset, detail)
        self._write()

    def _write(self) -> None:
        """Write, and while the disk refuses, hold the sender up."""
        said = False
        while True:
            try:
                self.server.intake.write()
                return
            except OSError as error:
                if self.server.ending:
                    raise
                if not said:
                    log.error("the disk does not take events", extra={"error": error.strerror or str(error)})
                    said = True
                sleep(_TRY_AGAIN_S)

    def _say(self, message: bytes) -> None:
        self.request.settimeout(ANSWER_S)
        self.request.sendall(message)


def _refusal(rejected: Rejected) -> bytes:
    return orjson.dumps(dead_letter_record(rejected))
