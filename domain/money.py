"""Money is an integer of minor units with its ISO 4217 code beside it; this is how it is read aloud."""

from functools import lru_cache

# ISO 4217 minor unit digits that are not 2.
_NO_DIGITS = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
    "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_MINOR_DIGITS = {
    **dict.fromkeys(_NO_DIGITS, 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    "CLF": 4,
    "UYW": 4,
}
# Digits of how many units make a dollar, to the nearest power of ten, where that is not one.
_DOLLAR_DIGITS = {
    **dict.fromkeys(("AED", "BRL", "CNY", "CZK", "DKK", "HKD", "MOP", "MXN", "MYR", "NOK", "PLN"), 1),
    **dict.fromkeys(("SAR", "SEK", "TWD", "ZAR"), 1),
    **dict.fromkeys(("INR", "ISK", "JPY", "PHP", "PKR", "RUB", "THB", "TRY"), 2),
    **dict.fromkeys(("CLP", "HUF", "KRW", "KZT"), 3),
    **dict.fromkeys(("IDR", "KHR", "LAK", "MNT", "UGX", "VND"), 4),
}


def minor_digits(currency: str) -> int:
    """Give how many decimal digits the minor unit of `currency` has."""
    return _MINOR_DIGITS.get(currency, 2)


def money_words(amount_minor: int, currency: str) -> str:
    """Write an amount as a person reads it.

    >>> money_words(1234567, "CNY"), money_words(-500, "JPY")
    ('CNY 12,345.67', 'JPY -500')
    """
    digits = minor_digits(currency)
    sign = "-" if amount_minor < 0 else ""
    whole, rest = divmod(abs(amount_minor), 10**digits)
    return f"{currency} {sign}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")


@lru_cache(maxsize=256)
def dollar_minor(currency: str) -> int:
    """Give about how many minor units make a dollar, to a power of ten: what an amount is large or small by.

    >>> dollar_minor("EUR"), dollar_minor("CNY"), dollar_minor("JPY")
    (100, 1000, 100)
    """
    return int(10 ** (minor_digits(currency) + _DOLLAR_DIGITS.get(currency, 0)))
