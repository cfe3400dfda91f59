"""Where the next page begins, as an opaque text that programs hand back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from cases.errors import WrongUse
from cases.finding import Behind

_read = msgspec.json.Decoder(Behind).decode
_FAR_MS = 2**62


def written(behind: Behind | None) -> str | None:
    """Write a cursor; none behind the last page."""
    return None if behind is None else urlsafe_b64encode(msgspec.json.encode(behind)).decode()


def read(cursor: str | None) -> Behind | None:
    """Read a cursor. Raises WrongUse for what is none."""
    if cursor is None:
        return None
    try:
        behind = _read(urlsafe_b64decode(cursor.encode()))
    except (ValueError, msgspec.DecodeError):
        behind = None
    if behind is None or not -_FAR_MS < behind.at_ms < _FAR_MS or not behind.id.isprintable():
        raise WrongUse("this is no cursor; take the one that the page before gave as `next`")
    return behind
