"""Signed requests over HTTP to a receiver that the bank runs, and what counts as delivered.

What the receiver does with a request: take `Riskdesk-Timestamp` (seconds since 1970), a dot and the body,
compute HMAC-SHA256 with the shared secret, and compare with `Riskdesk-Signature`, which is `v1=` and the
hexadecimal digits; refuse a timestamp that is minutes away, and do each `Idempotency-Key` once.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from time import monotonic
from typing import IO, Any, ClassVar
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

import orjson

from cases.actions.core_banking import Answer, Verdict
from connectors.errors import ConnectorError, ReceiverAddressError
from domain.card_masking import mask_text
from domain.receivers import signature, why_unfit

_LONGEST_ANSWER = 16_384
_SHOWN = 300
# The receiver has it in hand, is busy, or something between us and it is: the same key may be sent again.
_AGAIN = frozenset({202, 408, 409, 423, 425, 429})
# Our address or our secret is wrong, which somebody sets right while the request waits.
_OURS_TO_MEND = frozenset({401, 403, 407})


class _NoRedirect(HTTPRedirectHandler):
    """A signed request goes where the operator said and nowhere else."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


@dataclass(frozen=True)
class SignedPost:
    """Sends one POST to `url` for each key; `clock` gives the time in milliseconds since 1970.

    Guarantee: none of its own; the caller sends again what is not answered, under the same key and with the
    same body. Done: 200, 201 and 204. Again later: no answer within `timeout_s`, a broken connection, 202
    (in hand), 408, 409, 423, 425, 429, every 5xx; and 3xx, 401, 403 and 407, as these are ours to mend.
    Rejected: everything else. Of what the receiver answers, `reference` is kept from a JSON object, and the
    beginning of a refusal, with card numbers masked.

    No proxy is used and no redirection followed. `url` is https, or http to this machine alone. A subclass
    names its receiver, what it sends there, and the error for an address or a secret that cannot be used.
    """

    receiver: ClassVar[str] = "the receiver"
    sends: ClassVar[str] = "messages"
    content_type: ClassVar[str] = "application/json"
    # Only what is carried out: 202 says that it is not yet.
    done: ClassVar[frozenset[int]] = frozenset({200, 201, 204})
    refusal: ClassVar[type[ConnectorError]] = ReceiverAddressError

    url: str
    secret: bytes = field(repr=False)
    clock: Callable[[], int]
    timeout_s: float = 10.0
    _opener: OpenerDirector = field(
        default_factory=lambda: build_opener(ProxyHandler({}), _NoRedirect()), repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be safe. Raises `refusal`, which names neither secret nor password."""
        unfit = why_unfit(self.url, self.secret, self.sends)
        if unfit is not None:
            raise self.refusal(unfit)
        if self.timeout_s <= 0:
            raise self.refusal(f"{self.receiver} needs some time to answer: give more than 0 seconds")

    def send(self, key: str, body: bytes) -> Answer:
        """Send a `body` of `content_type` under `key`, once; whatever happens on the way is an answer."""
        try:
            return self._answer(self._request(key, body))
        except (OSError, HTTPException, ssl.SSLError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            return Answer(
                verdict=Verdict.RETRY, detail=f"no answer from {self.receiver}: {_short(str(reason))}"
            )

    def _request(self, key: str, body: bytes) -> Request:
        at_s = str(self.clock() // 1000)
        return Request(
            self.url,
            data=body,
            method="POST",
            headers={
                "Content-Type": self.content_type,
                "Idempotency-Key": key,
                "Riskdesk-Timestamp": at_s,
                "Riskdesk-Signature": signature(self.secret, at_s, body),
            },
        )

    def _answer(self, request: Request) -> Answer:
        until_s = monotonic() + self.timeout_s
        try:
            with self._opener.open(request, timeout=self.timeout_s) as response:
                return self._judged(response.status, _read(response, until_s))
        except HTTPError as error:
            with error:
                return self._judged(error.code, _read(error, until_s))

    def _judged(self, status: int, body: bytes) -> Answer:
        text = _short(body.decode("utf-8", "replace"))
        said = f"{self.receiver} answered {status}" + (f": {text}" if text else "")
        if status in self.done:
            return Answer(verdict=Verdict.DONE, reference=_reference(body))
        if status in _AGAIN or status in _OURS_TO_MEND or status >= 500 or 300 <= status < 400:
            return Answer(verdict=Verdict.RETRY, detail=said)
        return Answer(verdict=Verdict.REJECTED, detail=said)


def _read(response: Any, until_s: float) -> bytes:
    """Read an answer; one that trickles in for ever is cut off, or it would hold up all behind it."""
    read = b""
    while len(read) < _LONGEST_ANSWER:
        if monotonic() > until_s:
            raise TimeoutError("the answer did not end in time")
        part = response.read1(_LONGEST_ANSWER - len(read))
        if not part:
            break
        read += part
    return read


def _reference(body: bytes) -> str | None:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    reference = said.get("reference") if isinstance(said, dict) else None
    return _short(str(reference)) if reference is not None else None


def _short(text: str) -> str:
    plain = "".join(character if character.isprintable() else " " for character in text)
    return mask_text(plain)[:_SHOWN].strip()
