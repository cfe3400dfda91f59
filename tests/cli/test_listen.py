"""`riskdesk listen`, as processes that are ended and killed while senders are at work."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import orjson
import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.connectors.senders import TOKEN, events, kept

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "config/profiles/card_risk.yaml"


class Listener:
    """A listener of its own process."""

    def __init__(self, kind: str, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "cli.main", "listen", kind, "--port", "0", "--out", str(folder)]
        self.process = subprocess.Popen(
            [*command, "--profile", str(PROFILE), "--free-mb", "0", *options],
            cwd=ROOT,
            env=os.environ | {"RISKDESK_LISTEN_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        found = re.match(rb"listening on port (\d+)", self.process.stderr.readline())
        assert found is not None, self.process.communicate()
        self.port = int(found[1])

    def post(self, body: bytes, request_id: str) -> int:
        """Send a request; raises OSError or HTTPException when no answer comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": request_id}
            connection.request("POST", "/events", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, bytes]:
        """Send a signal; give the exit code and standard output."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=60)
        return self.process.returncode, out


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[..., Listener]]:
    started: list[Listener] = []

    def start(kind: str, *options: str) -> Listener:
        started.append(Listener(kind, tmp_path / "intake", *options))
        return started[-1]

    yield start
    for listener in started:
        if listener.process.poll() is None:
            listener.end(signal.SIGKILL)


def test_sigterm_ends_it_with_its_counts(listen, tmp_path):
    listener = listen("http")
    assert listener.post(events(0, 2) + b"bad\n", "r1") == 207
    code, out = listener.end()
    assert (code, orjson.loads(out)) == (0, {"taken": 2, "refused": 1})
    assert kept(tmp_path / "intake") == [0, 1]


@pytest.mark.parametrize("kind", ["http", "tcp"])
def test_what_senders_bring_is_told_to_prometheus(listen, tmp_path, kind):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    listener = listen(kind, "--metrics-port", str(port), "--recovery", str(tmp_path / "recovery"))

    def told() -> dict[str, float]:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as page:
            lines = [line.rsplit(b" ", 1) for line in page if line.startswith(b"riskdesk_listener_")]
        return {name.decode().removeprefix("riskdesk_listener_"): float(value) for name, value in lines}

    assert told()["accepted_total"] == told()["clients"] == 0
    body = events(0, 2) + b"bad\n"
    if kind == "http":
        listener.post(body, "r1")
    else:
        with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as connection:
            connection.sendall(body)
            connection.makefile("rb").readline()
            assert told()["clients"] == 1
    found = told()
    assert (found["accepted_total"], found["refused_total"]) == (2, 1)
    assert (found["connections_total"], found["received_bytes_total"]) == (1, len(body))
    # Nothing has followed the folder yet.
    assert found["behind_bytes"] == len(events(0, 2))
    assert found["held_up"] == 0


@pytest.mark.slow
def test_a_listener_killed_again_and_again_loses_doubles_and_tears_nothing_that_has_a_request_id(
    listen, tmp_path
):
    requests, size = 600, 40
    answered: set[int] = set()
    todo = list(range(requests))
    turn = threading.Lock()
    for killed_after in (120, 300, 450, None):
        listener = listen("http", "--file-mb", "1")
        found = kept(tmp_path / "intake")  # what the last kill left is whole again
        assert {number * size for number in answered} <= set(found)
        assert len(found) == len(set(found))

        def send(listener: Listener = listener) -> None:
            while True:
                with turn:
                    if not todo:
                        return
                    number = todo.pop(0)
                try:
                    status = listener.post(events(number * size, size), f"r{number}")
                except (OSError, http.client.HTTPException):
                    status = 0
                with turn:
                    if status == 202:
                        answered.add(number)
                    else:
                        todo.append(number)  # sent again under the same id
                if not status:
                    return

        senders = [threading.Thread(target=send) for _ in range(8)]
        for sender in senders:
            sender.start()
        if killed_after is not None:
            while len(answered) < killed_after:
                time.sleep(0.001)
            listener.end(signal.SIGKILL)
        for sender in senders:
            sender.join()
    assert len(answered) == requests
    assert sorted(kept(tmp_path / "intake")) == list(range(requests * size))


@pytest.mark.slow
def test_lines_over_tcp_are_all_there_after_kills_when_what_was_not_acknowledged_is_sent_again(
    listen, tmp_path
):
    count = 30_000
    acknowledged = 0
    for killed_after in (4000, 15_000, None):
        listener = listen("tcp")
        begun = acknowledged
        assert set(range(acknowledged)) <= set(kept(tmp_path / "intake"))
        with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as connection:
            sender = threading.Thread(target=_send, args=(connection, events(begun, count - begun)))
            sender.start()
            answers = connection.makefile("rb")
            while killed_after is None or acknowledged < killed_after:
                answer = answers.readline()
                if not answer:
                    break
                acknowledged = begun + orjson.loads(answer)["lines"]
            if killed_after is not None:
                listener.end(signal.SIGKILL)
            sender.join()
    assert acknowledged == count
    assert listener.end()[0] == 0
    assert set(kept(tmp_path / "intake")) == set(range(count))


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "can be reached by others: give --tls-cert"),
        (["--host", "intake.bank.example"], "can be reached by others"),
        (["--tls-client-ca", str(PROFILE)], "need --tls-cert"),
        (["--tls-cert", str(PROFILE)], "give PEM files"),
    ],
)
def test_what_would_let_strangers_in_is_refused(tmp_path, options, words):
    given = ["listen", "tcp", "--port", "0", "--out", str(tmp_path / "x"), "--profile", str(PROFILE)]
    result = CliRunner().invoke(cli, [*given, *options])
    assert result.exit_code in (1, 2)
    assert words in " ".join(result.stderr.split())


def test_http_needs_a_token_that_others_cannot_read(tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o644)
    given = ["listen", "http", "--port", "0", "--out", str(tmp_path / "x"), "--profile", str(PROFILE)]
    assert "one must be there" in CliRunner().invoke(cli, given).stderr
    assert "chmod 600" in CliRunner().invoke(cli, [*given, "--token-file", str(token)]).stderr
