"""docs/api.md runs: every curl in it against a real server, and every word of it about scopes."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from cases.accounts.tokens import Scope
from desk.api.app import PATH
from desk.app import create_app
from desk.serving import serve
from desk.settings import DeskSettings
from domain.instants import iso
from tests.desk.agents import fraud
from tests.desk.api_made import token_of

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
CURLS = [
    command
    for block in re.findall(r"```\n(.*?)```", TEXT, re.DOTALL)
    for command in re.findall(r"^curl(?:\\\n|.)*$", block, re.MULTILINE)
]


@pytest.fixture
def address(store, clock, monkeypatch) -> Iterator[str]:
    """A real server over a store with a case in it."""
    app = create_app(store, DeskSettings(port=0), clock)
    told: list[str] = []
    listens = threading.Event()
    servers = []

    def keep(said: str) -> None:
        told.append(said)
        listens.set()

    # In a thread of the test nobody sends it signals: it ends when it is asked to.
    monkeypatch.setattr("uvicorn.Server.capture_signals", _no_signals(servers))
    thread = threading.Thread(target=serve, args=(app, app.state.desk.settings, keep))
    thread.start()
    assert listens.wait(30)
    yield told[0]
    while not servers:
        threading.Event().wait(0.01)
    servers[0].should_exit = True
    thread.join()


def _no_signals(servers):
    @contextmanager
    def capture(self):
        servers.append(self)
        yield

    return capture


def curl(command: str, values: dict[str, str]) -> str:
    """Run a line as it stands there, in a shell that has the values."""
    line = command.replace("curl -s", "curl -s --fail-with-body")
    environment = {**os.environ, **values, "NO_PROXY": "127.0.0.1"}
    ran = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def test_every_example_does_what_it_says(address, store, clock):
    fraud(store, "u-1")
    (case,) = store.cases.list()
    (task,) = (each.id for each in store.cases.show(case.id).tasks)
    values = {
        "DESK": address,
        "TOKEN": token_of(store, clock(), name="crm"),
        "CASE": case.id,
        "TASK": str(task),
        "NOW": iso(clock()),
        "CALL": "1",
    }
    assert len(CURLS) == 9
    answers = [orjson.loads(curl(command, values)) for command in CURLS]
    assert answers[0]["cases"][0]["case"] == case.id
    assert answers[4]["task"]["held_by"] == "api:crm"
    assert answers[6]["recording"] == "rec-7"
    assert answers[7]["disposition"] == "no_answer"
    assert answers[8]["secret"]


def test_every_scope_is_explained_and_every_address_there_is(app):
    assert set(re.findall(r"^\| `([a-z:]+)` \|", TEXT, re.MULTILINE)) == set(Scope)
    api = next(route.app for route in app.routes if getattr(route, "path", "") == PATH)
    shapes = {re.sub(r"\{[^}]+\}", "ID", path) for path in api.openapi()["paths"]}
    named = re.findall(r"\$DESK/api/v1(/[^\"?]+)", TEXT)
    assert {re.sub(r"\$[A-Z]+", "ID", path) for path in named} <= shapes
