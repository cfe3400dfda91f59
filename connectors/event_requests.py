"""What a request that brings events is answered, whatever it came over: taken, in part, or not, and why."""

import logging
import zlib
from collections.abc import Sequence
from hashlib import blake2b
from http import HTTPStatus
from threading import Lock
from typing import NamedTuple

import orjson

from connectors.intake import Intake, Refusal
from connectors.request_answers import Answer, AnswerBook

log = logging.getLogger(__name__)

# So many refused lines are told one by one; what is wrong with thousands is wrong with the first.
MOST_TOLD = 1000
LONGEST_ID = 200
_RETRY_AFTER_S = 5


class Reply(NamedTuple):
    """An answer, and after how many seconds to come again where that is worth while."""

    answer: Answer
    retry_after_s: int | None = None


class EventRequests:
    """Takes the events of requests: JSON lines, plain or gzip, of at most `most_bytes`.

    202: all lines are on disk. 207: some are, and `refused` tells of each other its number and reason. 422:
    none is. 400: the content cannot be read. 409: a request of that id is under way. 413: too long. 503:
    come again after a while. Of these 202, 207 and 422 are remembered for a day under the request's id; its
    repeat gets the same answer and changes nothing, and other content under the same id is refused (422).

    Guarantee: what was answered 202 or 207 was on disk before; a request that was not answered may be kept
    or not, and one with an id can be sent again without being kept twice.
    """

    def __init__(self, intake: Intake, answers: AnswerBook, *, most_bytes: int) -> None:
        """Keep lines by `intake` and first answers in `answers`."""
        self.intake = intake
        self.most_bytes = most_bytes
        self._answers = answers
        self._under_way: set[str] = set()
        self._turn = Lock()

    def take(self, body: bytes, *, packed: bool, request_id: str | None) -> Reply:
        """Answer a request with a `body`, `packed` by gzip or not."""
        if request_id is None:
            return self._take(body, packed, None)
        if not 0 < len(request_id) <= LONGEST_ID or not (request_id.isascii() and request_id.isprintable()):
            return said(
                HTTPStatus.BAD_REQUEST, f"a request id has 1 to {LONGEST_ID} printable ASCII characters"
            )
        with self._turn:
            if request_id in self._under_way:
                return said(HTTPStatus.CONFLICT, "this request is under way; ask again for its answer", 1)
            self._under_way.add(request_id)
        try:
            return self._take(body, packed, request_id)
        finally:
            with self._turn:
                self._under_way.remove(request_id)

    def _take(self, body: bytes, packed: bool, request_id: str | None) -> Reply:
        try:
            data = unpacked(body, self.most_bytes) if packed else body
        except ContentError as error:
            return said(error.status, str(error))
        # Not of the packed bytes: who packs a repeat anew writes another time into them.
        digest = blake2b(data, digest_size=16).digest()
        known = None if request_id is None else self._answers.find(request_id)
        if known is not None:
            if known.digest == digest:
                return Reply(known.answer)
            return said(HTTPStatus.UNPROCESSABLE_ENTITY, "this request id came before with other content")
        lacking = self.intake.room.lacking()
        if lacking:
            return busy(lacking)
        if not data:
            return said(HTTPStatus.BAD_REQUEST, "there are no lines; send one JSON object a line")
        good, refused = self.intake.judge(data)
        answer = _answer(len(good), refused)
        try:
            self._keep(good, answer, request_id, digest)
        except OSError as error:
            log.error("lines could not be kept", extra={"error": error.strerror or str(error)})
            return busy("the disk does not take them")
        return Reply(answer)

    def _keep(self, good: list[bytes], answer: Answer, request_id: str | None, digest: bytes) -> None:
        if request_id is None:
            self.intake.keep(good)
            return
        self._answers.promise(request_id, digest, answer, good)
        try:
            self.intake.keep(good)
        except OSError:
            self._answers.withdraw(request_id)
            raise
        self._answers.confirm(request_id)


class ContentError(Exception):
    """A request's content cannot be read; `status` is what HTTP calls that."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        """Keep the status beside the words."""
        super().__init__(words)
        self.status = status


def unpacked(body: bytes, most_bytes: int) -> bytes:
    """Give the content of gzip members; raises ContentError where it is damaged or above `most_bytes`."""
    parts: list[bytes] = []
    room = most_bytes
    while body:
        # 16 + 15: a gzip header and the largest window.
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(body, room + 1)
        except zlib.error as error:
            raise ContentError(HTTPStatus.BAD_REQUEST, f"the content is no sound gzip ({error})") from None
        room -= len(part)
        if room < 0:
            raise too_long(most_bytes)
        if not member.eof:
            raise ContentError(HTTPStatus.BAD_REQUEST, "the gzip content is cut short")
        parts.append(part)
        body = member.unused_data
    return b"".join(parts)


def too_long(most_bytes: int) -> ContentError:
    """Give the error for content of more than `most_bytes`."""
    return ContentError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"a request may bring {most_bytes:,} bytes of lines; send them in several",
    )


def said(status: HTTPStatus, words: str, retry_after_s: int | None = None) -> Reply:
    """Give a reply that says what is wrong."""
    return Reply(Answer(status.value, orjson.dumps({"error": words})), retry_after_s)


def busy(words: str) -> Reply:
    """Give the reply for what can be done later."""
    return said(HTTPStatus.SERVICE_UNAVAILABLE, words, _RETRY_AFTER_S)


def told(refused: Sequence[Refusal]) -> list[dict[str, object]]:
    """Give the first refused lines as objects."""
    return [refusal._asdict() for refusal in refused[:MOST_TOLD]]


def _answer(taken: int, refused: Sequence[Refusal]) -> Answer:
    record: dict[str, object] = {"taken": taken}
    status = HTTPStatus.ACCEPTED
    if refused:
        status = HTTPStatus.MULTI_STATUS if taken else HTTPStatus.UNPROCESSABLE_ENTITY
        record |= {"refused_lines": len(refused), "refused": told(refused)}
    return Answer(status.value, orjson.dumps(record))
