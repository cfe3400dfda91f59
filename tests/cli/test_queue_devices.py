"""The queue command about devices, on a real file."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from tests.cases.device_cases.machines import raised, show
from tests.cases.made import alert
from tests.sqlite_store import sqlite_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        store.cases.take_in([alert("fraud", "c9", "u9")])
        show(
            store,
            raised("a", "card_jam", reason="the reader of atm-4 is jammed"),
            raised("b", "receipt_out", "atm-5"),
            raised("c", "card_retained", "atm-5", members=[("c1", "u1")]),
            raised("d", "card_reader_fault", "atm-6"),
        )
    return found


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["queue", *arguments], env={"RISKDESK_STORE": url})


def records(result: Result) -> list[dict]:
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def words(result: Result) -> str:
    return " ".join(result.stdout.split())


def case_of(url: str, subject: str) -> str:
    (found,) = [each for each in records(run(url, "list", "--json")) if subject in each["subject"]]
    return found["case"]


def test_the_queue_is_listed_by_kind(url: str) -> None:
    devices = records(run(url, "list", "--kind", "device", "--json"))
    assert [each["subject"] for each in devices] == [
        "customer u1: card retained at atm-5, branch br-17",
        "card reader faulty at atm-6, branch br-17",
        "2 items at branch br-17: card jammed in the reader at atm-4, receipt paper out at atm-5",
    ]
    assert [each["subject"] for each in records(run(url, "list", "--kind", "fraud", "--json"))] == [
        "customer u9"
    ]
    page = run(url, "list", "--kind", "device")
    assert max(map(len, page.stdout.splitlines())) <= 100
    assert "the reader of atm-4 is jammed" in words(page)


def test_a_case_shows_its_items_its_rank_in_words_and_what_else_to_ask(url: str) -> None:
    page = words(run(url, "show", case_of(url, "2 items")))
    for part in (
        "high: priority 2: card jammed in the reader at atm-4",
        "30 minutes after card jammed in the reader at atm-4 came before the desk",
        "P2 card jammed in the reader at atm-4, since 2026-03-05 20:00:00",
        "P4 receipt paper out at atm-5",
        "Ask the branch as well",
        "P1 card retained at atm-5",
        "call_site site:br-17",
    ):
        assert part in page, part
    (file,) = records(run(url, "show", case_of(url, "2 items"), "--json"))
    assert (file["kind"], file["close_reason"]) == ("device", None)
    assert [item["code"] for item in file["items"]] == ["card_jam", "receipt_out"]
    assert [item["code"] for item in file["at_branches"]] == ["card_retained"]


def test_who_claims_a_call_to_a_branch_sees_all_that_it_carries(url: str) -> None:
    case_id = case_of(url, "2 items")
    page = words(run(url, "branch", "br-17"))
    assert page.count(case_id) == 2
    assert "card retained at atm-5" in page
    assert run(url, "branch", "br-99").exit_code == 1
    first = run(url, "next", "--agent", "a17")
    assert "P1 card retained at atm-5" in words(first)


def test_a_device_case_is_closed_with_a_reason(url: str) -> None:
    case_id = case_of(url, "2 items")
    assert run(url, "claim", case_id, "--agent", "a17").exit_code == 0
    closing = ("close", case_id, "--agent", "a17", "--outcome", "device_resolved")
    refused = run(url, *closing)
    assert refused.exit_code == 2
    assert "say why the case of a device is closed" in refused.stderr
    assert run(url, *closing, "--reason", "flm_fixed").exit_code == 0
    assert "closed as device_resolved, flm fixed" in words(run(url, "list", "--status", "closed"))


def test_somebody_is_sent_by_command(url: str) -> None:
    case_id = case_of(url, "card reader faulty")
    assert run(url, "claim", case_id, "--agent", "a17", "--skill", "vendor").exit_code == 0
    sent = run(url, "dispatch", case_id, "--agent", "a17", "--due", "2099-01-01T00:00:00+08:00", "--json")
    assert sent.exit_code == 0
    (order,) = records(sent)
    assert (order["department"], order["what"]) == ("vendor", "card reader faulty at atm-6, branch br-17")
    assert f"{order['order']} went to vendor" in sent.stderr


def test_cards_that_devices_kept_are_listed_and_handled(url: str) -> None:
    (card,) = records(run(url, "cards", "--json", "--agent", "a17"))
    assert (card["customer"], card["status"], card["branch"]) == ("u1", "registered", "br-17")
    number = str(card["card_id"])
    handled = run(url, "card-handled", number, "--status", "returned", "--agent", "a17")
    assert handled.exit_code == 0
    assert "returned by a17 at br-17" in words(run(url, "cards", "--status", "returned"))
    assert run(url, "card-handled", number, "--status", "destroyed", "--agent", "a17").exit_code == 1
    assert run(url, "cards", "--status", "registered").exit_code == 1


def test_a_reset_that_changed_nothing_is_said_and_somebody_is_sent(url: str) -> None:
    with open_store(url) as store:
        show(store, raised("e", "app_fault", component="app"))
    case_id = case_of(url, "application")
    (held,) = records(run(url, "claim", case_id, "--agent", "a17", "--json"))
    result = run(url, "done", str(held["task"]["task"]), "--note", "still down", "--agent", "a17")
    assert f"{case_id} is open" in result.stderr
    assert "ready: dispatch device:atm-4, for host" in words(run(url, "show", case_id))
