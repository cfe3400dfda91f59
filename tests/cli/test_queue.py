"""The queue command, on a real file."""

import re
import shlex
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from cases.calling.policy import CallingPolicy
from cases.policy import QueuePolicy
from cases.store import open_store
from cli.main import cli
from cli.queue import print_ranked
from domain.findings import Severity
from tests.cases.made import alert
from tests.sqlite_store import sqlite_store

KEYS = [
    *("rank", "case", "subject", "band", "due", "status", "alerts", "reasons", "members", "customers"),
    *("cards", "probability", "exposure_minor", "currency", "expected_loss_minor", "breakdown"),
]
RING = alert(
    "ring",
    scope="branch",
    members=[(f"card-{n}", f"u{n // 2}") for n in range(12)],
    severity=Severity.HIGH,
    exposure_minor=4_000_000,
    reason="12 cards of 6 customers were opened together and now move together " + "in step " * 20,
)
OTHER = alert("other", "c77", "u77", last4="4242", exposure_minor=1_000)


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    with open_store(found) as store:
        store.cases.take_in([OTHER, RING])
    return found


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["queue", *arguments], env={"RISKDESK_STORE": url, "COLUMNS": "100"})


def records(result: Result) -> list[dict]:
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_list_prints_one_case_a_line_the_most_pressing_first(url: str) -> None:
    result = run(url, "list", "--json")
    assert result.exit_code == 0
    found = records(result)
    assert [list(record) for record in found] == [KEYS, KEYS]
    ring, other = found
    assert (ring["rank"], ring["subject"], ring["band"]) == (1, "ring of 12 cards, 6 customers", 0)
    assert (ring["alerts"], ring["reasons"], len(ring["cards"])) == (1, [RING.reason], 12)
    assert (other["rank"], other["customers"], other["status"]) == (2, ["u77"], "open")
    assert other["due"] == "2026-03-05T12:30:00.000Z"
    assert len(records(run(url, "list", "--json", "--limit", "1"))) == 1


def test_the_page_fits_a_hundred_columns_and_says_who_belongs_to_a_ring(url: str) -> None:
    result = run(url, "list")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    words = " ".join(result.stdout.split())
    assert RING.reason.strip() in words
    assert "customer u5: card-10, card-11" in words
    assert "CNY 20,000.00" in words
    assert words.index("ring of 12 cards") < words.index("customer u77")


def test_next_claims_and_says_until_when(url: str) -> None:
    result = run(url, "next", "--agent", "a17", "--json")
    assert result.exit_code == 0
    (record,) = records(result)
    assert (list(record), record["rank"], record["status"]) == ([*KEYS, "task"], 1, "working")
    assert (record["task"]["kind"], record["task"]["subject"]) == ("call_customer", "customer:u0")
    assert re.search(rf"{record['case']} is yours until 20\d\d-\S+ \S+ UTC\+8, task", result.stderr)
    assert "lease number 1" in result.stderr
    assert "with a17 until" in run(url, "list").stdout


def test_a_whole_shift(url: str) -> None:
    first, second = (record["case"] for record in records(run(url, "list", "--json")))
    assert run(url, "claim", second, "--agent", "a17").exit_code == 0
    refused = run(url, "claim", second, "--agent", "a18")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"{second} is with a17 until" in refused.stderr
    assert run(url, "next", "--agent", "a18").exit_code == 0
    for number in range(5):  # the others of the ring can be called at the same time
        assert f"customer:u{number + 1}" in run(url, "next", "--agent", f"b{number}").stdout
    empty = run(url, "next", "--agent", "a19")
    assert (empty.exit_code, empty.stdout) == (1, "")
    assert "nothing to do" in empty.stderr
    for number in range(5):
        run(url, "release", first, "--agent", f"b{number}")
    stale = run(url, "close", first, "--agent", "a18", "--outcome", "genuine", "--lease-no", "7")
    assert stale.exit_code == 1
    closing = ("--agent", "a18", "--outcome", "confirmed_fraud", "--note", "never was in Taipei")
    assert run(url, "close", first, *closing).exit_code == 0
    assert run(url, "close", first, *closing).exit_code == 1
    (closed,) = records(run(url, "list", "--json", "--status", "closed"))
    assert (closed["case"], closed["status"], closed["rank"]) == (first, "closed", None)
    assert "closed as confirmed_fraud" in run(url, "list", "--status", "closed").stdout


def test_show_tells_everything(url: str) -> None:
    (case,) = (record["case"] for record in records(run(url, "list", "--json")) if record["rank"] == 2)
    run(url, "claim", case, "--agent", "a17")
    words = " ".join(run(url, "show", case).stdout.split())
    for part in (
        "customer u77: c77 (...4242)",
        "rest: severity medium, expected loss CNY 5.00",
        "expected loss CNY 5.00 = 0.50 x CNY 10.00",
        "2026-03-05 20:00:00 + 1800 s x 1 (standard tier)",
        "medium impossible_travel: reason other",
        "km: 686",
        "leased: call_customer customer:u77, with a17 until",
        "a17 claimed",
    ):
        assert part in words
    (file,) = records(run(url, "show", case, "--json"))
    assert file["evidence"][0]["id"] == OTHER.id
    assert file["lease"]["by"] == "a17"
    assert [entry["what"] for entry in file["timeline"]] == ["opened", "promoted", "claimed"]
    (task,) = file["tasks"]
    assert (task["kind"], task["subject"], task["state"], task["held_by"]) == (
        *("call_customer", "customer:u77", "leased", "a17"),
    )


