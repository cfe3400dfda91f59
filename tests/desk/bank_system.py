"""A system of a bank that runs in a test: it answers as it is told, and checks who asks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson

from domain.receivers import signature

SECRET = b"0123456789abcdef-not-a-real-one"
NOW_MS = 1_789_704_000_000

Respond = Callable[[BaseHTTPRequestHandler, Any], None]


def answer(handler: BaseHTTPRequestHandler, said: object, status: int = 200) -> None:
    """Send an answer, bytes as they are and anything else as JSON."""
    body = said if isinstance(said, bytes) else orjson.dumps(said)
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@dataclass
class BankSystem:
    """A server on this machine; `got` is what it was asked, as far as it was signed rightly."""

    url: str = ""
    respond: Respond = lambda handler, asked: answer(handler, {})
    got: list[Any] = field(default_factory=list)

    def says(self, said: object, status: int = 200) -> None:
        """Answer so from now on."""
        self.respond = lambda handler, asked: answer(handler, said, status)


@contextmanager
def serving(system: BankSystem) -> Iterator[BankSystem]:
    """Run a system as long as a block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            expected = signature(SECRET, self.headers["Riskdesk-Timestamp"], body)
            if self.headers["Riskdesk-Signature"] != expected:
                answer(self, {}, 401)
                return
            system.got.append(orjson.loads(body))
            system.respond(self, system.got[-1])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        # A request that the test holds back must not hold up its end.
        http.daemon_threads, http.block_on_close = True, False
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        system.url = f"http://127.0.0.1:{http.server_port}/ask"
        try:
            yield system
        finally:
            http.shutdown()
            thread.join()
