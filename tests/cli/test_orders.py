"""The orders command, on a real file."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from tests.cases.closed import live_case
from tests.cases.made import alert


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/desk.db"


@pytest.fixture
def case_id(url: str) -> str:
    with open_store(url) as store:
        return live_case(store, alert("a", "c1", "u1"))


def run(url: str, *arguments: str) -> Result:
    env = {"RISKDESK_STORE": url, "RISKDESK_AGENT": "agent-7"}
    return CliRunner().invoke(cli, ["orders", *arguments], env=env)


def make(url: str, case_id: str, *more: str) -> Result:
    return run(
        url, "make", case_id, "--department", "branch", "--what", "the opening documents", *more, "--json"
    )


def test_an_order_goes_from_making_to_done(url, case_id):
    made = make(url, case_id, "--kind", "documents", "--due-in-hours", "4")
    assert made.exit_code == 0, made.output
    record = orjson.loads(made.stdout)
    order = record["order"]
    assert (record["case"], record["state"], record["made_by"]) == (case_id, "open", "agent-7")
    assert f"{order} went to branch, due" in made.stderr
    assert f"{order}  open" in run(url, "list").stdout
    assert run(url, "return", order, "--reason", "which customer?").exit_code == 0
    assert run(url, "send-again", order, "--due-in-hours", "2").exit_code == 0
    assert run(url, "accept", order).exit_code == 0
    done = run(url, "done", order, "--answer", "sent by courier", "--json")
    assert orjson.loads(done.stdout)["answer"] == "sent by courier"
    assert run(url, "list").exit_code == 1
    listed = run(url, "list", "--state", "done", "--case", case_id, "--json")
    assert orjson.loads(listed.stdout)["order"] == order


def test_a_late_order_is_found_once(url, case_id):
    make(url, case_id, "--due-in-hours", "0.000001")
    late = run(url, "late")
    assert (late.exit_code, f"{case_id}-W1" in late.stdout) == (1, True)
    assert run(url, "late").exit_code == 0


def test_an_order_says_by_when_in_one_way(url, case_id):
    for more in ((), ("--due", "2030-01-01T00:00:00Z", "--due-in-hours", "1")):
        refused = make(url, case_id, *more)
        assert (refused.exit_code, "by when" in refused.stderr) == (2, True)
    past = make(url, case_id, "--due", "2020-01-01T00:00:00Z")
    assert (past.exit_code, "which is past" in past.stderr) == (2, True)


def test_what_cannot_be_done_says_what_can(url, case_id):
    make(url, case_id, "--due-in-hours", "1")
    run(url, "cancel", f"{case_id}-W1", "--reason", "not needed")
    refused = run(url, "accept", f"{case_id}-W1")
    assert (refused.exit_code, "it has come to its end" in refused.stderr) == (1, True)
