"""Sessions: each begins with a proof of who somebody is, locks when nobody is there, and ends."""

import secrets

from msgspec import Struct

from cases.accounts.part import AccountsPart, token_hash
from cases.accounts.users import User, account_row, as_who, key_of, user_of
from cases.audit.log import record
from cases.database import Database, Row
from cases.errors import NotFound
from cases.who import Right, Who

_ID_BYTES = 6
# Being seen is written down so often at most: a page's many requests are not as many commits. A session may
# lock that much too early, and never too late.
_SEEN_EVERY_MS = 30_000
_AGENT_CHARACTERS = 120
_IP_CHARACTERS = 64
# Who may see and end the sessions and programs of others.
KEEPERS = (Right.PROPOSE_USER, Right.APPROVE_USER)


class Session(Struct, frozen=True, kw_only=True):
    """Somebody at the desk, from `began_ms` on; in one that is locked nothing may be done but unlock it."""

    id: str
    user: User
    began_ms: int
    seen_ms: int
    locked: bool
    ip: str
    agent: str

    @property
    def who(self) -> Who:
        """Give who acts in it."""
        return as_who(self.user, self.id)


class SignedIn(Struct, frozen=True, kw_only=True):
    """A session with its token, which only the browser keeps."""

    token: str
    session: Session
    user: User


class Sessions(AccountsPart):
    """The sessions of a store."""

    def session(self, token: str, now_ms: int, *, touch: bool = True) -> Session | None:
        """Give the session of a token, or None for one that is over.

        Without `touch` the request is no sign that somebody is there.
        """
        with self.db.reading():
            found = session_row(self.db, token)
        if found is None or found["disabled_ms"] is not None:
            return None
        if now_ms >= found["began_ms"] + self.policy.session_ms:
            self._end(found, "time", now_ms)
            return None
        locked = self._is_locked(found, now_ms)
        if touch and locked and not found["locked"]:
            self._lock(found, now_ms, "nobody was there")
        elif touch and not locked and now_ms >= found["seen_ms"] + _SEEN_EVERY_MS:
            with self.db.recording():
                self.db.run("see_desk_session", id=found["id"], now_ms=now_ms)
        return session_of(found, locked)

    def lock(self, token: str, now_ms: int) -> None:
        """Lock a session; one that is over stays so."""
        with self.db.reading():
            found = session_row(self.db, token)
        if found is not None:
            self._lock(found, now_ms, "by hand")

    def sign_out(self, token: str, now_ms: int) -> None:
        """End a session; one that is over stays so."""
        with self.db.reading():
            found = session_row(self.db, token)
        if found is not None:
            self._end(found, "sign-out", now_ms)

    def sessions(
        self, who: Who, *, everybody: bool = False, now_ms: int | None = None
    ) -> tuple[Session, ...]:
        """Give the sessions of `who`, or of everybody, the first one first.

        With `now_ms` those whose time is over are left out, and those where nobody was are locked. Raises
        NotAllowed.
        """
        if everybody:
            require_any(who, *KEEPERS, Right.READ_AUDIT)
        with self.db.reading():
            rows = self.db.rows("desk_sessions", id=None, name_key=None if everybody else key_of(who.name))
        if now_ms is None:
            return tuple(session_of(row, bool(row["locked"])) for row in rows)
        return tuple(
            session_of(row, self._is_locked(row, now_ms))
            for row in rows
            if now_ms < row["began_ms"] + self.policy.session_ms
        )

    def last_signed_in(self, who: Who) -> dict[str, int]:
        """Give when each user signed in last (ms since 1970), by name. Raises NotAllowed."""
        require_any(who, *KEEPERS, Right.READ_AUDIT)
        with self.db.reading():
            return {row["name"]: row["at_ms"] for row in self.db.rows("last_sign_ins")}

    def revoke(self, who: Who, session_id: str, now_ms: int) -> None:
        """End a session, one's own or another's. Raises NotAllowed, and NotFound for one that is over."""
        with self.db.writing():
            rows = self.db.rows("desk_sessions", id=session_id, name_key=None)
            mine = rows and rows[0]["name_key"] == key_of(who.name)
            if not mine:
                require_any(who, *KEEPERS)
            if not rows:
                raise NotFound(f"there is no session {session_id!r}, or it is over")
            self.db.run("end_desk_session", id=session_id, now_ms=now_ms, ended_by=who.name)
            record(self.db, who, "session_revoked", f"user:{rows[0]['name']}", now_ms, reason=session_id)

    def revoke_all(self, who: Who, name: str, now_ms: int) -> int:
        """End all sessions of a user but the one in which `who` acts, and say how many. Raises NotAllowed."""
        if key_of(name) != key_of(who.name):
            require_any(who, *KEEPERS)
        with self.db.writing():
            return end_sessions(self.db, name, who, now_ms, but=who.session)

    def _is_locked(self, row: Row, now_ms: int) -> bool:
        return bool(row["locked"]) or now_ms >= row["seen_ms"] + self.policy.idle_ms

    def _lock(self, row: Row, now_ms: int, reason: str) -> None:
        with self.db.writing():
            if self.db.run("lock_desk_session", id=row["id"]):
                _record(self.db, row, "session_locked", now_ms, reason)

    def _end(self, row: Row, why: str, now_ms: int) -> None:
        with self.db.writing():
            if self.db.run("end_desk_session", id=row["id"], now_ms=now_ms, ended_by=why):
                _record(self.db, row, "signed_out", now_ms, why)


def session_row(db: Database, token: str) -> Row | None:
    """Give what is kept of a session that nobody ended; inside `reading` or `writing`."""
    rows = db.rows("desk_session_of_token", token_hash=token_hash(token))
    return rows[0] if rows else None


def session_of(row: Row, locked: bool) -> Session:
    """Give the session that a row holds."""
    return Session(
        id=row["id"],
        user=user_of(row),
        began_ms=row["began_ms"],
        seen_ms=row["seen_ms"],
        locked=locked,
        ip=row["ip"],
        agent=row["agent"],
    )


def begin_session(db: Database, user: User, token: str, now_ms: int, ip: str, agent: str) -> SignedIn:
    """Let a session begin under a token that nobody had before; inside `writing`."""
    session = Session(
        id=f"S{secrets.token_hex(_ID_BYTES)}",
        user=user,
        began_ms=now_ms,
        seen_ms=now_ms,
        locked=False,
        ip=ip[:_IP_CHARACTERS],
        agent=agent[:_AGENT_CHARACTERS],
    )
    db.run(
        "add_desk_session",
        id=session.id,
        token_hash=token_hash(token),
        name_key=key_of(user.name),
        began_ms=now_ms,
        ip=session.ip,
        agent=session.agent,
    )
    return SignedIn(token=token, session=session, user=user)


def end_sessions(db: Database, name: str, who: Who, now_ms: int, *, but: str = "") -> int:
    """End all sessions of a user but one, and say how many; inside `writing`."""
    row = account_row(db, name)
    if row is None:
        return 0
    ended = db.run("end_desk_sessions", name_key=row["name_key"], but=but, now_ms=now_ms, ended_by=who.name)
    if ended:
        record(db, who, "sessions_revoked", f"user:{row['name']}", now_ms)
    return ended


def require_any(who: Who, *rights: Right) -> None:
    """Raise NotAllowed for who has none of the rights."""
    if not any(map(who.may, rights)):
        who.require(rights[0])


def _record(db: Database, row: Row, verb: str, now_ms: int, reason: str) -> None:
    user = user_of(row)
    record(db, as_who(user, row["id"]), verb, f"user:{user.name}", now_ms, reason=reason)
