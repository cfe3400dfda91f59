"""What amounts in different currencies have in common."""

import pytest

from domain.money import dollar_minor


@pytest.mark.parametrize(
    ("currency", "minor"),
    [
        ("USD", 100),
        ("EUR", 100),
        ("CNY", 1_000),
        ("JPY", 100),
        ("KRW", 1_000),
        ("KWD", 1_000),
        ("VND", 10_000),
    ],
)
def test_minor_units_that_make_about_a_dollar(currency: str, minor: int) -> None:
    assert dollar_minor(currency) == minor


def test_an_unknown_currency_is_taken_to_be_like_the_dollar() -> None:
    assert dollar_minor("XXX") == 100
