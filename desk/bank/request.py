"""Questions to a system of the bank: one signed POST, and the answer or why there is none.

Signed as every request of riskdesk is (see domain.receivers): `Riskdesk-Timestamp` holds the seconds since
1970, `Riskdesk-Signature` what `signature` gives. Nothing of a question or an answer is logged or kept.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import httpx2

from domain.receivers import signature, why_unfit

_LONGEST_ANSWER = 8 << 20


class BankAddressUnfitError(ValueError):
    """The address of a system of the bank, or the secret shared with it, cannot be used."""


class BankAwayError(Exception):
    """No answer that could be used; the message says why, and nothing of what was asked or answered."""


@dataclass(frozen=True)
class BankRequest:
    """Asks at `url`; `clock` gives the time in milliseconds since 1970.

    Asked once: nothing is changed by it, and who waits can ask again. No proxy is used and no redirection
    followed. `url` is https, or http to this machine alone.
    """

    url: str
    secret: bytes = field(repr=False)
    clock: Callable[[], int]
    timeout_s: float = 3.0
    _trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be safe. Raises BankAddressUnfitError, naming neither secret nor password."""
        unfit = why_unfit(self.url, self.secret, "questions")
        if unfit is not None:
            raise BankAddressUnfitError(unfit)
        if self.timeout_s <= 0:
            raise BankAddressUnfitError("the bank needs some time to answer: give more than 0 seconds")

    def ask(self, body: bytes) -> bytes:
        """Give the answer to a body of JSON; raises BankAwayError for anything but 200 and a whole answer."""
        at_s = str(self.clock() // 1000)
        headers = {
            "Content-Type": "application/json",
            "Riskdesk-Timestamp": at_s,
            "Riskdesk-Signature": signature(self.secret, at_s, body),
        }
        until_s = monotonic() + self.timeout_s
        try:
            with (
                httpx2.Client(verify=self._trusted, trust_env=False, timeout=self.timeout_s) as client,
                client.stream("POST", self.url, content=body, headers=headers) as response,
            ):
                return _read(response, until_s)
        except httpx2.TimeoutException:
            raise BankAwayError(f"no answer within {self.timeout_s:g} seconds") from None
        except httpx2.HTTPError as error:
            raise BankAwayError(f"no answer ({type(error).__name__})") from None


def _read(response: httpx2.Response, until_s: float) -> bytes:
    """Read an answer; one that never ends is cut off, or it would hold up the page."""
    if response.status_code != 200:
        raise BankAwayError(f"it answered {response.status_code}")
    read = bytearray()
    for part in response.iter_bytes():
        read += part
        if len(read) > _LONGEST_ANSWER:
            raise BankAwayError("its answer is too long")
        if monotonic() > until_s:
            raise BankAwayError("its answer did not end in time")
    return bytes(read)
