"""A telephone system over HTTP, on a real server."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from cases.calling.dialer import Dial
from connectors.dialer_webhook import WebhookDialer
from connectors.errors import DialerAddressError
from domain.receivers import signature

SECRET = b"a secret of sixteen bytes or more"
NOW_MS = 1_772_712_000_000
DIAL = Dial(
    key="attempt-7",
    attempt_id=7,
    case_id="C0123456789",
    reference="mobile-1",
    agent="agent-7",
    at_ms=NOW_MS,
)


@dataclass
class Telephones:
    """A telephone system: what it answers, and what it was asked."""

    answers: list[tuple[int, bytes]]
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def telephones() -> Iterator[Telephones]:
    system = Telephones([])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            system.asked.append((dict(self.headers), body))
            status, answer = system.answers.pop(0)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", system.url)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        system.url = f"http://127.0.0.1:{server.server_port}/calls?desk=1"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield system
        server.shutdown()
        thread.join()


def dialer(telephones: Telephones, **fields: Any) -> WebhookDialer:
    return WebhookDialer(telephones.url, SECRET, lambda: NOW_MS, **fields)


def test_a_call_is_asked_for_once_signed_and_with_its_key(telephones: Telephones) -> None:
    telephones.answers = [(201, b'{"call": "x-99"}')]
    dialled = dialer(telephones).dial(DIAL)
    assert (dialled.placed, dialled.call) == (True, "x-99")
    (headers, body), *others = telephones.asked
    assert others == []
    assert headers["Idempotency-Key"] == "attempt-7"
    assert headers["Riskdesk-Signature"] == signature(SECRET, headers["Riskdesk-Timestamp"], body)
    assert headers["Riskdesk-Signature"] != signature(
        b"another secret, as long", headers["Riskdesk-Timestamp"], body
    )
    assert orjson.loads(body) == {
        "key": "attempt-7",
        "case": "C0123456789",
        "attempt": 7,
        "agent": "agent-7",
        "reference": "mobile-1",
        "at": "2026-03-05T12:00:00.000Z",
    }


def test_a_busy_system_is_asked_again_under_the_same_key(telephones: Telephones) -> None:
    telephones.answers = [(503, b""), (200, b"")]
    assert dialer(telephones).dial(DIAL).placed
    assert [headers["Idempotency-Key"] for headers, _ in telephones.asked] == ["attempt-7", "attempt-7"]


@pytest.mark.parametrize(("status", "asked"), [(400, 1), (401, 1), (302, 1), (500, 2), (429, 2)])
def test_what_is_refused_is_not_placed(telephones: Telephones, status: int, asked: int) -> None:
    telephones.answers = [(status, b"no 4111 1111 1111 1111")] * 3
    dialled = dialer(telephones).dial(DIAL)
    assert not dialled.placed
    assert dialled.words == f"the telephone system did not place the call: it answered {status}"
    assert len(telephones.asked) == asked


@pytest.mark.parametrize("answer", [b"not json", b"[]", b'{"call": 7}', b'{"call": "\\u001b[2J"}'])
def test_an_answer_without_a_name_is_placed_without_one(telephones: Telephones, answer: bytes) -> None:
    telephones.answers = [(200, answer)]
    dialled = dialer(telephones).dial(DIAL)
    assert (dialled.placed, dialled.call) == (True, None)


def test_a_system_that_is_away_is_no_exception(telephones: Telephones) -> None:
    away = WebhookDialer("http://127.0.0.1:9/calls", SECRET, lambda: NOW_MS)
    dialled = away.dial(DIAL)
    assert not dialled.placed
    assert "did not answer" in dialled.words


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://cti.example/calls", SECRET),
        ("ftp://cti.example/calls", SECRET),
        ("https://user:word@cti.example/", SECRET),
        ("https:///calls", SECRET),
        ("https://cti.example/calls", b"short"),
    ],
)
def test_an_address_that_is_not_safe_is_refused_without_naming_the_secret(url: str, secret: bytes) -> None:
    with pytest.raises(DialerAddressError) as refused:
        WebhookDialer(url, secret, lambda: NOW_MS)
    assert secret.decode() not in str(refused.value)
    assert "word" not in str(refused.value).replace("password", "")
