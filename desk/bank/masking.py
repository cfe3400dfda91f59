"""Numbers as pages show them: enough to tell one from another, too little to use."""

import re
from typing import Literal

from domain.card_numbers import LONGEST_NUMBER, SHORTEST_NUMBER

_HIDDEN = "****"
_HIDDEN_AT_LEAST, _TAIL, _HEAD = 4, 4, 3
# Of a card the first six and the last four digits may be shown (PCI DSS 3.4.1).
_CARD_HEAD, _CARD_TAIL = 6, 4
# Country codes that are written apart, with how many digits follow them.
_COUNTRIES = {"86": 11, "1": 10}
_NOT_DIGIT = re.compile(r"[^0-9*]")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,30}")
_CARD = re.compile(r"[0-9][0-9 -]*(?: demo)?")


def masked(number: str, kind: Literal["phone", "card"]) -> str:
    """Write over the middle of a number; one that is masked already is shortened to the same form.

    >>> masked("13812341234", "phone"), masked("+86 138 1234 1234", "phone"), masked("5550199", "phone")
    ('138****1234', '+86 138****1234', '****99')
    >>> masked("0000 0012 3456 7890 demo", "card")
    '000000******7890 demo'
    """
    digits = _NOT_DIGIT.sub("", number)
    if kind == "card":
        if len(digits) < SHORTEST_NUMBER:
            return _HIDDEN
        middle = "*" * (len(digits) - _CARD_HEAD - _CARD_TAIL)
        demo = " demo" if number.endswith(" demo") else ""
        return f"{digits[:_CARD_HEAD]}{middle}{digits[-_CARD_TAIL:]}{demo}"
    code, national = _divided(digits) if number.lstrip().startswith("+") else ("", digits)
    if len(national) < _HEAD + _TAIL + 1:
        return code + _HIDDEN + (national[-2:] if len(national) >= _HIDDEN_AT_LEAST + 2 else "")
    head = national[: min(_HEAD, len(national) - _TAIL - _HIDDEN_AT_LEAST)]
    return f"{code}{head}{_HIDDEN}{national[-_TAIL:]}"


def plausible(number: str, kind: Literal["phone", "card"]) -> bool:
    """Tell whether a text can be a number of its kind, so that nothing else is shown as one."""
    if kind == "phone":
        return _PHONE.fullmatch(number) is not None
    count = sum(character.isdigit() for character in number)
    return _CARD.fullmatch(number) is not None and SHORTEST_NUMBER <= count <= LONGEST_NUMBER


def _divided(digits: str) -> tuple[str, str]:
    """Divide an international number into its country's code, as it is written, and the rest."""
    for code, length in _COUNTRIES.items():
        if digits.startswith(code) and len(digits) == len(code) + length:
            return f"+{code} ", digits[len(code) :]
    return "+", digits
