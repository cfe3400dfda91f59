"""`riskdesk webhook`: subscriptions from the terminal, told over a real socket and signed."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from domain.receivers import signature
from tests.cases.made import NOON_MS, alert
from tests.sqlite_store import sqlite_store

WHO = ("--agent", "ops-1", "--role", "ops")


class System(HTTPServer):
    """Answers every request with `status`, and keeps its headers and body."""

    status = 202

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/told"


class _Handler(BaseHTTPRequestHandler):
    server: System

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def system() -> Iterator[System]:
    served = System()
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    open_store(found).close()
    return found


def webhook(*args: str) -> Result:
    return CliRunner().invoke(cli, ["webhook", *args])


def take_in(url: str) -> None:
    with open_store(url) as store:
        store.cases.take_in([alert("a", "c1", "u1")], NOON_MS)


def test_a_system_is_told_what_it_asked_for_signed_and_under_the_same_id_each_time(url, system):
    added = webhook("add", system.url, "--topic", "case", *WHO, "--store", url, "--json")
    assert added.exit_code == 0, added.output
    made = orjson.loads(added.stdout)
    take_in(url)
    system.status = 503
    assert webhook("run", "--store", url).exit_code == 1
    assert webhook("again", made["webhook"], *WHO, "--store", url).exit_code == 0
    (headers, body), *_ = system.got
    assert headers["Riskdesk-Signature"] == signature(
        made["secret"].encode(), headers["Riskdesk-Timestamp"], body
    )
    told = orjson.loads(body)
    assert (told["topic"], told["message"]["what"]) == ("case", "alerts")
    assert told["id"] == headers["Idempotency-Key"]
    shown = webhook("deliveries", made["webhook"], *WHO, "--store", url, "--json")
    first = orjson.loads(shown.stdout.splitlines()[-1])
    assert (first["id"], first["state"], first["attempts"]) == (told["id"], "waiting", 1)
    assert "503" in first["error"]


def test_one_that_answers_is_done_and_one_that_refuses_is_seen(url, system):
    secret = webhook("add", system.url, "--topic", "case", *WHO, "--store", url).stdout.strip()
    assert secret.startswith("whs_")
    listed = webhook("list", *WHO, "--store", url)
    name = listed.stdout.split()[0]
    assert secret not in listed.output
    assert webhook("test", name, *WHO, "--store", url).exit_code == 0
    ran = webhook("run", "--store", url)
    assert (ran.exit_code, ran.stderr) == (0, "1 delivered\n")
    system.status = 410
    take_in(url)
    assert webhook("run", "--store", url).exit_code == 1
    assert webhook("deliveries", name, *WHO, "--store", url).exit_code == 1
    system.status = 200
    assert webhook("again", name, *WHO, "--store", url).exit_code == 0
    assert webhook("run", "--store", url, "--json").exit_code == 0
    assert webhook("remove", name, *WHO, "--store", url).exit_code == 0
    assert webhook("list", *WHO, "--store", url).exit_code == 1


def test_what_cannot_be_is_refused_in_words(url):
    refused = webhook("add", "http://crm.bank.example/", "--topic", "case", *WHO, "--store", url)
    assert refused.exit_code != 0
    assert "https" in refused.output
    agent = webhook("list", "--agent", "a17", "--store", url)
    assert "may not manage webhooks" in agent.output
