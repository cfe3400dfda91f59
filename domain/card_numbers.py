"""Card numbers, found: which text holds one, and which field names hold what a card must never give away.

A card number (PAN) is 13 to 19 digits with a check digit by Luhn (ISO/IEC 7812-1); the stream carries
tokens instead. Writing over what was found all the same is `domain.card_masking`.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

# Digits, the check digit among them.
SHORTEST_NUMBER, LONGEST_NUMBER = 13, 19
# The number and what proves that the card was there (PCI DSS 3.3), in lower case without separators.
SENSITIVE_NAMES = frozenset(
    {
        *("pan", "fullpan", "cardpan", "pannumber", "primaryaccountnumber"),
        *("cvv", "cvv2", "cvc", "cvc2", "cav2", "cardverificationvalue", "cardverificationcode"),
        *("securitycode", "cardsecuritycode"),
        *("pin", "pinblock", "pindata", "encryptedpinblock"),
        *("track", "track1", "track2", "track3", "trackdata", "track1data", "track2data", "track3data"),
        *("magstripe", "magstripedata", "magneticstripe", "magneticstripedata"),
    }
)

# Digits that people type instead of ASCII ones: full width, Arabic-Indic, extended Arabic-Indic.
FOREIGN_ZEROS = (0xFF10, 0x0660, 0x06F0)
ASCII_DIGITS = {zero + digit: ord("0") + digit for zero in FOREIGN_ZEROS for digit in range(10)}

# How card numbers are printed in groups: lengths of the groups, in order.
_PRINTED = frozenset(
    {
        *((length,) for length in range(SHORTEST_NUMBER, LONGEST_NUMBER + 1)),
        *((4, 4, 4, 4), (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3)),
        *((4, 6, 5), (4, 6, 4), (4, 3, 3, 3), (6, 13), (8, 8)),
    }
)
_FIRST_GROUPS = frozenset(lengths[0] for lengths in _PRINTED)
_MOST_GROUPS = max(map(len, _PRINTED))
# 0 and 1 are no bank's, 20 and 21 begin dates, 7 is fuel, 86 begins Chinese telephone numbers; of 8 remain
# RuPay, UnionPay (81, 82) and Uzcard (8600).
_ISSUED = re.compile(r"2[2-7]|[34569]|8[12]|8600")
# What must be in a text before it is worth a closer look.
_POSSIBLE = re.compile(r"[0-9](?:[ ./-]?[0-9]){12}")
_AMERICAN_EXPRESS = ("34", "37")
_STRETCH = re.compile(r"[0-9]+(?:[ ./-][0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
# Track 2 (`=`, or `D` where it is packed) and track 1 (`^`), ISO/IEC 7813: expiry and service code follow.
_TRACK = re.compile(r"([0-9]{13,19})(?:=[0-9]{4}|\^|(D[0-9]{7}))")
# What a digit counts for when Luhn's rule doubles it.
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_NOT_NAME = re.compile(r"[^a-z0-9]")


def passes_luhn(digits: Sequence[int]) -> bool:
    """Tell whether the last of `digits` is the check digit of the others.

    Source: H. P. Luhn, US patent 2,950,048 (1960); ISO/IEC 7812-1 annex B.
    """
    return (sum(digits[-1::-2]) + sum(DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


@lru_cache(maxsize=256)
def sensitive_name(name: str) -> bool:
    """Tell whether a field of this name, however it is spelt (`pinBlock`, `PIN-block`), must not be sent."""
    return _NOT_NAME.sub("", name.lower()) in SENSITIVE_NAMES


def holds_card_number(text: str) -> bool:
    """Tell whether `text` is or contains a card number or track data.

    A number counts where it stands alone, between characters that are no letters and no digits, plain or in
    the groups of a printed card; so hexadecimal tokens, UUIDs and timestamps do not. Misses: other groups,
    other alphabets. False alarms: one in ten numbers of 13 to 19 digits that begin like a card's.
    """
    if len(text) < SHORTEST_NUMBER:
        return False
    if not text.isascii():
        text = text.translate(ASCII_DIGITS)
    if text.isascii() and text.isdigit():
        return (len(text),) in _PRINTED and _is_number(text)
    if not _POSSIBLE.search(text):
        return False
    if any(packed is None or _is_number(number) for number, packed in _tracks(text)):
        return True
    return any(_stretch_holds_number(text, match) for match in _STRETCH.finditer(text))


def holds_card_number_in(field: str, text: str) -> bool:
    """Tell whether `text`, as the value of `field`, is or contains a card number or track data.

    Merchant numbers (ISO 8583 field 42) have 15 digits, as many as only American Express has on a card.
    """
    if field == "merchant" and len(text) == 15 and text.isdigit() and not text.startswith(_AMERICAN_EXPRESS):
        return False
    return holds_card_number(text)


def _tracks(text: str) -> list[tuple[str, str | None]]:
    return [(match[1], match[2]) for match in _TRACK.finditer(text)]


def _stretch_holds_number(text: str, stretch: re.Match[str]) -> bool:
    groups = _GROUP.findall(stretch[0])
    # A neighbour that is a letter makes the group part of a longer token.
    start, end = stretch.span()
    first = int(text[max(0, start - 1) : start].isalnum())
    last = len(groups) - int(text[end : end + 1].isalnum())
    return any(
        tuple(map(len, groups[begin:stop])) in _PRINTED and _is_number("".join(groups[begin:stop]))
        for begin in range(first, last)
        if len(groups[begin]) in _FIRST_GROUPS
        for stop in range(begin + 1, min(begin + _MOST_GROUPS, last) + 1)
    )


def _is_number(digits: str) -> bool:
    return _ISSUED.match(digits) is not None and passes_luhn([int(digit) for digit in digits])
