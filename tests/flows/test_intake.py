"""Events over HTTP into a folder, a flow that follows it, and its alerts to a webhook: nothing gets lost."""

import gzip
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from flows.followed import bytes_behind
from tests.connectors.senders import TOKEN
from tests.connectors.webhooks import SECRET, receiver
from tests.flows.running import NIGHT, PROFILE, ROOT, lines_in, stored_alerts, until

EXPECTED = NIGHT / "alerts.jsonl"
REQUEST_LINES = 400


@pytest.fixture
def listening() -> Iterator[Callable[..., tuple["subprocess.Popen[bytes]", int]]]:
    """Starts listeners, each with its port; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def listening(folder: Path, recovery: Path, *options: str) -> tuple["subprocess.Popen[bytes]", int]:
        command = (
            "listen", "http", "--port", "0", "--out", folder, "--profile", PROFILE, "--recovery", recovery,
            "--free-mb", "0", "--file-mb", "1", *options,
        )  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *map(str, command)],
            cwd=ROOT,
            env=os.environ | {"RISKDESK_LISTEN_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        assert process.stderr is not None
        found = re.match(rb"listening on port (\d+)", process.stderr.readline())
        assert found is not None, process.communicate()
        return process, int(found[1])

    yield listening
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.slow
def test_a_night_over_http_through_kills_of_flow_and_listener_gives_the_alerts_of_the_replay(
    riskdesk, listening, store, tmp_path, night
):
    folder, recovery, alerts = tmp_path / "intake", tmp_path / "recovery", tmp_path / "alerts.jsonl"
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    secret.chmod(0o600)
    lines = night.read_bytes().splitlines(keepends=True)
    requests = [lines[at : at + REQUEST_LINES] for at in range(0, len(lines), REQUEST_LINES)]
    command = (
        "run", "card-risk", "--profile", PROFILE, "--input", folder, "--store", store, "--alerts", alerts,
        "--recovery", recovery, "--epoch-s", "0.1", "--webhook", receiver().url(str(tmp_path)),
        "--webhook-secret-file", secret,
    )  # fmt: skip
    # At its first alerts it is busy once, and then refuses: the flow fails, and is begun again.
    receiver().answers[str(tmp_path)] = [503, 400]
    listener, port = listening(folder, recovery)
    flow = riskdesk(*command)
    for number, request in enumerate(requests):
        if number == len(requests) // 3:
            flow.kill()
            flow = riskdesk(*command)
        if number == len(requests) // 2:
            listener.send_signal(signal.SIGKILL)
            listener.communicate()
            listener, port = listening(folder, recovery)
            assert _post(port, requests[number - 1], f"r{number - 1}") == 202  # known from before the kill
        assert _post(port, request, f"r{number}") == 202
    until(lambda: lines_in(alerts) >= lines_in(EXPECTED), flow)
    until(lambda: bytes_behind(recovery, folder) == 0, flow)
    listener.terminate()
    listener.communicate()
    assert listener.returncode == 0
    assert flow.terminate() == 0
    assert len(list(folder.glob("*.jsonl"))) > 5
    assert receiver().answers[str(tmp_path)] == []
    expected = [json.loads(line)["id"] for line in EXPECTED.read_bytes().splitlines()]
    assert stored_alerts(store) == sorted(expected)
    assert sorted(receiver().ids(str(tmp_path))) == sorted(expected)


@pytest.mark.parametrize(
    ("url", "secret", "mode", "words"),
    [
        ("http://alerts.bank.example/", SECRET, 0o600, "write https://host/path"),
        ("https://alerts.bank.example/", b"short", 0o600, "must have 16 bytes at least"),
        ("https://alerts.bank.example/", SECRET, 0o644, "chmod 600"),
        ("https://alerts.bank.example/", None, 0o600, "needs the shared secret"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_before_anything_runs(tmp_path, url, secret, mode, words):
    given = ["run", "card-risk", "--profile", str(PROFILE), "--input", str(tmp_path), "--webhook", url]
    given += ["--store", f"sqlite:///{tmp_path}/desk.db"]
    if secret is not None:
        (tmp_path / "secret").write_bytes(secret)
        (tmp_path / "secret").chmod(mode)
        given += ["--webhook-secret-file", str(tmp_path / "secret")]
    result = CliRunner().invoke(cli, given)
    assert result.exit_code in (1, 2)
    assert words in " ".join(result.stderr.split())


def test_a_flow_that_has_committed_nothing_is_behind_with_everything(tmp_path):
    folder, recovery = tmp_path / "intake", tmp_path / "recovery"
    folder.mkdir()
    (folder / "1.jsonl").write_bytes(b"x" * 100)
    (folder / "2.jsonl").write_bytes(b"x" * 11)
    assert bytes_behind(recovery, folder) == 111
    recovery.mkdir()
    assert bytes_behind(recovery, folder) == 111
    (recovery / "part-0.sqlite3").write_bytes(b"no database" * 1000)
    assert bytes_behind(recovery, folder) is None


@pytest.mark.slow
def test_a_flow_that_was_stopped_holds_senders_up_until_it_runs_again(
    riskdesk, listening, store, tmp_path, night
):
    folder, recovery = tmp_path / "intake", tmp_path / "recovery"
    _, port = listening(folder, recovery, "--behind-mb", "1")
    lines = night.read_bytes().splitlines(keepends=True)[:4000]
    number = status = 0
    while (status := _post(port, lines, f"r{number}")) == 202:
        number += 1
        assert number < 50
        time.sleep(1.1)  # it looks once a second
    assert status == 503
    flow = riskdesk(
        "run", "card-risk", "--profile", PROFILE, "--input", folder, "--store", store,
        "--recovery", recovery, "--epoch-s", "0.1",
    )  # fmt: skip
    until(lambda: _post(port, lines, f"r{number}") == 202, flow)
    assert flow.terminate() == 0


def _post(port: int, lines: list[bytes], request_id: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Idempotency-Key": request_id,
        "Content-Encoding": "gzip",
    }
    try:
        connection.request("POST", "/events", gzip.compress(b"".join(lines), 1), headers)
        return connection.getresponse().status
    finally:
        connection.close()
