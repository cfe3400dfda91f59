"""One vectorised look at many lines: where they end, and which of them may hold a card number."""

import re

import numpy as np
import numpy.typing as npt

from domain.card_numbers import holds_card_number_in

Codes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]

_NEWLINE, _RETURN, _QUOTE, _OPEN, _BACKSLASH, _SPACE = b'\n\r"{\\ '
_LAST_ASCII = 0x7F
# `-./` and the digits lie side by side: what a card number is written with, beside a space.
_FIRST, _COUNT = ord("-"), ord("9") - ord("-") + 1
# Two of them, as booleans beside each other.
_PAIR = 0x0101
_NOWHERE: Places = np.array([], np.intp)
# An escape that may stand for a digit, for what parts digits, or for a control character; all others are
# harmless here. Latin letters, general punctuation, symbols, CJK and Hangul have no digits among them.
_HIDING_ESCAPE = re.compile(rb"\\(?![\"\\]|u(?:00[89a-fA-F]|0[1-5]|[2-9]|[bcBC]))")
_MERCHANT = re.compile(rb'"merchant"\s*:\s*"$')
_NAME_SPAN = 32


class Scanner:
    """Looks at chunks. It keeps its working memory: asking for it anew took longer than looking."""

    def __init__(self, chunk_bytes: int) -> None:
        """Be ready for chunks of `chunk_bytes`; longer ones are looked at as well."""
        self._make_room(chunk_bytes)

    def codes_of(self, chunk: memoryview) -> Codes:
        """Give the bytes of a chunk as numbers, without copying them."""
        if len(chunk) > len(self._shifted):
            self._make_room(len(chunk))
        return np.frombuffer(chunk, np.uint8)

    def line_ends(self, codes: Codes) -> Places:
        """Give the place of each newline."""
        return np.flatnonzero(np.equal(codes, _NEWLINE, out=self._found[: len(codes)]))

    def lines_to_check(self, chunk: memoryview, codes: Codes, ends: Places, *, whole: bool) -> frozenset[int]:
        """Give the numbers of the lines that may hold a card number or a control character in some string.

        `whole` says that the chunk is known to be whole JSON objects, so that quotes tell strings from
        numbers; otherwise more lines are named.
        """
        places = self._long_stretches(codes)
        if np.equal(codes, _BACKSLASH, out=self._found[: len(codes)]).any():
            hidden = [found.start() for found in _HIDING_ESCAPE.finditer(chunk)]
            places = np.append(places, np.array(hidden, np.intp))
        elif whole and len(places):
            places = _in_suspect_strings(bytes(chunk), codes, places)
        if codes.max() > _LAST_ASCII:
            places = np.append(places, _foreign_digits(codes))
        return frozenset(np.searchsorted(ends, places).tolist()) if len(places) else frozenset()

    def _long_stretches(self, codes: Codes) -> Places:
        """Find where 13 characters in a row, or at least 12, are such as card numbers are written with."""
        length = len(codes)
        found, other = self._found[:length], self._other[:length]
        np.less(np.subtract(codes, _FIRST, out=self._shifted[:length]), _COUNT, out=found)
        np.logical_or(found, np.equal(codes, _SPACE, out=other), out=found)
        # Among 13 in a row are 6 pairs that begin at even places: half as many to look at.
        count = length // 2
        pairs = np.equal(found[: count * 2].view(np.uint16), _PAIR, out=other[:count])
        rooms = found, other
        for number, reach in enumerate((1, 2, 2)):  # 2, 4, 6 in a row
            count = max(0, count - reach)
            pairs = np.logical_and(pairs[:count], pairs[reach : reach + count], out=rooms[number % 2][:count])
        return np.flatnonzero(pairs) * 2 if pairs.any() else _NOWHERE

    def _make_room(self, chunk_bytes: int) -> None:
        self._shifted = np.empty(chunk_bytes, np.uint8)
        self._found = np.empty(chunk_bytes, np.bool_)
        self._other = np.empty(chunk_bytes, np.bool_)


def one_object_a_line(codes: Codes, ends: Places) -> bool:
    """Tell whether every line begins with `{` and ends with `}`.

    In a chunk that decodes as a sequence of objects, as many as lines, each line is then one of them: a
    newline between `}` and `{` can lie within no JSON value.
    """
    if codes[0] != _OPEN or codes[ends[:-1] + 1].tobytes() != b"{" * (len(ends) - 1):
        return False
    last = codes[ends - 1]
    closed = b"}" * len(ends)
    return last.tobytes() == closed or np.where(last == _RETURN, codes[ends - 2], last).tobytes() == closed


def longest_line(ends: Places) -> int:
    """Give the length in bytes of the longest line, without its newline."""
    return int(max(ends[0], (ends[1:] - ends[:-1]).max(initial=0) - 1))


def _foreign_digits(codes: Codes) -> Places:
    """Find full-width and Arabic-Indic digits in UTF-8: EF BC 90, D9 A0 and DB B0 are their zeros."""
    first, second, third = codes[:-2], codes[1:-1], codes[2:]
    wide = (first == 0xEF) & (second == 0xBC) & (third >= 0x90) & (third <= 0x99)
    arabic = (first == 0xD9) & (second >= 0xA0) & (second <= 0xA9)
    extended = (first == 0xDB) & (second >= 0xB0) & (second <= 0xB9)
    return np.flatnonzero(wide | arabic | extended)


def _in_suspect_strings(chunk: bytes, codes: Codes, places: Places) -> Places:
    """Keep the places that lie in a string which holds a card number; there are no escaped quotes."""
    quotes = np.flatnonzero(codes == _QUOTE)
    before = np.searchsorted(quotes, places)
    strings = np.unique(before[before % 2 == 1])
    suspect = []
    for start, end in zip(quotes[strings - 1].tolist(), quotes[strings].tolist(), strict=True):
        field = "merchant" if _MERCHANT.search(chunk, max(0, start - _NAME_SPAN), start + 1) else ""
        if holds_card_number_in(field, chunk[start + 1 : end].decode()):
            suspect.append(start)
    return np.array(suspect, np.intp)
