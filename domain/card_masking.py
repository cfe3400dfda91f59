"""Card numbers and secrets, written over in what was refused, so that it can be kept, shown and logged.

Refusing must be right; masking must be thorough: it writes over anything that could be a card number, and
sometimes a long number that is none.
"""

import re
from collections.abc import Iterator, Sequence

from domain.card_numbers import (
    ASCII_DIGITS,
    DOUBLED,
    FOREIGN_ZEROS,
    LONGEST_NUMBER,
    SENSITIVE_NAMES,
    SHORTEST_NUMBER,
)

_KEPT = 4
# A longer stretch of digits is no number that anyone needs to read, and trying its windows takes long.
_TRIED = 40

_DIGIT = f"[0-9{''.join(f'{chr(zero)}-{chr(zero + 9)}' for zero in FOREIGN_ZEROS)}]"
# Up to three characters, or escaped ones, may part the digits of one number.
_GAP = r"(?:[\s._/\u2010-\u2015-]|\\[tnr/]){0,3}"
# Whatever is shorter holds neither a number nor a track; looking for this first is quick.
_STRETCH = re.compile(f"(?:{_DIGIT}|[\\s._/\u2010-\u2015\\\\tnr-]){{{SHORTEST_NUMBER}}}")
_NUMBER = re.compile(f"{_DIGIT}(?:{_GAP}{_DIGIT}){{{SHORTEST_NUMBER - 1},}}")
_ONE_DIGIT = re.compile(_DIGIT)
_TRACK = re.compile(r"([0-9]{9,15})([0-9]{4})(?:[=D][0-9=?F]{4,}|\^[^\"^]*(?:\^[0-9?]*)?)")
# A line cut within a number: what is left of it is too short for a check digit.
_CUT_NUMBER = re.compile(f"{_DIGIT}{{9,}}$")
_BEFORE_COORDINATE = re.compile(r"\"(?:lat|lon)\"\s*:\s*-?$")
_COORDINATE = re.compile(r"[0-9]{1,3}\.[0-9]{1,17}(?=[\s,}])")
_NAME_SPAN = 32

_ESCAPE = re.compile(r"\\(?:[^u]|u([0-9a-fA-F]{4}))")
# What can be the name of a field, and the sign that its value follows.
_FIELD = re.compile(r"(?<![\w.-])(?P<name>[\w .-]{1,64}+)(?P<quote>\\*[\"'])?\s*(?:=>|[:=])\s*")
# Without these letters in a row there is no sensitive name.
_ROOTS = tuple(
    name for name in SENSITIVE_NAMES if not any(other in name for other in SENSITIVE_NAMES - {name})
)
# How people write secrets into a sentence, without a sign between: `cvv is 123`, `security code 1234`.
_CODE = rf"""
    (?<![A-Za-z0-9_.-])
    (?: (?:cvv2?|cvc2?|cvn2?|csc|security\ code|verification\ (?:code|value)) [\s,]{{1,3}}
        (?:(?:is|was|no\.?|number|code|given\ as) \s{{1,3}}){{0,2}} (?P<code>{_DIGIT}{{3,4}})
      | pin (?:\ code)? \s{{1,3}} (?:(?:is|was) \s{{1,3}})? (?P<pin>{_DIGIT}{{4,6}})
      | (?:安全码|校验码|验证码|CVV2?码?) \s{{0,3}} [是为]? \s{{0,3}} (?P<code_zh>{_DIGIT}{{3,6}})
      | 密码 \s{{0,3}} [是为]? \s{{0,3}} (?P<pin_zh>{_DIGIT}{{4,6}})
    )
    (?! [A-Za-z0-9_%°] | [-:/.,]{_DIGIT} )
    """
_SPOKEN = re.compile(_CODE, re.VERBOSE | re.IGNORECASE)
# Before a whole number it is a code; before less, it may be the first group of one.
_SPOKEN_APART = re.compile(rf"{_CODE} (?! {_GAP}{_DIGIT}{{1,12}}(?!{_DIGIT}))", re.VERBOSE | re.IGNORECASE)
_SPOKEN_ROOTS = ("cv", "csc", "code", "verification", "pin", "码")
_SEPARATORS = " _.-"
_WORD_END = re.compile(r"[^a-z0-9]+")
_MOST_WORDS = 4
_QUOTE = re.compile(r"(\\*)([\"'])")
_BARE = re.compile(r"[^\s,}\]]*")
_BRACKET = re.compile(r"[\[{}\]]")


