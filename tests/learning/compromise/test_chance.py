"""Chance, and the stretch of time that is hardest to explain by it, against what is counted one by one."""

from math import exp, factorial, log, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.compromise.chance import fullest_stretch, log_chance, probability

Use = tuple[int, int, bool]
RATE = 0.02
USES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12), st.booleans()), min_size=1, max_size=40
)  # time, card, and whether the card turned bad where its number allows it


@given(st.integers(1, 40), st.floats(0.01, 60))
def test_the_chance_of_so_many_is_the_tail_of_the_poisson_distribution(count: int, expected: float) -> None:
    below = sum(exp(-expected) * expected**number / factorial(number) for number in range(count))
    if below < 0.999:
        assert probability(log_chance(count, expected)) == pytest.approx(1 - below, rel=1e-9)


def test_what_is_hardly_possible_is_no_nought() -> None:
    assert log_chance(10_000, 0.001) < -40_000
    assert 0 < probability(log_chance(10_000, 0.001)) < 1e-300
    assert probability(log_chance(0, 3.0)) == 1.0


def one_by_one(uses: list[Use], least: int) -> float | None:
    """Give the most that any stretch between two bad uses gains, counting cards in sets."""
    times = [at_ms for at_ms, _, bad in uses if bad]
    best = None
    for since in times:
        for until in times:
            held = {card: bad for at_ms, card, bad in uses if since <= at_ms <= until}
            count, expected = sum(held.values()), RATE * len(held)
            if count >= max(least, 3 * expected):
                gain = count * log(count / expected) - (count - expected)
                best = gain if best is None else max(best, gain)
    return best


@given(USES)
def test_the_stretch_found_is_the_best_of_all(drawn: list[Use]) -> None:
    # Whether a card turned bad is the card's: the even ones.
    uses = [(at_ms, card, card % 2 == 0) for at_ms, card, _ in drawn]
    at_ms, cards, bad = (np.array(column) for column in zip(*uses, strict=True))
    found = fullest_stretch(
        at_ms.astype(np.int64), cards.astype(np.int64), np.full(len(uses), RATE), bad, least=2, times=3.0
    )
    best = one_by_one(uses, 2)
    assert (found is None) == (best is None)
    if found is not None and best is not None:
        held = {card for when, card, _ in uses if found.since_ms <= when <= found.until_ms}
        assert found.seen == len(held)
        assert found.bad == sum(card % 2 == 0 for card in held)
        assert found.expected == pytest.approx(RATE * len(held))
        gain = found.bad * log(found.bad / found.expected) - (found.bad - found.expected)
        assert gain == pytest.approx(best)
        begins = len({when for when, _, turned in uses if turned})
        paid = log_chance(found.bad, found.expected) + log10(begins * (begins + 1) / 2)
        assert found.log_p == pytest.approx(min(0.0, paid))
