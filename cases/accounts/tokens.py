"""Programs that act for a user: each has a secret of its own, and only some of its owner's rights."""

from enum import StrEnum

import orjson
from msgspec import Struct

from cases.accounts.part import AccountsPart, token_hash
from cases.accounts.sessions import KEEPERS, require_any
from cases.accounts.users import PROGRAM, checked_name, found_account, key_of, user_of
from cases.audit.log import record
from cases.database import Row, as_json
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.who import RIGHTS, Right, Role, Who
from domain.instants import iso

# What every secret begins with, so that one that got out is recognized.
SECRET = "rd_"
_LAST = 4
_MOST_CHARACTERS = 60


class Scope(StrEnum):
    """What a program may do."""

    CASES_READ = "cases:read"
    CASES_WORK = "cases:work"
    CASES_LEAD = "cases:lead"
    ACTIONS_PROPOSE = "actions:propose"
    ALERTS_READ = "alerts:read"
    REPORTS_READ = "reports:read"
    WEBHOOKS_MANAGE = "webhooks:manage"


# None of them approves: what a program proposes for its owner takes another person.
RIGHTS_OF_SCOPE: dict[Scope, frozenset[Right]] = {
    Scope.CASES_READ: frozenset({Right.READ_CASES}),
    Scope.CASES_WORK: frozenset({Right.READ_CASES, Right.WORK_CASES}),
    Scope.CASES_LEAD: frozenset({Right.WORK_FOR_OTHERS}),
    Scope.ACTIONS_PROPOSE: frozenset({Right.READ_CASES, Right.PROPOSE_BLOCK, Right.PROPOSE_FREEZE}),
    Scope.ALERTS_READ: frozenset({Right.READ_CASES}),
    Scope.REPORTS_READ: frozenset({Right.READ_CASES}),
    Scope.WEBHOOKS_MANAGE: frozenset({Right.MANAGE_WEBHOOKS}),
}


class ApiToken(Struct, frozen=True, kw_only=True):
    """A program; times are milliseconds since 1970, `last4` is the end of its secret, to tell it by."""

    name: str
    owner: str
    role: Role
    scopes: tuple[Scope, ...]
    last4: str
    made_ms: int
    expires_ms: int
    revoked_ms: int | None = None

    @property
    def who(self) -> Who:
        """Give who acts: the program, in the role of its owner, with the rights of its scopes alone."""
        rights = frozenset().union(*(RIGHTS_OF_SCOPE[scope] for scope in self.scopes))
        return Who(f"{PROGRAM}{self.name}", self.role, only=rights)


class Tokens(AccountsPart):
    """The programs of a store."""

    def make_token(
        self, who: Who, name: str, scopes: tuple[str, ...], expires_ms: int, now_ms: int
    ) -> tuple[ApiToken, str]:
        """Let a program act for `who`, who is a user, and give its secret, which is shown this once.

        Raises WrongUse, NotFound for who is no user, NotAllowed for scopes beyond their rights, and
        NotPossible for a name that was taken before.
        """
        name, wanted = checked_name(name), _scopes(scopes)
        if len(name) > _MOST_CHARACTERS:
            raise WrongUse(f"a program needs a name of 1 to {_MOST_CHARACTERS} characters")
        if not now_ms < expires_ms <= now_ms + self.policy.token_ms:
            raise WrongUse(
                f"a token ends after now, and at {iso(now_ms + self.policy.token_ms)} at the latest"
            )
        secret = SECRET + self.token_source()
        with self.db.writing():
            owner = found_account(self.db, who.name)
            self._check_owner(owner, who, wanted)
            if self.db.rows("api_tokens", owner_key=None, name_key=key_of(name)):
                raise NotPossible(f"there is, or was, a program {name!r}; choose another name")
            self.db.run(
                "add_api_token",
                name_key=key_of(name),
                name=name,
                owner_key=owner["name_key"],
                scopes=as_json(wanted),
                token_hash=token_hash(secret),
                last4=secret[-_LAST:],
                made_ms=now_ms,
                expires_ms=expires_ms,
            )
            made = _token_of(self.db.rows("api_tokens", owner_key=None, name_key=key_of(name))[0])
            said = f"{', '.join(wanted)}, until {iso(expires_ms)}"
            record(self.db, who, "token_made", f"token:{name}", now_ms, reason=said)
        return made, secret

    def tokens(self, who: Who, *, everybody: bool = False) -> tuple[ApiToken, ...]:
        """Give the programs of `who`, or of everybody, by name. Raises NotAllowed."""
        if everybody:
            require_any(who, *KEEPERS, Right.READ_AUDIT)
        with self.db.reading():
            owner_key = None if everybody else key_of(who.name)
            return tuple(map(_token_of, self.db.rows("api_tokens", owner_key=owner_key, name_key=None)))

    def revoke_token(self, who: Who, name: str, now_ms: int) -> ApiToken:
        """Let a program of one's own, or of somebody else, act no longer.

        Raises NotAllowed, NotFound, and NotPossible for one that was revoked.
        """
        with self.db.writing():
            rows = self.db.rows("api_tokens", owner_key=None, name_key=key_of(name))
            if not rows or rows[0]["owner_key"] != key_of(who.name):
                require_any(who, *KEEPERS)
            if not rows:
                raise NotFound(f"there is no program {name!r}")
            if not self.db.run("revoke_api_token", name_key=key_of(name), now_ms=now_ms):
                raise NotPossible(f"{name} was revoked before")
            record(self.db, who, "token_revoked", f"token:{rows[0]['name']}", now_ms)
            return _token_of(self.db.rows("api_tokens", owner_key=None, name_key=key_of(name))[0])

    def token(self, secret: str, now_ms: int) -> ApiToken | None:
        """Give the program with a secret; None for none, one that is over, and one of a disabled owner."""
        if not secret.startswith(SECRET):
            return None
        with self.db.reading():
            rows = self.db.rows("api_token_of_secret", token_hash=token_hash(secret), now_ms=now_ms)
        return _token_of(rows[0]) if rows else None

    def _check_owner(self, owner: Row, who: Who, scopes: tuple[Scope, ...]) -> None:
        user = user_of(owner)
        if user.state != "active" or user.role is not who.role:
            raise NotAllowed(f"{who.name} is no active user who is {who.role}; only such have programs")
        beyond = [scope for scope in scopes if not RIGHTS_OF_SCOPE[scope] & RIGHTS[user.role]]
        if beyond:
            raise NotAllowed(f"{who.name} ({who.role}) may not do that themself: {', '.join(beyond)}")


def _scopes(asked: tuple[str, ...]) -> tuple[Scope, ...]:
    unknown = sorted(set(asked) - set(Scope))
    if unknown or not asked:
        raise WrongUse(f"{', '.join(unknown) or 'nothing'} is no scope; there are: {', '.join(Scope)}")
    return tuple(scope for scope in Scope if scope in asked)


def _token_of(row: Row) -> ApiToken:
    return ApiToken(
        name=row["name"],
        owner=row["owner"],
        role=Role(row["role"]),
        scopes=tuple(map(Scope, orjson.loads(row["scopes"]))),
        last4=row["last4"],
        made_ms=row["made_ms"],
        expires_ms=row["expires_ms"],
        revoked_ms=row["revoked_ms"],
    )
