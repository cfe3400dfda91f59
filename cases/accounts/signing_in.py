"""How somebody proves who they are: by password and code, or by a recovery code."""

from typing import NamedTuple

from cases.accounts.attempts import begin_attempt, forget_failures, locked_out, record_refusal
from cases.accounts.codes import opened, recovery_hash, step_of
from cases.accounts.part import AccountsPart, token_hash
from cases.accounts.passwords import check_password, hash_password, is_password, is_weak
from cases.accounts.sessions import Session, SignedIn, begin_session, end_sessions, session_of, session_row
from cases.accounts.users import account_row, as_who, key_of, user_of
from cases.audit.log import record
from cases.database import Row
from cases.errors import SignInRefused, WrongUse
from cases.who import Role

_REFUSED = (
    "nobody was let in: the name, the password or the code is wrong, the code was used before, or the user "
    "may not sign in; try again with the next code, or ask whoever keeps the users"
)
_SIGN_IN_AGAIN = "this session is over; sign in again"


class _Tried(NamedTuple):
    """The account of the name that was tried, if there is one, and whether the password is its own."""

    account: Row | None
    right: bool

    @property
    def name(self) -> str | None:
        """Give the user's name."""
        return None if self.account is None else self.account["name"]


class SigningIn(AccountsPart):
    """How sessions begin, and go on after they were locked."""

    def sign_in(
        self, name: str, password: str, code: str, now_ms: int, *, ip: str = "", agent: str = ""
    ) -> SignedIn:
        """Let a session begin, by a password and a code of the authenticator, or a recovery code.

        Raises LockedOut after too many tries, and SignInRefused, which does not say what was wrong.
        """
        tried = self._attempt(name, password, now_ms, ip)
        with self.db.writing():
            row = self._proven(tried)
            wrong = self._wrong(row, code, now_ms)
            if row is not None and not wrong:
                forget_failures(self.db, name)
                self._renew_hash(row, password)
                signed_in = begin_session(self.db, user_of(row), self.token_source(), now_ms, ip, agent)
                record(self.db, signed_in.session.who, "signed_in", f"user:{row['name']}", now_ms, reason=ip)
                return signed_in
            record_refusal(self.db, tried.name, now_ms, wrong, ip)
        raise SignInRefused(_REFUSED).known_as("wrong_sign_in")

    def unlock(self, token: str, password: str, now_ms: int) -> SignedIn:
        """Go on with a locked session, under a new token. Raises as `sign_in`."""
        session = self._proved(token, password, now_ms)
        fresh = self.token_source()
        with self.db.writing():
            self.db.run("unlock_desk_session", id=session.id, token_hash=token_hash(fresh), now_ms=now_ms)
            record(self.db, session.who, "session_unlocked", f"user:{session.user.name}", now_ms)
            row = session_row(self.db, fresh)
        if row is None:
            raise SignInRefused(_SIGN_IN_AGAIN).known_as("session_over")
        return SignedIn(token=fresh, session=session_of(row, locked=False), user=session.user)

    def reauthenticate(self, token: str, password: str, now_ms: int) -> None:
        """See that whoever is at a session is its user, before something of weight. Raises as `sign_in`."""
        session = self._proved(token, password, now_ms)
        with self.db.writing():
            record(self.db, session.who, "reauthenticated", f"user:{session.user.name}", now_ms)

    def change_password(self, token: str, password: str, new: str, now_ms: int) -> None:
        """Set another password, and end the user's other sessions.

        Raises as `sign_in`, and WrongUse for one that is too easy to guess or is the same.
        """
        session = self._proved(token, password, now_ms)
        check_password(new, session.user.name, self.policy.password_characters)
        if new == password:
            raise WrongUse("this is the password that you have; choose another")
        kept = hash_password(new)
        name_key = key_of(session.user.name)
        with self.db.writing():
            self.db.run("set_account_password", name_key=name_key, password=kept)
            end_sessions(self.db, name_key, session.who, now_ms, but=session.id)
            record(self.db, session.who, "password_changed", f"user:{session.user.name}", now_ms)

    def _attempt(self, name: str, password: str, now_ms: int, ip: str) -> _Tried:
        """Count an attempt and look at the password, with as much work where there is no such user.

        Raises LockedOut.
        """
        with self.db.writing():
            row = account_row(self.db, name)
            until_ms = begin_attempt(self.db, self.policy, name, now_ms)
            if until_ms is not None:
                record_refusal(self.db, row["name"] if row is not None else None, now_ms, "locked out", ip)
        if until_ms is not None:
            raise locked_out(until_ms)
        # Outside of the transaction: it takes as long as dozens of others.
        return _Tried(row, is_password(None if row is None else row["password"], password))

    def _proven(self, tried: _Tried) -> Row | None:
        """Give the account as it is now, if the password is its own; inside `writing`."""
        if tried.account is None or not tried.right:
            return None
        row = account_row(self.db, tried.account["name_key"])
        return row if row is not None and row["password"] == tried.account["password"] else None

    def _proved(self, token: str, password: str, now_ms: int) -> Session:
        """Give the session of a token whose user's password this is. Raises LockedOut, SignInRefused."""
        with self.db.reading():
            found = session_row(self.db, token)
        if found is None or now_ms >= found["began_ms"] + self.policy.session_ms:
            raise SignInRefused(_SIGN_IN_AGAIN).known_as("session_over")
        tried = self._attempt(found["name"], password, now_ms, found["ip"])
        with self.db.writing():
            row = self._proven(tried)
            wrong = "wrong password" if row is None else "disabled" if row["disabled_ms"] is not None else ""
            if not wrong:
                forget_failures(self.db, found["name"])
                return session_of(found, bool(found["locked"]))
            record_refusal(self.db, tried.name, now_ms, wrong, found["ip"])
        raise SignInRefused(_REFUSED).known_as("wrong_sign_in")

    def _wrong(self, row: Row | None, code: str, now_ms: int) -> str:
        """Say for the audit what keeps somebody out; nothing where it was all right."""
        if row is None:
            return "wrong name or password"
        if row["disabled_ms"] is not None:
            return "disabled"
        if row["totp"] is None:
            return "no second factor was set" if Role(row["role"]) in self.policy.second_factor else ""
        secret = opened(self.db.keys, row["totp"], row["name_key"])
        step = step_of(secret, code, now_ms)
        if step is not None:
            used = self.db.run("use_totp_step", name_key=row["name_key"], step=step)
            return "" if used else "a code that was used before"
        by_paper = self.db.run(
            "use_recovery_code", name_key=row["name_key"], code_hash=recovery_hash(code), now_ms=now_ms
        )
        if by_paper:
            record(self.db, as_who(user_of(row)), "recovery_code_used", f"user:{row['name']}", now_ms)
        return "" if by_paper else "wrong code"

    def _renew_hash(self, row: Row, password: str) -> None:
        if is_weak(row["password"]):
            self.db.run("set_account_password", name_key=row["name_key"], password=hash_password(password))
