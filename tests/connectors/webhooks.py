"""A receiver of alerts on a real socket, which checks signatures and may be told to misbehave."""

import threading
from collections import defaultdict
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import orjson

from domain.receivers import signature

SECRET = b"a secret of sixteen bytes or more"


class Received(NamedTuple):
    """One request that was let in."""

    key: str
    alerts: list[dict[str, Any]]


class WebhookReceiver:
    """Takes alerts on any path, each path by itself; `answers` are statuses that it gives first, by path.

    0 hangs up without an answer, and -1 does so after it took what was sent.
    """

    def __init__(self) -> None:
        self.requests: dict[str, list[Received]] = defaultdict(list)
        self.answers: dict[str, list[int]] = defaultdict(list)
        self.asked: dict[str, int] = defaultdict(int)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.asked[self.path] += 1
                status = (receiver.answers[self.path] or [202]).pop(0)
                wanted = signature(SECRET, self.headers["Riskdesk-Timestamp"], body)
                if self.headers["Riskdesk-Signature"] != wanted:
                    status = 401
                if status in (200, 202, -1):
                    assert self.headers["Content-Type"] == "application/x-ndjson"
                    alerts = [orjson.loads(line) for line in body.splitlines()]
                    receiver.requests[self.path].append(Received(self.headers["Idempotency-Key"], alerts))
                if status > 0:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def ids(self, path: str) -> list[str]:
        """Give the ids of the alerts that came, each once, in the order in which they came first."""
        return list(dict.fromkeys(alert["id"] for request in self.requests[path] for alert in request.alerts))


@cache
def receiver() -> WebhookReceiver:
    """Give the one receiver of this process, made when it is first needed."""
    return WebhookReceiver()
