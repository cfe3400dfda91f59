"""Which program gets which answer of the API: none by default, and each only as far as its scopes reach."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from cases.accounts.tokens import Scope
from cases.who import Role, Who
from desk.api.app import PATH
from desk.api.programs import Guard
from tests.desk.api_made import Caller, token_of
from tests.desk.conftest import ISSUER
from tests.desk.routes import routes_of


def api_of(app: FastAPI) -> FastAPI:
    """The API within the desk."""
    return next(route.app for route in app.routes if getattr(route, "path", "") == PATH)


def guards_of(dependant: Dependant) -> Iterator[Guard]:
    for each in dependant.dependencies:
        if isinstance(each.call, Guard):
            yield each.call
        yield from guards_of(each)


def routes_with_guards(app: FastAPI) -> list[tuple[str, str, list[Guard]]]:
    routes: list[APIRoute] = list(routes_of(api_of(app)))
    return [
        (method, route.path, list(guards_of(route.dependant)))
        for route in routes
        for method in sorted(route.methods or ())
    ]


def path_of(path: str) -> str:
    """An address of something that is not there."""
    for name in ("task_id", "attempt_id"):
        path = path.replace("{" + name + "}", "999")
    return path.replace("{case_id}", "C-no").replace("{action_id}", "A-no").replace("{", "").replace("}", "")


def test_every_address_asks_for_one_scope_and_the_walk_sees_them_all(app):
    found = routes_with_guards(app)
    assert len(found) >= 20
    assert [(method, path) for method, path, guards in found if len(guards) != 1] == []
    assert {guard.scope for _, _, guards in found for guard in guards} >= set(Scope) - {Scope.WEBHOOKS_MANAGE}


def test_every_address_is_open_to_its_scope_alone(app, store, clock):
    callers = {scope: Caller(app, token_of(store, clock(), [scope])) for scope in Scope}
    for method, path, (guard,) in routes_with_guards(app):
        for scope, caller in callers.items():
            answer = {"GET": caller.get, "POST": caller.post, "DELETE": caller.delete}[method](path_of(path))
            refused = answer.status_code == 403 and answer.json()["type"] == "urn:riskdesk:out-of-scope"
            assert refused is (scope is not guard.scope), f"{method} {path} with {scope}: {answer.text}"


def test_nothing_is_given_without_a_token_and_no_cookie_is_taken(app, store, clock):
    signed_in = store.accounts.from_identity(ISSUER, "lead", "lead", ["lead"], clock())
    cookie = TestClient(app, cookies={"sid": signed_in.token}, headers={"Sec-Fetch-Site": "same-origin"})
    for caller in (Caller(app, "rd_nothing"), Caller(app, "nothing")):
        for method, path, _ in routes_with_guards(app):
            ask = {"GET": caller.get, "POST": caller.post, "DELETE": caller.delete}[method]
            answer = ask(path_of(path))
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert cookie.request(method, PATH + path_of(path)).status_code == 401


def test_a_description_is_given_that_names_no_other_site(app):
    told = TestClient(app).get(f"{PATH}/openapi.json")
    assert told.status_code == 200
    assert told.json()["servers"] == [{"url": PATH}]
    assert "://" not in told.text
    assert TestClient(app).get(f"{PATH}/docs").status_code == 404


def test_a_token_reaches_no_further_than_the_role_its_owner_has_by_now(app, store, clock):
    secret = token_of(store, clock(), [Scope.CASES_WORK], Role.AGENT)
    caller = Caller(app, secret)
    assert caller.post("/cases/next").status_code == 204
    store.accounts.from_identity(ISSUER, "owner-agent", "owner-agent", ["auditor"], clock())
    reads = caller.post("/cases/next")
    assert reads.status_code == 403


@pytest.mark.parametrize("how", ["revoked", "expired", "disabled"])
def test_a_token_that_is_over_opens_nothing(app, store, clock, how):
    caller = Caller(app, token_of(store, clock(), name="crm"))
    assert caller.get("/alarms").status_code == 200
    if how == "revoked":
        store.accounts.revoke_token(Who("owner-lead", Role.LEAD), "crm", clock())
    elif how == "expired":
        clock.now_ms += 2 * 86_400_000
    else:
        store.accounts.from_identity(ISSUER, "boss", "boss", ["lead"], clock())
        store.accounts.disable(Who("boss", Role.LEAD), "owner-lead", clock(), "left")
    assert caller.get("/alarms").status_code == 401
