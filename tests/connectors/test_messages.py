"""Who takes messages: a file of lines, or a gateway over HTTP that checks a signature."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import orjson
import pytest

from cases.actions.core_banking import Verdict
from cases.outbox import Message
from connectors.errors import BankAddressError, ReceiverAddressError
from connectors.messages import FileReceiver, WebhookReceiver, open_receiver
from domain.receivers import signature

SECRET = b"0123456789abcdef-not-a-real-one"
NOW_MS = 1_772_712_000_000
MESSAGE = Message(3, NOW_MS, "customer_message", "7:2", {"case": "C1", "customer": "u1"}, 1)
READ = {
    "topic": "customer_message",
    "key": "customer_message:7:2",
    "at": "2026-03-05T12:00:00.000Z",
    "message": {"case": "C1", "customer": "u1"},
}


class Gateway(HTTPServer):
    """Answers every request with `status` and keeps its headers and body."""

    status = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_message_is_one_signed_post_under_its_key(gateway: Gateway) -> None:
    receiver = WebhookReceiver(f"http://127.0.0.1:{gateway.server_port}/m", SECRET, lambda: NOW_MS)
    assert receiver.hand_over(MESSAGE).verdict is Verdict.DONE
    assert receiver.hand_over(MESSAGE._replace(attempts=2)).verdict is Verdict.DONE
    (headers, body), again = gateway.got
    assert orjson.loads(body) == READ
    assert headers["Idempotency-Key"] == READ["key"]
    assert headers["Riskdesk-Signature"] == signature(SECRET, headers["Riskdesk-Timestamp"], body)
    assert again[1] == body


@pytest.mark.parametrize(("status", "verdict"), [(400, Verdict.REJECTED), (503, Verdict.RETRY)])
def test_what_a_gateway_answers_is_the_answer(gateway: Gateway, status: int, verdict: Verdict) -> None:
    gateway.status = status
    receiver = WebhookReceiver(f"http://127.0.0.1:{gateway.server_port}/m", SECRET, lambda: NOW_MS)
    answer = receiver.hand_over(MESSAGE)
    assert (answer.verdict, answer.detail) == (verdict, f"the receiver answered {status}")


def test_a_file_gets_a_line_for_each_message_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: FileReceiver(path).hand_over(MESSAGE._replace(key=str(n))), range(50))
        )
    assert {answer.verdict for answer in answers} == {Verdict.DONE}
    read = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert {each["key"] for each in read} == {f"customer_message:{n}" for n in range(50)}
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    answer = FileReceiver(tmp_path / "nowhere" / "m.jsonl").hand_over(MESSAGE)
    assert (answer.verdict, "cannot be written: No such file" in answer.detail) == (Verdict.RETRY, True)


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="there is no /dev/full here")
def test_a_disk_that_is_full_is_tried_again() -> None:
    answer = FileReceiver(Path("/dev/full")).hand_over(MESSAGE)
    assert (answer.verdict, "No space left" in answer.detail) == (Verdict.RETRY, True)


def test_a_receiver_is_named_by_its_address(tmp_path: Path) -> None:
    opened = open_receiver(f"file:///{tmp_path}/m.jsonl", None, lambda: NOW_MS, 1.0)
    assert opened == FileReceiver(tmp_path / "m.jsonl")
    assert isinstance(
        open_receiver("https://sms.bank.example/m", SECRET, lambda: NOW_MS, 1.0), WebhookReceiver
    )


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        ("file:///", None, "names no file"),
        ("file://host/m.jsonl", None, "names no file"),
        ("https://sms.bank.example/m", None, "needs the shared secret"),
        ("http://sms.bank.example/m", SECRET, "is no address for messages; write https"),
        ("https://u:p@sms.bank.example/m", SECRET, "the address must hold no user"),
        ("ftp://x", SECRET, "is no address for messages"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, secret: bytes | None, words: str) -> None:
    with pytest.raises(ReceiverAddressError, match=words) as caught:
        open_receiver(url, secret, lambda: NOW_MS, 1.0)
    assert not isinstance(caught.value, BankAddressError)
