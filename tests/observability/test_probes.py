"""Probes and metrics share a port; a probe says in one line what is wrong."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter

from observability.metrics import Metrics, PortTakenError, serve
from observability.probes import Probes, start_server


@contextmanager
def serving(registry: CollectorRegistry, probes: Probes) -> Iterator[str]:
    server, thread = start_server(registry, probes, 0, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_probe_answers_with_ok_or_with_what_is_wrong_and_the_metrics_answer_elsewhere():
    registry = CollectorRegistry()
    Counter("lines", "Lines.", registry=registry).inc(3)
    wrong = [""]
    with serving(registry, {"/healthz": lambda: wrong[0]}) as url:
        with urlopen(f"{url}/healthz") as page:
            assert (page.status, page.read()) == (200, b"ok\n")
        wrong[0] = "the store is away"
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{url}/healthz")
        with refused.value as page:
            assert (page.code, page.read()) == (503, b"the store is away\n")
        with urlopen(f"{url}/metrics") as page:
            assert b"lines_total 3.0" in page.read()


def test_a_port_that_another_has_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} of 127.0.0.1 is taken"):
            serve(Metrics(), port)
