"""Amounts in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.evidence.amounts import amount_spoken, number_spoken


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "CNY", "zero and 00/100 CNY"),
        (1, "CNY", "zero and 01/100 CNY"),
        (2_000_000, "CNY", "twenty thousand and 00/100 CNY"),
        (110_015, "EUR", "one thousand one hundred and 15/100 EUR"),
        (-500, "JPY", "minus five hundred JPY"),
        (1_234_567, "KWD", "one thousand two hundred thirty-four and 567/1000 KWD"),
    ],
)
def test_amounts_are_written_out(minor: int, currency: str, words: str) -> None:
    assert amount_spoken(minor, currency) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (19, "nineteen"),
        (40, "forty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (1_000_000, "one million"),
        (1_000_001, "one million one"),
        (10**18, "1,000,000,000,000,000,000"),
    ],
)
def test_numbers_are_written_out(number: int, words: str) -> None:
    assert number_spoken(number) == words


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_two_numbers_sound_alike(one: int, other: int) -> None:
    assert (number_spoken(one) == number_spoken(other)) == (one == other)
