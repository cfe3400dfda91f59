"""The bank's core systems over HTTP: instructions as signed JSON, and what counts as carried out.

What the receiver does with a request: take `Riskdesk-Timestamp` (seconds since 1970), a dot and the body,
compute HMAC-SHA256 with the shared secret, and compare with `Riskdesk-Signature`, which is `v1=` and the
hexadecimal digits; refuse a timestamp that is minutes away, and do each `Idempotency-Key` once.
"""

import hmac
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPException, HTTPMessage
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

import orjson
from msgspec import to_builtins

from cases.actions.core_banking import Answer, CoreBanking, Instruction, Verdict
from connectors.errors import BankAddressError
from connectors.loopback_bank import LoopbackBank
from domain.card_masking import mask_text

_SHORTEST_SECRET = 16
_LONGEST_ANSWER = 16_384
_SHOWN = 300
# The bank has it in hand, is busy, or something between us and it is: the same key may be sent again.
_AGAIN = frozenset({202, 408, 409, 423, 425, 429})
# Our address or our secret is wrong, which somebody sets right while the instruction waits.
_OURS_TO_MEND = frozenset({401, 403, 407})


class _NoRedirect(HTTPRedirectHandler):
    """A signed instruction goes where the operator said and nowhere else."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


@dataclass(frozen=True)
class WebhookBank:
    """Sends each instruction as one POST to `url`; `clock` gives the time in milliseconds since 1970.

    Guarantee: none of its own; the executor sends again what is not answered, under the same key and with the
    same body. Done: 200, 201 and 204. Again later: no answer within `timeout_s`, a broken connection, 202
    (in hand), 408, 409, 423, 425, 429, every 5xx; and 3xx, 401, 403 and 407, as these are ours to mend.
    Rejected: everything else. Of what the bank answers, `reference` is kept from a JSON object, and the
    beginning of a refusal, with card numbers masked.

    No proxy is used and no redirection followed. `url` is https, or http to this machine alone.
    """

    url: str
    secret: bytes = field(repr=False)
    clock: Callable[[], int]
    timeout_s: float = 10.0
    _opener: OpenerDirector = field(
        default_factory=lambda: build_opener(ProxyHandler({}), _NoRedirect()), repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be safe. Raises BankAddressError, which names neither secret nor password."""
        parts = urlsplit(self.url)
        if parts.username or parts.password:
            raise BankAddressError(
                "the bank's address must hold no user or password; the signature proves us"
            )
        if (
            not (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts)))
            or not parts.hostname
        ):
            raise BankAddressError(
                f"{self.url!r} is no address for instructions; write https://host/path "
                "(http only to 127.0.0.1, ::1 or localhost)"
            )
        if len(self.secret) < _SHORTEST_SECRET:
            raise BankAddressError(f"the shared secret must have {_SHORTEST_SECRET} bytes at least")
        if self.timeout_s <= 0:
            raise BankAddressError("the bank needs some time to answer: give more than 0 seconds")

    def carry_out(self, instruction: Instruction) -> Answer:
        body = orjson.dumps(to_builtins(instruction), option=orjson.OPT_SORT_KEYS)
        try:
            return self._answer(self._request(instruction.key, body))
        except (OSError, HTTPException, ssl.SSLError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            return Answer(verdict=Verdict.RETRY, detail=f"no answer from the bank: {_short(str(reason))}")

    def _request(self, key: str, body: bytes) -> Request:
        at_s = str(self.clock() // 1000)
        return Request(
            self.url,
            data=body,
            method="POST",
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                "Riskdesk-Timestamp": at_s,
                "Riskdesk-Signature": signature(self.secret, at_s, body),
            },
        )

    def _answer(self, request: Request) -> Answer:
        until_s = monotonic() + self.timeout_s
        try:
            with self._opener.open(request, timeout=self.timeout_s) as response:
                return _judged(response.status, _read(response, until_s))
        except HTTPError as error:
            with error:
                return _judged(error.code, _read(error, until_s))


def signature(secret: bytes, at_s: str, body: bytes) -> str:
    """Give the signature of a body sent at `at_s` seconds since 1970, as the header carries it."""
    return f"v1={hmac.new(secret, at_s.encode() + b'.' + body, sha256).hexdigest()}"


def open_bank(
    url: str, secret: bytes | None, clock: Callable[[], int], timeout_s: float = 10.0
) -> CoreBanking:
    """Give the bank at `url`: https://... with a secret, or loopback:///path of a journal.

    Raises BankAddressError for any other, and for a webhook without a secret.
    """
    parts = urlsplit(url)
    if parts.scheme == "loopback":
        if parts.netloc or len(parts.path) < 2:
            raise BankAddressError(
                f"{url!r} names no journal; write loopback:///relative or loopback:////absolute"
            )
        return LoopbackBank(Path(parts.path[1:]))
    if secret is None:
        raise BankAddressError("a bank over HTTP needs the shared secret with which instructions are signed")
    return WebhookBank(url, secret, clock, timeout_s)


def _is_here(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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


def _judged(status: int, body: bytes) -> Answer:
    text = _short(body.decode("utf-8", "replace"))
    said = f"the bank answered {status}" + (f": {text}" if text else "")
    if status in (200, 201, 204):
        return Answer(verdict=Verdict.DONE, reference=_reference(body))
    if status in _AGAIN or status in _OURS_TO_MEND or status >= 500 or 300 <= status < 400:
        return Answer(verdict=Verdict.RETRY, detail=said)
    return Answer(verdict=Verdict.REJECTED, detail=said)


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
