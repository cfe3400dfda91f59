"""Another authenticator for who is signed in: nobody else need help while the old one still let them in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from msgspec import Struct

from cases.accounts.codes import (
    hidden,
    new_recovery_codes,
    new_secret,
    opened,
    recovery_hash,
    step_of,
    uri_of,
)
from cases.accounts.sessions import Session, end_sessions, session_of, session_row
from cases.accounts.signing_in import SigningIn
from cases.accounts.users import found_account, key_of
from cases.audit.log import record
from cases.errors import KeyTrouble, NotPossible, SignInRefused, WrongUse


class Renewal(Struct, frozen=True, kw_only=True):
    """What a new authenticator reads, and the same sealed: only this store opens it, for this user alone."""

    totp_uri: str
    sealed: str


class Renewing(SigningIn):
    """How users change their authenticator."""

    def offer_codes(self, token: str, password: str, now_ms: int) -> Renewal:
        """Give what a new authenticator reads; nothing changes before a code of it, see `renew_codes`.

        Raises LockedOut and SignInRefused as `reauthenticate`, and NotPossible for who signs in elsewhere.
        """
        session = self._proved(token, password, now_ms)
        self._require_local(session)
        secret, name = new_secret(), session.user.name
        sealed = urlsafe_b64encode(hidden(self.db.keys, secret, key_of(name))).decode()
        return Renewal(totp_uri=uri_of(secret, name), sealed=sealed)

    def renew_codes(self, token: str, sealed: str, code: str, now_ms: int) -> tuple[str, ...]:
        """Let the new authenticator replace the old one, and give new recovery codes; other sessions end.

        Raises SignInRefused for a session that is over, WrongUse for a wrong code or what this store did not
        offer this user, and NotPossible for who signs in elsewhere.
        """
        session = self._open(token, now_ms)
        self._require_local(session)
        name_key = key_of(session.user.name)
        try:
            kept = urlsafe_b64decode(sealed.encode())
            step = step_of(opened(self.db.keys, kept, name_key), code, now_ms)
        except (KeyTrouble, ValueError):
            raise WrongUse("this was not offered to you here; begin anew") from None
        if step is None:
            raise WrongUse(
                "this is not the code of now; see that the clock of the authenticator is right, and type the "
                "code that it shows"
            )
        codes = new_recovery_codes()
        with self.db.writing():
            password = found_account(self.db, name_key)["password"]
            self.db.run(
                "set_account_secrets",
                name_key=name_key,
                password=password,
                totp=kept,
                totp_step=step,
                now_ms=now_ms,
            )
            self.db.run("drop_recovery_codes", name_key=name_key)
            self.db.run_all(
                "add_recovery_code",
                [{"name_key": name_key, "code_hash": recovery_hash(each)} for each in codes],
            )
            end_sessions(self.db, name_key, session.who, now_ms, but=session.id)
            record(self.db, session.who, "authenticator_renewed", f"user:{session.user.name}", now_ms)
        return codes

    def _open(self, token: str, now_ms: int) -> Session:
        with self.db.reading():
            found = session_row(self.db, token)
        over = found is None or now_ms >= found["began_ms"] + self.policy.session_ms
        if found is None or over or found["locked"] or found["disabled_ms"] is not None:
            raise SignInRefused("this session is over, or locked; sign in again")
        return session_of(found, locked=False)

    def _require_local(self, session: Session) -> None:
        if session.user.issuer:
            raise NotPossible(f"{session.user.name} signs in by {session.user.issuer}; change it there")
