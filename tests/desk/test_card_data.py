"""Card numbers, tracks and check values that somebody types anywhere: written over, or refused."""

import logging
import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cases.store import open_store
from cases.timeline import event
from desk.app import create_app
from desk.guarding import COOKIE
from tests.desk.agents import press
from tests.desk.case_made import ring
from tests.desk.conftest import HTMX, ISSUER, POLICY, SAME_ORIGIN
from tests.desk.forms import Form, forms_of
from tests.sqlite_store import sqlite_store

# Numbers that nobody has: of the card schemes' own test ranges.
DIRT = {
    "number": ("4111 1111 1111 1111", "4111 1111 1111"),
    "track": (";5555555555554444=25121010000000000737?", "55555555"),
    "check value": ("paid, CVV: 8642, and left", "8642"),
}
PAGES = {
    "agent": ("/work", "/cases/{case}", "/queue", "/me", "/knowledge", "/cases/find", "/approvals"),
    "lead": ("/work", "/cases/{case}", "/queue", "/handover", "/users", "/users/agent", "/audit", "/devices"),
    "analyst": ("/cases/{case}", "/rules", "/rules/models", "/rules/burst"),
    "compliance": ("/cases/{case}", "/approvals", "/audit"),
}


class Scene:
    """A desk with a ring that an agent is calling about, made anew for each thing that is typed."""

    def __init__(self, folder: Path, settings, clock) -> None:
        self._file = folder / "typed.db"
        for old in folder.glob("typed.db*"):
            old.unlink()
        self.store = open_store(sqlite_store(self._file), policy=POLICY)
        self._app = create_app(self.store, settings, clock)
        self._clock = clock
        self.case = ring(self.store)
        agent = self.browser("agent")
        press(agent, "next")

    def browser(self, role: str) -> TestClient:
        token = self.store.accounts.from_identity(ISSUER, role, role, [role], self._clock()).token
        return TestClient(self._app, headers=SAME_ORIGIN, cookies={COOKIE: token}, follow_redirects=True)

    def page(self, role: str, path: str) -> str:
        with self.browser(role) as client:
            return client.get(path.format(case=self.case)).text

    def kept(self) -> str:
        """Everything that is kept, as text."""
        with sqlite3.connect(self._file) as connection:
            return "\n".join(connection.iterdump())

    def close(self) -> None:
        self.store.close()


@pytest.fixture
def scene(tmp_path, settings, clock):
    opened: list[Scene] = []

    def make() -> Scene:
        for old in opened:
            old.close()
        opened[:] = [Scene(tmp_path, settings, clock)]
        return opened[0]

    yield make
    for old in opened:
        old.close()


def typed_fields(page: str) -> list[tuple[int, Form, str]]:
    return [(at, form, name) for at, form in enumerate(forms_of(page)) for name in form.typed]


def _ours(caplog) -> str:
    """What the desk logged; the client that plays the browser logs its own addresses."""
    return "\n".join(each.getMessage() for each in caplog.records if not each.name.startswith("http"))


@pytest.mark.slow
@pytest.mark.parametrize("what", DIRT)
def test_card_data_that_is_typed_anywhere_is_kept_nowhere_and_shown_nowhere(scene, what, caplog):
    caplog.set_level(logging.DEBUG)
    words, trace = DIRT[what]
    found, taken = set(), set()
    tried: set[tuple[str, str, str]] = set()
    for role, paths in PAGES.items():
        for path in paths:
            for at, form, name in typed_fields(scene().page(role, path)):
                key = (form.method, form.action, name)
                if key in tried:
                    continue
                tried.add(key)
                now = scene()
                with now.browser(role) as client:
                    # Ids of a store that was made anew are its own.
                    form = forms_of(client.get(path.format(case=now.case)).text)[at]
                    given = form.filled(name, words)
                    given_as = {"params": given} if form.method == "GET" else {"data": given}
                    answer = client.request(form.method, form.action or path, headers=HTMX, **given_as)
                    shown = client.get(path.format(case=now.case)).text
                if answer.status_code < 400:
                    taken.add(key)
                # What somebody asks for is said back to them alone, in the field or the refusal of it.
                said_back = form.method == "GET" or answer.status_code >= 400
                places = {
                    "answer": "" if said_back else answer.text,
                    "page": shown,
                    "store": now.kept(),
                    "log": _ours(caplog),
                }
                found |= {(*key, place) for place, text in places.items() if trace in text}
                caplog.clear()
    assert not found, "\n".join(map(str, sorted(found)))
    assert len(taken) >= 15, "most forms were refused before what was typed counted"


def test_the_number_would_be_found_if_it_were_kept(scene):
    now = scene()
    with now.store.db.writing():
        now.store.db.run("add_event", **event(now.case, 0, "a17", "note", note=DIRT["number"][0]))
    assert DIRT["number"][1] in now.kept()
