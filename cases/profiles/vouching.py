"""What the audit vouches for: that a version is the one that was added, and a decision the one that was made.

The digest of a version tells that it was changed, but who can write to the database could write another
digest beside it; the audit's keyed hashes they cannot make. What is hashed has a fixed form: a field that a
later riskdesk adds would make all that came before look altered.
"""

from hmac import compare_digest
from typing import Any

from cases.audit.chain import Head, audit_key_id, value_hash
from cases.audit.log import key_of, record, wrong_key
from cases.database import Database
from cases.errors import StoreError
from cases.profiles.change import Change
from cases.profiles.version import Content, Version
from cases.who import Who

_ADDED = "profile_added"


def record_version(db: Database, version: Version, who: Who, now_ms: int) -> None:
    """Write into the audit that a version was added; inside `writing`."""
    record(db, who, _ADDED, f"profile:{version.what}", now_ms, after=_version(version), reason=version.reason)


def record_change(db: Database, change: Change, who: Who, now_ms: int, reason: str) -> None:
    """Write into the audit what was proposed, or decided, about a version; inside `writing`."""
    after = _change(change)
    record(
        db, who, _verb(change), f"profile:{change.name}@{change.number}", now_ms, after=after, reason=reason
    )


def check_version(db: Database, version: Version, content: Content) -> None:
    """See that a version is what was added; inside `reading` or `writing`.

    Where the key of the audit is not at hand, as on a machine that only runs a flow, the digest alone is
    looked at. Raises StoreError for what was altered, and KeyTrouble for a key that is not this store's.
    """
    if content.digest != version.digest:
        raise _altered(version.what, "its text or its tables do not have the digest they were added with")
    if not _vouched(db, version.what, _ADDED, _version(version)):
        raise _altered(version.what, "the audit vouches for no such version")


def check_change(db: Database, change: Change) -> None:
    """See that a decision is one that was made; as `check_version`."""
    if not _vouched(db, f"{change.name}@{change.number}", _verb(change), _change(change)):
        raise _altered(f"{change.name}@{change.number}", f"the audit vouches for no {_verb(change)} of it")


def check_approvals(db: Database, name: str, approved: int) -> None:
    """See that no approval of a profile is gone, which would bring back what was in force before it.

    Raises StoreError where the audit has another number of them than the store.
    """
    # In the order of ASCII, A follows @: between the two lie the versions of this profile and no other's.
    (row,) = db.rows("audited_approvals", low=f"profile:{name}@", high=f"profile:{name}A")
    if row["approvals"] != approved:
        raise _altered(name, f"the audit has {row['approvals']} approvals of it and the store {approved}")


def _vouched(db: Database, what: str, verb: str, value: Any) -> bool:
    if not db.keys.has_audit_key:
        return True
    key = key_of(db)
    if Head.of(db).key_id not in ("", audit_key_id(key)):
        raise wrong_key(db)
    ours = str(value_hash(key, value))
    rows = db.rows("audit_of_profile", object=f"profile:{what}", verb=verb)
    return any(compare_digest(row["after_h"], ours) for row in rows)


def _altered(what: str, how: str) -> StoreError:
    return StoreError(
        f"{what} is not what was signed off: {how}; run nothing from it, look at `riskdesk audit verify`, "
        "and restore the store from a backup"
    )


def _verb(change: Change) -> str:
    return f"profile_{'proposed' if change.decision is None else change.decision.verdict.value}"


def _version(version: Version) -> dict[str, Any]:
    return {"name": version.name, "number": version.number, "digest": version.digest}


def _change(change: Change) -> dict[str, Any]:
    said = {
        "name": change.name,
        "turn": change.turn,
        "number": change.number,
        "kind": change.kind.value,
        "maker": change.maker,
        "report": change.report and change.report.digest,
    }
    if change.decision is not None:
        said |= {"checker": change.decision.checker, "at_ms": change.decision.at_ms}
    return said
