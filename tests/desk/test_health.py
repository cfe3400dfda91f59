"""What a probe is told, and what is counted of requests."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from cases.errors import StoreError
from desk.app import create_app
from observability.beside import DeskMetrics


def test_a_probe_is_told_that_the_desk_works_and_nothing_else(stranger):
    answer = stranger.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["cache-control"] == "no-store"


class Away:
    """A database that cannot be reached."""

    def reading(self):
        raise StoreError("the database desk.bank.example is away")


def test_a_probe_is_told_that_the_store_is_away(store, settings, clock):
    without = TestClient(create_app(replace(store, db=Away()), settings, clock))
    answer = without.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "the store does not answer\n")


@pytest.fixture
def metrics() -> DeskMetrics:
    return DeskMetrics()


@pytest.fixture
def app(store, settings, clock, metrics):
    return create_app(store, settings, clock, metrics=metrics)


def counted(metrics: DeskMetrics) -> dict[tuple[str, str], float]:
    """Give how many requests were counted, by screen and status."""
    (family,) = metrics._requests.collect()
    return {
        (sample.labels["screen"], sample.labels["status"]): sample.value
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def test_requests_are_counted_by_screens_that_there_are(browser, stranger, metrics):
    agent = browser("agent")
    agent.get("/queue")
    agent.get("/cases/C0123456789")
    agent.get("/cases/Cfedcba9876")
    agent.get("/static/desk.css")
    agent.get("/whatever-a-stranger-makes-up")
    stranger.get("/queue")
    stranger.get("/api/v1/cases")
    assert counted(metrics) == {
        ("queue", "200"): 1,
        ("cases", "404"): 2,
        ("static", "200"): 1,
        ("none", "404"): 1,
        ("queue", "303"): 1,
        ("api", "401"): 1,
    }
    timed = {
        sample.labels["screen"]
        for family in metrics._seconds.collect()
        for sample in family.samples
        if sample.name.endswith("_count")
    }
    assert timed == {"queue", "cases", "static", "none", "api"}
