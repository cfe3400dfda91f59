"""How the rows of the audit are written down, hashed and chained."""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from cases.database import Database, Row

# What the first row follows.
GENESIS = "0" * 64
_KEY_ID_LENGTH = 16


class Entry(NamedTuple):
    """One row of the audit; `seq` counts from 1 without gaps."""

    seq: int
    at_ms: int
    actor: str
    role: str
    session: str
    verb: str
    object: str
    before_h: str | None
    after_h: str | None
    reason: str
    prev_hash: str = ""
    hash: str = ""


class Head(NamedTuple):
    """Where the chain ends, as the store says, and the name of the key that it is chained with."""

    seq: int
    hash: str
    key_id: str

    @classmethod
    def of(cls, db: Database) -> "Head":
        """Read it; inside `reading` or `writing`."""
        row = db.rows("audit_head")[0]
        return cls(row["seq"], row["hash"], row["key_id"])


def entries(rows: Iterable[Row]) -> list[Entry]:
    """Read rows of the store."""
    return [Entry(*(row[name] for name in Entry._fields)) for row in rows]


def chained(key: bytes, entry: Entry, prev_hash: str) -> Entry:
    """Give the row as it follows the one that has `prev_hash`."""
    return entry._replace(prev_hash=prev_hash, hash=row_hash(key, entry, prev_hash))


def row_hash(key: bytes, entry: Entry, prev_hash: str) -> str:
    """Give HMAC-SHA-256 over the hash before and the row's own fields."""
    fields = {name: getattr(entry, name) for name in Entry._fields[:-2]}
    return _keyed(key, b"row", prev_hash.encode() + canonical(fields))


def holds(key: bytes, entry: Entry) -> bool:
    """Tell whether a row reads as it was written, after a row with the hash it names."""
    return hmac.compare_digest(row_hash(key, entry, entry.prev_hash), entry.hash)


def value_hash(key: bytes, value: Any) -> str | None:
    """Give the keyed hash of something that was changed: keyed, so that nobody can guess it by trying."""
    return None if value is None else _keyed(key, b"value", canonical(value))


def audit_key_id(key: bytes) -> str:
    """Name a key without giving it away, so that a wrong one is noticed before it breaks the chain."""
    return _keyed(key, b"id", b"")[:_KEY_ID_LENGTH]


def canonical(value: Any) -> bytes:
    """Write a value as JSON, the same value always as the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "keys"):
        return {name: value[name] for name in value.keys()}  # noqa: SIM118 - a row of SQLite iterates values
    if isinstance(value, bytes):
        return sha256(value).hexdigest()
    raise TypeError(f"the audit cannot hash a {type(value).__name__}; give it plain values")


def _keyed(key: bytes, purpose: bytes, message: bytes) -> str:
    """Keep apart what is hashed for different purposes: no value's hash may pass for a row's."""
    return hmac.digest(key, purpose + b"\0" + message, "sha256").hex()
