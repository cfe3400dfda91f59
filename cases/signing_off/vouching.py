"""What the audit vouches for: that a version is the one that was added, and a decision the one that was made.

The digest of a version tells that it was changed, but who can write to the database could write another
digest beside it; the audit's keyed hashes they cannot make. What is hashed has a fixed form: a field that a
later riskdesk adds would make all that came before look altered.
"""

from hmac import compare_digest
from typing import Any

import msgspec

from cases.audit.chain import Head, audit_key_id, value_hash
from cases.audit.log import key_of, wrong_key
from cases.database import Database
from cases.errors import StoreError
from cases.signing_off.change import Change


def vouched(db: Database, object_: str, verb: str, value: Any) -> bool:
    """Say whether the audit has this act on an object; inside `reading` or `writing`.

    Where the key of the audit is not at hand, as on a machine that only runs a flow, it is taken on trust.
    Raises KeyTrouble for a key that is not this store's.
    """
    if not db.keys.has_audit_key:
        return True
    key = key_of(db)
    if Head.of(db).key_id not in ("", audit_key_id(key)):
        raise wrong_key(db)
    ours = str(value_hash(key, value))
    rows = db.rows("audit_of_act", object=object_, verb=verb)
    return any(compare_digest(row["after_h"], ours) for row in rows)


def check_count(db: Database, thing: str, name: str, verb: str, there: int, acts: str) -> None:
    """See that none of the acts on the versions of a name is gone, which would bring back what was before.

    `acts` is what they are called when there are several. Raises StoreError where the audit has another
    number of them than the store.
    """
    # In the order of ASCII, A follows @: between the two lie the versions of this name and no other's.
    (row,) = db.rows("audited_acts", low=f"{thing}:{name}@", high=f"{thing}:{name}A", verb=f"{thing}_{verb}")
    if row["acts"] != there:
        raise altered(name, f"the audit has {row['acts']} {acts} of it and the store {there}")


def altered(what: str, how: str) -> StoreError:
    """Say that something in the store is not what was signed off."""
    return StoreError(
        f"{what} is not what was signed off: {how}; run nothing from it, look at `riskdesk audit verify`, "
        "and restore the store from a backup"
    )


def verb_of(thing: str, change: Change) -> str:
    """Name in the audit what happened to a change last."""
    return f"{thing}_{'proposed' if change.decision is None else change.decision.verdict.value}"


def said_of(change: Change) -> dict[str, Any]:
    """Give what the audit keeps a hash of."""
    said: dict[str, Any] = {
        "name": change.name,
        "turn": change.turn,
        "number": change.number,
        "kind": change.kind.value,
        "maker": change.maker,
        "report": change.report and change.report.digest,
    }
    if change.since_ms is not None:
        said["since_ms"] = change.since_ms
    if change.standing is not None:
        said["standing"] = msgspec.to_builtins(change.standing)
    if change.decision is not None:
        said |= {"checker": change.decision.checker, "at_ms": change.decision.at_ms}
        if change.decision.since_ms is not None:
            said["in_force_ms"] = change.decision.since_ms
    return said
