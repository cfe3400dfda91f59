"""The port to the digits: telephone numbers and card numbers lie with the bank, and are looked up when shown.

Pages have masked numbers. Who needs the digits asks for them with a reason, and the page that shows them is
the only place they ever get to: nothing of this product stores or logs them.
"""

# ruff: noqa: N818 - the names are what the desk says, and the tree shows that they are errors.

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct

from desk.bank.masking import masked, plausible
from desk.bank.request import BankAwayError, BankRequest
from domain.card_numbers import passes_luhn

NumberKind = Literal["phone", "card"]
A = TypeVar("A", bound=Struct)


class VaultAway(Exception):
    """No number can be had now; the message is fit for the page and names no number."""


class NoVaultSetUp(VaultAway):
    """This installation is connected to no vault."""


class NumberUnknown(VaultAway):
    """The vault does not know this handle."""


class Purpose(Struct, frozen=True, kw_only=True):
    """Who needs a number for what; the bank's own log has it beside ours."""

    agent: str
    case: str
    reason: str


class CardVault(Protocol):
    """What knows the digits behind the bank's handles: a number's reference, a card's token."""

    def masked_numbers(self, handles: Sequence[str], kind: NumberKind) -> dict[str, str]:
        """Give masked numbers (`138****1234`) by handle, without those that are not known.

        Raises VaultAway.
        """

    def reveal_number(self, handle: str, kind: NumberKind, purpose: Purpose) -> str:
        """Give all digits of a number, to be shown and forgotten. Raises VaultAway, NumberUnknown."""


@dataclass(frozen=True)
class NoVault:
    """The vault of an installation that is connected to none."""

    def masked_numbers(self, handles: Sequence[str], kind: NumberKind) -> dict[str, str]:
        return {}

    def reveal_number(self, handle: str, kind: NumberKind, purpose: Purpose) -> str:
        raise NoVaultSetUp("no vault is set up here: look the number up in the bank's own system")


@dataclass(frozen=True)
class LoopbackVault:
    """Makes numbers up, always the same for a handle and a `seed`; for demonstrations and tests.

    Telephone numbers are of the range that is reserved for fiction in North America (555-0100 to 555-0199
    of each area). Card numbers begin with 0, as no bank's do, have a wrong check digit and say "demo".
    """

    seed: str = field(default="demo", repr=False)

    def masked_numbers(self, handles: Sequence[str], kind: NumberKind) -> dict[str, str]:
        return {handle: masked(self._number(handle, kind), kind) for handle in handles}

    def reveal_number(self, handle: str, kind: NumberKind, purpose: Purpose) -> str:
        return self._number(handle, kind)

    def _number(self, handle: str, kind: NumberKind) -> str:
        key = hmac.new(self.seed.encode(), f"{kind}:{handle}".encode(), sha256).digest()
        drawn = int.from_bytes(key[:8], "big")
        if kind == "phone":
            return f"+1 {200 + drawn % 800} 555 01{drawn // 800 % 100:02d}"
        digits = [int(digit) for digit in f"{drawn % 10**10:016d}"]
        if passes_luhn(digits):
            digits[-1] = (digits[-1] + 1) % 10
        said = "".join(map(str, digits))
        return f"{said[:4]} {said[4:8]} {said[8:12]} {said[12:]} demo"


class _Revealed(Struct, frozen=True):
    number: str | None

    def __repr__(self) -> str:
        """Say nothing of the number."""
        return "_Revealed(...)"


class _Masked(Struct, frozen=True):
    numbers: dict[str, str]

    def __repr__(self) -> str:
        """Say nothing of the numbers."""
        return "_Masked(...)"


@dataclass(frozen=True, init=False)
class HttpVault:
    """Asks a system of the bank, as `desk.bank.request` says.

    Masked numbers are asked for with `{"want": "masked", "kind": "phone", "handles": [...]}`; expected is
    `{"numbers": {handle: number}}`, and what comes in full is masked here. A number is asked for with
    `{"want": "number", "kind": ..., "handle": ..., "agent": ..., "case": ..., "reason": ...}`; expected is
    `{"number": "..."}`, or null for a handle that is not known.
    """

    _request: BankRequest

    def __init__(self, url: str, secret: bytes, clock: Callable[[], int], timeout_s: float = 3.0) -> None:
        """Ask at `url`. Raises BankAddressUnfitError."""
        object.__setattr__(self, "_request", BankRequest(url, secret, clock, timeout_s))

    def masked_numbers(self, handles: Sequence[str], kind: NumberKind) -> dict[str, str]:
        if not handles:
            return {}
        asked = {"want": "masked", "kind": kind, "handles": list(handles)}
        numbers = self._asked(asked, _Masked).numbers
        return {handle: masked(numbers[handle], kind) for handle in handles if handle in numbers}

    def reveal_number(self, handle: str, kind: NumberKind, purpose: Purpose) -> str:
        asked = {"want": "number", "kind": kind, "handle": handle, **msgspec.structs.asdict(purpose)}
        number = self._asked(asked, _Revealed).number
        if number is None:
            raise NumberUnknown(f"the bank's vault does not know {handle}")
        if not plausible(number, kind):
            raise VaultAway("the bank's vault answered something that is no number")
        return number

    def _asked(self, asked: Mapping[str, object], answer: type[A]) -> A:
        try:
            return msgspec.json.decode(self._request.ask(msgspec.json.encode(asked)), type=answer)
        except BankAwayError as error:
            raise VaultAway(f"the bank's vault is away: {error}") from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise VaultAway("the bank's vault answered something else than numbers") from None
