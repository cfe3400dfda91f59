"""The user command, on a real file: users, their second person, sessions and tokens."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cases.who import Role, Who
from cli.desk_options import now_ms
from cli.main import cli
from tests.cases.accounts.people import Person, enrol, sign_in
from tests.sqlite_store import sqlite_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found):
        return found


def run(url: str, *arguments: str, agent: str = "opal", role: str = "ops") -> Result:
    env = {"RISKDESK_STORE": url, "RISKDESK_AGENT": agent, "RISKDESK_ROLE": role}
    return CliRunner().invoke(cli, ["user", *arguments], env=env)


def accepted(url: str, token: str, name: str | None = None, role: Role | None = None) -> Person:
    with open_store(url) as store:
        return enrol(store, token, now_ms(), name, role)


@pytest.fixture
def desk(url: str) -> str:
    """A desk with a first user, a lead and a compliance officer."""
    accepted(url, run(url, "first").stdout.strip(), "opal", Role.OPS)
    for name, role in (("lena", "lead"), ("cora", "compliance")):
        added = run(url, "add", name, "--as", role, "--why", "joins")
        assert run(url, "approve", name).exit_code == 0
        accepted(url, added.stdout.strip())
    return url


def test_the_first_user_is_alone_and_then_two_people_decide(desk):
    assert (run(desk, "first").exit_code, run(desk, "first").stdout) == (1, "")
    added = run(desk, "add", "ana", "--as", "agent", "--skill", "cards", "--why", "joins", "--json")
    said = orjson.loads(added.stdout)
    assert (said["role"], said["skills"], said["verdict"]) == ("agent", ["cards"], "proposed")
    assert "waits for somebody else to approve it" in added.stderr
    assert run(desk, "approve", "ana").exit_code == 1
    waiting = run(desk, "list", "--waiting")
    assert "adding ana as agent, by opal: joins" in waiting.stdout
    approved = run(desk, "approve", "ana", "--note", "on the list", agent="cora", role="compliance")
    assert approved.stderr == "adding ana as agent: approved\n"
    assert run(desk, "list", "--waiting").exit_code == 1
    assert accepted(desk, said["invitation"]).name == "ana"
    assert [line.split() for line in run(desk, "list").stdout.splitlines()] == [
        ["ana", "agent", "active"],
        ["cora", "compliance", "active"],
        ["lena", "lead", "active"],
        ["opal", "ops", "active"],
    ]


def test_users_are_changed_disabled_and_come_back(desk):
    checker = {"agent": "cora", "role": "compliance"}
    assert run(desk, "role", "lena", "--as", "analyst", "--team", "night", "--why", "moves").exit_code == 0
    assert run(desk, "approve", "lena", **checker).stderr == "making lena analyst: approved\n"
    assert "lena  analyst  active  night" in run(desk, "list").stdout
    disabled = run(desk, "disable", "lena", "--why", "left", "--json")
    assert orjson.loads(disabled.stdout)["state"] == "disabled"
    assert run(desk, "enable", "lena", "--why", "is back").exit_code == 0
    assert "refused" in run(desk, "refuse", "lena", "--why", "is not", **checker).stderr
    reset = run(desk, "reset", "lena", "--why", "lost the phone")
    assert len(reset.stdout.strip()) == 43
    assert "withdrawn" in run(desk, "refuse", "lena", "--why", "found it").stderr
    assert run(desk, "disable", "nobody", "--why", "left").exit_code == 1


def test_sessions_are_listed_and_ended(desk):
    with open_store(desk) as store:
        reset = store.accounts.reset(Who("opal", Role.OPS), "lena", now_ms(), "lost the phone")
        store.accounts.approve_user(Who("cora", Role.COMPLIANCE), "lena", now_ms())
        lena = enrol(store, str(reset.invitation), now_ms() - 60_000)
        signed_in = sign_in(store, lena, now_ms())
    listed = run(desk, "sessions", "--everybody", "--json")
    assert [orjson.loads(line)["id"] for line in listed.stdout.splitlines()] == [signed_in.session.id]
    assert run(desk, "sessions").exit_code == 1
    assert run(desk, "revoke", signed_in.session.id).stderr == "1 session ended\n"
    assert run(desk, "revoke", "--user", "lena").stderr == "0 sessions ended\n"
    assert run(desk, "revoke").exit_code == 2
    assert signed_in.token not in listed.stdout


def test_a_token_is_made_listed_and_revoked(desk):
    lead = {"agent": "lena", "role": "lead"}
    made = run(desk, "token", "add", "ledger", "--scope", "cases:read", "--scope", "alerts:read", **lead)
    secret = made.stdout.strip()
    assert secret.startswith("rd_")
    with open_store(desk) as store:
        found = store.accounts.token(secret, now_ms())
        assert found is not None
        assert found.who.name == "api:ledger"
    listed = run(desk, "token", "list", "--everybody").stdout
    assert f"ledger  for lena  cases:read, alerts:read  ...{secret[-4:]}  until " in listed
    assert secret not in listed
    revoked = run(desk, "token", "revoke", "ledger", "--json", **lead)
    assert orjson.loads(revoked.stdout)["revoked_at"] is not None
    assert run(desk, "token", "add", "x", "--scope", "everything", **lead).exit_code == 2


def test_who_is_no_user_changes_none(desk):
    refused = run(desk, "add", "ana", "--as", "lead", "--why", "joins", agent="stranger", role="ops")
    assert (refused.exit_code, "no active user" in refused.stderr) == (1, True)
