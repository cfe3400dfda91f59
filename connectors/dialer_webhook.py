"""A telephone system (CTI) that places calls: one signed POST for each, as the core banking port's are.

The receiver checks `Riskdesk-Signature` as `domain.receivers` says, rings the agent's own telephone
first and then the number behind `reference`, and places one call for each `Idempotency-Key`.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

import orjson

from cases.calling.dialer import Dial, Dialled
from connectors.errors import DialerAddressError
from domain.card_masking import mask_text
from domain.instants import iso
from domain.receivers import signature, why_unfit

_LONGEST_ANSWER = 16_384
_LONGEST_NAME = 128
_PLACED = range(200, 300)
# Something between us is busy or broken: the same key may be sent again.
_AGAIN = frozenset({408, 425, 429, *range(500, 600)})


@dataclass(frozen=True)
class WebhookDialer:
    """Asks a telephone system at `url` to place each call; `clock` gives the time in milliseconds since 1970.

    Guarantee: one call for each key, as long as the receiver keeps to keys; asked `tries` times in all while
    nothing or a busy system answers. Placed: every 2xx; of the answer, `call` is kept from a JSON object.
    Not placed: everything else, redirections too. No proxy is used. `url` is https, or http to this machine.
    """

    url: str
    secret: bytes = field(repr=False)
    clock: Callable[[], int]
    timeout_s: float = 5.0
    tries: int = 2

    def __post_init__(self) -> None:
        """Refuse what cannot be safe. Raises DialerAddressError, which names neither secret nor password."""
        unfit = why_unfit(self.url, self.secret, "calls")
        if unfit is not None:
            raise DialerAddressError(unfit)
        if self.timeout_s <= 0 or self.tries < 1:
            raise DialerAddressError("the telephone system needs more than 0 seconds and one try at least")

    def dial(self, dial: Dial) -> Dialled:
        answer = Dialled(placed=False, words="the telephone system was not asked")
        for _ in range(self.tries):
            status, answer = self._ask(dial)
            if status is not None and status not in _AGAIN:
                break
        return answer

    def _ask(self, dial: Dial) -> tuple[int | None, Dialled]:
        """Send the call once; gives the status, None when nothing answered."""
        body = orjson.dumps(
            {
                "key": dial.key,
                "case": dial.case_id,
                "attempt": dial.attempt_id,
                "agent": dial.agent,
                "reference": dial.reference,
                "at": iso(dial.at_ms),
            },
            option=orjson.OPT_SORT_KEYS,
        )
        connection = self._connection()
        try:
            connection.request("POST", _target(urlsplit(self.url)), body, self._headers(dial.key, body))
            response = connection.getresponse()
            return response.status, _judged(response.status, response.read(_LONGEST_ANSWER))
        except (OSError, HTTPException, ssl.SSLError) as error:
            return None, Dialled(placed=False, words=f"the telephone system did not answer: {error}")
        finally:
            connection.close()

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        at_s = str(self.clock() // 1000)
        return {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Riskdesk-Timestamp": at_s,
            "Riskdesk-Signature": signature(self.secret, at_s, body),
        }

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        of = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return of(parts.hostname or "", parts.port, timeout=self.timeout_s)


def _judged(status: int, body: bytes) -> Dialled:
    if status in _PLACED:
        call = _call(body)
        words = "the telephone system rings you" + (f" (call {call})" if call else "")
        return Dialled(placed=True, words=words, call=call)
    return Dialled(placed=False, words=f"the telephone system did not place the call: it answered {status}")


def _call(body: bytes) -> str | None:
    """Give the name of the call from a JSON object, if there is one."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    call = answer.get("call") if isinstance(answer, dict) else None
    return mask_text(call)[:_LONGEST_NAME] if isinstance(call, str) and call.isprintable() else None


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
