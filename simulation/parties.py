"""Who is at the other end of a use without a terminal: online shops, other people and employers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.tokens import Tokens

Ints = NDArray[np.int64]

_ONLINE_TRADES = ("5399", "5732", "5651", "4814", "5815", "5499")
_ONLINE_SHOPS = 120


@dataclass(frozen=True)
class Parties:
    """Numbered one after another: the online shops, then `people` other people, then the employers."""

    tokens: list[str]
    people: int

    def online(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw online shops; a few sell most."""
        return (rng.random(count) ** 2 * _ONLINE_SHOPS).astype(np.int64)

    def person(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw other people."""
        return _ONLINE_SHOPS + rng.integers(self.people, size=count)

    def employer(self, employers: Ints) -> Ints:
        """Give the parties that are employers."""
        return _ONLINE_SHOPS + self.people + employers

    def mcc(self, party: int) -> str:
        """Give the merchant category code (ISO 18245) of an online shop."""
        return _ONLINE_TRADES[party % len(_ONLINE_TRADES)]


def draw(rng: np.random.Generator, people: int, employers: int) -> Parties:
    """Draw the parties of a bank that pays to `people` others."""
    tokens = Tokens(rng, "mer").first(_ONLINE_SHOPS) + Tokens(rng, "acc").first(people + employers)
    return Parties(tokens, people)
