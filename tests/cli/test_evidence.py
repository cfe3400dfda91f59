"""The evidence commands, on a real file."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.actions.kinds import Kind
from cases.actions.proposing import Proposal
from cases.store import open_store
from cases.who import Role, Who
from cli.desk_options import now_ms
from cli.main import cli
from tests.cases.made import alert
from tests.sqlite_store import sqlite_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        store.cases.take_in([alert("one", "tok_1", "u-1", last4="4242")])
    return found


@pytest.fixture
def case_id(url: str) -> str:
    with open_store(url) as store:
        (case,) = store.cases.list()
        return case.id


def approve(url: str, case_id: str) -> None:
    # The command reads the clock, so the approval must be one of now.
    at_ms = now_ms()
    wanted = Proposal(kind=Kind.EVIDENCE_EXPORT, target=f"case:{case_id}", reason="letter", case_id=case_id)
    with open_store(url) as store:
        asked = store.actions.propose(wanted, Who("lead-1", Role.LEAD), at_ms)
        store.actions.approve(asked.id, Who("comp-1", Role.COMPLIANCE), at_ms)


def run(url: str, *arguments: str, role: str = "lead") -> Result:
    return CliRunner().invoke(
        cli,
        arguments,
        env={"RISKDESK_STORE": url, "RISKDESK_AGENT": "lead-1", "RISKDESK_ROLE": role},
    )


def test_a_package_is_written_and_verified(url: str, case_id: str, tmp_path: Path) -> None:
    approve(url, case_id)
    package = tmp_path / "case.zip"
    written = run(url, "evidence", case_id, "-o", str(package))
    assert (written.exit_code, written.stdout) == (0, "")
    assert f"case.zip holds the evidence of {case_id}" in written.stderr
    again = tmp_path / "again.zip"
    run(url, "evidence", case_id, "-o", str(again))
    assert again.read_bytes() == package.read_bytes()
    key = str(tmp_path / "keys" / "signing.pub.pem")
    checked = run(url, "evidence-verify", str(package), "--key", key)
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert checked.stderr == f"{case_id}, 9 parts: as the desk signed it\n"


def test_a_package_that_was_changed_is_exit_code_one(url: str, case_id: str, tmp_path: Path) -> None:
    approve(url, case_id)
    package = tmp_path / "case.zip"
    run(url, "evidence", case_id, "-o", str(package))
    package.write_bytes(package.read_bytes().replace(b'"scope"', b'"scope!', 1))
    key = str(tmp_path / "keys" / "signing.pub.pem")
    checked = run(url, "evidence-verify", str(package), "--key", key, "--json")
    assert checked.exit_code == 1
    assert orjson.loads(checked.stdout)["faults"]


def test_without_approval_nothing_is_written_and_the_way_is_named(
    url: str, case_id: str, tmp_path: Path
) -> None:
    package = tmp_path / "case.zip"
    refused = run(url, "evidence", case_id, "-o", str(package))
    assert refused.exit_code == 1
    assert f"riskdesk action propose {case_id} --kind evidence_export --reason WHY" in refused.stderr
    assert not package.exists()


def test_an_agent_may_not_export(url: str, case_id: str, tmp_path: Path) -> None:
    approve(url, case_id)
    refused = run(url, "evidence", case_id, "-o", str(tmp_path / "case.zip"), role="agent")
    assert refused.exit_code == 1
    assert "may not export evidence; that takes: lead, analyst" in refused.stderr


def test_a_folder_that_is_not_there_is_wrong_use(url: str, case_id: str, tmp_path: Path) -> None:
    refused = run(url, "evidence", case_id, "-o", str(tmp_path / "none" / "case.zip"))
    assert refused.exit_code == 2
    assert "make the folder" in refused.stderr


def test_a_key_that_is_not_there_says_so(url: str, tmp_path: Path) -> None:
    refused = run(url, "evidence-verify", str(tmp_path / "x.zip"), "--key", str(tmp_path / "none.pem"))
    assert refused.exit_code == 1
    assert "cannot read the public key" in refused.stderr
