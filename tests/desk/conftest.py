"""A desk with somebody signed in for each role, over a store whose time the tests set."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cases.accounts.policy import AccountPolicy
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.who import Role
from desk.app import create_app
from desk.guarding import COOKIE
from desk.settings import DeskSettings
from tests.cases.made import NOON_MS
from tests.sqlite_store import sqlite_store

# Who vouches for the people of the tests; their groups are their roles.
ISSUER = "https://people.test"
POLICY = QueuePolicy(
    accounts=replace(AccountPolicy(), groups={role.value: role for role in Role if role is not Role.SYSTEM})
)
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {"HX-Request": "true"}


class Clock:
    """What time it is at the desk, in milliseconds since 1970."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(sqlite_store(tmp_path / "desk.db"), policy=POLICY) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON_MS)


@pytest.fixture
def settings() -> DeskSettings:
    return DeskSettings(time_zone="Asia/Shanghai")


@pytest.fixture
def app(store: Store, settings: DeskSettings, clock: Clock) -> FastAPI:
    return create_app(store, settings, clock)


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """A browser in which nobody is signed in."""
    with TestClient(app, headers=SAME_ORIGIN, follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(app: FastAPI, store: Store, clock: Clock) -> Iterator[Callable[..., TestClient]]:
    """Gives a browser in which somebody is signed in: `browser("lead")`, `browser("agent", "a18")`."""
    opened: list[TestClient] = []

    def sign_in(role: str, name: str | None = None) -> TestClient:
        signed_in = store.accounts.from_identity(ISSUER, name or role, name or role, [role], clock())
        client = TestClient(
            app, headers=SAME_ORIGIN, cookies={COOKIE: signed_in.token}, follow_redirects=False
        )
        opened.append(client)
        return client

    yield sign_in
    for client in opened:
        client.close()
