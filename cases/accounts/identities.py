"""Users who sign in at the bank's own place (OpenID Connect), and whose groups there say their role here."""

from collections.abc import Iterable

from cases.accounts.attempts import record_refusal
from cases.accounts.part import AccountsPart, token_hash
from cases.accounts.sessions import SignedIn, begin_session, end_sessions, session_of
from cases.accounts.users import account_row, checked_name, key_of, user_of
from cases.audit.log import record
from cases.database import Row, as_json
from cases.errors import SignInRefused
from cases.who import DESK_ITSELF, Role


class Identities(AccountsPart):
    """Users for whom somebody else vouches; they have no password here."""

    def from_identity(
        self,
        issuer: str,
        subject: str,
        name: str,
        groups: Iterable[str],
        now_ms: int,
        *,
        ip: str = "",
        agent: str = "",
    ) -> SignedIn:
        """Let a session begin for whom the bank's own sign-in vouches; the caller has checked that it does.

        The groups say the role, anew each time. Raises SignInRefused without a group that the policy knows,
        and for a user who is disabled or whose name another one has.
        """
        role = self._role_of(groups)
        with self.db.writing():
            rows = self.db.rows("account_of_identity", issuer=issuer, subject=subject)
            row = rows[0] if rows else None
            if role is None:
                refusal = "none of the groups has a role here"
            elif row is None and account_row(self.db, name) is not None:
                refusal = "the name is another user's"
            elif row is not None and row["disabled_ms"] is not None:
                refusal = "the user is disabled"
            else:
                row = self._known(row, issuer, subject, name, role, now_ms)
                signed_in = begin_session(self.db, user_of(row), self.token_source(), now_ms, ip, agent)
                record(
                    self.db, signed_in.session.who, "signed_in", f"user:{row['name']}", now_ms, reason=issuer
                )
                return signed_in
            known = None if row is None else row["name"]
            record_refusal(self.db, known, now_ms, f"{refusal}, by {issuer}", ip)
        raise SignInRefused(f"nobody was let in: {refusal}; ask whoever keeps the users")

    def proved_by_identity(self, session_id: str, issuer: str, subject: str, now_ms: int) -> SignedIn:
        """Go on with a session, locked or not, whose user has proved anew at the bank's own sign-in.

        It has a new token then. Raises SignInRefused where the session is over, or is another's.
        """
        fresh = self.token_source()
        with self.db.writing():
            rows = self.db.rows("desk_sessions", id=session_id, name_key=None)
            accounts = self.db.rows("account_of_identity", issuer=issuer, subject=subject)
            known = None if not accounts else accounts[0]["name"]
            if not rows or now_ms >= rows[0]["began_ms"] + self.policy.session_ms:
                refusal = "the session is over"
            elif known is None or accounts[0]["name_key"] != rows[0]["name_key"]:
                refusal = "the session is another user's"
            elif accounts[0]["disabled_ms"] is not None:
                refusal = "the user is disabled"
            else:
                run = {"id": session_id, "token_hash": token_hash(fresh), "now_ms": now_ms}
                self.db.run("unlock_desk_session", **run)
                session = session_of(rows[0], locked=False)
                verb = "session_unlocked" if rows[0]["locked"] else "reauthenticated"
                record(self.db, session.who, verb, f"user:{known}", now_ms, reason=issuer)
                return SignedIn(token=fresh, session=session, user=session.user)
            record_refusal(self.db, known, now_ms, f"{refusal}, by {issuer}", "")
        raise SignInRefused(f"nobody was let in: {refusal}; sign in again")

    def identity_signed_out(self, issuer: str, subject: str, now_ms: int) -> int:
        """End the sessions of whom the bank's own sign-in has signed out, and say how many there were."""
        with self.db.writing():
            rows = self.db.rows("account_of_identity", issuer=issuer, subject=subject)
            return sum(end_sessions(self.db, row["name"], DESK_ITSELF, now_ms) for row in rows)

    def _role_of(self, groups: Iterable[str]) -> Role | None:
        theirs = set(groups)
        return next((role for group, role in self.policy.groups.items() if group in theirs), None)

    def _known(self, row: Row | None, issuer: str, subject: str, name: str, role: Role, now_ms: int) -> Row:
        """Give the account of an identity, made or with the role of today."""
        if row is None:
            name = checked_name(name)
            self.db.run(
                "add_account",
                name_key=key_of(name),
                name=name,
                role=role.value,
                language="en",
                time_zone=self.time_zone,
                team="",
                skills=as_json(()),
                first=0,
                password=None,
                totp=None,
                totp_step=None,
                issuer=issuer,
                subject=subject,
                made_ms=now_ms,
                enrolled_ms=now_ms,
            )
            record(
                self.db, DESK_ITSELF, "user_added", f"user:{name}", now_ms, after=role.value, reason=issuer
            )
        elif row["role"] != role.value:
            self.db.run(
                "set_account_role",
                name_key=row["name_key"],
                role=role.value,
                team=row["team"],
                skills=row["skills"],
            )
            end_sessions(self.db, row["name_key"], DESK_ITSELF, now_ms)
            record(
                self.db,
                DESK_ITSELF,
                "user_role_changed",
                f"user:{row['name']}",
                now_ms,
                before=row["role"],
                after=role.value,
                reason=issuer,
            )
        return self.db.rows("account_of_identity", issuer=issuer, subject=subject)[0]
