"""Every page and every role: who lacks the right gets nothing and changes nothing."""

import sqlite3
from collections.abc import Iterable

import pytest
from fastapi.testclient import TestClient

from cases.accounts.policy import PEOPLE
from cases.who import RIGHTS, Right, Role
from desk.guarding import STREAMS
from tests.desk.case_made import ring
from tests.desk.conftest import HTMX
from tests.desk.routes import guards, routes_of

_AGENT, _LEAD, _ANALYST, _OPS, _AUDITOR, _COMPLIANCE = PEOPLE
_ALL = frozenset(PEOPLE)
_READERS = _ALL - {_OPS}
_WORKERS = {_AGENT, _LEAD}
_WRITERS = {_AGENT, _LEAD, _ANALYST, _COMPLIANCE}
_OF_USERS = {_LEAD, _OPS, _COMPLIANCE}
_OF_AUDIT = {_LEAD, _AUDITOR, _COMPLIANCE}

# Who may open what, by hand: a path counts for all below it, the longest that fits decides.
MAY: dict[str, Iterable[Role]] = {
    "/": _ALL,
    "/sign-out": _ALL,
    "/lock": _ALL,
    "/live": _ALL,
    "/me": _ALL,
    "/wallboard": _ALL,
    "/queue": _READERS,
    "/queue/claim": _WORKERS,
    "/queue/bulk": {_LEAD},
    "/work": _WORKERS,
    "/cases": _READERS,
    "/cases/{case_id}/notes": _WRITERS,
    "/cases/{case_id}/reveal": _WRITERS,
    "/cases/{case_id}/evidence": {_LEAD, _ANALYST},
    "/cases/{case_id}/package": {_LEAD, _ANALYST},
    "/knowledge": _READERS,
    "/devices": _READERS,
    "/devices/{device}/shelve": {_LEAD},
    "/devices/{device}/unshelve": {_LEAD},
    "/handover": _READERS,
    "POST /handover": {_LEAD},
    "/approvals": _READERS,
    "/rules": _READERS,
    "/rules/models/propose": {_ANALYST},
    "/rules/profiles/propose": {_ANALYST},
    "/audit": _OF_AUDIT,
    "/users": _ALL,
    "/users/{name}": _OF_USERS | _OF_AUDIT,
    "POST /users": _OF_USERS,
}


def may(method: str, path: str) -> set[Role]:
    """Look up in the table who may."""
    asked = f"{method} {path}"
    fits = [each for each in MAY if (asked if " " in each else path).startswith(each)]
    best = max(fits, key=lambda each: len(each.removeprefix(f"{method} ")) + (" " in each))
    return set(MAY[best]) if best != "/" or path == "/" else set()


def content(path: str) -> dict[str, list[tuple]]:
    """Read every table but those that note that somebody was there at all."""
    with sqlite3.connect(path) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()
            for name in names
            if "session" not in name
        }


def walk(app) -> list[tuple[str, str]]:
    return sorted(
        (method, route.path)
        for route in routes_of(app)
        if guards(route) and guards(route)[0].signed_in and route.path not in STREAMS
        for method in route.methods
    )


def ask(client: TestClient, method: str, path: str, case: str) -> int:
    filled = path.format(
        case_id=case, device="dev-1", name="lena", number=1, detector="burst", article_id=1, handover_id=99
    )
    return client.request(method, filled, headers=HTMX).status_code


@pytest.mark.parametrize("role", PEOPLE)
def test_a_page_is_for_those_of_the_table_and_nobody_else_changes_anything(
    app, store, browser, tmp_path, role
):
    case = ring(store)
    client = browser(role.value)
    pages = walk(app)
    assert len(pages) > 60
    wrong = {}
    for method, path in pages:
        before = content(f"{tmp_path}/desk.db")
        status = ask(client, method, path, case)
        if role in may(method, path):
            if status in (401, 403, 405, 423) and path != "/lock":
                wrong[method, path] = status
        elif status != 403 or content(f"{tmp_path}/desk.db") != before:
            wrong[method, path] = status
        if path in ("/lock", "/sign-out"):
            client = browser(role.value)
    assert wrong == {}


def test_every_right_that_a_page_asks_for_is_somebodys_and_not_everybodys(app):
    asked = {right for route in routes_of(app) for guard in guards(route) for right in guard.rights}
    assert Right.READ_CASES in asked
    holders = {right: {role for role in PEOPLE if right in RIGHTS[role]} for right in asked}
    assert {right for right, roles in holders.items() if not roles or roles == _ALL} == set()