def mask(raw: bytes) -> bytes:
    """Write over every card number, track and card secret in `raw`; of a number the last 4 digits stay.

    Bytes that are no UTF-8 are kept as they are; escapes of plain characters are written out, as they may
    hide digits. Misses: numbers spread over several fields, encoded twice or in another alphabet.
    """
    return mask_text(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def mask_text(text: str) -> str:
    """Write over every card number, track and card secret in `text`, as `mask` does."""
    text = _ESCAPE.sub(_written_out, text)
    text = "".join(_without_secrets(text))
    speaks = _may_speak(text)
    if speaks:
        text = _SPOKEN_APART.sub(_unspoken, text)
    if _STRETCH.search(text):
        text = _TRACK.sub(lambda track: "*" * len(track[1]) + track[2] + "=***", text)
        text = _NUMBER.sub(_masked_number, text)
    if text[-1:].isdigit():
        text = _CUT_NUMBER.sub(lambda cut: "*" * len(cut[0]), text)
    # Again behind the numbers: no digits of one are left to be taken for a code.
    return _SPOKEN.sub(_unspoken, text) if speaks else text


def _may_speak(text: str) -> bool:
    lower = text.lower()
    return any(root in lower for root in _SPOKEN_ROOTS)


def _unspoken(said: re.Match[str]) -> str:
    secret = said[said.lastgroup or 0]
    return said[0].removesuffix(secret) + "***"


def _written_out(escape: re.Match[str]) -> str:
    code = int(escape[1] or "0", 16)
    code = ASCII_DIGITS.get(code, code)
    # A quote, a backslash or a control character must stay escaped.
    return chr(code) if 0x20 <= code < 0x7F and chr(code) not in '"\\' else escape[0]


def _without_secrets(text: str) -> Iterator[str]:
    """Give `text` in pieces, with a blank for the value of each sensitive field."""
    squeezed = text.lower()
    for separator in _SEPARATORS:
        squeezed = squeezed.replace(separator, "")
    if not any(root in squeezed for root in _ROOTS):
        yield text
        return
    given_until = looked_until = 0
    while field := _FIELD.search(text, looked_until):
        looked_until = field.end()
        if _ends_sensitive(field["name"]):
            quote = field["quote"] or '"'
            yield text[given_until:looked_until]
            yield f"{quote}***{quote}"
            given_until = looked_until = _value_end(text, looked_until)
    yield text[given_until:]


def _ends_sensitive(name: str) -> bool:
    """Tell whether the last words of `name` are those of a sensitive field, such as `card_pin`."""
    words = _WORD_END.split(name.lower())
    return any("".join(words[-count:]) in SENSITIVE_NAMES for count in range(1, _MOST_WORDS + 1))


def _value_end(text: str, start: int) -> int:
    """Find where the value that begins at `start` ends, in text that need not be whole JSON."""
    if text.startswith(("[", "{"), start):
        return _closing_end(text, start)
    quote = _QUOTE.match(text, start)
    if quote is None:
        bare = _BARE.match(text, start)
        return bare.end() if bare else start
    # JSON within a JSON string escapes its quotes: the value ends at one with as many backslashes.
    for closing in _QUOTE.finditer(text, quote.end()):
        if closing[2] == quote[2] and len(closing[1]) <= len(quote[1]):
            return closing.end()
    return len(text)


def _closing_end(text: str, start: int) -> int:
    depth = 0
    for bracket in _BRACKET.finditer(text, start):
        depth += 1 if bracket[0] in "[{" else -1
        if not depth:
            return bracket.end()
    return len(text)


def _masked_number(stretch: re.Match[str]) -> str:
    """Write over the windows of a stretch of digits that could be card numbers."""
    if _is_coordinate(stretch):
        return stretch[0]
    places = [digit.start() for digit in _ONE_DIGIT.finditer(stretch[0])]
    masked = list(stretch[0])
    for start, end in _number_spans([int(masked[place]) for place in places]):
        for place in places[start : end - _KEPT]:
            masked[place] = "*"
    return "".join(masked)


def _is_coordinate(stretch: re.Match[str]) -> bool:
    """Tell whether the digits are a latitude or longitude, which whoever corrects the line needs."""
    text, start = stretch.string, stretch.start()
    if not _BEFORE_COORDINATE.search(text, max(0, start - _NAME_SPAN), start):
        return False
    coordinate = _COORDINATE.match(text, start)
    return coordinate is not None and coordinate.end() == stretch.end()


def _number_spans(digits: Sequence[int]) -> list[tuple[int, int]]:
    """Find the windows of 13 to 19 digits with a right check digit, joined where they overlap."""
    count = len(digits)
    if count > _TRIED:
        return [(0, count)]
    # Sums up to each digit, with the digits at even and at odd places taken as they are.
    sums = ([0], [0])
    for index, digit in enumerate(digits):
        as_is, doubled = sums[index % 2], sums[1 - index % 2]
        as_is.append(as_is[-1] + digit)
        doubled.append(doubled[-1] + DOUBLED[digit])
    spans: list[tuple[int, int]] = []
    for start in range(count - SHORTEST_NUMBER + 1):
        for end in range(start + SHORTEST_NUMBER, min(start + LONGEST_NUMBER, count) + 1):
            of_window = sums[(end - 1) % 2]
            if (of_window[end] - of_window[start]) % 10 == 0:
                joined = start, end
                if spans and start < spans[-1][1]:
                    before = spans.pop()
                    joined = before[0], max(before[1], end)
                spans.append(joined)
    return spans
