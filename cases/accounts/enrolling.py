"""How a person sets password and codes: nobody else ever knows them, and nobody begins with a default."""

from typing import NamedTuple

import orjson

from cases.accounts.attempts import forget_failures
from cases.accounts.codes import (
    hidden,
    new_recovery_codes,
    new_secret,
    opened,
    recovery_hash,
    step_of,
    uri_of,
)
from cases.accounts.part import AccountsPart, token_hash
from cases.accounts.passwords import check_password, hash_password
from cases.accounts.policy import PEOPLE
from cases.accounts.sessions import end_sessions
from cases.accounts.users import (
    Enrolment,
    User,
    account_row,
    as_who,
    check_preferences,
    checked_name,
    found_account,
    key_of,
    user_of,
)
from cases.audit.log import record
from cases.database import Row, as_json
from cases.errors import NotPossible, WrongUse
from cases.who import DESK_ITSELF, Role

# What the first user may be: whoever runs the desk's machines, or leads its people.
FIRST_ROLES = (Role.OPS, Role.LEAD)


class _Guest(NamedTuple):
    """Whom an invitation is for."""

    name: str
    role: Role
    first: bool


class Enrolling(AccountsPart):
    """How users come to be able to sign in."""

    def first_token(self, now_ms: int) -> str | None:
        """Give what makes the first user, once and for a short time; None where somebody can sign in.

        An earlier one holds no longer.
        """
        token = self.token_source()
        with self.db.writing():
            if self._somebody():
                return None
            self.db.run("end_invitations", name_key=None, but_of=None, now_ms=now_ms)
            self.db.run(
                "add_invitation",
                token_hash=token_hash(token),
                kind="first",
                change_id=None,
                made_ms=now_ms,
                until_ms=now_ms + self.policy.first_run_ms,
            )
            record(self.db, DESK_ITSELF, "first_user_invited", "user:?", now_ms)
        return token

    def invited(self, token: str, now_ms: int) -> User | None:
        """Give the user that an invitation is for, None for the first one, who is not there yet.

        Raises NotPossible for a token that does not hold.
        """
        with self.db.reading():
            row = self._invitation(token, now_ms)
            return None if row["kind"] == "first" else user_of(found_account(self.db, row["account_key"]))

    def accept(
        self,
        token: str,
        name: str | None,
        password: str,
        now_ms: int,
        role: Role | None = None,
        *,
        language: str | None = None,
        time_zone: str | None = None,
    ) -> Enrolment:
        """Set password and codes by an invitation; a first code confirms them, see `confirm_totp`.

        Until then it can be done again. Name and role are for the first user alone to choose. Raises
        NotPossible for a token that does not hold, and WrongUse.
        """
        with self.db.reading():
            guest = self._guest(self._invitation(token, now_ms), name, role)
        if language is not None or time_zone is not None:
            check_preferences(language or "en", time_zone or self.time_zone)
        check_password(password, guest.name, self.policy.password_characters)
        with_codes = guest.role in self.policy.second_factor
        secret = new_secret() if with_codes else ""
        codes = new_recovery_codes() if with_codes else ()
        kept = hash_password(password)
        with self.db.writing():
            # Once more: it may have been used while the password was looked at.
            row = self._invitation(token, now_ms)
            self.db.run(
                "set_up_invitation",
                token_hash=token_hash(token),
                name=guest.name,
                role=guest.role.value,
                language=language,
                time_zone=time_zone,
                password=kept,
                totp=hidden(self.db.keys, secret, key_of(guest.name)) if with_codes else None,
                codes=as_json(map(recovery_hash, codes)),
            )
            if not with_codes:
                return Enrolment(user=self._enrol(token, now_ms, None), totp_uri="", recovery_codes=())
            user = self._seen_as(row, guest, now_ms)
        return Enrolment(user=user, totp_uri=uri_of(secret, guest.name), recovery_codes=codes)

    def confirm_totp(self, token: str, code: str, now_ms: int) -> User:
        """Let what was set by an invitation hold from now on; the code says that the authenticator has it.

        Raises NotPossible for a token that does not hold or nothing set, and WrongUse for a wrong code.
        """
        with self.db.writing():
            row = self._invitation(token, now_ms)
            if row["totp"] is None:
                raise NotPossible("set a password first; then the authenticator has something to show")
            step = step_of(opened(self.db.keys, row["totp"], key_of(row["name"])), code, now_ms)
            if step is None:
                raise WrongUse(
                    "this is not the code of now; see that the clock of the authenticator is right, and type "
                    "the code that it shows"
                )
            return self._enrol(token, now_ms, step)

    def prefer(self, name: str, language: str, time_zone: str, now_ms: int) -> User:
        """Set what a user chooses for themself: language and time zone. Raises WrongUse, NotFound."""
        check_preferences(language, time_zone)
        with self.db.writing():
            row = found_account(self.db, name)
            self.db.run(
                "set_account_preferences",
                name_key=row["name_key"],
                language=language,
                time_zone=time_zone,
            )
            record(self.db, as_who(user_of(row)), "user_preferences_set", f"user:{row['name']}", now_ms)
            return user_of(found_account(self.db, name))

    def _somebody(self) -> bool:
        return bool(self.db.rows("enrolled_accounts", roles=as_json(PEOPLE)))

    def _invitation(self, token: str, now_ms: int) -> Row:
        rows = self.db.rows("invitation", token_hash=token_hash(token), now_ms=now_ms)
        holds = rows and (self._somebody() is False if rows[0]["kind"] == "first" else rows[0]["account_key"])
        if not holds or rows[0]["disabled_ms"] is not None:
            raise NotPossible(
                "this invitation was used, has run out, or waits for its second person; ask whoever keeps "
                "the users for another one"
            )
        return rows[0]

    def _guest(self, row: Row, name: str | None, role: Role | None) -> _Guest:
        if row["kind"] == "first":
            if name is None or role not in FIRST_ROLES:
                allowed = " or ".join(FIRST_ROLES)
                raise WrongUse(f"the first user chooses a name, and a role: {allowed}")
            return _Guest(checked_name(name), Role(role), first=True)
        if (name is not None and key_of(name) != row["account_key"]) or role is not None:
            raise WrongUse(f"this invitation is for {row['account_name']} as {row['account_role']}")
        return _Guest(row["account_name"], Role(row["account_role"]), first=False)

    def _seen_as(self, row: Row, guest: _Guest, now_ms: int) -> User:
        """Give the user, who is not there yet if it is the first one."""
        if not guest.first:
            return user_of(found_account(self.db, row["account_key"]))
        return User(
            name=guest.name,
            role=guest.role,
            language="en",
            time_zone=self.time_zone,
            team="",
            skills=(),
            first=True,
            made_ms=now_ms,
        )

    def _enrol(self, token: str, now_ms: int, step: int | None) -> User:
        """Let a user sign in with what an invitation holds, and use that up."""
        row = self._invitation(token, now_ms)
        name_key = key_of(row["name"])
        secrets = {"password": row["password"], "totp": row["totp"], "totp_step": step}
        if row["kind"] == "first":
            self._add_first(row, secrets, now_ms)
        else:
            self.db.run("set_account_secrets", name_key=name_key, now_ms=now_ms, **secrets)
        if row["language"] is not None or row["time_zone"] is not None:
            account = found_account(self.db, name_key)
            self.db.run(
                "set_account_preferences",
                name_key=name_key,
                language=row["language"] or account["language"],
                time_zone=row["time_zone"] or account["time_zone"],
            )
        self.db.run_all(
            "add_recovery_code",
            [{"name_key": name_key, "code_hash": each} for each in orjson.loads(row["codes"])],
        )
        self.db.run("use_up_invitation", token_hash=token_hash(token), now_ms=now_ms)
        user = user_of(found_account(self.db, name_key))
        end_sessions(self.db, user.name, as_who(user), now_ms)
        forget_failures(self.db, user.name)
        record(self.db, as_who(user), "user_enrolled", f"user:{user.name}", now_ms, reason=row["kind"])
        return user

    def _add_first(self, row: Row, secrets: dict[str, object], now_ms: int) -> None:
        if account_row(self.db, row["name"]) is not None:
            raise NotPossible(f"there is a user {row['name']} already; choose another name")
        self.db.run(
            "add_account",
            name_key=key_of(row["name"]),
            name=row["name"],
            role=row["role"],
            language="en",
            time_zone=self.time_zone,
            team="",
            skills=as_json(()),
            first=1,
            issuer=None,
            subject=None,
            made_ms=now_ms,
            enrolled_ms=now_ms,
            **secrets,
        )
