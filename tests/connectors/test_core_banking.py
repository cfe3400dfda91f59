"""The webhook to the bank, against a real server on this machine."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import orjson
import pytest
from msgspec import json

from cases.actions.core_banking import Answer, Instruction, Verdict
from connectors.core_banking import WebhookBank, open_bank
from connectors.errors import BankAddressError
from connectors.loopback_bank import LoopbackBank
from domain.receivers import signature
from tests.connectors.instructions import BLOCK, NOW_MS

SECRET = b"0123456789abcdef-not-a-real-one"
# What openssl makes of the test below.
SIGNED = "v1=407088ecaf1d9f495cc949d28938a626b205e99090f995d8d8e8331139e31219"


@dataclass
class Server:
    """A server that answers as `respond` says, and keeps what it was sent."""

    url: str = ""
    respond: Callable[[BaseHTTPRequestHandler], None] = lambda handler: answer(handler, 200)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


def answer(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", headers: dict[str, str] | None = None
) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            server.respond(self)

        def do_GET(self) -> None:
            server.got.append(({"method": "GET"}, b""))
            answer(self, 200)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        # A request that the test holds back must not hold up its end.
        http.daemon_threads, http.block_on_close = True, False
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_port}/instructions"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as running:
        yield running


def bank_at(url: str, timeout_s: float = 5.0) -> WebhookBank:
    return WebhookBank(url, SECRET, lambda: NOW_MS, timeout_s)


def test_an_instruction_is_one_signed_post_that_the_bank_can_check(server: Server) -> None:
    assert bank_at(server.url).carry_out(BLOCK) == Answer(verdict=Verdict.DONE)
    ((headers, body),) = server.got
    assert headers["Idempotency-Key"] == "k-1"
    assert headers["Content-Type"] == "application/json"
    assert headers["Riskdesk-Timestamp"] == str(NOW_MS // 1000)
    assert headers["Riskdesk-Signature"] == signature(SECRET, headers["Riskdesk-Timestamp"], body)
    assert orjson.loads(body) == {
        "key": "k-1",
        "operation": "block",
        "target": "card:tok_7f3a",
        "action": "A1",
        "case": "C1",
        "basis": "terms",
        "made_by": "agent-7",
        "checked_by": None,
        "at_ms": NOW_MS,
        "until_ms": NOW_MS + 1,
        "lifts": None,
        "in_force": [],
    }


def test_the_signature_is_the_one_of_the_standard() -> None:
    # echo -n '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef-not-a-real-one
    assert signature(SECRET, "1700000000", b"{}") == SIGNED
    assert signature(SECRET + b"x", "1700000000", b"{}") != SIGNED
    assert signature(SECRET, "1700000001", b"{}") != SIGNED
    assert signature(SECRET, "1700000000", b"{ }") != SIGNED


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, Verdict.DONE) for status in (200, 201, 204)),
        *((status, Verdict.RETRY) for status in (202, 301, 302, 307, 308, 401, 403, 408, 409, 425, 429)),
        *((status, Verdict.RETRY) for status in (500, 502, 503, 504, 599)),
        *((status, Verdict.REJECTED) for status in (206, 400, 404, 405, 410, 413, 422)),
    ],
)
def test_each_status_counts_as_done_rejected_or_to_be_sent_again(
    server: Server, status: int, verdict: Verdict
) -> None:
    server.respond = lambda handler: answer(handler, status)
    said = bank_at(server.url).carry_out(BLOCK)
    assert said.verdict is verdict
    assert (said.detail == "") if verdict is Verdict.DONE else (str(status) in said.detail)


def test_a_redirection_is_not_followed(server: Server) -> None:
    server.respond = lambda handler: answer(handler, 302, headers={"Location": server.url})
    assert bank_at(server.url).carry_out(BLOCK).verdict is Verdict.RETRY
    assert len(server.got) == 1


def test_the_bank_s_reference_and_its_reason_are_kept_without_card_numbers(server: Server) -> None:
    server.respond = lambda handler: answer(handler, 200, b'{"reference": "b-77"}')
    assert bank_at(server.url).carry_out(BLOCK).reference == "b-77"
    server.respond = lambda handler: answer(handler, 422, b"card 4111111111111111\x1b[2J unknown")
    said = bank_at(server.url).carry_out(BLOCK)
    assert "unknown" in said.detail
    assert "4111111111111111" not in said.detail
    assert "\x1b" not in said.detail


@pytest.mark.parametrize("body", [b"", b"ok", b"[1]", b'{"reference": null}', b"\xff\xfe", b"{" * 20_000])
def test_whatever_the_bank_says_with_its_yes_is_a_yes(server: Server, body: bytes) -> None:
    server.respond = lambda handler: answer(handler, 200, body)
    assert bank_at(server.url).carry_out(BLOCK) == Answer(verdict=Verdict.DONE)


def test_a_bank_that_does_not_answer_in_time_is_asked_again(server: Server) -> None:
    done = Event()
    server.respond = lambda handler: done.wait() and None
    began = monotonic()
    said = bank_at(server.url, timeout_s=0.2).carry_out(BLOCK)
    done.set()
    assert (said.verdict, said.detail) == (Verdict.RETRY, "no answer from the bank: timed out")
    assert monotonic() - began < 5


def test_an_answer_that_trickles_in_for_ever_is_cut_off(server: Server) -> None:
    done = Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not done.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    server.respond = trickle
    said = bank_at(server.url, timeout_s=0.3).carry_out(BLOCK)
    done.set()
    assert said.verdict is Verdict.RETRY


def test_a_connection_that_breaks_is_asked_again(server: Server) -> None:
    server.respond = lambda handler: handler.connection.close()
    assert bank_at(server.url).carry_out(BLOCK).verdict is Verdict.RETRY
    server.respond = lambda handler: handler.wfile.write(b"nonsense\r\n\r\n") and None
    assert bank_at(server.url).carry_out(BLOCK).verdict is Verdict.RETRY


def test_a_bank_that_is_not_there_is_asked_again() -> None:
    with serving(Server()) as gone:
        url = gone.url
    said = bank_at(url).carry_out(BLOCK)
    assert said.verdict is Verdict.RETRY
    assert "refused" in said.detail


def test_a_delivery_that_comes_twice_has_one_effect(server: Server, tmp_path: Path) -> None:
    journal = LoopbackBank(tmp_path / "bank.db")
    said: list[int] = []

    def lose_the_first_answer(handler: BaseHTTPRequestHandler) -> None:
        body = server.got[-1][1]
        journal.carry_out(json.decode(body, type=Instruction))
        said.append(503 if not said else 200)
        answer(handler, said[-1])

    server.respond = lose_the_first_answer
    bank = bank_at(server.url)
    assert [bank.carry_out(BLOCK).verdict for _ in range(3)] == [Verdict.RETRY, Verdict.DONE, Verdict.DONE]
    assert len({body for _, body in server.got}) == 1
    assert journal.effects() == [BLOCK]


def test_the_secret_is_in_no_text(
    server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    bank = bank_at(server.url)
    server.respond = lambda handler: answer(handler, 401, b"wrong signature")
    texts = [repr(bank), str(bank), repr(bank.carry_out(BLOCK))]
    with pytest.raises(BankAddressError) as error:
        WebhookBank("http://bank.example/", SECRET, lambda: NOW_MS)
    texts += [str(error.value), repr(error.value), caplog.text, *capfd.readouterr()]
    assert all(SECRET.decode() not in text for text in texts)
    assert all(SECRET not in body and SECRET.decode() not in str(headers) for headers, body in server.got)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://bank.example/x", "http only to 127.0.0.1"),
        ("ftp://127.0.0.1/x", "is no address for instructions"),
        ("https:///x", "is no address for instructions"),
        ("https://desk:pass@bank.example/x", "must hold no user or password"),
        ("", "is no address for instructions"),
    ],
)
def test_an_address_that_cannot_be_safe_is_refused(url: str, words: str) -> None:
    with pytest.raises(BankAddressError, match=words) as error:
        bank_at(url)
    assert "pass@" not in str(error.value)


def test_a_secret_that_is_short_and_a_bank_without_one_are_refused() -> None:
    with pytest.raises(BankAddressError, match="16 bytes at least"):
        WebhookBank("https://bank.example/x", b"short", lambda: NOW_MS)
    with pytest.raises(BankAddressError, match="needs the shared secret"):
        open_bank("https://bank.example/x", None, lambda: NOW_MS)
    with pytest.raises(BankAddressError, match="more than 0 seconds"):
        bank_at("https://bank.example/x", 0)


def test_a_bank_is_named_by_its_address(tmp_path: Path) -> None:
    assert open_bank(f"loopback:///{tmp_path}/bank.db", None, lambda: NOW_MS) == LoopbackBank(
        tmp_path / "bank.db"
    )
    assert isinstance(open_bank("https://bank.example/x", SECRET, lambda: NOW_MS), WebhookBank)
    for url in ("loopback://", "loopback:///", "loopback://host/x"):
        with pytest.raises(BankAddressError, match="names no journal"):
            open_bank(url, None, lambda: NOW_MS)