def test_a_case_is_handed_on_and_comes_back(url: str) -> None:
    case = records(run(url, "list", "--json"))[1]["case"]
    lead = ("--agent", "lead-1", "--role", "lead")
    (held,) = records(run(url, "claim", case, "--agent", "a17", "--json"))
    task = str(held["task"]["task"])
    renewed = run(url, "renew", task, "--agent", "a17", "--lease-no", "1", "--lease-minutes", "20", "--json")
    assert records(renewed)[0]["task"]["lease_no"] == 1
    assert run(url, "renew", task, "--agent", "a18").exit_code == 1
    escalated = run(url, "escalate", case, "--team", "legal", "--agent", "a17", "--json")
    assert records(escalated)[0]["status"] == "escalated"
    assert "with the team legal" in run(url, "list").stdout
    assert run(url, "claim", case, "--agent", "a17").exit_code == 1
    assert run(url, "claim", case, "--agent", "a17", "--skill", "legal").exit_code == 0
    assert case in run(url, "shift-end", "--agent", "a17").stderr
    assert records(run(url, "return", case, "--agent", "a17", "--json"))[0]["status"] == "open"
    assert run(url, "release", case, "--agent", "a17").exit_code == 1
    assert run(url, "close", case, *lead, "--outcome", "genuine").exit_code == 0
    assert run(url, "reopen", case, "--reason", "new proof", "--agent", "a17").exit_code == 1
    assert records(run(url, "reopen", case, "--reason", "new proof", *lead, "--json"))[0]["status"] == "open"
    assert set(records(run(url, "sweep", "--json"))[0]) == {
        *("woken", "put_off", "expired", "flagged", "promoted", "escalated"),
    }


def test_tokens_from_outside_do_not_steer_the_terminal(url: str) -> None:
    with open_store(url) as store:
        store.cases.take_in(
            [alert("x", "c\x1b[2J", "[red]u[/red]", reason="bell\a", severity=Severity.CRITICAL)]
        )
    shown = run(url, "list").stdout
    assert not {"\x1b", "\a"} & set(shown)
    assert "customer [red]u[/red]" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("list", "--store", "desk.db"), 2, "allowed is sqlite:///"),
        (("list", "--store", "postgresql://127.0.0.1:1/desk"), 1, "is away"),
        (("list", "--store", "sqlite:///no-such.db"), 1, "no store at no-such.db"),
        (("show", "C0"), 1, "no case 'C0'"),
        (("next", "--agent", " "), 2, "1 to 64 characters"),
        (("next",), 2, "--agent"),
        (("next", "--agent", "a17", "--lease-minutes", "0"), 2, "--lease-minutes"),
        (("close", "C0", "--agent", "a17", "--outcome", "guilty"), 2, "confirmed_fraud"),
        (("list", "--status", "lost"), 2, "working"),
    ],
)
def test_what_cannot_be_done_is_said_on_standard_error(
    url: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = run(url, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr


def test_the_store_must_be_named() -> None:
    result = CliRunner().invoke(cli, ["queue", "list"], env={"RISKDESK_STORE": None})
    assert result.exit_code == 2
    assert "--store" in result.stderr


def test_an_empty_queue_is_found_empty(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    open_store(url).close()
    assert run(url, "list").exit_code == 1
    assert run(url, "list", "--json").exit_code == 1


@pytest.mark.parametrize(
    "command",
    [
        *((), ("next",), ("list",), ("show",), ("claim",), ("close",), ("renew",), ("release",)),
        *(("escalate",), ("return",), ("reopen",), ("sweep",), ("shift-end",)),
    ],
)
def test_help_ends_with_an_example_that_parses(url: str, command: tuple[str, ...]) -> None:
    shown = run(url, *command, "--help").stdout
    example = " ".join(shown.rpartition("Example: riskdesk queue ")[2].split())
    arguments = shlex.split(example.replace("sqlite:///desk.db", url))
    assert arguments[-2:] == ["--store", url]
    assert run(url, *arguments).exit_code < 2


@pytest.mark.parametrize(
    ("zone", "head", "due"),
    [
        ("Asia/Shanghai", "due (UTC+8)", "2026-03-05 20:30:00"),
        ("Asia/Kolkata", "due (UTC+5:30)", "2026-03-05 18:00:00"),
        ("America/Phoenix", "due (UTC-7)", "2026-03-05 05:30:00"),
        ("UTC", "due (UTC)", "2026-03-05 12:30:00"),
    ],
)
def test_times_are_those_of_the_desk_with_the_offset_in_the_head_and_utc_for_programs(
    url: str, zone: str, head: str, due: str
) -> None:
    with open_store(url, policy=QueuePolicy(calling=CallingPolicy(time_zone=zone))):
        pass  # in force from now on
    shown = run(url, "list").stdout
    assert shown.count(head) == 1
    assert due in shown
    records = [orjson.loads(line) for line in run(url, "list", "--json").stdout.splitlines()]
    assert "2026-03-05T12:30:00.000Z" in {record["due"] for record in records}


def test_print_ranked_prints_no_more_than_asked(url: str) -> None:
    console = Console(width=100, record=True, quiet=False)
    with open_store(url) as store, console.capture() as capture:
        assert print_ranked(store, console, limit=1) == 1
    assert "ring of 12 cards" in capture.get()
    assert "u77" not in capture.get()
