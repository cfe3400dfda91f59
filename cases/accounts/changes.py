"""What was proposed about users: put on record, decided, and carried out; inside the caller's `writing`."""

from cases.accounts.attempts import forget_failures
from cases.accounts.part import token_hash
from cases.accounts.sessions import end_sessions
from cases.accounts.users import (
    AccountChange,
    ChangeKind,
    Proposed,
    account_row,
    change_of,
    change_record,
    key_of,
)
from cases.audit.log import record
from cases.database import Database, Row
from cases.errors import NotPossible, WrongUse
from cases.who import Role, Who
from domain.card_masking import mask_text

_NOTHING_TOLD = dict.fromkeys(("language", "time_zone", "team", "skills"))


def propose(
    db: Database,
    kind: ChangeKind,
    name: str,
    who: Who,
    now_ms: int,
    reason: str,
    token: str | None = None,
    role: Role | None = None,
    told: dict[str, str] | None = None,
) -> Proposed:
    """Put a change on record, with the token of an invitation that is to hold once it is approved.

    Raises WrongUse, and NotPossible where another change of this user waits.
    """
    if _waiting(db, name):
        raise NotPossible(f"something about {name} waits for a second person; decide on that one first")
    (made,) = db.rows(
        "add_account_change",
        name_key=key_of(name),
        name=name,
        kind=kind.value,
        role=role and role.value,
        maker=who.name,
        maker_role=who.role.value,
        at_ms=now_ms,
        reason=said(reason),
        **_NOTHING_TOLD | (told or {}),
    )
    if token is not None:
        db.run(
            "add_invitation",
            token_hash=token_hash(token),
            kind=kind.value,
            change_id=made["id"],
            made_ms=now_ms,
            until_ms=None,
        )
    change = waiting(db, name)
    _record(db, change, "proposed", who, now_ms, change.reason)
    return Proposed(change=change, invitation=token)


def waiting(db: Database, name: str) -> AccountChange:
    """Give what waits for a second person. Raises NotPossible."""
    found = _waiting(db, name)
    if not found:
        raise NotPossible(f"nothing about a user {name!r} waits for a second person")
    return found[0]


def decide(
    db: Database,
    change: AccountChange,
    verdict: str,
    who: Who,
    now_ms: int,
    note: str,
    *,
    alone: bool = False,
) -> AccountChange:
    """Put on record what was decided."""
    note = mask_text(note.strip())
    db.run(
        "decide_account_change",
        id=change.id,
        verdict=verdict,
        checker=who.name,
        checker_role=who.role.value,
        decided_ms=now_ms,
        note=note,
        alone=int(alone),
    )
    decided = change_of(_row(db, change))
    _record(db, decided, verdict, who, now_ms, f"alone, as the first user; {note}" if alone else note)
    return decided


def take_effect(db: Database, change: AccountChange, who: Who, now_ms: int, until_ms: int) -> None:
    """Carry out what was approved; its invitation holds until a time. Raises NotPossible."""
    name_key = key_of(change.name)
    match change.kind:
        case ChangeKind.ADD:
            _add(db, change, now_ms)
        case ChangeKind.ROLE:
            row = _row(db, change)
            told = {name: row[name] for name in ("role", "team", "skills")}
            db.run("set_account_role", name_key=name_key, **told)
        case ChangeKind.ENABLE:
            db.run("set_account_disabled", name_key=name_key, disabled_ms=None)
        case ChangeKind.RESET:
            db.run("clear_account_secrets", name_key=name_key)
            db.run("drop_recovery_codes", name_key=name_key)
            forget_failures(db, name_key)
    # Whoever sits there goes on as what they are now, or not at all; and by the newest invitation alone.
    end_sessions(db, change.name, who, now_ms)
    db.run("end_invitations", name_key=name_key, but_of=change.id, now_ms=now_ms)
    db.run("open_invitation", change_id=change.id, until_ms=until_ms)


def said(reason: str) -> str:
    """Give a reason as it is kept. Raises WrongUse for none."""
    if not reason.strip():
        raise WrongUse("say why, for whoever decides about it and whoever reads the history")
    return mask_text(reason.strip())


def _add(db: Database, change: AccountChange, now_ms: int) -> None:
    if account_row(db, change.name) is not None:
        raise NotPossible(f"there is a user {change.name!r} by now; refuse this one")
    row = _row(db, change)
    db.run(
        "add_account",
        name_key=row["name_key"],
        name=row["name"],
        role=row["role"],
        language=row["language"],
        time_zone=row["time_zone"],
        team=row["team"],
        skills=row["skills"],
        first=0,
        password=None,
        totp=None,
        totp_step=None,
        issuer=None,
        subject=None,
        made_ms=now_ms,
        enrolled_ms=None,
    )


def _row(db: Database, change: AccountChange) -> Row:
    rows = db.rows("account_changes", name_key=key_of(change.name))
    return next(row for row in rows if row["id"] == change.id)


def _waiting(db: Database, name: str) -> list[AccountChange]:
    rows = db.rows("account_changes", name_key=key_of(name))
    return [change_of(row) for row in rows if row["verdict"] is None]


def _record(db: Database, change: AccountChange, what: str, who: Who, now_ms: int, reason: str) -> None:
    record(
        db,
        who,
        f"user_change_{what}",
        f"user:{change.name}",
        now_ms,
        after=change_record(change),
        reason=f"{change.what}: {reason}" if reason else change.what,
    )
