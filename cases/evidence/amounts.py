"""Amounts written out in words, as on a cheque: a figure can be altered by one stroke."""

from domain.money import minor_digits

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = ("", " thousand", " million", " billion", " trillion", " quadrillion")


def amount_spoken(amount_minor: int, currency: str) -> str:
    """Write an amount in words.

    >>> amount_spoken(1_234_567, "CNY"), amount_spoken(-500, "JPY")
    ('twelve thousand three hundred forty-five and 67/100 CNY', 'minus five hundred JPY')
    """
    unit = 10 ** minor_digits(currency)
    whole, rest = divmod(abs(amount_minor), unit)
    sign = "minus " if amount_minor < 0 else ""
    cents = f" and {rest:0{len(str(unit)) - 1}d}/{unit}" if unit > 1 else ""
    return f"{sign}{number_spoken(whole)}{cents} {currency}"


def number_spoken(number: int) -> str:
    """Write a whole number from 0 in words; from 10**18 on in figures.

    >>> number_spoken(0), number_spoken(1_000_017)
    ('zero', 'one million seventeen')
    """
    if number == 0:
        return _SMALL[0]
    if number >= 1000 ** len(_GROUPS):
        return f"{number:,}"
    words, group = [], 0
    while number:
        number, below_thousand = divmod(number, 1000)
        if below_thousand:
            words.append(_below_thousand(below_thousand) + _GROUPS[group])
        group += 1
    return " ".join(reversed(words))


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest:
        tens, ones = divmod(rest, 10)
        ending = f"-{_SMALL[ones]}" if ones else ""
        words.append(_SMALL[rest] if rest < len(_SMALL) else _TENS[tens] + ending)
    return " ".join(words)
