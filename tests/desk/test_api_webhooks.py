"""Subscriptions over the API: made, seen, tried and ended by a program."""

import pytest

from tests.desk.agents import fraud
from tests.desk.api_made import Caller, token_of

URL = "https://crm.bank.example/riskdesk"


@pytest.fixture
def program(app, store, clock):
    return Caller(app, token_of(store, clock(), ["webhooks:manage"], name="crm"))


def test_a_subscription_is_made_and_its_secret_shown_once(program, store):
    asked = {"url": URL, "topics": ["case", "disposition"]}
    made = program.post("/webhooks", asked, key="one")
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["secret"].startswith("whs_")
    again = program.post("/webhooks", asked, key="one").json()
    assert again == {**told, "secret": None}
    with store.db.reading():
        (row,) = store.db.rows("api_request", program="crm", key="one")
    assert told["secret"] not in row["body"]
    (found,) = program.get("/webhooks").json()["webhooks"]
    assert found == {name: value for name, value in told.items() if name != "secret"}


def test_what_became_of_deliveries_is_seen_and_a_subscription_ends(program, store):
    name = program.post("/webhooks", {"url": URL, "topics": ["case"]}).json()["webhook"]
    fraud(store, "u-1")
    assert program.post(f"/webhooks/{name}/test").status_code == 200
    found = program.get(f"/webhooks/{name}/deliveries").json()["deliveries"]
    assert [each["topic"] for each in found][:2] == ["test", "case"]
    assert {each["state"] for each in found} == {"waiting"}
    assert program.post(f"/webhooks/{name}/again").json() == {"messages": 0}
    assert program.delete(f"/webhooks/{name}").json()["active"] is False
    assert program.get("/webhooks").json() == {"webhooks": []}
    assert program.delete(f"/webhooks/{name}").status_code == 409
    assert program.get("/webhooks/W00/deliveries").status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"url": "http://crm.bank.example/", "topics": ["case"]},
        {"url": URL, "topics": []},
        {"url": URL, "topics": ["core_banking"]},
        {"url": URL, "topics": ["case"], "secret": "mine"},
    ],
)
def test_what_is_no_safe_subscription_is_refused(program, asked):
    assert program.post("/webhooks", asked).status_code == 422
