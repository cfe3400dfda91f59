"""The bank's core systems over HTTP: instructions as signed JSON, as `connectors.signed_post` sends them."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import orjson
from msgspec import to_builtins

from cases.actions.core_banking import Answer, CoreBanking, Instruction
from connectors.errors import BankAddressError, ConnectorError
from connectors.loopback_bank import LoopbackBank
from connectors.signed_post import SignedPost


class WebhookBank(SignedPost):
    """Sends each instruction as one signed POST; the executor sends again what is not answered."""

    receiver: ClassVar[str] = "the bank"
    sends: ClassVar[str] = "instructions"
    refusal: ClassVar[type[ConnectorError]] = BankAddressError

    def carry_out(self, instruction: Instruction) -> Answer:
        """Ask the bank."""
        return self.send(instruction.key, orjson.dumps(to_builtins(instruction), option=orjson.OPT_SORT_KEYS))


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
