"""The action command, on a real store and with the loopback bank."""

import os
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.actions.bases import BasisKind
from cases.actions.policy import ActionPolicy
from cases.policy import QueuePolicy
from cases.store import open_store
from cli.main import cli
from connectors.loopback_bank import LoopbackBank
from tests.cases.made import alert
from tests.sqlite_store import sqlite_store

ROOT = Path(__file__).parents[2]
CARD = "card:tok_7f3a"
AGENT = ("--agent", "agent-7")
LEAD = ("--agent", "lead-2", "--role", "lead")
COMPLIANCE = ("--agent", "comp-1", "--role", "compliance")
WHY = ("--reason", "card tested abroad")


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        store.cases.take_in([alert("a", "tok_7f3a", "u1")])
    return found


@pytest.fixture
def case_id(url: str) -> str:
    with open_store(url) as store:
        return store.cases.list()[0].id


@pytest.fixture
def bank(tmp_path: Path) -> LoopbackBank:
    return LoopbackBank(tmp_path / "bank.db")


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["action", *arguments], env={"RISKDESK_STORE": url})


def record(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    return orjson.loads(result.stdout)


def blocked(url: str, case_id: str) -> dict:
    block = ("--kind", "temporary_block", "--target", CARD, "--basis", "terms")
    return record(run(url, "propose", case_id, *block, *WHY, *AGENT, "--json"))


def test_a_block_goes_to_the_bank_and_its_release_takes_the_lead(
    url: str, case_id: str, bank: LoopbackBank
) -> None:
    made = blocked(url, case_id)
    assert (made["status"], made["basis"], made["maker"]) == ("approved", "terms", "agent-7")
    sent = run(url, "run", "--bank", f"loopback:///{bank.journal}")
    assert (sent.exit_code, sent.stderr) == (0, "nothing was due; 1 done\n")
    assert [each.key for each in bank.effects()] == [made["idempotency_key"]]
    assert record(run(url, "show", made["action"], "--json"))["status"] == "done"
    release = record(run(url, "reverse", made["action"], *WHY, *AGENT, "--json"))
    assert (release["kind"], release["status"]) == ("release", "proposed")
    refused = run(url, "approve", release["action"], *AGENT)
    assert refused.exit_code == 1
    assert "another person must check it" in refused.stderr
    assert record(run(url, "approve", release["action"], *LEAD, "--json"))["status"] == "approved"
    assert run(url, "run", "--bank", f"loopback:///{bank.journal}", "--json").exit_code == 0
    assert record(run(url, "show", made["action"], "--json"))["end_reason"] == "released"


def test_the_list_says_what_waits_and_until_when(url: str, case_id: str) -> None:
    assert run(url, "list").exit_code == 1
    made = blocked(url, case_id)
    line = run(url, "list", "--pending").stdout
    assert line.startswith(f"{made['action']}  approved   temporary_block of {CARD}, by agent-7; until ")
    assert f"to be checked by {made['check_by']}" in line
    assert orjson.loads(run(url, "list", "--case", case_id, "--json").stdout) == made
    assert run(url, "list", "--status", "failed").exit_code == 1
    assert run(url, "list", "--pending", "--status", "done").exit_code == 2
    shown = run(url, "show", made["action"]).stdout
    assert "idempotency key" in shown
    assert "second person    after" in shown


def test_a_rejected_block_is_lifted(url: str, case_id: str, bank: LoopbackBank) -> None:
    made = blocked(url, case_id)
    run(url, "run", "--bank", f"loopback:///{bank.journal}")
    rejected = record(run(url, "reject", made["action"], "--reason", "wrong card", *LEAD, "--json"))
    assert (rejected["status"], rejected["verdict"]) == ("reversing", "rejected")
    run(url, "run", "--bank", f"loopback:///{bank.journal}")
    assert bank.held(CARD, 0) == ()


def test_an_order_is_recorded_and_blocks_its_scope(url: str, case_id: str) -> None:
    order = (
        *("order", "2026-0417", "--authority", "Police, district 3", "--scope", CARD),
        *("--from", "2026-01-01T00:00:00+08:00", "--to", "2099-01-01T00:00:00+08:00"),
    )
    made = record(run(url, *order, *AGENT, "--json"))
    assert (made["basis"], made["case"], made["status"]) == ("order:2026-0417", case_id, "approved")
    frozen = record(run(url, *order, "--kind", "freeze", *LEAD, "--json"))
    assert (frozen["kind"], frozen["status"]) == ("freeze", "proposed")
    assert record(run(url, "approve", frozen["action"], *COMPLIANCE, "--json"))["status"] == "approved"
    only = run(url, *order, "--kind", "none", *AGENT)
    assert (only.exit_code, only.stdout) == (0, "")
    assert "nothing was blocked" in only.stderr


def test_a_report_is_approved_and_carried_out_by_hand(url: str, case_id: str) -> None:
    analyst = ("--agent", "ana-1", "--role", "analyst")
    made = record(run(url, "propose", case_id, "--kind", "report_police", *WHY, *analyst, "--json"))
    assert made["target"] == f"case:{case_id}"
    too_early = run(url, "carry-out", made["action"], "--result", "sent", *analyst)
    assert too_early.exit_code == 1
    run(url, "approve", made["action"], *COMPLIANCE)
    done = run(url, "carry-out", made["action"], "--result", "received as 114", *analyst, "--json")
    assert record(done)["result"] == {"detail": "received as 114", "by": "ana-1"}


def test_the_policy_in_force_decides_who_may_act_alone(url: str, case_id: str) -> None:
    strict = QueuePolicy(actions=ActionPolicy(one_person_bases=frozenset({BasisKind.ORDER})))
    open_store(url, policy=strict).close()
    block = ("--kind", "temporary_block", "--target", CARD, "--basis", "terms")
    made = record(run(url, "propose", case_id, *block, *WHY, *AGENT, "--json"))
    assert (made["status"], made["second_person"]) == ("proposed", "before")


def test_wrong_use_says_what_is_right(url: str, case_id: str) -> None:
    for arguments, words in (
        (("--kind", "temporary_block", "--target", CARD, "--basis", "whim"), "write consent or"),
        (("--kind", "temporary_block", "--target", CARD), "names its basis"),
        (("--kind", "temporary_block", "--target", "tok", "--basis", "terms"), "write account:ID or card:ID"),
        (("--kind", "temporary_block", "--target", CARD, "--basis", "terms", "--hours", "49"), "at most 48"),
    ):
        result = run(url, "propose", case_id, *arguments, *WHY, *AGENT)
        assert (result.exit_code, words in result.stderr) == (2, True), result.stderr


def test_a_bank_over_http_needs_its_secret_and_keeps_it(url: str, tmp_path: Path) -> None:
    bank = ("run", "--bank", "https://bank.example/x")
    assert "needs the shared secret" in run(url, *bank).stderr
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef-not-a-real-one\n", "utf-8")
    secret.chmod(0o644)
    refused = run(url, *bank, "--secret-file", str(secret))
    assert (refused.exit_code, "chmod 600" in refused.stderr) == (2, True)
    secret.chmod(0o600)
    fine = run(url, *bank, "--secret-file", str(secret))
    assert fine.exit_code == 0
    assert "not-a-real-one" not in fine.output
    assert run(url, *bank, "--timeout-seconds", "61").exit_code == 2


def test_what_the_bank_does_not_take_is_exit_code_1(url: str, case_id: str, tmp_path: Path) -> None:
    blocked(url, case_id)
    away = run(url, "run", "--bank", f"loopback:///{tmp_path}/nowhere/bank.db")
    assert (away.exit_code, away.stderr) == (1, "nothing was due; 1 retry\n")


def test_expire_says_what_it_did(url: str, case_id: str) -> None:
    blocked(url, case_id)
    assert run(url, "expire").stdout == "nothing was due\n"
    swept = orjson.loads(run(url, "expire", "--json").stdout)
    assert swept == {"expired": [], "lifted": [], "alarmed": [], "ordered": []}


def test_the_executor_follows_until_it_is_told_to_end(url: str, case_id: str, bank: LoopbackBank) -> None:
    command = [sys.executable, "-m", "cli.main", "action", "run", "--follow", "--json"]
    environment = {**os.environ, "RISKDESK_STORE": url, "RISKDESK_BANK": f"loopback:///{bank.journal}"}
    with Popen(command, cwd=ROOT, env=environment, stdout=PIPE, stderr=PIPE, text=True) as executor:
        assert executor.stdout is not None
        for target in ("card:tok_1", "card:tok_2"):
            block = ("--kind", "temporary_block", "--target", target, "--basis", "terms")
            record(run(url, "propose", case_id, *block, *WHY, *AGENT, "--json"))
            assert orjson.loads(executor.stdout.readline())["sent"] == {"done": 1}
        executor.send_signal(signal.SIGTERM)
        assert executor.wait() == 0
    assert [each.target for each in bank.effects()] == ["card:tok_1", "card:tok_2"]
