"""Money is an integer of minor units with its ISO 4217 code beside it; this is how it is read aloud."""

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
