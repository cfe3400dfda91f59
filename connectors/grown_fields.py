"""Fields that a feed has grown: taken out of many lines at once, so that they can be decoded fast.

Judged line by line, a line with an unknown field takes seven times as long; a feed would keep it for months.
"""

import re
from functools import lru_cache

import msgspec
import numpy as np

from domain.card_numbers import holds_card_number, sensitive_name
from domain.events import Issued, Place, type_of_kind
from domain.telemetry import Counters

_UNKNOWN = re.compile(r"Object contains unknown field `([A-Za-z0-9_-]{1,64})`")
_KNOWN = frozenset({"kind"}).union(
    *(struct.__struct_fields__ for struct in (*type_of_kind.values(), Place, Issued, Counters))
)
# Values that need no further look: text, words, and numbers with too few digits for a card number.
_SIMPLE = (
    rb"(?:\"[^\"\\\x00-\x1f]*\"|true|false|null|-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,12})?)(?=[ \t\r]*[,}])"
)
_QUOTE = ord('"')


def unknown_field(error: msgspec.ValidationError) -> str | None:
    """Give the name of the unknown field that `error` is about, None when it is about something else.

    None as well for names that must be refused, or that are known elsewhere in an event.
    """
    found = _UNKNOWN.match(str(error))
    if found is None or found[1] in _KNOWN or sensitive_name(found[1]) or holds_card_number(found[1]):
        return None
    return found[1]


def without_field(chunk: bytes, name: str) -> tuple[bytes, int] | None:
    """Take a field out of the objects in `chunk`; gives what is left and how often it was there.

    None when that cannot be done safely. What is left is JSON exactly if `chunk` was.
    """
    if b"\\" in chunk or not _is_utf8(chunk):
        return None
    pattern = _pattern(name)
    starts = [found.start() for found in pattern.finditer(chunk)]
    quotes = np.flatnonzero(np.frombuffer(chunk, np.uint8) == _QUOTE)
    # Where as many quotes were opened as closed, so that no string is cut up.
    if not starts or (np.searchsorted(quotes, starts) % 2).any():
        return None
    return pattern.sub(b"", chunk), len(starts)


@lru_cache(maxsize=64)
def _pattern(name: str) -> re.Pattern[bytes]:
    return re.compile(rb",[ \t\r]*\"%s\"[ \t\r]*:[ \t\r]*" % re.escape(name.encode()) + _SIMPLE)


def _is_utf8(chunk: bytes) -> bool:
    try:
        chunk.decode()
    except UnicodeDecodeError:
        return False
    return True
