"""Metrics and probes over HTTP on one port: what Prometheus scrapes, and what Kubernetes asks."""

from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

# By its path, what a probe asks: "" when all is well, else what is wrong.
Probes = Mapping[str, Callable[[], str]]


class _Server(ThreadingMixIn, WSGIServer):
    """One that answers a probe while it still looks up another."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log nothing: probes come every few seconds."""


def start_server(
    registry: CollectorRegistry, probes: Probes, port: int, host: str
) -> tuple[WSGIServer, Thread]:
    """Answer on a port: a probe at its path with 200 or 503 and one line of text, all else with the metrics.

    Raises OSError when the port is not to be had.
    """
    metrics = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        probe = probes.get(environ["PATH_INFO"])
        if probe is None:
            page: Iterable[bytes] = metrics(environ, start_response)
            return page
        wrong = probe()
        start_response("503 Service Unavailable" if wrong else "200 OK", [("Content-Type", "text/plain")])
        return [f"{wrong or 'ok'}\n".encode()]

    server = make_server(host, port, answer, server_class=_Server, handler_class=_Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return server, thread
