"""What programs read in a package."""

import csv
from io import StringIO
from typing import Any

import orjson
import pytest

from cases.evidence.parts import _csv
from tests.cases.evidence.conftest import Made, files


@pytest.fixture
def parts(made: Made) -> dict[str, bytes]:
    return files(made.package)


def table(written: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(written.decode("utf-8-sig"), newline="")))


def said(written: bytes) -> Any:
    return orjson.loads(written)


def test_the_timeline_has_every_line_in_the_order_of_its_time(parts: dict[str, bytes], made: Made) -> None:
    lines = [said(line) for line in parts["timeline.jsonl"].splitlines()]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert {line["case"] for line in lines} == {made.case_id}
    assert lines[0]["what"] == "opened"
    assert lines[-1]["what"] == "action_approved"
    assert [line["what"] for line in lines].count("attempt") == 3


def test_every_call_is_a_line_with_the_sentence_that_sums_them_up(parts: dict[str, bytes]) -> None:
    rows = table(parts["attempts.csv"])
    assert [(row["number"], row["result"]) for row in rows] == [
        ("num-a", "no_answer"),
        ("num-b", "no_answer"),
        ("num-a", "voicemail"),
    ]
    assert {row["altogether"] for row in rows} == {
        "tried 3 times on 2 numbers between 20:04 and 20:40, 2 times no answer, once voicemail "
        "(times of Asia/Taipei on 2026-03-05)"
    }
    assert rows[0]["note"] == "响了很久 没有人接"


def test_alerts_carry_their_rule_version_parameters_and_evidence(parts: dict[str, bytes]) -> None:
    travel, amount = said(parts["alerts.json"])
    assert (travel["detector"], travel["version"], travel["parameters"]) == (
        "impossible_travel",
        1,
        {"max_kmh": 900},
    )
    assert travel["evidence"]["kmh"] == 932
    assert amount["reason"] == "CNY 20,000.00 where CNY 310.00 is usual"


def test_transactions_are_those_that_the_alerts_name_by_token_and_last_digits(
    parts: dict[str, bytes],
) -> None:
    rows = table(parts["transactions.csv"])
    assert [
        (row["event"], row["card"], row["last4"], row["amount"], row["currency"], row["role"]) for row in rows
    ] == [
        ("tx-88120", "tok_7f3a", "4242", "", "", "named by the alert"),
        ("event-travel", "tok_7f3a", "4242", "", "", "set off the alert"),
        ("event-amount", "tok_9c11", "0017", "20000.00", "CNY", "set off the alert"),
    ]
    assert [row["where"] for row in rows] == ["", "台北市信义区", ""]


def test_actions_name_maker_and_checker_and_the_orders_they_rest_on(parts: dict[str, bytes]) -> None:
    record = said(parts["actions.json"])
    assert [(each["kind"], each["basis"], each["maker"], each["checker"]) for each in record["actions"]] == [
        ("temporary_block", "terms", "agent-7", "lead-1"),
        ("temporary_block", "order:信义刑字第 2026-0311 号", "lead-1", None),
        ("evidence_export", None, "lead-1", "comp-2"),
    ]
    (order,) = record["orders"]
    assert (order["authority"], order["scope"], order["term_to"]) == (
        "台北市政府警察局信义分局",
        ["card:tok_9c11"],
        "2026-03-07T13:10:00.000Z",
    )


def test_the_export_itself_has_no_state_that_it_would_change(parts: dict[str, bytes]) -> None:
    export = said(parts["actions.json"])["actions"][-1]
    assert "status" not in export
    assert export["verdict"] == "approved"


def test_recordings_are_referred_to_by_attempt(parts: dict[str, bytes]) -> None:
    assert [(each["attempt"], each["recording"]) for each in said(parts["recordings.json"])] == [
        (1, None),
        (2, None),
        (3, None),
    ]


@pytest.mark.parametrize("typed", ["=cmd()", "+1", "-1", "@x"])
def test_no_cell_is_a_formula(typed: str) -> None:
    (row,) = table(_csv(("note",), [{"note": typed}]))
    assert row["note"] == f"'{typed}"


def test_the_readme_names_every_file_and_the_key(parts: dict[str, bytes]) -> None:
    text = parts["README.txt"].decode()
    assert all(name in text for name in parts if name != "README.txt")
    assert said(parts["manifest.json"])["key"] in text
