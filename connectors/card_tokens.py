"""Card numbers become tokens at the edge, by a key that only the bank has."""

import hmac
from hashlib import sha256

from connectors.errors import CardKeyError

# As long as what it makes: a shorter key would be the easier thing to guess.
SHORTEST_KEY = 32
_TOKEN_BYTES = 16


class CardTokens:
    """Gives each card number its token: HMAC-SHA256 under the bank's key, 128 bits of it.

    The same number has the same token as long as the key stays; without the key nobody gets from a token to
    its number, nor by trying all numbers. Other systems of the bank make the same tokens with the same key.
    """

    def __init__(self, key: bytes | None) -> None:
        """Use `key`. Raises CardKeyError for one that is missing or too short, saying how to make one."""
        if not key or len(key) < SHORTEST_KEY:
            length = "there is no key" if not key else f"the key has {len(key)} bytes"
            raise CardKeyError(
                f"card numbers become tokens under a secret key, and {length}; make one of {SHORTEST_KEY} "
                "bytes or more with `(umask 077; openssl rand -hex 32 > card.key)` and name it with "
                "--card-key, or put it into RISKDESK_CARD_KEY; keep it, as another key gives other tokens"
            )
        if len(set(key)) < 8:
            raise CardKeyError(
                "the key for card numbers repeats itself; make one with `openssl rand -hex 32`"
            )
        self._keyed = hmac.new(key, digestmod=sha256)

    def token(self, number: str) -> str:
        """Give the token of a card number: `c` and 32 hexadecimal digits."""
        keyed = self._keyed.copy()
        keyed.update(number.encode("ascii"))
        return f"c{keyed.digest()[:_TOKEN_BYTES].hex()}"
