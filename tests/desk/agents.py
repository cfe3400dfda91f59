"""Agents at the work place: what their page says, and the buttons that they press."""

import re
from typing import NamedTuple

from fastapi.testclient import TestClient
from httpx2 import Response

from cases.store import Store
from domain.findings import Severity
from tests.cases.made import NOON_MS, alert
from tests.cases.worked import customer
from tests.desk.conftest import HTMX

_HIDDEN = r'name="{}" value="([^"]*)"'


class Held(NamedTuple):
    """A task as the page's forms name it."""

    task: str
    lease_no: str


def fraud(store: Store, *customers: str, severity: Severity = Severity.HIGH) -> None:
    """Take in a case of fraud for each customer, with a number to call."""
    store.reference.put([customer(name) for name in customers])
    alerts = [alert(name, f"card-{name}", name, severity=severity) for name in customers]
    store.cases.take_in(alerts, NOON_MS)


def press(client: TestClient, path: str, **form: object) -> Response:
    """Send a form as a page does."""
    given = {name: value if isinstance(value, list) else str(value) for name, value in form.items()}
    return client.post(f"/work/{path}", data=given, headers=HTMX)


def held(answer: Response) -> Held:
    """Read which task a page is about."""
    found = [re.search(_HIDDEN.format(name), answer.text) for name in Held._fields]
    assert all(found), answer.text
    return Held(*(each.group(1) for each in found if each))


def case_of(answer: Response) -> str:
    """Read which case a page is about."""
    found = re.search(r'href="/cases/(C[0-9a-f]+)">C', answer.text[answer.text.index('id="case-title"') :])
    assert found, answer.text
    return found.group(1)


def seen_actions(answer: Response) -> str:
    """Read what a page knew of the actions of its case."""
    found = re.search(_HIDDEN.format("seen_actions"), answer.text)
    assert found, answer.text
    return found.group(1)
