"""How often in a row signing in has failed, under any name: known or not, so that nobody learns which are."""

import hmac

from cases.accounts.policy import AccountPolicy
from cases.accounts.users import key_of
from cases.audit.log import record
from cases.database import Database
from cases.errors import LockedOut
from cases.who import DESK_ITSELF
from domain.instants import iso


def begin_attempt(db: Database, policy: AccountPolicy, name: str, now_ms: int) -> int | None:
    """Count an attempt as failed before it is looked at, and say until when the name is locked out, if it is.

    Before, so that many attempts at once are counted like as many in a row. Inside `writing`.
    """
    name_hash = _name_hash(db, name)
    rows = db.rows("sign_in_failures", name_hash=name_hash)
    failures, locked_until_ms = (rows[0]["failures"], rows[0]["locked_until_ms"]) if rows else (0, 0)
    if now_ms < locked_until_ms:
        return int(locked_until_ms)
    failures = 1 if locked_until_ms else failures + 1
    lock_ms = now_ms + policy.lockout_ms if failures >= policy.failures else 0
    db.run(
        "set_sign_in_failures",
        name_hash=name_hash,
        failures=failures,
        locked_until_ms=lock_ms,
        at_ms=now_ms,
    )
    return None


def forget_failures(db: Database, name: str) -> None:
    """Begin to count anew: somebody proved who they are. Inside `writing`."""
    db.run("drop_sign_in_failures", name_hash=_name_hash(db, name))


def record_refusal(db: Database, name: str | None, now_ms: int, wrong: str, ip: str) -> None:
    """Put on record that nobody was let in, under the name of a user or under one that nobody has."""
    # What was typed for a name that nobody has may be a password: it is not kept.
    reason = f"{wrong}, from {ip}" if ip else wrong
    record(db, DESK_ITSELF, "sign_in_refused", f"user:{name or '?'}", now_ms, reason=reason)


def locked_out(until_ms: int) -> LockedOut:
    """Say that a name was tried too often."""
    words = f"too many tries failed; this name can be tried again at {iso(until_ms)}"
    return LockedOut(words, until_ms).known_as("locked_out", until_ms=until_ms)


def _name_hash(db: Database, name: str) -> str:
    # People type passwords where names belong: no name that was tried can be read in the store.
    return hmac.digest(db.keys.accounts_key, b"name\0" + key_of(name).encode(), "sha256").hex()
