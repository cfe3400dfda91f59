"""What `riskdesk outbox` and the sweeper do beside the desk, on a real file."""

import os
import shlex
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.outbox import publish
from cases.store import open_store
from cases.who import Who
from cli.main import cli
from tests.cases.made import NOON_MS, alert
from tests.sqlite_store import sqlite_store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A desk that wants one message sent."""
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        store.cases.take_in([alert("a", "c1", "u1")])
        payload = {"case": store.cases.list()[0].id, "customer": "u1"}
        with store.db.writing():
            publish(store.db, "customer_message", "7:2", payload, NOON_MS)
    return found


def run(url: str, *arguments: str, command: str = "outbox") -> Result:
    return CliRunner().invoke(cli, [command, *arguments], env={"RISKDESK_STORE": url})


def test_a_message_goes_to_a_file_once(url: str, tmp_path: Path) -> None:
    to = ("--topic", "customer_message", "--to", f"file:///{tmp_path}/sms.jsonl")
    sent = run(url, "run", *to)
    assert (sent.exit_code, sent.stdout, sent.stderr) == (0, "", "1 delivered\n")
    assert run(url, "run", *to, "--json").stdout == ""
    (line,) = (tmp_path / "sms.jsonl").read_bytes().splitlines()
    assert orjson.loads(line)["message"]["customer"] == "u1"
    (told,) = (orjson.loads(line) for line in run(url, "list", "--json").stdout.splitlines())
    assert told == {
        **{"topic": "customer_message", "waiting": 0, "delivered": 1, "given_up": 0},
        **{"oldest": None, "error": None},
    }


def test_a_receiver_that_is_away_is_said_so(url: str, tmp_path: Path) -> None:
    to = ("--topic", "customer_message", "--to", f"file:///{tmp_path}/nowhere/sms.jsonl")
    away = run(url, "run", *to)
    assert (away.exit_code, away.stderr) == (1, "1 retry\n")
    listed = run(url, "list")
    assert listed.exit_code == 0
    assert "1 waiting" in listed.stdout
    assert "the oldest since 2026-03-05T12:00:00.000Z" in listed.stdout
    assert "cannot be written" in listed.stdout


def test_what_was_given_up_is_exit_code_one_until_it_is_sent_again(url: str) -> None:
    with open_store(url) as store:
        store.retention.forget_messages(NOON_MS + 10**10)
    assert run(url, "list").exit_code == 1
    again = run(url, "again", "--topic", "customer_message", "--agent", "ops-1", "--role", "ops")
    assert (again.exit_code, again.stderr) == (0, "1 message will be tried again\n")
    refused = run(url, "again", "--topic", "customer_message", "--agent", "agent-7")
    assert (refused.exit_code, "may not run store" in refused.stderr) == (1, True)


def test_a_receiver_that_cannot_be_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"0123456789abcdef-not-a-real-one")
    (tmp_path / "secret").chmod(0o644)
    to = ("--topic", "alarm", "--to", "https://pager.bank.example/x")
    assert "needs the shared secret" in run(url, "run", *to).stderr
    readable = run(url, "run", *to, "--secret-file", str(tmp_path / "secret"))
    assert (readable.exit_code, "must be yours alone: chmod 600" in readable.stderr) == (2, True)
    slow = run(url, "run", "--topic", "alarm", "--to", "file:///x", "--timeout-seconds", "60")
    assert slow.exit_code == 0


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        *(("outbox", (name,)) for name in ("list", "again")),
        *(("queue", (name,)) for name in ("sweep", "agents", "agent-state")),
    ],
)
def test_help_ends_with_an_example_that_parses(url: str, command: str, arguments: tuple[str, ...]) -> None:
    shown = run(url, *arguments, "--help", command=command).stdout
    example = " ".join(shown.rpartition(f"Example: riskdesk {command} ")[2].split())
    given = shlex.split(example.replace("sqlite:///desk.db", url))
    assert run(url, *given, command=command).exit_code < 2


def test_an_agent_says_what_they_do_and_a_lead_sees_it(url: str) -> None:
    assert run(url, "agents", command="queue").exit_code == 1
    said = run(url, "agent-state", "break", "--reason", "lunch", "--agent", "a17", command="queue")
    assert (said.exit_code, said.stderr) == (0, "a17 is break\n")
    seen = run(url, "agents", "--json", "--agent", "lead-1", "--role", "lead", command="queue")
    record = orjson.loads(seen.stdout)
    assert (record["agent"], record["state"], record["reason"]) == ("a17", "break", "lunch")
    assert "a17  break since" in run(url, "agents", command="queue").stdout


def test_the_sweeper_seals_by_itself_until_it_is_told_to_end(url: str, tmp_path: Path) -> None:
    seals = tmp_path / "seals.jsonl"
    command = [sys.executable, "-m", "cli.main", "queue", "sweep", "--follow", "--seal-every", "0.001"]
    environment = {**os.environ, "RISKDESK_STORE": url, "RISKDESK_SEALS": str(seals)}
    with Popen(command, cwd=ROOT, env=environment, stderr=PIPE, text=True) as sweeper:
        assert sweeper.stderr is not None
        first = next(line for line in sweeper.stderr if "sealed" in line)
        with open_store(url) as store:
            store.audit.viewed(Who("a17"), "case:C1", NOON_MS)
        second = next(line for line in sweeper.stderr if "sealed" in line)
        sweeper.send_signal(signal.SIGTERM)
        assert sweeper.wait() == 0
    assert first.startswith("rows 1 to ")
    assert second.endswith("are sealed\n")
    assert len(seals.read_text().splitlines()) >= 2
    with open_store(url) as store:
        assert store.audit.verify(seals).breaks == ()


def test_sealing_goes_with_following(url: str) -> None:
    refused = run(url, "sweep", "--seal-every", "5", command="queue")
    assert (refused.exit_code, "--seal-every goes with --follow" in refused.stderr) == (2, True)
