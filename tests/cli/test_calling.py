"""What `riskdesk queue` does about calls, on a real file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from domain.findings import Severity
from domain.reference import Customer, PhoneNumber
from tests.cases.made import alert
from tests.sqlite_store import sqlite_store

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A desk with one critical case: it may be called whatever time the tests run."""
    found = sqlite_store(tmp_path / "desk.db")
    numbers = tuple(
        PhoneNumber(reference=name, kind="mobile", verified_since=LONG_AGO + timedelta(days=place))
        for place, name in enumerate(("first-1", "second-2"))
    )
    with open_store(found) as store:
        customer = Customer(
            id="u1", effective_at=LONG_AGO, tier="standard", time_zone="Asia/Shanghai", numbers=numbers
        )
        store.reference.put([customer])
        store.cases.take_in([alert("one", "c1", "u1", detector="burst", severity=Severity.CRITICAL)])
    return found


@pytest.fixture
def case_id(url: str) -> str:
    """That case, claimed by agent-7."""
    claimed = run(url, "next", "--json")
    assert claimed.exit_code == 0, claimed.output
    return str(orjson.loads(claimed.stdout)["case"])


def run(url: str, *arguments: str) -> Result:
    env = {"RISKDESK_STORE": url, "RISKDESK_AGENT": "agent-7"}
    return CliRunner().invoke(cli, ["queue", *arguments], env=env)


def test_dial_begins_a_call_and_shows_the_script_of_the_detector(url: str, case_id: str) -> None:
    result = run(url, "dial", case_id)
    assert result.exit_code == 0, result.output
    assert "Many uses of a card in a short time" in result.stdout
    assert "[ ] identity:" in result.stdout
    assert "ring first-1 by hand" in result.stderr
    again = run(url, "dial", case_id)
    assert again.exit_code == 1
    assert "agent-7 has been on the phone with customer:u1" in again.stderr
    recorded = run(url, "attempt", case_id, "--disposition", "no_answer", "--json")
    assert recorded.exit_code == 0, recorded.output
    assert orjson.loads(recorded.stdout)["next_number"] == "second-2"


def test_dial_without_a_number_book_says_so_and_counts_nothing(url: str, case_id: str) -> None:
    result = run(url, "dial", case_id, "--via", "tel", "--json")
    assert result.exit_code == 1
    assert orjson.loads(result.stdout)["placed"] is False
    assert "no number book is connected" in result.stderr
    assert "not tried yet" in run(url, "numbers", case_id).stdout


def test_a_telephone_system_needs_an_address_and_a_secret(url: str, case_id: str) -> None:
    result = run(url, "dial", case_id, "--via", "webhook")
    assert result.exit_code == 2
    assert "--via webhook needs --cti-url and --cti-secret-file" in result.stderr


def test_an_attempt_closes_the_case_once_the_person_is_verified(url: str, case_id: str) -> None:
    attempt = ["attempt", case_id, "--number", "first-1", "--disposition", "genuine", "--json"]
    refused = run(url, *attempt)
    assert refused.exit_code == 2
    assert "needs the step 'identity'" in refused.stderr
    done = run(url, *attempt, "--identity-verified", "--checked", "card_in_hand")
    assert done.exit_code == 0, done.output
    assert orjson.loads(done.stdout)["case_closed_as"] == "genuine"


def test_a_callback_has_a_time_with_an_offset(url: str, case_id: str) -> None:
    callback = ["attempt", case_id, "--number", "first-1", "--disposition", "callback_later", "--callback-at"]
    assert run(url, *callback, "2026-03-06 10:00").exit_code == 2
    past = run(url, *callback, "2020-03-06T10:00:00+08:00")
    assert past.exit_code == 2
    assert "within the next 7 days" in past.stderr


def test_numbers_say_what_may_be_rung_and_why_not(url: str, case_id: str) -> None:
    run(url, "attempt", case_id, "--number", "first-1", "--disposition", "wrong_number")
    page = run(url, "numbers", case_id)
    assert page.exit_code == 0, page.output
    assert "first-1  mobile  tried 1 time  not to be rung: wrong number" in page.stdout
    assert "> second-2  mobile  not tried" in page.stdout
    record = orjson.loads(run(url, "numbers", case_id, "--json").stdout)
    assert [number["callable"] for number in record["numbers"]] == [True, False]
    assert record["tried"].startswith("tried once on 1 number at ")


def test_a_wish_is_kept_and_taken_back(url: str, case_id: str) -> None:
    assert run(url, "wish", case_id, "--customer", "u1").exit_code == 0
    assert run(url, "numbers", case_id).exit_code == 1
    assert run(url, "wish", case_id, "--customer", "u1", "--taken-back").exit_code == 0
    assert run(url, "numbers", case_id).exit_code == 0
    assert "no such wish" in run(url, "wish", case_id, "--customer", "u1", "--taken-back").stderr


def test_a_number_found_wakes_the_call(url: str, case_id: str) -> None:
    run(url, "attempt", case_id, "--number", "first-1", "--disposition", "wrong_number")
    run(url, "attempt", case_id, "--number", "second-2", "--disposition", "wrong_number")
    task = str(orjson.loads(run(url, "next", "--json").stdout)["task"]["task"])
    found = run(url, "number-found", "--task", task, "--number", "second-2")
    assert found.exit_code == 0, found.output
    assert "> second-2" in run(url, "numbers", case_id).stdout


def test_who_holds_nothing_is_told_to_claim(url: str) -> None:
    with open_store(url) as store:
        case_id = store.cases.list()[0].id
    result = run(url, "attempt", case_id, "--disposition", "busy")
    assert result.exit_code == 1
    assert f"agent-7 holds no call of {case_id}; claim it first" in result.stderr


def test_scripts_are_listed_and_shown_in_both_languages(url: str) -> None:
    listed = [orjson.loads(line) for line in run(url, "scripts", "list", "--json").stdout.splitlines()]
    assert {"default", "burst"} <= {each["script"] for each in listed}
    assert "切勿" not in run(url, "scripts", "show", "burst").stdout
    assert "不得询问银行卡密码" in run(url, "scripts", "show", "burst", "--language", "zh").stdout
    assert run(url, "scripts", "show", "bursts").exit_code == 1
