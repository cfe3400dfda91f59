"""Programs that ask the desk: their tokens, and what they say with each request."""

from collections.abc import Iterable
from itertools import count

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from cases.accounts.tokens import RIGHTS_OF_SCOPE, Scope
from cases.store import Store
from cases.who import RIGHTS, Role
from tests.desk.conftest import ISSUER

API = "/api/v1"
_NUMBERS = count(1)


def token_of(
    store: Store, now_ms: int, scopes: Iterable[str] = tuple(Scope), role: Role = Role.LEAD, name: str = ""
) -> str:
    """Let a program act for somebody in a role, and give its secret."""
    owner = store.accounts.from_identity(ISSUER, f"owner-{role}", f"owner-{role}", [role], now_ms)
    able = tuple(scope for scope in scopes if RIGHTS_OF_SCOPE[Scope(scope)] & RIGHTS[role])
    name = name or f"program-{next(_NUMBERS)}"
    return store.accounts.make_token(owner.session.who, name, able, now_ms + 86_400_000, now_ms)[1]


class Caller:
    """A program with its token; each POST has a key of its own unless one is given."""

    def __init__(self, app: FastAPI, secret: str) -> None:
        self._client = TestClient(app, headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, headers: dict[str, str] | None = None, **query: object) -> Response:
        return self._client.get(API + path, params=query, headers=headers)

    def post(
        self, path: str, body: object = None, *, key: str = "", headers: dict[str, str] | None = None
    ) -> Response:
        given = {"Idempotency-Key": key or f"key-{next(_NUMBERS)}", **(headers or {})}
        return self._client.post(API + path, json={} if body is None else body, headers=given)

    def delete(self, path: str) -> Response:
        return self._client.delete(API + path, headers={"Idempotency-Key": f"key-{next(_NUMBERS)}"})
