"""Receivers of the outbox's messages: a signed request to somebody's gateway, or a file of JSON lines."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from cases.actions.core_banking import Answer, Verdict
from cases.delivery.courier import Receiver
from cases.outbox import Message
from connectors.errors import ReceiverAddressError
from connectors.signed_post import SignedPost
from domain.instants import iso


class WebhookReceiver(SignedPost):
    """Sends each message as one signed POST; the courier sends again what is not answered."""

    def hand_over(self, message: Message) -> Answer:
        """Tell it."""
        return self.send(_key(message), _line(message))


@dataclass(frozen=True)
class FileReceiver:
    """Appends each message to `path` as a line of JSON; many may append at once.

    Guarantee: at least once. A line is on the disk before the message counts as delivered; one of a courier
    that died right then comes twice, with the same `key`. A disk that is full is tried again.
    """

    path: Path

    def hand_over(self, message: Message) -> Answer:
        """Write it down."""
        line = _line(message) + b"\n"
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                flock(file, LOCK_EX)  # half a line is cut off again, and must not take another's with it
                before = os.fstat(file).st_size
                if os.write(file, line) < len(line):
                    os.ftruncate(file, before)
                    return Answer(verdict=Verdict.RETRY, detail=f"{self.path} has no room left on its disk")
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            return Answer(
                verdict=Verdict.RETRY, detail=f"{self.path} cannot be written: {error.strerror or error}"
            )
        return Answer(verdict=Verdict.DONE)


def open_receiver(url: str, secret: bytes | None, clock: Callable[[], int], timeout_s: float) -> Receiver:
    """Give the receiver at `url`: https://... with a secret, or file:///path (file:////path from the root).

    Raises ReceiverAddressError for any other, and for a webhook without a secret.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc or len(parts.path) < 2:
            raise ReceiverAddressError(
                f"{url!r} names no file; write file:///relative/path or file:////absolute/path"
            )
        return FileReceiver(Path(parts.path[1:]))
    if secret is None:
        raise ReceiverAddressError(
            "a receiver over HTTP needs the shared secret with which messages are signed"
        )
    return WebhookReceiver(url, secret, clock, timeout_s)


def _key(message: Message) -> str:
    return f"{message.topic}:{message.key}"


def _line(message: Message) -> bytes:
    """Write what a receiver reads: the same bytes however often it is sent."""
    record = {
        "topic": message.topic,
        "key": _key(message),
        "at": iso(message.at_ms),
        "message": message.payload,
    }
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
