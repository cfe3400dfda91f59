"""The `staffing` command."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cases.work.agent_states import AgentState
from cli.main import cli
from domain.findings import Severity
from domain.forecasts import QUARTER_MS
from domain.instants import iso
from tests.cases.made import HOUR_MS, NOON_MS, alert
from tests.cases.worked import AGENT, SECOND_MS, call, customer


def run(*words: str, url: str | None = None) -> Result:
    return CliRunner().invoke(
        cli, ["staffing", "--at", iso(NOON_MS + HOUR_MS), *words], env={"RISKDESK_STORE": url}
    )


def records(result: Result) -> list[dict]:
    assert result.exit_code == 0, result.stderr
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_a_rate_is_staffed_as_erlang_says() -> None:
    # 200 calls an hour of 180 s: 14 positions, 20 rostered, the published example.
    result = run("--rate", "200", "--aht", "180", "--agents", "12", "--hours", "1", "--json")
    found = records(result)
    assert len(found) == 4
    assert (found[0]["positions"], found[0]["rostered"], found[0]["service_level"]) == (14, 20, 0.8884)
    assert (found[0]["load"], found[0]["missing"]) == (0.833, 2)
    assert result.stderr == "load 0.83, need 2 more agents until 14:00\n"


def test_the_page_has_a_line_for_each_quarter_hour() -> None:
    result = run("--rate", "200", "--aht", "180", "--hours", "2", "--zone", "Asia/Shanghai")
    lines = result.stdout.splitlines()
    assert len(lines) == 9
    assert lines[1].split() == ["Thu", "21:00", "200.0", "14", "20", "71.4%", "88.8%", "7.8", "s", "-"]


def test_counts_of_a_file_are_forecast(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    rows = [f"{iso(NOON_MS + HOUR_MS - back * QUARTER_MS)},25" for back in range(96, 0, -1)]
    path.write_text("at,alerts\n" + "\n".join(rows))
    (first, *_) = records(run("--counts", str(path), "--aht", "180", "--calls-per-alert", "2", "--json"))
    # 25 alerts and 1.645 times their square root more: 33.2 a quarter-hour, two calls each.
    assert first["calls_per_hour"] == pytest.approx(265.8)
    assert first["from"] == "2026-03-05T13:00:00.000Z"


def test_a_queue_is_forecast_from_its_alerts_and_its_calls_are_measured(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    with open_store(url) as store:
        store.reference.put([customer(f"u{number}") for number in range(4)])
        alerts = [
            alert(str(n), f"c{n}", f"u{n}", at_ms=n * QUARTER_MS, severity=Severity.CRITICAL)
            for n in range(4)
        ]
        store.cases.take_in(alerts, NOON_MS)
        call(store, "no_answer", 20 * SECOND_MS, 115 * SECOND_MS)
        store.work.say_state(AGENT.name, AgentState.AVAILABLE, AGENT, NOON_MS)
    result = run("--hours", "1", "--json", url=url)
    found = records(result)
    # An alert in each quarter-hour, 2.645 at most; a call for four of them, of 95 s and 5 s of notes.
    assert found[0]["calls_per_hour"] == pytest.approx(2.645)
    assert found[0]["agents"] == 1
    assert found[0]["load"] == pytest.approx(2.645 * 100 / 3600, abs=0.001)
    assert "enough agents" in result.stderr


def test_a_queue_without_history_says_what_to_give(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    open_store(url).close()
    empty = run(url=url)
    assert empty.exit_code == 1
    assert "give --rate or --counts" in empty.stderr
    with open_store(url) as store:
        store.cases.take_in([alert("a", "c1", "u1")], NOON_MS)
    uncalled = run(url=url)
    assert (uncalled.exit_code, "give --aht and --calls-per-alert" in uncalled.stderr) == (2, True)
    assert run("--aht", "180", "--calls-per-alert", "1", url=url).exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "say what to plan for"),
        (("--rate", "9"), "--rate needs --aht"),
        (("--counts", "COUNTS"), "--counts needs --aht and --calls-per-alert"),
        (("--counts", "COUNTS", "--aht", "9", "--calls-per-alert", "1"), "line 2: Invalid isoformat"),
        (("--rate", "9", "--aht", "9", "--shrinkage", "1"), "shrinkage"),
    ],
)
def test_what_cannot_be_planned_is_told(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("at,alerts\nnoon,3\n")
    result = run(*(str(path) if word == "COUNTS" else word for word in words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("when,what\n", "should have the columns at and alerts"),
        ("at,alerts\n", "has no quarter-hour before 2026-03-05 13:00 UTC"),
        ("at,alerts\n2026-03-05T12:00:00Z,few\n", "line 2: invalid literal"),
    ],
)
def test_a_file_that_cannot_be_counted_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(text)
    result = run("--counts", str(path), "--aht", "9", "--calls-per-alert", "1")
    assert result.exit_code == 2
    assert told in result.stderr
