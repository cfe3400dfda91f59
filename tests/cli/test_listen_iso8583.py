"""`riskdesk listen iso8583`, as a process that is ended and killed while senders are at work."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from cli.main import cli
from connectors.iso8583_frames import frame
from tests.connectors.card_messages import KEY, NUMBER, message

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"RISKDESK_CARD_KEY": KEY.hex()}


class Listener:
    """A listener of its own process."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "cli.main", "listen", "iso8583", "--port", "0", "--out", str(folder)]
        self.process = subprocess.Popen(
            [*command, "--spec", "unionpay", "--free-mb", "0", *options],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        found = re.match(rb"listening on port (\d+)", self.process.stderr.readline())
        assert found is not None, self.process.communicate()
        self.port = int(found[1])

    def send(self, *messages: bytes) -> None:
        """Send messages over a connection of their own, and wait until it is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(b"".join(frame(each, "binary2") for each in messages))
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; give the exit code and all that was said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.decode() + err.decode()


@pytest.fixture
def listen(tmp_path: Path) -> Iterator:
    listeners: list[Listener] = []

    def listen(*options: str) -> Listener:
        listeners.append(Listener(tmp_path / "cards", *options))
        return listeners[-1]

    yield listen
    for listener in listeners:
        listener.process.kill()
        listener.process.communicate()


def events(folder: Path) -> list[dict]:
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl")))
    assert content.endswith(b"\n") or not content
    return [orjson.loads(line) for line in content.splitlines()]


def test_sigterm_writes_what_waits_and_says_what_there_was(tmp_path, listen):
    listener = listen()
    listener.send(
        message(f11="000001"), message("0210", f11="000001", f39="00"), message(f11="000002"), b"bad"
    )
    code, said = listener.end()
    assert code == 0, said
    counts = orjson.loads(said[said.index("{") : said.index("}\n") + 1].splitlines()[0])
    assert (counts["events"], counts["rejected"], counts["unanswered"]) == (2, 1, 1)
    assert [event.get("outcome", "approved") for event in events(tmp_path / "cards")] == [
        "approved",
        "declined",
    ]
    assert len(events(tmp_path / "cards-refused")) == 1
    assert NUMBER not in said + repr(events(tmp_path / "cards") + events(tmp_path / "cards-refused"))


def test_what_was_written_survives_a_kill_and_the_next_listener_goes_on(tmp_path, listen):
    first = listen()
    first.send(message("0220", f11="000001"))
    assert len(events(tmp_path / "cards")) == 1
    first.end(signal.SIGKILL)
    second = listen()
    second.send(message("0220", f11="000002"))
    second.end()
    assert len(events(tmp_path / "cards")) == 2
    assert len(list((tmp_path / "cards").glob("*.jsonl"))) == 2


def test_a_request_gives_up_waiting_though_nothing_else_comes(tmp_path, listen):
    listener = listen("--wait", "0.5")
    listener.send(message())
    for _ in range(200):
        if events(tmp_path / "cards"):
            break
        time.sleep(0.05)
    assert events(tmp_path / "cards")[0]["outcome"] == "declined"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--host", "0.0.0.0"], 2, "give --tls-cert and --tls-client-ca"),
        (["--spec", "visa"], 1, "there is no spec 'visa'"),
        (["--spec", "unionpay_header", "--answer-network"], 1, "has a header of 46 bytes"),
    ],
)
def test_what_would_be_unsafe_or_cannot_work_is_refused_before_anything_is_opened(
    tmp_path, options, code, said
):
    command = ["listen", "iso8583", "--port", "0", "--spec", "unionpay", "--out", str(tmp_path / "cards")]
    result = CliRunner(env=ENVIRONMENT).invoke(cli, [*command, *options])
    assert (result.exit_code, said in result.stderr) == (code, True)
    assert not (tmp_path / "cards").exists()
