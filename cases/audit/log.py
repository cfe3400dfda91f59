"""What writes the audit: one row for each act, in the transaction of the act itself."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from cases.audit.chain import Entry, Head, audit_key_id, chained, value_hash
from cases.database import Database
from cases.errors import KeyTrouble
from cases.who import Who
from domain.card_masking import mask_text

# The verb of having seen a person's data.
VIEWED = "viewed"


class Act(NamedTuple):
    """One act to record; `before` and `after` are kept as hashes, `reason` with card numbers masked."""

    who: Who
    verb: str
    object: str
    at_ms: int
    before: Any = None
    after: Any = None
    reason: str = ""


def record(
    db: Database,
    who: Who,
    verb: str,
    object_: str,
    at_ms: int,
    *,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> None:
    """Append a row to the audit; inside `writing`, so that the act lasts only together with its row.

    `object_` is written `kind:id`. The row gets its place in the chain right before the transaction commits.
    Raises KeyTrouble when the key is missing; the transaction does so at its end for a key that is not the
    store's.
    """
    record_all(db, (Act(who, verb, object_, at_ms, before, after, reason),))


def record_all(db: Database, acts: Iterable[Act]) -> None:
    """Append a row for each act, in their order; else as `record`."""
    for act in acts:
        db.at_end(_append, _entry(key_of(db), act))


def viewed(db: Database, who: Who, object_: str, now_ms: int, reason: str = "") -> None:
    """Record that `who` saw a person's data; inside `writing`."""
    record(db, who, VIEWED, object_, now_ms, reason=reason)


def wrong_key(db: Database) -> KeyTrouble:
    """Say that the key at hand is not the one that chains this store."""
    return KeyTrouble(
        f"the audit of this store is chained with key {Head.of(db).key_id}, and {db.keys.folder} holds "
        "another; point RISKDESK_KEYS to the folder of this store, or restore it from your backup"
    )


def key_of(db: Database) -> bytes:
    """Give the key of the audit; where that has rows, none is made, which would break the chain."""
    if not db.keys.has_audit_key and Head.of(db).seq:
        raise KeyTrouble(
            f"the audit of this store has rows, and their key is not in {db.keys.folder}; "
            "point RISKDESK_KEYS to the folder that belongs to this store, or restore it from your backup"
        )
    return db.keys.audit_key


def _entry(key: bytes, act: Act) -> Entry:
    """Write an act down, still without a place."""
    return Entry(
        seq=0,
        at_ms=act.at_ms,
        actor=act.who.name,
        role=act.who.role.value,
        session=act.who.session,
        verb=act.verb,
        object=act.object,
        before_h=value_hash(key, act.before),
        after_h=value_hash(key, act.after),
        reason=mask_text(act.reason),
    )


def lock_end(db: Database, added: int = 0) -> tuple[bytes, int, str]:
    """Lock the end of the chain for this transaction and make room for rows.

    Gives the key, and the number and hash of the last row so far. Raises KeyTrouble.
    """
    key = key_of(db)
    head = db.rows("advance_audit", added=added, key_id=audit_key_id(key))
    if not head:
        raise wrong_key(db)
    return key, head[0]["seq"], head[0]["hash"]


def _append(db: Database, acts: Sequence[Entry]) -> None:
    key, seq, last = lock_end(db, len(acts))
    rows = []
    for number, act in enumerate(acts, seq + 1):
        row = chained(key, act._replace(seq=number), last)
        rows.append(row._asdict())
        last = row.hash
    db.run_all("add_audit", rows)
    db.run("move_audit_head", hash=last)
