"""Doing things once: what a program sends again under its key is answered the same and done no more."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cases.errors import StoreBusy
from cases.repeats import KEPT_MS
from cases.work.service import SqlWork
from tests.desk.agents import fraud
from tests.desk.api_made import Caller, token_of


@pytest.fixture
def program(app, store, clock):
    return Caller(app, token_of(store, clock(), name="cti"))


def test_a_repeat_is_answered_the_same_and_claims_nothing_more(program, store):
    fraud(store, "u-1", "u-2")
    first, again = (program.post("/cases/next", key="one") for _ in range(2))
    assert first.content == again.content
    assert (first.headers["etag"], first.status_code) == (again.headers["etag"], again.status_code)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert sum(case.status == "working" for case in store.cases.list()) == 1


def test_what_was_refused_stays_refused_under_its_key(program, store):
    first = program.post("/cases/C-no/claim", key="one")
    again = program.post("/cases/C-no/claim", key="one")
    assert (first.status_code, first.content) == (again.status_code, again.content) == (404, first.content)
    assert again.headers["content-type"] == "application/problem+json"


def test_another_request_under_the_same_key_is_refused(program, store):
    fraud(store, "u-1")
    program.post("/cases/next", {"lease_s": 60}, key="one")
    for path, body in (("/cases/next", {"lease_s": 61}), ("/cases/C-no/claim", {"lease_s": 60})):
        other = program.post(path, body, key="one")
        assert (other.status_code, other.json()["type"]) == (422, "urn:riskdesk:other-request")


def test_keys_of_two_programs_have_nothing_to_do_with_each_other(program, app, store, clock):
    fraud(store, "u-1", "u-2")
    other = Caller(app, token_of(store, clock()))
    cases = {each.post("/cases/next", key="one").json()["case"]["case"] for each in (program, other)}
    assert len(cases) == 2


def test_a_request_needs_a_key(program):
    answer = program._client.post("/api/v1/cases/next", json={})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"] == "header.idempotency-key"


def test_a_key_is_forgotten_after_a_day(program, store, clock):
    fraud(store, "u-1", "u-2")
    secret = token_of(store, clock(), name="longer")
    first = program.post("/cases/next", key="one").json()["case"]["case"]
    clock.now_ms += KEPT_MS - 1
    assert program.post("/cases/next", key="one").json()["case"]["case"] == first
    later = Caller(program._client.app, token_of(store, clock(), name="third"))
    later.post("/cases/next", key="one")
    clock.now_ms += 2
    later.post("/cases/next", key="two")
    with store.db.reading():
        assert store.db.rows("api_request", program="cti", key="one") == []
    assert secret


def test_of_repeats_at_once_one_is_done_and_the_others_are_told_to_wait(program, store, monkeypatch):
    fraud(store, *(f"u-{number}" for number in range(8)))
    begun, go_on = threading.Event(), threading.Event()
    original = SqlWork.next

    def slow(self, *args, **values):
        begun.set()
        assert go_on.wait(30)
        return original(self, *args, **values)

    monkeypatch.setattr(SqlWork, "next", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(program.post, "/cases/next", key="one")
        assert begun.wait(30)
        meanwhile = [program.post("/cases/next", key="one").status_code for _ in range(3)]
        go_on.set()
        assert first.result().status_code == 200
    assert meanwhile == [409] * 3
    assert program.post("/cases/next", key="one").content == first.result().content
    assert sum(case.status == "working" for case in store.cases.list()) == 1


def test_what_failed_without_a_change_can_be_sent_again(program, store, monkeypatch):
    fraud(store, "u-1")

    def busy(self, *args, **values):
        raise StoreBusy("somebody holds the store")

    with monkeypatch.context() as patched:
        patched.setattr(SqlWork, "next", busy)
        answer = program.post("/cases/next", key="one")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert program.post("/cases/next", key="one").status_code == 200
