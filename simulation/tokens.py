"""Opaque tokens: unique, repeatable from the seed, and without any meaning in their order."""

import numpy as np

# Letters only: digits in a row could be taken for a card or telephone number and be refused.
_LETTERS = "bcdfghjkmnpqrstv"
_LENGTH = 8


class Tokens:
    """The tokens of one kind of thing, `prefix` and eight letters for each number."""

    def __init__(self, rng: np.random.Generator, prefix: str) -> None:
        """Draw the mapping: multiplying by an odd number permutes the 32-bit integers."""
        self._prefix = prefix
        self._factor = int(rng.integers(2**31)) * 2 + 1
        self._shift = int(rng.integers(2**32))

    def __getitem__(self, number: int) -> str:
        """Give the token of a number from 0 to 2**32 - 1."""
        mixed = (number * self._factor + self._shift) % 2**32
        letters = (_LETTERS[mixed >> 4 * place & 15] for place in range(_LENGTH))
        return f"{self._prefix}-{''.join(letters)}"

    def first(self, count: int) -> list[str]:
        """Give the tokens of 0 to `count` - 1."""
        return [self[number] for number in range(count)]
