import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulation.tokens import Tokens


@given(st.integers(0, 2**32 - 1), st.sets(st.integers(0, 2**32 - 1), min_size=2, max_size=50))
def test_every_number_has_a_token_of_its_own_without_digits(seed: int, numbers: set[int]) -> None:
    tokens = Tokens(np.random.default_rng(seed), "crd")
    made = {tokens[number] for number in numbers}
    assert len(made) == len(numbers)
    assert all(re.fullmatch("crd-[a-z]{8}", token) for token in made)


def test_tokens_do_not_show_the_order_of_their_numbers() -> None:
    tokens = Tokens(np.random.default_rng(5), "crd").first(200)
    assert tokens != sorted(tokens)
    assert len({token[:6] for token in tokens}) > 50
