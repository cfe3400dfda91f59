"""The API against its own description: whatever is sent, what comes back is as described."""

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cases.accounts.tokens import Scope
from desk.api.app import PATH
from tests.cases.made import alert
from tests.desk.agents import fraud
from tests.desk.api_made import Caller, token_of
from tests.desk.test_api_scopes import api_of

pytestmark = pytest.mark.slow

CHECKS = (status_code_conformance, content_type_conformance, response_schema_conformance)
_EXAMPLES = 20


def operations(app):
    schema = schemathesis.openapi.from_asgi(f"{PATH}/openapi.json", app)
    return [each.ok() for each in schema.get_all_operations()]


def known_ids(case, known):
    """Half of what is asked is about something that is there."""
    for name, value in (case.path_parameters or {}).items():
        if name in known and len(str(value)) % 2:
            case.path_parameters[name] = known[name]


def made_before(app, secret):
    """Have one of each thing there, and give what addresses call them."""
    caller = Caller(app, secret)
    held = caller.post("/cases/next").json()
    call = caller.post(f"/tasks/{held['task']['task']}/call").json()
    case_id, token = held["case"]["case"], held["case"]["members"][0]["card"]
    block = {"kind": "temporary_block", "target": f"card:{token}", "reason": "seen", "case": case_id}
    action = caller.post("/actions", {**block, "basis": "terms"}).json()["action"]
    told = {"url": "https://crm.bank.example/", "topics": ["case"]}
    webhook = caller.post("/webhooks", told).json()["webhook"]
    return {
        "case_id": case_id,
        "task_id": held["task"]["task"],
        "attempt_id": call["attempt"],
        "action_id": action,
        "webhook_id": webhook,
    }


def statuses_of(operation, known, clock, secret):
    """Send what hypothesis makes up for one operation, check each answer, and give the statuses."""
    statuses = set()

    @seed(20260305)
    @hypothesis.settings(
        max_examples=_EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asks(case):
        clock.now_ms += 1000
        known_ids(case, known)
        answer = case.call(headers={"Authorization": f"Bearer {secret}"})
        statuses.add(answer.status_code)
        assert answer.status_code < 500, f"{case.method} {case.formatted_path}: {answer.text}"
        case.validate_response(answer, checks=CHECKS)

    asks()
    return statuses


def test_no_request_breaks_the_desk_and_every_answer_is_as_described(app, store, clock):
    fraud(store, "u-1", "u-2")
    store.cases.take_in([alert("late", "card-9", "u-9")], clock())
    secret = token_of(store, clock(), tuple(Scope))
    known = made_before(app, secret)
    found = {each.label: statuses_of(each, known, clock, secret) for each in operations(app)}
    assert len(found) == sum(map(len, api_of(app).openapi()["paths"].values()))
    assert not any(401 in statuses for statuses in found.values())
    done = [label for label, statuses in found.items() if statuses & {200, 201, 204}]
    assert len(done) >= len(found) // 2, found


def test_what_is_described_is_refused_without_a_token_and_out_of_scope(app, store, clock):
    narrow = {scope: token_of(store, clock(), [scope]) for scope in (Scope.REPORTS_READ, Scope.ALERTS_READ)}
    for operation in operations(app):
        refused = statuses_of(operation, {}, clock, "rd_nothing")
        assert refused <= {401, 422, 413}, f"{operation.label}: {refused}"
        assert 401 in refused
        by_scope = [statuses_of(operation, {}, clock, secret) for secret in narrow.values()]
        assert any(403 in statuses for statuses in by_scope), operation.label
