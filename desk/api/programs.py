"""Which program asks, and whether it may: a route gets its program from here, or not at all."""

import re
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.params import Depends as DependsParam
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cases.accounts.tokens import RIGHTS_OF_SCOPE, ApiToken, Scope
from cases.errors import WrongUse
from desk.api.problems import OutOfScope, Unknown
from desk.context import Desk
from desk.errors import TooOften

_MINUTE_MS = 60_000
# As an entity tag says it: the version of a case, and what else was seen of it.
_SEEN = re.compile(r'"([0-9]{1,12})(?:-[0-9]+)*"')
_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="`Authorization: Bearer rd_...`")


class Program:
    """One request of a program; only this module makes one, so that none is had without a scope."""

    def __init__(self, desk: Desk, request: Request, token: ApiToken, key: str = "") -> None:
        """Keep the parts; `key` is the one of a request that does something."""
        self.desk = desk
        self.store = desk.store
        self.request = request
        self.token = token
        self.who = token.who
        self.key = key
        self.now_ms = desk.clock()
        # What the answer says beside its body.
        self.headers: dict[str, str] = {}

    def viewed(self, what: str, reason: str = "") -> None:
        """Put on record that the program is given somebody's data, before it is given."""
        self.store.audit.viewed(self.who, what, self.now_ms, reason)

    @property
    def seen(self) -> int | None:
        """The version of a case that the program has seen and acts upon; None where it does not say.

        Raises WrongUse for an If-Match that is no tag of a case.
        """
        said = self.request.headers.get("if-match", "*").strip()
        if said == "*":
            return None
        found = _SEEN.fullmatch(said)
        if found is None:
            raise WrongUse('If-Match takes the ETag of the case as it was given, or "VERSION" in quotes')
        return int(found[1])

    def tag(self, case_id: str) -> str:
        """Give the entity tag of a case, and let the answer say it."""
        self.headers["ETag"] = f'"{self.store.cases.mark(case_id)}"'
        return self.headers["ETag"]


class Guard:
    """Lets a program through whose token has a scope, and whose owner still has what that scope takes."""

    def __init__(self, scope: Scope) -> None:
        """Let through with `scope`."""
        self.scope = scope

    def __call__(
        self, request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Program:
        """Give the program. Raises Unknown, OutOfScope, TooOften."""
        desk: Desk = request.app.state.desk
        now_ms = desk.clock()
        token = None if given is None else desk.store.accounts.token(given.credentials, now_ms)
        if token is None:
            raise Unknown(
                "send `Authorization: Bearer rd_...` with a token that is in force; users make them on "
                "their own page, or with `riskdesk user token add`"
            )
        most = desk.settings.api_per_minute
        if not desk.rates.take(f"api:{token.name}", now_ms, most=most, per_ms=_MINUTE_MS):
            raise TooOften(f"{token.name} asked more than {most} times a minute; wait, then ask more slowly")
        if self.scope not in token.scopes:
            raise OutOfScope(f"this takes the scope {self.scope}, and {token.name} has not got it")
        if not any(map(token.who.may, RIGHTS_OF_SCOPE[self.scope])):
            raise OutOfScope(f"{token.owner} is {token.role} by now, who may not do what {self.scope} takes")
        return Program(desk, request, token)


def scoped(scope: Scope) -> DependsParam:
    """Ask for a program with a scope, to read something."""
    found: DependsParam = Depends(Guard(scope))
    return found


def doing(scope: Scope) -> DependsParam:
    """Ask for a program with a scope, to do something: the request brings a key of its own."""
    guard = Guard(scope)

    def keyed(
        program: Annotated[Program, Depends(guard)],
        idempotency_key: Annotated[
            str,
            Header(
                pattern=r"^[A-Za-z0-9_:.-]{1,128}$",
                description="A new one for each thing that is to be done; the same again is done once.",
            ),
        ],
    ) -> Program:
        program.key = idempotency_key
        return program

    found: DependsParam = Depends(keyed)
    return found


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='The ETag of the case as it was seen, or "VERSION"; else 412.'),
]
